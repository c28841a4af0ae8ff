// A connection that breaks comes back by itself: the page says so, nobody clicks, and media that still flows is left alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, button, comeTogether, notice, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';
import { watchPicture } from '../support/watch.js';

const SIGNAL_PORT = 7701;
/** Answers every segment of signalling with a reset, in both directions. Media is UDP and goes on. */
const CUT_SIGNALLING = `
table inet cut {
  chain out {
    type filter hook output priority 0
    tcp dport ${SIGNAL_PORT} reject with tcp reset
    tcp sport ${SIGNAL_PORT} reject with tcp reset
  }
}
`;
/** One of twenty datagrams is lost, both ways. */
const LOSE_MEDIA = `
table inet rough {
  chain in {
    type filter hook input priority 0
    meta l4proto udp numgen random mod 1000 lt 50 drop
  }
}
`;
/** Two hundred signs of life of the node. */
const QUIET_MS = 20_000;
/** Thirty pictures a second are sent; one that stands this long is what somebody calls frozen, even on a loaded machine. */
const STANDS_MS = 2_000;

const here = stage();

test('a visit outlives its connections', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();
  const everybody = [patient, doctor];
  for (const page of everybody) {
    page.expected.push(/WebSocket connection to .* failed/, /\/join: .*50[0-9]/);
  }

  await t.test('two people meet', async () => {
    await comeTogether(here.bedside, patient, doctor);
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
  });

  await t.test('a quiet room on a lossy network is not taken for a broken path', async () => {
    await Promise.all(everybody.map(countRestarts));
    for (const page of everybody) {
      await button(page, 'Mute').click();
      await button(page, 'Camera off').click();
    }
    here.namespace.nft(LOSE_MEDIA);
    const started = Date.now();
    // What is looked for is that nothing happens, so time has to pass.
    await until('twenty quiet seconds', () => Date.now() - started > QUIET_MS, { within: 2 * QUIET_MS });
    here.namespace.nft('flush ruleset');
    for (const page of everybody) {
      assert.equal(await page.evaluate(() => window.bedsideRestarts), 0);
      await button(page, 'Unmute').click();
      await button(page, 'Camera on').click();
    }
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
  });

  await t.test('without signalling sound and picture go on, and nothing that was said is lost', async () => {
    const peers = () => Promise.all(everybody.map((page) => page.evaluate(() => window.bedsidePeers.length)));
    const before = await peers();
    const watches = await Promise.all(everybody.map((page) => watchPicture(page)));
    here.namespace.nft(CUT_SIGNALLING);
    await Promise.all(everybody.map((page) => detached(page).waitFor()));
    await button(patient, 'Mute').click();
    await Promise.all(everybody.map((page) => seesAndHears(page, page === doctor ? { videos: 1, sounds: 0 } : 1)));
    for (const page of everybody) assert.equal(await reconnecting(page).count(), 0, 'media is not interrupted');
    here.namespace.nft('flush ruleset');
    await Promise.all(everybody.map((page) => detached(page).waitFor({ state: 'detached' })));
    await mutedAnna(doctor).waitFor();
    await button(patient, 'Unmute').click();
    await mutedAnna(doctor).waitFor({ state: 'detached' });
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
    const stood = await Promise.all(watches.map((watch) => watch()));
    t.diagnostic(`the pictures stood at most ${stood} ms without signalling and while it came back`);
    for (const ms of stood) assert.ok(ms < STANDS_MS, `a picture stood for ${ms} ms`);
    assert.deepEqual(await peers(), before, 'on the same connections');
  });

  await t.test('when the node is killed both come back, without a click', async () => {
    const killed = here.bedside.pidOf('media-server');
    process.kill(killed, 'SIGKILL');
    await Promise.all(everybody.map((page) => reconnecting(page).waitFor()));
    await Promise.all(everybody.map((page) => reconnecting(page).waitFor({ state: 'detached' })));
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
    assert.notEqual(here.bedside.pidOf('media-server'), killed);
  });

  await t.test('and go on as before: muting is seen, the end is for all', async () => {
    await button(patient, 'Mute').click();
    await mutedAnna(doctor).waitFor();
    await button(doctor, 'End for all').click();
    await button(doctor, 'End the visit').click();
    for (const page of everybody) await page.getByRole('heading', { name: 'The visit has ended' }).waitFor();
  });

  await t.test('afterwards no camera, microphone or connection is left open', async () => {
    for (const page of everybody) {
      const { tracks, connections } = await page.evaluate(() => ({
        tracks: window.bedsideTracks.map(({ kind, readyState }) => `${kind} ${readyState}`),
        connections: window.bedsidePeers.map(({ connectionState }) => connectionState),
      }));
      // Cameras that were switched off and on again were opened more than once: each has to be let go of.
      assert.deepEqual([...new Set(tracks)].sort(), ['audio ended', 'video ended']);
      assert.deepEqual([...new Set(connections)], ['closed']);
    }
  });

  assertNoProblems(...everybody);
});

const mutedAnna = (page) => page.getByRole('group', { name: 'Anna Nowak', exact: true }).getByRole('img', { name: 'Muted' });
const detached = (page) => notice(page, 'Reconnecting … Sound and picture go on.');
const reconnecting = (page) => notice(page, 'Your connection was interrupted. Reconnecting …');

/** From now on the page counts how often ICE is restarted. */
const countRestarts = (page) =>
  page.evaluate(() => {
    window.bedsideRestarts = 0;
    for (const peer of window.bedsidePeers) {
      peer.addEventListener('signalingstatechange', () => {
        if (peer.signalingState === 'have-local-offer') window.bedsideRestarts += 1;
      });
    }
  });
