// Headless Chromium with a fake camera and microphone, inside a namespace.

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream=fps=30',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

/** Long enough for a loaded machine of two cores, short enough to learn of a failure soon. */
const STEP_WITHIN = 15_000;

const FAKE_DEVICES = '--use-fake-device-for-media-stream';

/** `hasDevices: false` leaves what the machine itself has: no camera, no microphone, no speaker. */
export function launchChromium(namespace, { flags = [], hasDevices = true } = {}) {
  // A flag that is given again replaces the one before.
  const name = (flag) => flag.split('=')[0];
  const kept = FLAGS.filter((flag) => !flags.some((other) => name(other) === name(flag))).filter(
    (flag) => hasDevices || name(flag) !== FAKE_DEVICES,
  );
  return chromium.launch({ executablePath: namespace.wrapper('/usr/bin/chromium'), args: [...kept, ...flags] });
}

/** A person with a browser profile of their own, at a desktop or a phone. Without permissions Chromium asks (see `flags`). */
export async function openPerson(
  browser,
  { phone = false, locale = 'en-GB', timezoneId = 'Europe/Berlin', permissions = ['camera', 'microphone'] } = {},
) {
  const context = await browser.newContext({
    viewport: phone ? { width: 360, height: 740 } : { width: 1280, height: 800 },
    hasTouch: phone,
    locale,
    timezoneId,
    permissions,
  });
  context.setDefaultTimeout(STEP_WITHIN);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  /** Stories that provoke refusals or cut the network say which answers they expect: Chromium notes each as an error. */
  page.expected = [];
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const text = `${message.location().url}: ${message.text()}`;
    // Asking who is signed in is answered with 401 before anybody is.
    const isNobodySignedIn = /\/api\/session: .*401/.test(text);
    if (!isNobodySignedIn && !page.expected.some((pattern) => pattern.test(text))) page.problems.push(text);
  });
  return page;
}
