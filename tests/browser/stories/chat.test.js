// What somebody writes in a visit, the other reads: at once, after a reload, and after the network was away.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, button, byRole, comeTogether, passDeviceCheck, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

const here = stage();

const write = async (page, text) => {
  await byRole(page, 'textbox', 'Message').fill(text);
  await byRole(page, 'textbox', 'Message').press('Enter');
};
/** As fast as keys come: looking for the field each time takes longer than a text is allowed to. */
const writeAtOnce = async (page, all) => {
  await byRole(page, 'textbox', 'Message').focus();
  for (const text of all) {
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
  }
};
const texts = (page) => page.getByRole('log').locator('article p:nth-of-type(2)').allInnerTexts();
const reads = (page, wanted) =>
  until(`these texts: ${wanted}`, async () => JSON.stringify(await texts(page)) === JSON.stringify(wanted));

test('two people write to each other', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();
  await comeTogether(here.bedside, patient, doctor);
  await Promise.all([seesAndHears(patient, 1), seesAndHears(doctor, 1)]);

  await t.test('a new message is marked until it is looked at', async () => {
    await button(patient, 'Chat').click();
    await write(patient, 'good morning <b>doctor</b>');
    await button(doctor, 'Chat, 1 new message').click();
    await reads(doctor, ['good morning <b>doctor</b>']);
    await button(doctor, 'Chat').waitFor();
    await here.picture(doctor, 'chat');
  });

  await t.test('they read the same, in the same order', async () => {
    await write(doctor, 'hello how are you?');
    await write(patient, '🙂');
    const all = ['good morning <b>doctor</b>', 'hello how are you?', '🙂'];
    await Promise.all([reads(patient, all), reads(doctor, all)]);
  });

  await t.test('what cannot be sent is said, and nobody else is kept waiting', async () => {
    await writeAtOnce(
      patient,
      Array.from({ length: 40 }, (_, count) => `quick ${count}`),
    );
    await patient.getByText('Not sent. Wait a moment before you send it again.').first().waitFor();
    await write(doctor, 'slowly, please');
    await until('the doctor’s text to arrive', async () => (await texts(patient)).includes('slowly, please'));
  });

  await t.test('who loads the page again reads what was written before', async () => {
    await doctor.reload();
    await passDeviceCheck(doctor);
    await doctor.getByRole('button', { name: /^Chat/ }).click();
    await until('the texts to be back', async () => (await texts(doctor))[0] === 'good morning <b>doctor</b>');
    const back = await texts(doctor);
    assert.equal(new Set(back).size, back.length, 'each once');
  });

  await t.test('a chat over a phone’s page covers the pictures and nothing else', async () => {
    await patient.setViewportSize({ width: 360, height: 700 });
    await here.picture(patient, 'chat-phone');
    await button(patient, 'Leave').waitFor();
    await button(patient, 'Close chat').click();
    await patient.getByRole('log').waitFor({ state: 'detached' });
  });

  assertNoProblems(patient, doctor);
});
