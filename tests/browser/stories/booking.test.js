// A patient books a later time in their own zone, finds it in the list, and cancels it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';

const here = stage();

test('a patient books a later time and cancels it', async (t) => {
  const patient = await here.person({ phone: true });
  await signIn(patient, here.bedside, here.bedside.account('patient'));
  let time;

  await t.test('free times carry the zone', async () => {
    await patient.getByRole('link', { name: 'Book a visit' }).first().click();
    await patient.getByRole('link', { name: 'See free times of Jonas Weber' }).click();
    const times = patient.getByRole('region', { name: /^Free times on/ }).getByRole('button');
    time = (await times.last().innerText()).trim();
    assert.match(time, /\d{1,2}:\d{2}.*[A-Z]/, 'a time and its zone');
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
