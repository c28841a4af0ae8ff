// A camera is sent in one stream that holds three sizes (VP9 and AV1, SVC): each page gets the one that it shows, the picture
// never stands still over a change, and what nobody watches is not even encoded.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sendIn, sizesOf } from "../support/sizes.js";
import {
  assertNoProblems,
  comeTogether,
  seesAndHears,
} from "../support/steps.js";
import { stage } from "../support/story.js";
import { until } from "../support/wait.js";
import { watchPicture } from "../support/watch.js";

/** As large as a page of a desktop, half of that, and so small that the other's picture is a thumbnail. */
const LARGE = { width: 1280, height: 800 };
const MIDDLE = { width: 700, height: 480 };
const SMALL = { width: 400, height: 330 };
/** A browser's estimate of its uplink begins at 300 kbit/s, and takes its time to allow all three sizes. */
const RAMP_MS = 30_000;
const SWITCH_MS = 6_000;
/** Half a second for a size to start again; as much for a loaded machine to lay out the page and encode. */
const RESTART_MS = 500 + 500;
const FREEZE_MS = 500;
/** Requests for key frames that a receiver makes beside those of the changes: none is needed on a good line. */
const ASKED_MAX = 2;

const here = stage();

for (const codec of ["vp9", "av1"]) {
  test(`one stream in ${codec.toUpperCase()} is as large as it is shown`, async (t) => {
    const patient = await here.person();
    const doctor = await here.person();
    await sendIn(patient, codec);
    const sees = (height, within = SWITCH_MS) =>
      until(
        `a picture ${height} lines high`,
        async () => {
          const { seen } = await sizesOf(doctor);
          return seen.length === 1 && seen[0].height === height;
        },
        { within },
      );
    const sends = (mode, height) =>
      until(
        `${mode} of ${height} lines to be encoded`,
        async () => {
          const { sent } = await sizesOf(patient);
          return sent.mode === mode && sent.height === height;
        },
        { within: SWITCH_MS },
      );

    await t.test(
      "two people meet, and the picture comes in that codec",
      async () => {
        await comeTogether(here.bedside, patient, doctor);
        await seesAndHears(doctor, 1);
        await sees(720, RAMP_MS);
        const [{ sent }, { seen }] = [
          await sizesOf(patient),
          await sizesOf(doctor),
        ];
        assert.equal(sent.codec, `video/${codec.toUpperCase()}`);
        assert.equal(sent.mode, "L3T3_KEY");
        assert.equal(seen[0].codec, `video/${codec.toUpperCase()}`);
      },
    );

    await t.test(
      "it follows the window, and what nobody watches is not encoded",
      async () => {
        const stood = await watchPicture(doctor);
        const before = (await sizesOf(doctor)).seen[0];
        for (const [window, height, mode] of [
          [MIDDLE, 360, "L2T3_KEY"],
          [SMALL, 180, "L1T3"],
        ]) {
          const began = Date.now();
          await doctor.setViewportSize(window);
          await sees(height);
          t.diagnostic(
            `${height} lines ${Date.now() - began} ms after the window changed`,
          );
          await sends(mode, height);
        }
        const began = Date.now();
        await doctor.setViewportSize(LARGE);
        await sees(720);
        const took = Date.now() - began;
        const { sent } = await sizesOf(patient);
        const after = (await sizesOf(doctor)).seen[0];
        const longest = await stood();
        const [frames, dropped, asked] = ["frames", "dropped", "asked"].map(
          (field) => after[field] - before[field],
        );
        t.diagnostic(
          `seen large again after ${took} ms; stood still for ${longest} ms at the longest; ${frames} pictures, ${dropped} ` +
            `dropped, ${asked} key frames asked for; ${Math.round((1000 * sent.seconds) / sent.frames)} ms to encode one`,
        );
        assert.ok(
          took < RESTART_MS,
          `the size started ${took} ms after the window grew`,
        );
        assert.ok(
          longest < FREEZE_MS,
          `the picture stood still for ${longest} ms`,
        );
        assert.ok(asked <= ASKED_MAX, `${asked} key frames asked for`);
        assert.ok(
          dropped * 10 <= frames,
          `${dropped} of ${frames} pictures dropped`,
        );
      },
    );

    assertNoProblems(patient, doctor);
    for (const page of [doctor, patient]) await page.context().close();
  });
}
