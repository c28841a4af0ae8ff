// What people do, as they do it: by the names they read on the page.

import assert from 'node:assert/strict';

import { mediaOf, moving } from './media.js';
import { until } from './wait.js';

const byRole = (page, role, name) => page.getByRole(role, { name, exact: true });
const button = (page, name) => byRole(page, 'button', name);

export async function signIn(page, bedside, account) {
  await page.goto(bedside.url);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await button(page, 'Sign in').click();
  await button(page, 'Sign in').waitFor({ state: 'detached' });
}

/** From the patient's first page to the door of a visit that begins now, with the practitioner of that name. */
export async function bookNow(page, practitioner) {
  await page.getByRole('link', { name: 'Book a visit' }).first().click();
  await page.getByRole('link', { name: `See free times of ${practitioner}` }).click();
  await button(page, 'Visit now').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Book', exact: true }).click();
  await page.waitForURL('**/visit/*');
}

/**
 * Through the device check into the visit. Where camera and microphone are allowed already they open by themselves, with
 * nothing to click.
 */
export async function passDeviceCheck(page) {
  await passDoor(page);
  await button(page, 'Leave').waitFor();
}

/** As far as asking to come in, whatever the answer is. */
export async function passDoor(page) {
  await button(page, 'Continue without camera').waitFor();
  await button(page, 'Join the visit').click();
}

/** The practitioner lets a guest in who waits, by name; the guest's page goes on by itself. */
export async function letIn(doctor, guest, name) {
  await guest.getByRole('region', { name: 'Waiting to be let in' }).waitFor();
  await button(doctor, `Let in: ${name}`).click();
  await guest.getByRole('region', { name: 'Waiting to be let in' }).waitFor({ state: 'detached' });
}

/** The demo patient books a visit that begins now and waits there; the practitioner opens it. */
export async function comeTogether(bedside, patient, doctor) {
  await signIn(patient, bedside, bedside.account('patient'));
  await bookNow(patient, 'Elif Yılmaz');
  await passDeviceCheck(patient);
  await signIn(doctor, bedside, bedside.account('practitioner'));
  await doctor.getByRole('link', { name: 'Open visit with Anna Nowak' }).first().click();
  await passDeviceCheck(doctor);
}

/** Waits until `page` decodes pictures of and hears sound from `others` people, all moving; or so many of each. */
export async function seesAndHears(page, others) {
  const wanted = typeof others === 'number' ? { videos: others, sounds: others } : others;
  let before = await mediaOf(page);
  await until(
    `${wanted.videos} moving pictures and ${wanted.sounds} sounds`,
    async () => {
      const now = await mediaOf(page);
      const { videos, sounds } = moving(before, now);
      before = now;
      return videos === wanted.videos && sounds === wanted.sounds;
    },
    { within: 40_000, every: 1_000 },
  );
}

export function assertNoProblems(...pages) {
  for (const page of pages) assert.deepEqual(page.problems, [], 'errors in the browser console');
}

/** What everybody sees, not what a screen reader says for a moment. */
const notice = (page, text) => page.getByText(text).and(page.locator(':not([role=status])'));

export { button, byRole, notice };
