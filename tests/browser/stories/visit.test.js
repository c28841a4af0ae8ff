// A first visit: a patient books "now", a practitioner sees them waiting, they see and hear each other, and part.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AES_GCM, mediaOf, moving, sendingRate } from '../support/media.js';
import { assertNoProblems, bookNow, button, passDeviceCheck, seesAndHears, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

const here = stage({ isLifelike: true });

test('two people meet by clicking through the pages', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();

  await t.test('the patient books a visit now and joins', async () => {
    await signIn(patient, here.bedside, here.bedside.account('patient'));
    await here.picture(patient, 'patient-home');
    await bookNow(patient, 'Elif Yılmaz');
    await button(patient, 'Continue without camera').waitFor();
    await here.picture(patient, 'device-check');
    await passDeviceCheck(patient);
  });

  await t.test('the practitioner sees who is waiting and opens the visit', async () => {
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
    await doctor.getByText('waiting since').waitFor();
    await here.picture(doctor, 'practitioner-home');
    await doctor.getByRole('link', { name: 'Open visit with Anna Nowak' }).first().click();
    await passDeviceCheck(doctor);
  });

  await t.test('they see and hear each other', async () => {
    await Promise.all([seesAndHears(patient, 1), seesAndHears(doctor, 1)]);
    await here.picture(doctor, 'visit');
  });

  await t.test('media is protected by AES-GCM', async () => {
    for (const page of [patient, doctor]) assert.match((await mediaOf(page)).cipher, AES_GCM);
  });

  await t.test('the publishers ramp past 1 Mbit/s', async () => {
    let now = null;
    await until(
      'the patient to send more than 1 Mbit/s, over a second',
      async () => {
        const before = now;
        now = await mediaOf(patient);
        return before !== null && sendingRate(before, now) > 1_000_000;
      },
      { within: 30_000, every: 1_000 },
    );
  });

  await t.test('each sees when the other is muted, and how good the connection is', async () => {
    const tile = doctor.getByRole('group', { name: 'Anna Nowak', exact: true });
    await button(patient, 'Mute').click();
    await tile.getByRole('img', { name: 'Muted' }).waitFor();
    let now = null;
    await until(
      'a second in which no sound leaves the patient’s page and none is heard',
      async () => {
        const before = now;
        now = await Promise.all([patient, doctor].map(mediaOf));
        if (before === null) return false;
        return now[0].soundPacketsSent === before[0].soundPacketsSent && moving(before[1], now[1]).sounds === 0;
      },
      { every: 1_000 },
    );
    await button(patient, 'Unmute').click();
    await tile.getByRole('img', { name: 'Muted' }).waitFor({ state: 'detached' });
    await tile.getByRole('img', { name: /connection$/ }).waitFor();
    await tile.getByRole('img', { name: 'Speaking' }).waitFor();
  });

  await t.test('the camera goes off and on', async () => {
    const own = patient.locator('video[aria-label="Your own picture"]');
    const track = await own.evaluateHandle(({ srcObject }) => srcObject.getVideoTracks()[0]);
    await button(patient, 'Camera off').click();
    const picture = doctor.getByLabel('Picture of Anna Nowak');
    await picture.waitFor({ state: 'detached' });
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'ended', 'the camera’s light is out');
    await button(patient, 'Camera on').click();
    await picture.waitFor();
    await seesAndHears(doctor, 1);
  });

  await t.test('a screen is shared and seen', async () => {
    await button(doctor, 'Share screen').click();
    const screen = patient.locator('video[aria-label^="Screen of"]');
    await until('a picture of the screen', () => screen.evaluate(({ videoWidth }) => videoWidth > 0));
    await here.picture(patient, 'screen-share');
    await button(doctor, 'Stop sharing').click();
    await patient.getByRole('group', { name: /^Screen of/ }).waitFor({ state: 'detached' });
  });

  await t.test('the practitioner ends the visit for all', async () => {
    await button(doctor, 'End for all').click();
    await button(doctor, 'End the visit').click();
    for (const page of [patient, doctor]) {
      await page.getByRole('heading', { name: 'The visit has ended' }).waitFor();
    }
    await here.picture(patient, 'ended');
  });

  assertNoProblems(patient, doctor);
});
