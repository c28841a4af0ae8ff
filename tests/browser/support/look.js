// What every page must hold, whatever is on it: axe finds nothing serious, nothing is wider than the window, controls are
// large enough for any finger, and a German page has no English string.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { englishOn } from './language.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
/** Pixels a side; a link inside a sentence is as high as its line (WCAG 2.2 2.5.8). */
const TARGET_MIN = 44;

export async function look(page, name, language) {
  await page.evaluate(settled);
  assert.deepEqual(await seriousViolations(page), [], `${name}: axe`);
  const { wide, small } = await page.evaluate(measure, TARGET_MIN);
  assert.deepEqual(wide, 0, `${name}: wider than the window by so many pixels`);
  assert.deepEqual(small, [], `${name}: too small to hit`);
  if (language === 'de') assert.deepEqual(await englishOn(page), [], `${name}: English on a German page`);
}

/** Run in the page. What moves as long as it is there, like the mark of a button that has the keyboard, comes to no end. */
function settled() {
  const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity);
  return Promise.all(ending.map(({ finished }) => finished.catch(() => undefined)));
}

export async function seriousViolations(page) {
  // Evaluated, not added as a script: the page's content security policy refuses inline scripts.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

/** Run in the page. */
function measure(min) {
  const { scrollWidth, clientWidth } = document.documentElement;
  const small = [...document.querySelectorAll('button, a.MuiButton-root, [role=combobox], input:not([type=checkbox])')]
    .filter((element) => element.checkVisibility() && !element.closest('[aria-hidden=true]'))
    // A text field is hit anywhere inside its frame.
    .map((element) => ({ element, box: (element.closest('.MuiInputBase-root') ?? element).getBoundingClientRect() }))
    .filter(({ element, box }) => box.height < min && box.height > 0 && !element.closest('.MuiAutocomplete-endAdornment'))
    .map(({ element, box }) => `${element.outerHTML.slice(0, 120)} ${Math.round(box.width)}x${Math.round(box.height)}`);
  return { wide: Math.max(0, scrollWidth - clientWidth), small };
}
