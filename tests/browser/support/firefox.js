// Headless Firefox ESR with a fake camera and microphone, inside a namespace (WebDriver BiDi, no driver binary).

import puppeteer from 'puppeteer-core';

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

export function launchFirefox(namespace) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: namespace.wrapper('/usr/bin/firefox-esr'),
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
}
