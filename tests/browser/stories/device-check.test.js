// The device check: what somebody sees and hears of their own devices, which ones they choose, and what helps when there are
// none or when they are not allowed. Whoever has no device at all still gets into the visit.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoProblems, bookNow, button, passDeviceCheck, seesAndHears, signIn } from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

const TWO_OF_EACH = '--use-fake-device-for-media-stream=device-count=2,fps=30';

const here = stage();

test('the device check', async (t) => {
  const patient = await here.person({ browser: await here.launch({ flags: [TWO_OF_EACH] }) });
  await patient.addInitScript(listenToTestTone);
  let visit;

  await t.test('shows the camera’s picture, moving', async () => {
    await signIn(patient, here.bedside, here.bedside.account('patient'));
    await bookNow(patient, 'Elif Yılmaz');
    visit = new URL(patient.url()).pathname;
    await until('frames of the own camera', () => ownPicture(patient).evaluate(({ currentTime }) => currentTime > 0.2));
    const size = await ownPicture(patient).evaluate(({ videoWidth, videoHeight }) => [videoWidth, videoHeight]);
    assert.deepEqual(size, [1280, 720]);
  });

  await t.test('moves the bar with the microphone', async () => {
    const bar = patient.getByRole('progressbar', { name: 'Microphone level' });
    const seen = new Set();
    await until('the bar to rise and fall', async () => {
      seen.add(Number(await bar.getAttribute('aria-valuenow')));
      return Math.max(...seen) > 10 && seen.size > 2;
    });
  });

  await t.test('plays two notes, and says so while they sound', async () => {
    await button(patient, 'Play a test sound').click();
    await patient.getByRole('button', { name: 'Playing …' }).waitFor();
    await until('the notes', () => patient.evaluate(() => window.bedsideTonePeak > 0.1));
    await button(patient, 'Play a test sound').waitFor();
  });

  await t.test('offers every camera and microphone, and changes to the chosen one', async () => {
    for (const [label, element] of [
      ['Camera', 'video'],
      ['Microphone', null],
    ]) {
      const choice = patient.getByRole('combobox', { name: label });
      const before = await choice.innerText();
      await choice.click();
      const options = patient.getByRole('listbox', { name: label }).getByRole('option');
      const names = await options.allInnerTexts();
      assert.ok(names.length >= 2, `${label}: ${names}`);
      const other = names.find((name) => name !== before);
      await options.getByText(other, { exact: true }).click();
      await until(`${label} to be ${other}`, async () => (await choice.innerText()) === other);
      if (element === null) continue;
      const inUse = await ownPicture(patient).evaluate(({ srcObject }) => srcObject.getVideoTracks()[0].label);
      assert.equal(inUse, other);
    }
    assertNoProblems(patient);
  });

  await t.test('continues without the camera: its light goes out', async () => {
    const track = await ownPicture(patient).evaluateHandle(({ srcObject }) => srcObject.getVideoTracks()[0]);
    await button(patient, 'Continue without camera').click();
    await patient.getByText('Camera is off').waitFor();
    await patient.getByText('You join without camera: the others hear you.').waitFor();
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'ended');
    await button(patient, 'Turn camera on').click();
    await ownPicture(patient).waitFor();
    await patient.context().close();
  });

  await t.test('says what to do when camera and microphone are not allowed', async () => {
    const page = await here.person({
      browser: await here.launch({ flags: ['--use-fake-ui-for-media-stream=deny'] }),
      permissions: [],
    });
    await signIn(page, here.bedside, here.bedside.account('patient'));
    await page.goto(here.bedside.url + visit);
    await button(page, 'Use camera and microphone').click();
    await page.getByText(/^This page may not use the camera\. Allow it with the lock or camera symbol/).waitFor();
    await page.getByText(/^This page may not use the microphone\. Allow it/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 2);
    assert.ok(await button(page, 'Join the visit').isEnabled());
    assertNoProblems(page);
    await page.context().close();
  });

  await t.test('says that there is no device, and lets in without any', async () => {
    const doctor = await here.person();
    const page = await here.person({ browser: await here.launch({ hasDevices: false }) });
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
    await doctor.goto(here.bedside.url + visit);
    await passDeviceCheck(doctor);

    await signIn(page, here.bedside, here.bedside.account('patient'));
    await page.goto(here.bedside.url + visit);
    await page.getByText(/^No camera was found/).waitFor();
    await page.getByText(/^No microphone was found/).waitFor();
    await page.getByText('You join without camera and microphone: you see and hear the others.').waitFor();
    await button(page, 'Join the visit').click();
    await button(page, 'Leave').waitFor();

    const tile = doctor.getByRole('group', { name: 'Anna Nowak', exact: true });
    await tile.getByText('Camera off').waitFor();
    await tile.getByRole('img', { name: 'Muted' }).waitFor();
    await seesAndHears(page, 1);
    assertNoProblems(doctor, page);
  });
});

const ownPicture = (page) => page.getByLabel('Your camera’s picture');

/** Run before any page script: keeps the loudest sample of what the speaker test plays. */
function listenToTestTone() {
  window.bedsideTonePeak = 0;
  const { createMediaStreamDestination } = AudioContext.prototype;
  AudioContext.prototype.createMediaStreamDestination = function () {
    const destination = createMediaStreamDestination.call(this);
    const analyser = this.createAnalyser();
    this.createMediaStreamSource(destination.stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      window.bedsideTonePeak = Math.max(window.bedsideTonePeak, ...samples);
    }, 50);
    return destination;
  };
}
