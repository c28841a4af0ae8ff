// Visits that somebody may not join: not yet, not theirs, or full; and what the page says instead.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, bookNow, button, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

const here = stage();
/** A room has eight seats: the patient, the practitioner, and as many guests. */
const GUESTS_MAX = 6;

test('who may not join is told why', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();
  let visit;

  await t.test('too early: the page says from when, and does not let in', async () => {
    await signIn(patient, here.bedside, here.bedside.account('patient'));
    await patient.getByRole('link', { name: 'Book a visit' }).first().click();
    await patient.getByRole('link', { name: 'See free times of Elif Yılmaz' }).click();
    await patient.getByRole('region', { name: /^Free times on/ }).getByRole('button').last().waitFor();
    // Tomorrow: today's last time may be within the half hour in which the door is open.
    await patient.getByRole('group', { name: 'Day' }).getByRole('button').nth(1).click();
    await patient.getByRole('region', { name: /^Free times on/ }).getByRole('button').last().click();
    await patient.getByRole('dialog').getByRole('button', { name: 'Book', exact: true }).click();
    await patient.getByRole('dialog').waitFor({ state: 'detached' });
    await patient.getByRole('link', { name: 'Check camera and microphone' }).first().click();
    await patient.waitForURL('**/visit/*');
    await patient.getByText(/^You can join from \d{2}:\d{2} \S+\. Stay on this page/).waitFor();
    // While the devices are opened it waits for them, whatever the time.
    await button(patient, 'Continue without camera').waitFor();
    await patient.getByRole('progressbar', { name: 'Join the visit' }).waitFor({ state: 'detached' });
    assert.ok(await button(patient, 'Join the visit').isDisabled());
    visit = patient.url();
  });

  await t.test('too early: a page that takes the visit for open is refused at the door', async () => {
    const path = `/api/appointments/${visit.split('/').at(-1)}`;
    const appointment = await patient.evaluate(async (address) => (await fetch(address)).json(), path);
    const join = { ...appointment.join, open: true, problem: null };
    await patient.route(`**${path}`, (route) => route.fulfill({ json: { ...appointment, join } }));
    patient.expected.push(/\/join: .*403/);
    await button(patient, 'Join the visit').click();
    await patient.getByText('It is too early to join.').waitFor();
    await patient.unrouteAll();
  });

  await t.test('somebody else’s visit is not there, as any other address', async () => {
    const other = await here.person();
    other.expected.push(/\/api\/appointments\/.*404/);
    await signIn(other, here.bedside, here.bedside.account('practitioner', 1));
    for (const address of [visit, `${here.bedside.url}/visit/01900000-0000-7000-8000-000000000000`]) {
      await other.goto(address);
      await other.getByRole('heading', { name: 'Page not found' }).waitFor();
    }
    await other.getByRole('link', { name: 'Go to the first page' }).click();
    await other.getByRole('heading', { name: 'Today' }).waitFor();
    assertNoProblems(other);
  });

  await t.test('a full room takes no more guests, until one is withdrawn', async () => {
    await patient.goto(here.bedside.url);
    await bookNow(patient, 'Elif Yılmaz');
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
    doctor.expected.push(/\/guests: .*409/);
    await button(doctor, 'Invite a guest to the visit with Anna Nowak').first().click();
    const dialog = doctor.getByRole('dialog');
    const invite = async (name) => {
      await dialog.getByLabel('Name of the guest').fill(name);
      await dialog.getByRole('button', { name: 'Make a link' }).click();
    };
    let link;
    for (let guest = 1; guest <= GUESTS_MAX; guest += 1) {
      await invite(`Guest ${guest}`);
      link = await dialog.getByLabel(`Link for Guest ${guest}`).inputValue();
      await dialog.getByRole('button', { name: 'Invite another guest' }).click();
    }
    await invite('Guest 7');
    await dialog.getByText(/^This visit has as many guests as its room holds/).waitFor();
    await dialog.getByRole('button', { name: `Withdraw the link of Guest ${GUESTS_MAX}` }).click();
    await invite('Guest 7');
    await dialog.getByLabel('Link for Guest 7').waitFor();

    const withdrawn = await here.person();
    withdrawn.expected.push(/\/api\/guest/);
    await withdrawn.goto(link);
    await withdrawn.getByText('This link no longer works. Ask the person who invited you for a new one.').waitFor();
    assert.ok(!withdrawn.url().includes('#'), 'the secret has left the address');
    await until('no join button', async () => (await button(withdrawn, 'Join the visit').count()) === 0);
  });

  assertNoProblems(patient, doctor);
});
