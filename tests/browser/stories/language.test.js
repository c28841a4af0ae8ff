// The language of the pages: the browser's at first, then the one that somebody chose, and it is kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, button } from '../support/steps.js';
import { stage } from '../support/story.js';

const here = stage();

test('the language is the browser’s, until somebody chooses, and then theirs', async (t) => {
  const patient = await here.person({ locale: 'de-DE' });
  const { email, password } = here.bedside.account('patient');
  const lang = () => patient.evaluate(() => document.documentElement.lang);

  await t.test('without an account', async () => {
    await patient.goto(here.bedside.url);
    await button(patient, 'Anmelden').waitFor();
    await button(patient, 'English').click();
    await button(patient, 'Sign in').waitFor();
    await patient.reload();
    await button(patient, 'Sign in').waitFor();
    assert.equal(await lang(), 'en');
  });

  await t.test('the account’s, after a change in the settings, over a reload', async () => {
    await patient.getByLabel('E-mail').fill(email);
    await patient.getByLabel('Password', { exact: true }).fill(password);
    await button(patient, 'Sign in').click();
    await button(patient, 'Account of Anna Nowak').click();
    await patient.getByRole('menuitem', { name: 'Language and time zone' }).click();
    await patient.getByRole('combobox', { name: 'Language' }).click();
    await patient.getByRole('option', { name: 'Deutsch' }).click();
    await button(patient, 'Save').click();
    await patient.getByRole('heading', { name: 'Meine Termine' }).waitFor();
    await patient.reload();
    await patient.getByRole('heading', { name: 'Meine Termine' }).waitFor();
    assert.equal(await lang(), 'de');
  });

  await t.test('after signing out, and in a browser of another language after signing in', async () => {
    await button(patient, 'Konto von Anna Nowak').click();
    await patient.getByRole('menuitem', { name: 'Abmelden' }).click();
    await patient.getByText('Sie sind abgemeldet.').waitFor();
    await patient.reload();
    await button(patient, 'Anmelden').waitFor();

    const elsewhere = await here.person({ locale: 'en-GB' });
    await elsewhere.goto(here.bedside.url);
    await elsewhere.getByLabel('E-mail').fill(email);
    await elsewhere.getByLabel('Password', { exact: true }).fill(password);
    await button(elsewhere, 'Sign in').click();
    await elsewhere.getByRole('heading', { name: 'Meine Termine' }).waitFor();
    assertNoProblems(elsewhere);
  });

  assertNoProblems(patient);
});
