// A whole visit with Tab, Enter and Space only, and what a screen reader says on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { press, rememberSayings, saidOn, tabTo } from '../support/keyboard.js';
import { assertNoProblems, button, passDeviceCheck, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

const here = stage();

test('a patient visits by keyboard alone', async (t) => {
  const patient = await here.person();
  await patient.addInitScript(rememberSayings);
  const doctor = await here.person();
  const hears = (text) => until(`"${text}" to be said`, async () => (await saidOn(patient)).includes(text));

  await t.test('signs in', async () => {
    const { email, password } = here.bedside.account('patient');
    await patient.goto(here.bedside.url);
    await button(patient, 'Sign in').waitFor();
    await tabTo(patient, patient.getByLabel('E-mail'));
    await patient.keyboard.type(email);
    await tabTo(patient, patient.getByLabel('Password', { exact: true }));
    await patient.keyboard.type(password);
    await patient.keyboard.press('Enter');
    await patient.getByRole('heading', { name: 'My visits' }).waitFor();
  });

  await t.test('books a visit that begins now', async () => {
    await press(patient, patient.getByRole('link', { name: 'Book a visit' }));
    await patient.getByRole('heading', { name: 'Book a visit' }).waitFor();
    await press(patient, patient.getByRole('link', { name: 'See free times of Elif Yılmaz' }));
    await button(patient, 'Visit now').waitFor();
    await press(patient, button(patient, 'Visit now'), 'Space');
    await patient.getByRole('dialog').waitFor();
    await press(patient, patient.getByRole('dialog').getByRole('button', { name: 'Book', exact: true }));
    await patient.waitForURL('**/visit/*');
  });

  await t.test('checks the devices and joins', async () => {
    await button(patient, 'Continue without camera').waitFor();
    await press(patient, button(patient, 'Play a test sound'), 'Space');
    await button(patient, 'Play a test sound').waitFor();
    await press(patient, button(patient, 'Join the visit'));
    await hears('Connected.');
  });

  await t.test('finds every control by its name', async () => {
    const controls = patient.getByRole('region', { name: 'Controls' }).getByRole('button');
    const names = ['Mute', 'Camera off', 'Share screen', 'Chat', 'People', 'Devices', 'Shortcuts', 'Leave'];
    assert.equal(await controls.count(), names.length);
    for (const name of names) await tabTo(patient, button(patient, name));
  });

  await t.test('hears who comes', async () => {
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
    await doctor.getByRole('link', { name: 'Open visit with Anna Nowak' }).first().click();
    await passDeviceCheck(doctor);
    await hears('Elif Yılmaz joined.');
  });

  await t.test('mutes and unmutes', async () => {
    await press(patient, button(patient, 'Mute'), 'Space');
    await hears('Microphone off.');
    await doctor.getByRole('group', { name: 'Anna Nowak', exact: true }).getByRole('img', { name: 'Muted' }).waitFor();
    // The same button, renamed: the focus stays.
    await patient.keyboard.press('Space');
    await hears('Microphone on.');
    await patient.keyboard.press('Alt+m');
    await button(patient, 'Unmute').waitFor();
  });

  await t.test('opens a list, and closing it gives the focus back', async () => {
    const people = button(patient, 'People');
    await press(patient, people);
    await patient.getByRole('dialog', { name: '2 people in the visit' }).waitFor();
    await patient.keyboard.press('Escape');
    await patient.getByRole('dialog').waitFor({ state: 'detached' });
    assert.ok(await people.evaluate((element) => element === document.activeElement));
  });

  await t.test('hears who goes, and leaves', async () => {
    await button(doctor, 'Leave').click();
    await hears('Elif Yılmaz left.');
    await press(patient, button(patient, 'Leave'));
    const heading = patient.getByRole('heading', { name: 'You left the visit' });
    await heading.waitFor();
    assert.ok(await heading.evaluate((element) => element === document.activeElement), 'the new page is read from its heading');
  });

  assertNoProblems(patient, doctor);
});
