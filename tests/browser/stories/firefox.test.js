// Firefox as the patient at the end of a line that loses some, Chromium as the practitioner: the same visit. The driver speaks to Firefox over a loopback port
// of Firefox's own, so the whole story (../inside/firefox.test.js) runs inside the namespace.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Namespace } from '../support/namespace.js';

test('a patient with Firefox meets a practitioner with Chromium', async (t) => {
  const namespace = new Namespace();
  t.after(() => namespace.close());
  const { NODE_TEST_CONTEXT, ...environment } = process.env;
  const story = namespace.spawn('node', ['--test', '--test-reporter=spec', 'inside/firefox.test.js'], {
    env: { ...environment, BEDSIDE_NAMESPACE: namespace.name },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let report = '';
  story.stdout.on('data', (chunk) => {
    report += chunk;
  });

  const code = await new Promise((done) => story.once('exit', done));

  assert.equal(code, 0, report);
  assert.match(report, /pass [1-9]/, report);
});
