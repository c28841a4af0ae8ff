// A story's stage: a namespace, Bedside inside it, a browser, and everything cleared away afterwards.

import { mkdirSync } from 'node:fs';
import { after, before } from 'node:test';

import { Bedside } from './bedside.js';
import { writeCameraFile, writeMicrophoneFile } from './capture.js';
import { makeCertificate } from './certificate.js';
import { launchChromium, openPerson } from './chromium.js';
import { rememberPeers } from './media.js';
import { Namespace } from './namespace.js';

const PICTURES = process.env.BEDSIDE_PICTURES ?? '../../test-results/pictures';

/** Call at the top of a story file. The fields are there once the first test runs. */
export function stage({ isLifelike = false, hasVoice = isLifelike, cameraFps = 30, hasTls = false, args = [] } = {}) {
  const others = [];
  const stage = {
    async person({ browser = stage.browser, ...options } = {}) {
      const page = await openPerson(browser, options);
      await page.addInitScript(rememberPeers);
      return page;
    },
    /** One more browser, for devices, permissions or a network of its own. */
    async launch({ namespace = stage.namespace, ...options }) {
      const browser = await launchChromium(namespace, options);
      others.push(browser);
      return browser;
    },
    /** One more browser at the end of a line, with the same camera and microphone as the stage's. */
    launchBehind({ namespace, chromiumFlag }, flags = []) {
      return stage.launch({ namespace, flags: [...stage.flags, chromiumFlag, ...flags] });
    },
    async picture(page, name) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: `${PICTURES}/${name}.png` });
    },
  };
  before(async () => {
    stage.namespace = new Namespace();
    const certificate = hasTls ? makeCertificate() : null;
    stage.bedside = await Bedside.start(stage.namespace, { args: [...args, ...(certificate?.args ?? [])] });
    const flags = [
      '--auto-select-desktop-capture-source=Entire screen',
      `--use-fake-device-for-media-stream=fps=${cameraFps}`,
    ];
    if (certificate) flags.push(certificate.chromiumFlag);
    if (isLifelike) flags.push(`--use-file-for-fake-video-capture=${writeCameraFile()}`);
    if (hasVoice) flags.push(`--use-file-for-fake-audio-capture=${writeMicrophoneFile()}`);
    stage.flags = flags;
    stage.browser = await launchChromium(stage.namespace, { flags });
  });
  after(async () => {
    // One that does not close leaves none of the others behind.
    try {
      for (const browser of [...others, stage.browser]) await browser?.close();
    } finally {
      await stage.bedside?.stop();
      stage.namespace?.close();
    }
  });
  return stage;
}
