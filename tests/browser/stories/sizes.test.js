// A camera is sent in one stream that holds three sizes (SVC): each page gets the one that it shows, the picture does not stand
// still over a change, and what nobody watches is not even encoded. The patient's in VP9; the practitioner's in AV1, small.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sendIn, sizesOf, startOf } from '../support/sizes.js';
import { assertNoProblems, comeTogether, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';
import { watchPicture } from '../support/watch.js';

/** As large as a page of a desktop, half of that, and so small that the other's picture is a thumbnail. */
const LARGE = { width: 1280, height: 800 };
const MIDDLE = { width: 700, height: 480 };
const SMALL = { width: 400, height: 330 };
/** A browser's estimate of its uplink begins at 300 kbit/s, and takes its time to allow all three sizes. */
const RAMP_MS = 40_000;
const SWITCH_MS = 10_000;
/** Half a second for a size to start again; the rest for a loaded machine to lay out the page, and to begin another mode. */
const RESTART_MS = 500 + 1_500;
const FREEZE_MS = 500;
/** Requests for key frames that a receiver makes beside those of the changes: none is needed on a good line. */
const ASKED_MAX = 2;

const here = stage();

test('one stream is as large as it is shown', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();
  await sendIn(patient, 'vp9');
  await sendIn(doctor, 'av1');
  await patient.setViewportSize(SMALL);
  const sees = (page, height, within = SWITCH_MS) =>
    until(
      `a picture ${height} lines high`,
      async () => {
        const { seen } = await sizesOf(page);
        return seen.length === 1 && seen[0].height === height;
      },
      { within },
    );
  const sends = (page, mode, height) =>
    until(
      `${mode} of ${height} lines to be encoded`,
      async () => {
        const { sent } = await sizesOf(page);
        return sent.mode === mode && sent.height === height;
      },
      { within: SWITCH_MS },
    );

  await t.test('two people meet, one in VP9 and one in AV1', async () => {
    await comeTogether(here.bedside, patient, doctor);
    await Promise.all([seesAndHears(doctor, 1), seesAndHears(patient, 1)]);
    await Promise.all([sees(doctor, 720, RAMP_MS), sees(patient, 180, RAMP_MS)]);
    await sends(doctor, 'L1T3', 180);
    const [ofPatient, ofDoctor] = [await sizesOf(patient), await sizesOf(doctor)];
    assert.deepEqual([ofPatient.sent.codec, ofDoctor.seen[0].codec], ['video/VP9', 'video/VP9']);
    assert.deepEqual([ofDoctor.sent.codec, ofPatient.seen[0].codec], ['video/AV1', 'video/AV1']);
    assert.equal(ofPatient.sent.mode, 'L3T3_KEY');
  });

  await t.test('it follows the window, and what nobody watches is not encoded', async () => {
    const stood = await watchPicture(doctor);
    const before = (await sizesOf(doctor)).seen[0];
    for (const [window, height, mode] of [
      [MIDDLE, 360, 'L2T3_KEY'],
      [SMALL, 180, 'L1T3'],
    ]) {
      const began = Date.now();
      await doctor.setViewportSize(window);
      await sees(doctor, height);
      t.diagnostic(`${height} lines ${Date.now() - began} ms after the window changed`);
      await sends(patient, mode, height);
    }
    const start = startOf(patient, 720);
    // The first reading of the watch is taken before the window changes.
    await sizesOf(patient);
    const began = Date.now();
    await doctor.setViewportSize(LARGE);
    const started = (await start) - began;
    await sees(doctor, 720);
    const took = Date.now() - began;
    const { sent } = await sizesOf(patient);
    const after = (await sizesOf(doctor)).seen[0];
    const longest = await stood();
    const [frames, dropped, asked] = ['frames', 'dropped', 'asked'].map((field) => after[field] - before[field]);
    t.diagnostic(
      `encoded again after ${started} ms, seen large after ${took} ms; stood still for ${longest} ms at the longest; ${frames} ` +
        `pictures, ${dropped} dropped, ${asked} key frames asked for; ${Math.round((1000 * sent.seconds) / sent.frames)} ms to encode one`,
    );
    assert.ok(started < RESTART_MS, `the size started ${started} ms after the window grew`);
    assert.ok(longest < FREEZE_MS, `the picture stood still for ${longest} ms`);
    assert.ok(asked <= ASKED_MAX, `${asked} key frames asked for`);
    assert.ok(dropped * 10 <= frames, `${dropped} of ${frames} pictures dropped`);
  });

  assertNoProblems(patient, doctor);
});
