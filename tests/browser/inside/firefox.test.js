// See ../stories/firefox.test.js, which starts this inside a namespace.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launchFirefoxBehind } from '../support/firefox.js';
import { encoded, layersOf } from '../support/layers.js';
import { AES_GCM, mediaOf, rememberPeers } from '../support/media.js';
import { NODE_ADDRESS } from '../support/reach.js';
import { bothWays, Line } from '../support/router.js';
import { button, passDeviceCheck, seesAndHears, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

/** A home far away: all three sizes fit. */
const HOME = bothWays({ rate_bps: 6_000_000, latency_ms: 30, jitter_ms: 2, loss: 0.01 });

const here = stage({ args: ['--media-address', NODE_ADDRESS] });
// Firefox has no search by accessible name over its protocol, so: what a button or link shows, or is labelled.
const LABEL = (name) =>
  `::-p-xpath(//*[self::button or self::a][normalize-space(.)="${name}" or @aria-label="${name}"])`;

test('a patient with Firefox meets a practitioner with Chromium', async (t) => {
  const line = await Line.start(here.namespace, HOME);
  t.after(() => line.close());
  const firefox = await launchFirefoxBehind(line, here.namespace);
  t.after(() => firefox.close());
  const patient = await firefox.newPage();
  patient.setDefaultTimeout(30_000);
  await patient.evaluateOnNewDocument(rememberPeers);
  const click = (name) => patient.locator(LABEL(name)).click();
  const doctor = await here.person();

  await t.test('the patient books now and joins', async () => {
    const { email, password } = here.bedside.account('patient');
    await patient.goto(here.bedside.url);
    await patient.locator('input[type=email]').fill(email);
    await patient.locator('input[type=password]').fill(password);
    await click('Sign in');
    await click('Book a visit');
    await click('See free times of Elif Yılmaz');
    await click('Visit now');
    await click('Book');
    await patient.locator(LABEL('Use camera and microphone')).click();
    await patient.locator(LABEL('Continue without camera')).wait();
    await click('Join the visit');
    await patient.locator(LABEL('Leave')).wait();
  });

  await t.test('the practitioner opens the visit', async () => {
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
    await doctor.getByText('waiting since').waitFor();
    await doctor.getByRole('link', { name: 'Open visit with Anna Nowak' }).first().click();
    await passDeviceCheck(doctor);
  });

  await t.test('they see and hear each other', async () => {
    await Promise.all([seesAndHears(patient, 1), seesAndHears(doctor, 1)]);
    assert.match((await mediaOf(doctor)).cipher, AES_GCM);
  });

  await t.test('Firefox sends its camera in three sizes, and the practitioner gets the one that is shown', async () => {
    const seesHeight = (height) =>
      until(`a picture ${height} lines high`, async () => (await layersOf(doctor)).heights[0] === height, { within: 40_000 });
    const sends = async (rids) => {
      let before = await layersOf(patient);
      await until(
        `Firefox to encode the layers ${rids} and no others`,
        async () => {
          const now = await layersOf(patient);
          const layers = encoded(before, now).join('');
          before = now;
          return layers === rids;
        },
        { every: 1_000 },
      );
    };
    await seesHeight(720);
    await sends('hlm');
    await doctor.setViewportSize({ width: 400, height: 330 });
    await seesHeight(180);
    await sends('l');
    await doctor.setViewportSize({ width: 1280, height: 800 });
    await seesHeight(720);
    await sends('hlm');
  });

  await t.test('all of it went over the line, which lost some', () => {
    t.diagnostic(`the line: ${JSON.stringify(line.counted)}`);
    for (const way of ['up', 'down']) {
      const { delivered, lost } = line.counted[way];
      assert.ok(delivered > 1_000 && lost > 0, `${way}: ${delivered} packets, ${lost} lost`);
    }
  });

  await t.test('they write to each other', async () => {
    await click('Chat');
    await patient.locator('textarea').fill('written with Firefox');
    await patient.keyboard.press('Enter');
    await button(doctor, 'Chat, 1 new message').click();
    await doctor.getByRole('log').getByText('written with Firefox').waitFor();
    await doctor.getByRole('textbox', { name: 'Message', exact: true }).fill('written with Chromium');
    await doctor.keyboard.press('Enter');
    await patient.locator('::-p-text(written with Chromium)').wait();
  });

  await t.test('the practitioner ends the visit', async () => {
    await button(doctor, 'End for all').click();
    await button(doctor, 'End the visit').click();
    await patient.locator('::-p-text(The visit has ended)').wait();
  });
});
