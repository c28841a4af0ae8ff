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

export function launchChromium(namespace, { flags = [] } = {}) {
  return chromium.launch({ executablePath: namespace.wrapper('/usr/bin/chromium'), args: [...FLAGS, ...flags] });
}

/** A person with a browser profile of their own, at a desktop or a phone. */
export async function openPerson(browser, { phone = false, locale = 'en-GB', timezoneId = 'Europe/Berlin' } = {}) {
  const context = await browser.newContext({
    viewport: phone ? { width: 360, height: 740 } : { width: 1280, height: 800 },
    hasTouch: phone,
    locale,
    timezoneId,
    permissions: ['camera', 'microphone'],
  });
  context.setDefaultTimeout(STEP_WITHIN);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    // Asking who is signed in is answered with 401 before anybody is; Chromium notes each such answer as an error.
    const isNobodySignedIn = message.location().url.endsWith('/api/session') && message.text().includes('401');
    if (message.type() === 'error' && !isNobodySignedIn) page.problems.push(message.text());
  });
  return page;
}
