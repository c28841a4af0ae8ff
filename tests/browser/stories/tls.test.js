// The same visit over HTTPS and WSS, from certificate files.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, bookNow, passDeviceCheck, seesAndHears, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';

const here = stage({ hasTls: true });

test('two people meet over TLS', async () => {
  const patient = await here.person();
  const sockets = [];
  patient.on('websocket', (socket) => sockets.push(socket.url()));

  await signIn(patient, here.bedside, here.bedside.account('patient'));
  await bookNow(patient, 'Elif Yılmaz');
  await passDeviceCheck(patient);
  const doctor = await here.person();
  await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
  await doctor.goto(patient.url());
  await passDeviceCheck(doctor);
  await Promise.all([seesAndHears(patient, 1), seesAndHears(doctor, 1)]);

  assert.match(here.bedside.url, /^https:/);
  assert.ok(await patient.evaluate(() => window.isSecureContext));
  assert.deepEqual(
    sockets.map((address) => new URL(address).protocol),
    ['wss:'],
  );
  const cookies = await patient.context().cookies();
  assert.ok(cookies.length > 0 && cookies.every(({ secure, httpOnly }) => secure && httpOnly), 'cookies are for TLS only');
  assertNoProblems(patient, doctor);
});
