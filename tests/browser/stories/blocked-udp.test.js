// Behind firewalls: where no UDP passes media goes by TCP to the node, and where nothing passes but what looks like pages, by
// TLS through a relay.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { figuresOf } from '../support/figures.js';
import { DOORS, NODE_ADDRESS } from '../support/reach.js';
import { prepareRelay, TLS_PORT } from '../support/relay-server.js';
import { bothWays, Line } from '../support/router.js';
import { assertNoProblems, button, comeTogether, passDeviceCheck, seesAndHears } from '../support/steps.js';
import { stage } from '../support/story.js';

const FAR = bothWays({ latency_ms: 20 });
const NO_UDP = `
table inet firewall {
  chain out {
    type filter hook output priority 0
    meta l4proto udp drop
  }
}
`;
const PAGES_ONLY = `
table inet firewall {
  chain out {
    type filter hook output priority 0; policy drop
    oifname "lo" accept
    tcp dport { ${[...DOORS, TLS_PORT].join(', ')} } accept
  }
}
`;

const relay = prepareRelay();
const here = stage({ cameraFps: 20, args: ['--media-address', NODE_ADDRESS, ...relay.args] });

test('media finds a way through firewalls', async (t) => {
  const line = await Line.start(here.namespace, FAR);
  const turn = await relay.start(here.namespace);
  t.after(() => {
    turn.kill();
    line.close();
  });
  const browser = await here.launchBehind(line, [relay.chromiumFlag]);
  const doctor = await here.person();
  const patient = await here.person({ browser });
  const everybody = [patient, doctor];
  const seeAndHear = () => Promise.all(everybody.map((page) => seesAndHears(page, 1)));
  const path = async () => {
    const { path: way } = await figuresOf(patient);
    t.diagnostic(`the patient's way: ${JSON.stringify(way)}`);
    return way;
  };

  await t.test('without UDP media goes by TCP', async () => {
    line.namespace.nft(NO_UDP);
    await comeTogether(here.bedside, patient, doctor);
    await seeAndHear();
    const { type, protocol } = await path();
    assert.equal(protocol, 'tcp');
    assert.notEqual(type, 'relay');
  });

  await t.test('with nothing but TLS to the relay media goes through that', async () => {
    await button(patient, 'Leave').click();
    line.namespace.nft(`flush ruleset\n${PAGES_ONLY}`);
    await button(patient, 'Join again').click();
    await passDeviceCheck(patient);
    const began = Date.now();
    await seeAndHear();
    t.diagnostic(`seen and heard ${Date.now() - began} ms after joining`);
    const { type, relay: way } = await path();
    assert.deepEqual({ type, way }, { type: 'relay', way: 'tls' });
  });

  assertNoProblems(...everybody);
});
