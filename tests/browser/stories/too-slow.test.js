// A patient's connection becomes too slow for video, first towards them, then both ways: the sound goes on, pictures pause, both
// sides read why, and they come back by themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { concealedShare, figuresOf, tell } from '../support/figures.js';
import { NODE_ADDRESS } from '../support/reach.js';
import { Line } from '../support/router.js';
import { assertNoProblems, comeTogether, notice, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';
import { pass } from '../support/wait.js';

const FAR = { latency_ms: 25 };
const ENOUGH = { up: FAR, down: { ...FAR, rate_bps: 1_000_000 } };
/** Enough for the sound and what goes with it; the smallest picture does not fit beside it. */
const TOO_SLOW = { up: FAR, down: { ...FAR, rate_bps: 80_000 } };
/** What is sound alone, almost. */
const SOUND_ALONE = { up: { ...FAR, rate_bps: 64_000 }, down: { ...FAR, rate_bps: 64_000 } };
/** What was under way when the line became slow has to get through it first. */
const SETTLE_MS = 5_000;
const LISTEN_MS = 15_000;
/** A browser lowers its pictures by itself for a while, before they are held up. */
const TOLD_WITHIN_MS = 30_000;
/** With a try whether pictures come through again. */
const LISTEN_LONG_MS = 45_000;
const CONCEALED_MAX = 2;
const BACK_WITHIN_MS = 20_000;
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

const here = stage({ hasVoice: true, cameraFps: 20, args: ['--media-address', NODE_ADDRESS] });

test('where a connection is too slow for video, sound goes on', async (t) => {
  const line = await Line.start(here.namespace, ENOUGH);
  t.after(() => line.close());
  const patient = await here.person({ browser: await here.launchBehind(line) });
  const doctor = await here.person();
  const everybody = [patient, doctor];
  const isTooSlow = notice(patient, 'Your connection is too slow for video. The sound goes on.');
  const isHeldUp = notice(patient, 'Your connection is too slow to send video. The sound goes on.');
  const isNotSent = notice(doctor, "Anna Nowak's connection is too slow for video.");
  const cannotSee = notice(doctor, 'Anna Nowak cannot see video at the moment: their connection is too slow.');

  await t.test('two people meet', async () => {
    await comeTogether(here.bedside, patient, doctor);
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
  });

  await t.test('both sides read that the picture pauses, and why', async () => {
    const began = Date.now();
    line.change(TOO_SLOW);
    await Promise.all([isTooSlow, cannotSee].map((one) => one.waitFor()));
    t.diagnostic(`told after ${Date.now() - began} ms`);
  });

  await t.test('the sound goes on, and the other direction is as it was', async () => {
    await pass(SETTLE_MS);
    await seesAndHears(patient, { videos: 0, sounds: 1 });
    await seesAndHears(doctor, 1);
    const began = await Promise.all(everybody.map(figuresOf));
    await pass(LISTEN_MS);
    const ended = await Promise.all(everybody.map(figuresOf));
    t.diagnostic(`patient: ${tell(began[0], ended[0])}`);
    t.diagnostic(`doctor: ${tell(began[1], ended[1])}`);
    t.diagnostic(`the line: ${JSON.stringify(line.counted)}`);
    const share = concealedShare(began[0], ended[0]);
    assert.ok(share <= CONCEALED_MAX, `${share.toFixed(1)} % of the sound was made up`);
    assert.ok(await isTooSlow.isVisible(), 'it still says so');
  });

  await t.test('on a way that is too slow in the other direction, too, both read that as well', async () => {
    const began = Date.now();
    line.change(SOUND_ALONE);
    await Promise.all([isHeldUp, isNotSent].map((one) => one.waitFor({ timeout: TOLD_WITHIN_MS })));
    t.diagnostic(`told after ${Date.now() - began} ms`);
  });

  await t.test('at 64 kbit/s each way both hear everything', async () => {
    await pass(SETTLE_MS);
    const began = await Promise.all(everybody.map(figuresOf));
    await pass(LISTEN_LONG_MS);
    const ended = await Promise.all(everybody.map(figuresOf));
    ['patient', 'doctor'].forEach((who, at) => t.diagnostic(`64 kbit/s, ${who}: ${tell(began[at], ended[at])}`));
    t.diagnostic(`the line: ${JSON.stringify(line.counted)}`);
    for (const at of everybody.keys()) {
      const share = concealedShare(began[at], ended[at]);
      assert.ok(share <= CONCEALED_MAX, `${share.toFixed(1)} % of the sound was made up`);
    }
    line.change(TOO_SLOW);
  });

  await t.test('it is read on a large page and on a phone', async () => {
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const page of everybody) await page.setViewportSize(viewport);
      for (const one of [isTooSlow, cannotSee]) assert.ok(await one.isVisible(), size);
      await here.picture(patient, `too-slow-patient-${size}`);
      await here.picture(doctor, `too-slow-practitioner-${size}`);
    }
    for (const page of everybody) await page.setViewportSize(SIZES.desktop);
  });

  await t.test('the picture comes back by itself', async () => {
    const began = Date.now();
    line.change(ENOUGH);
    const gone = { state: 'detached', timeout: BACK_WITHIN_MS };
    await Promise.all([isTooSlow, cannotSee].map((one) => one.waitFor(gone)));
    t.diagnostic(`back after ${Date.now() - began} ms`);
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
  });

  assertNoProblems(patient, doctor);
});
