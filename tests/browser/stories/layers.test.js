// Cameras are sent in three sizes: each page gets the one that it shows, and what nobody watches is not even encoded.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { encoded, layersOf, restartOf } from '../support/layers.js';
import { mediaOf, moving } from '../support/media.js';
import { assertNoProblems, button, comeTogether, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

/** As large as a page of a desktop, half of that, and so small that the other's picture is a thumbnail. */
const LARGE = { width: 1280, height: 800 };
const MIDDLE = { width: 700, height: 480 };
const SMALL = { width: 400, height: 330 };
/** A browser's estimate of its uplink begins at 300 kbit/s, and takes its time to allow all three sizes. */
const RAMP_MS = 40_000;
const SWITCH_MS = 5_000;
/** Half a second for a layer to start again; as much for a loaded machine to lay out the page and encode. */
const RESTART_MS = 500 + 500;

const here = stage();

test('pictures are as large as they are shown', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();
  const seesHeight = (page, height, within) =>
    until(
      `a picture ${height} lines high`,
      async () => {
        const { heights } = await layersOf(page);
        return heights.length === 1 && heights[0] === height;
      },
      { within },
    );
  /** Waits until `page` encodes these layers and no others, over a second. */
  const sends = (page, rids, within = SWITCH_MS) => {
    let before = null;
    return until(
      `the layers ${rids} and no others to be encoded`,
      async () => {
        const now = await layersOf(page);
        const layers = before && now.at - before.at >= 900 ? encoded(before, now).join('') : null;
        if (layers !== null || before === null) before = now;
        return layers === rids;
      },
      { within },
    );
  };

  await t.test('two people meet, and see each other large', async () => {
    await comeTogether(here.bedside, patient, doctor);
    await Promise.all([patient, doctor].map((page) => seesHeight(page, 720, RAMP_MS)));
    await Promise.all([patient, doctor].map((page) => sends(page, 'hlm', RAMP_MS)));
  });

  /** How long it takes until pictures of the other size come, all layers being there. */
  const switches = async (viewport, height) => {
    const began = Date.now();
    await doctor.setViewportSize(viewport);
    await seesHeight(doctor, height, SWITCH_MS);
    t.diagnostic(`${height} lines ${Date.now() - began} ms after the window changed`);
  };

  await t.test('in a smaller window the picture is smaller, and larger ones are no longer encoded', async () => {
    await switches(MIDDLE, 360);
    await switches(SMALL, 180);
    await sends(patient, 'l', 2 * SWITCH_MS);
    assert.deepEqual((await layersOf(patient)).heights, [720], 'the other page is as it was');
    await here.picture(doctor, 'visit-in-a-small-window');
  });

  await t.test('in a large window it is large again, and the publisher starts at once', async () => {
    const restart = restartOf(patient, 'h');
    // The first reading of the watch is taken before the window changes.
    await layersOf(patient);
    const began = Date.now();
    await doctor.setViewportSize(LARGE);
    const restarted = (await restart) - began;
    await seesHeight(doctor, 720, SWITCH_MS);
    t.diagnostic(`encoded again after ${restarted} ms, seen large after ${Date.now() - began} ms`);
    assert.ok(restarted < RESTART_MS, `the layer started ${restarted} ms after the window grew`);
    await sends(patient, 'hlm');
  });

  await t.test('a page in the background gets sound only', async () => {
    await see(doctor, 'hidden');
    await sends(patient, '', 3 * SWITCH_MS);
    let before = await mediaOf(doctor);
    await until(
      'sound without a moving picture',
      async () => {
        const now = await mediaOf(doctor);
        const { videos, sounds } = moving(before, now);
        before = now;
        return videos === 0 && sounds === 1;
      },
      { every: 1_000 },
    );
    await see(doctor, 'visible');
    await seesAndHears(doctor, 1);
    await seesHeight(doctor, 720, SWITCH_MS);
  });

  await t.test('another camera goes on in the sizes that are watched', async () => {
    await doctor.setViewportSize(SMALL);
    await sends(patient, 'l', 2 * SWITCH_MS);
    await button(patient, 'Camera off').click();
    await doctor.getByLabel('Picture of Anna Nowak').waitFor({ state: 'detached' });
    await button(patient, 'Camera on').click();
    await sends(patient, 'l', 2 * SWITCH_MS);
    await seesAndHears(doctor, 1);
    assert.deepEqual((await layersOf(doctor)).heights, [180]);
  });

  assertNoProblems(patient, doctor);
});

/** What a browser does when another tab is chosen: headless pages are always in front. */
function see(page, state) {
  return page.evaluate((visibility) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibility });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
