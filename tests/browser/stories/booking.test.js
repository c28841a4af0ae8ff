// A patient books a later time in their own zone, whatever their browser's is, finds it in the list, and cancels it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';

const here = stage();
/** As somebody in the demo clinic reads a time: "10:00 CET". */
const ON_THEIR_CLOCK = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Berlin',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});

test('a patient books a later time and cancels it', async (t) => {
  const patient = await here.person({ phone: true, timezoneId: 'America/New_York' });
  await signIn(patient, here.bedside, here.bedside.account('patient'));
  let time;

  await t.test('free times carry the zone', async () => {
    await patient.getByRole('link', { name: 'Book a visit' }).first().click();
    const answer = patient.waitForResponse(/\/slots\?/);
    await patient.getByRole('link', { name: 'See free times of Jonas Weber' }).click();
    const { slots } = await (await answer).json();
    const times = patient.getByRole('region', { name: /^Free times on/ }).getByRole('button');
    time = (await times.last().innerText()).trim();
    const offered = slots.map(({ start }) => ON_THEIR_CLOCK.format(new Date(start)));
    assert.deepEqual(await times.allInnerTexts(), offered.slice(0, await times.count()));
    await here.picture(patient, 'book-phone');
    await times.last().click();
    await patient.getByRole('dialog').getByRole('button', { name: 'Book', exact: true }).click();
  });

  await t.test('the visit is in the list', async () => {
    await patient.getByRole('dialog').waitFor({ state: 'detached' });
    await patient.goto(here.bedside.url);
    await patient.getByText('with Jonas Weber').first().waitFor();
    await patient.getByText(time).first().waitFor();
  });

  await t.test('it can be cancelled', async () => {
    await patient.getByRole('button', { name: 'Cancel visit' }).first().click();
    await patient.getByRole('dialog').getByRole('button', { name: 'Cancel the visit' }).click();
    await patient.getByText('You have no visit booked.').waitFor();
  });

  assertNoProblems(patient);
});
