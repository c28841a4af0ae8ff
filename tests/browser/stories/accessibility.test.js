// axe finds no serious violation on any page, at desktop and phone size.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { signIn } from '../support/steps.js';
import { stage } from '../support/story.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const PAGES = [
  { name: 'sign in', path: '/' },
  { name: 'patient home', path: '/', as: 'patient' },
  { name: 'book', path: '/book', as: 'patient' },
  { name: 'practitioner home', path: '/', as: 'practitioner' },
  { name: 'weekly hours', path: '/availability', as: 'practitioner' },
  { name: 'admin home', path: '/', as: 'admin' },
  { name: 'guest without a link', path: '/guest' },
  { name: 'not found', path: '/nowhere', as: 'patient' },
];

const here = stage();

for (const phone of [false, true]) {
  for (const { name, path, as } of PAGES) {
    test(`${name}, ${phone ? 'phone' : 'desktop'}`, async () => {
      const page = await here.person({ phone });
      if (as) await signIn(page, here.bedside, here.bedside.account(as));
      await page.goto(here.bedside.url + path);
      await page.getByRole('heading').first().waitFor();

      assert.deepEqual(await seriousViolations(page), []);

      await page.context().close();
    });
  }
}

async function seriousViolations(page) {
  // Evaluated, not added as a script: the page's content security policy refuses inline scripts.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
