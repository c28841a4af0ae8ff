// A patient at the end of a bad line: little room, every twentieth packet lost, far away. Pictures keep moving, and what the
// line leaves out is mended.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { figuresOf, tell } from '../support/figures.js';
import { NODE_ADDRESS } from '../support/reach.js';
import { bothWays, Line } from '../support/router.js';
import { assertNoProblems, comeTogether, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';
import { pass } from '../support/wait.js';
import { watchPicture } from '../support/watch.js';

const BAD = bothWays({ rate_bps: 1_000_000, loss: 0.05, latency_ms: 50 });
/** A browser's estimate of its uplink begins at 300 kbit/s, and takes its time. So does what the line is taken for. */
const WARM_UP_MS = 15_000;
const BAD_FOR_MS = 40_000;
const FREEZE_MAX_MS = 500;

const here = stage({ hasVoice: true, cameraFps: 20, args: ['--media-address', NODE_ADDRESS] });

test('a visit goes on over a bad line', async (t) => {
  const line = await Line.start(here.namespace);
  t.after(() => line.close());
  const patient = await here.person({ browser: await here.launchBehind(line) });
  const doctor = await here.person();
  const everybody = { patient, doctor };
  const pages = Object.values(everybody);
  const figures = () => Promise.all(pages.map(figuresOf));
  const watches = [];
  const asked = (all) => Promise.all(all.map((watch) => watch()));

  await t.test('two people meet', async () => {
    await comeTogether(here.bedside, patient, doctor);
    await Promise.all(pages.map((page) => seesAndHears(page, 1)));
    for (const page of pages) {
      watches.push(await watchPicture(page));
    }
  });

  await t.test('no picture stands for longer than half a second', async () => {
    line.change(BAD);
    await pass(WARM_UP_MS);
    await Promise.all(pages.map((page) => seesAndHears(page, 1)));
    await asked(watches);
    const began = await figures();
    await pass(BAD_FOR_MS);
    const ended = await figures();
    const stood = await asked(watches);
    for (const [at, name] of Object.keys(everybody).entries()) {
      t.diagnostic(`${name}: ${tell(began[at], ended[at])}, at the longest ${stood[at]} ms without a new picture`);
    }
    t.diagnostic(`the line: ${JSON.stringify(line.counted)}`);
    for (const [at, name] of Object.keys(everybody).entries()) {
      assert.ok(stood[at] <= FREEZE_MAX_MS, `the ${name} saw a picture stand for ${stood[at]} ms`);
    }
  });

  assertNoProblems(patient, doctor);
});
