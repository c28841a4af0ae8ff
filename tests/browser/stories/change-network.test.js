// From Wi-Fi to mobile and back in the middle of a visit: the same connection goes on by another path, within seconds, and the
// page says so while it does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mediaOf } from '../support/media.js';
import { NODE_ADDRESS } from '../support/reach.js';
import { Roaming } from '../support/roaming.js';
import { assertNoProblems, comeTogether, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';
import { watchPackets, watchPicture } from '../support/watch.js';

/** From the last packet by the old path to the first by the new one. */
const GAP_MAX_MS = 3_000;
/** There and back again, so often. */
const CHANGES = ['mobile', 'wifi', 'mobile', 'wifi', 'mobile', 'wifi'];

const here = stage({ args: ['--media-address', NODE_ADDRESS] });

test('a visit follows its patient from one network to another', async (t) => {
  const roaming = await Roaming.start(here.namespace);
  const phone = await here.launch({ namespace: roaming.namespace, flags: [roaming.chromiumFlag] });
  t.after(() => roaming.close());
  const patient = await here.person({ browser: phone });
  const doctor = await here.person();
  patient.expected.push(/WebSocket connection to .* failed/, /ERR_NETWORK_CHANGED/, /ERR_INTERNET_DISCONNECTED/);

  await t.test('two people meet', async () => {
    await comeTogether(here.bedside, patient, doctor);
    await Promise.all([seesAndHears(patient, 1), seesAndHears(doctor, 1)]);
  });

  await t.test('each change is followed on the same connection', async () => {
    const packets = await watchPackets(patient);
    const picture = await watchPicture(doctor);
    const peers = () => patient.evaluate(() => window.bedsidePeers.length);
    const before = await peers();
    const gaps = [];
    let old = 'wifi';
    for (const next of CHANGES) {
      await packets();
      await picture();
      roaming.connect(next);
      roaming.disconnect(old);
      const prefix = next === 'wifi' ? '10.79.1.' : '10.79.2.';
      // The gap is over when packets come to an address of the new network.
      const gap = await until(`packets by ${next}`, async () => {
        const { ms, address } = await patient.evaluate(() => {
          const { longest, address } = window.bedsidePackets;
          return { ms: Math.round(longest), address };
        });
        return address?.startsWith(prefix) ? ms : null;
      });
      await Promise.all([seesAndHears(patient, 1), seesAndHears(doctor, 1)]);
      gaps.push({ next, gap, picture: await picture() });
      old = next;
    }
    for (const one of gaps) t.diagnostic(`to ${one.next}: nothing came for ${one.gap} ms, the picture stood for ${one.picture} ms`);
    assert.equal(await peers(), before, 'the same connection');
    for (const { gap } of gaps) assert.ok(gap <= GAP_MAX_MS, `${gap} ms`);
  });

  await t.test('and goes on as before', async () => {
    await patient.getByText('Reconnecting').first().waitFor({ state: 'detached' });
    const { videos, sounds } = await mediaOf(doctor);
    assert.ok(videos.length > 0 && sounds.length > 0);
  });

  assertNoProblems(patient, doctor);
});
