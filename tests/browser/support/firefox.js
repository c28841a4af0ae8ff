// Headless Firefox ESR with a fake camera and microphone, inside a namespace (WebDriver BiDi, no driver binary).

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import puppeteer from 'puppeteer-core';

import { DOORS, NODE_ADDRESS, startRelay } from './reach.js';
import { scratch } from './scratch.js';
import { until } from './wait.js';

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.gmp-manager.updateEnabled': false,
  'media.gmp-manager.url': '',
  'app.normandy.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'intl.accept_languages': 'en-GB, en',
};

/** Where Firefox listens to its driver, which looks for it in its own namespace. */
const DRIVER = '127.0.0.1:9222';

/**
 * Firefox at the end of a line. Pages are at localhost for it, too; and what its driver says does not go over the line.
 * `close` ends it and the relays.
 */
export async function launchFirefoxBehind({ namespace }, home) {
  const socket = join(scratch('driver'), 'socket');
  const relays = [
    ...DOORS.map((port) => startRelay(namespace, `127.0.0.1:${port}`, `${NODE_ADDRESS}:${port}`)),
    startRelay(namespace, socket, DRIVER),
    startRelay(home, DRIVER, socket),
  ];
  const end = () => relays.forEach((relay) => relay.kill());
  try {
    await until('the relay of the driver', () => existsSync(socket));
    const firefox = await puppeteer.launch({
      browser: 'firefox',
      executablePath: namespace.wrapper('/usr/bin/firefox-esr'),
      headless: true,
      extraPrefsFirefox: PREFERENCES,
      debuggingPort: Number(DRIVER.split(':')[1]),
    });
    return { newPage: () => firefox.newPage(), close: () => firefox.close().finally(end) };
  } catch (error) {
    end();
    throw error;
  }
}
