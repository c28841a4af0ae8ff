// A connection that breaks comes back by itself: the page says so, nobody clicks, and media that still flows is left alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, bookNow, button, passDeviceCheck, seesAndHears, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

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
    await signIn(patient, here.bedside, here.bedside.account('patient'));
    await bookNow(patient, 'Elif Yılmaz');
    await passDeviceCheck(patient);
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
    await doctor.getByRole('link', { name: 'Open visit with Anna Nowak' }).first().click();
    await passDeviceCheck(doctor);
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
  });

  await t.test('without signalling the picture goes on, during and after', async () => {
    const watches = await Promise.all(everybody.map(watchPicture));
    here.namespace.nft(CUT_SIGNALLING);
    await Promise.all(everybody.map((page) => reconnecting(page).waitFor()));
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
    const during = await Promise.all(watches.map((watch) => watch()));
    here.namespace.nft('flush ruleset');
    await Promise.all(everybody.map((page) => reconnecting(page).waitFor({ state: 'detached' })));
    await Promise.all(everybody.map((page) => seesAndHears(page, 1)));
    const after = await Promise.all(watches.map((watch) => watch()));
    t.diagnostic(`the pictures stood at most ${during} ms without signalling, ${after} ms while it came back`);
    // The way back is a new transport: its first picture waits for a key frame, and for a machine that has time for it.
    for (const ms of during) assert.ok(ms < STANDS_MS, `a picture stood for ${ms} ms without signalling`);
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
    await doctor.getByRole('group', { name: 'Anna Nowak', exact: true }).getByRole('img', { name: 'Muted' }).waitFor();
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
      assert.deepEqual(tracks.sort(), ['audio ended', 'video ended']);
      assert.deepEqual([...new Set(connections)], ['closed']);
    }
  });

  assertNoProblems(...everybody);
});

/** What everybody sees, not what a screen reader says for a moment. */
const reconnecting = (page) =>
  page.getByText('Your connection was interrupted. Reconnecting …').and(page.locator(':not([role=status])'));

/** Watches the other's picture; the returned function tells how long it stood at the longest since it was last asked. */
async function watchPicture(page) {
  await page.evaluate(() => {
    const watch = { longest: 0, last: performance.now() };
    window.bedsideWatch = watch;
    const seen = new WeakSet();
    const shown = () => {
      const now = performance.now();
      watch.longest = Math.max(watch.longest, now - watch.last);
      watch.last = now;
    };
    const follow = (video) => {
      const next = () => {
        if (!video.isConnected) return;
        video.requestVideoFrameCallback(() => {
          shown();
          next();
        });
      };
      if (!seen.has(video)) next();
      seen.add(video);
    };
    const look = () => {
      for (const video of document.querySelectorAll('[aria-label^="Picture of"]')) follow(video);
      requestAnimationFrame(look);
    };
    look();
  });
  return () =>
    page.evaluate(() => {
      const longest = Math.max(window.bedsideWatch.longest, performance.now() - window.bedsideWatch.last);
      window.bedsideWatch.longest = 0;
      return Math.round(longest);
    });
}
