// N parties from the first day: two guests by link join a patient and a practitioner.

import { test } from 'node:test';

import { assertNoProblems, bookNow, button, letIn, passDeviceCheck, seesAndHears, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';

const here = stage();
const NAMES = ['Anna Nowak', 'Elif Yılmaz', 'Maria Nowak', 'Piotr Zieliński'];

test('four people see and hear one another', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();
  const links = [];

  await t.test('patient and practitioner meet', async () => {
    await signIn(patient, here.bedside, here.bedside.account('patient'));
    await bookNow(patient, 'Elif Yılmaz');
    await passDeviceCheck(patient);
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
  });

  await t.test('the practitioner makes two guest links', async () => {
    await button(doctor, 'Invite a guest to the visit with Anna Nowak').first().click();
    const dialog = doctor.getByRole('dialog');
    for (const name of NAMES.slice(2)) {
      await dialog.getByLabel('Name of the guest').fill(name);
      await dialog.getByRole('button', { name: 'Make a link' }).click();
      links.push(await dialog.getByLabel(`Link for ${name}`).inputValue());
      const another = dialog.getByRole('button', { name: 'Invite another guest' });
      if (await another.isVisible()) await another.click();
    }
    await dialog.getByRole('button', { name: 'Close' }).first().click();
    await doctor.getByRole('link', { name: 'Open visit with Anna Nowak' }).first().click();
    await passDeviceCheck(doctor);
  });

  const guests = [];
  await t.test('two guests join by link, one of them on a phone', async () => {
    for (const [index, link] of links.entries()) {
      const guest = await here.person({ phone: index === 1 });
      await guest.goto(link);
      await passDeviceCheck(guest);
      await letIn(doctor, guest, NAMES[2 + index]);
      guests.push(guest);
    }
  });

  await t.test('everybody sees and hears the three others', async () => {
    const everybody = [patient, doctor, ...guests];
    await Promise.all(everybody.map((page) => seesAndHears(page, 3)));
    for (const [own, page] of everybody.entries()) {
      for (const name of NAMES.toSpliced(own, 1)) await page.getByLabel(`Picture of ${name}`).waitFor();
    }
    await here.picture(doctor, 'visit-of-four');
    await here.picture(guests[1], 'visit-of-four-phone');
  });

  await t.test('one leaves, the others go on', async () => {
    await button(guests[0], 'Leave').click();
    await guests[0].getByRole('heading', { name: 'You left the visit' }).waitFor();
    await Promise.all([patient, doctor, guests[1]].map((page) => seesAndHears(page, 2)));
  });

  assertNoProblems(patient, doctor, ...guests);
});
