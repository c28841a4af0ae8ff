// Getting about with the keyboard alone, and hearing what a screen reader would say.

import assert from 'node:assert/strict';

/** More stops than any page has. */
const STOPS_MAX = 80;

/** Presses Tab until `target` has the focus. Each stop on the way must show that it has it. */
export async function tabTo(page, target) {
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press('Tab');
    assert.deepEqual(await page.evaluate(unmarkedFocus), null, 'the focused element shows no focus');
    if (await target.evaluateAll((elements) => elements.includes(document.activeElement))) return;
  }
  throw new Error(`${STOPS_MAX} times Tab did not reach ${target}`);
}

/** Tab to a control and press a key on it. */
export async function press(page, target, key = 'Enter') {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Run in the page: the focused element, if nothing about it or its frame is drawn for the focus. */
function unmarkedFocus() {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const isOutlined = (one) => getComputedStyle(one).outlineStyle !== 'none' && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
  // A text field shows it by the border around it; a checkbox by the ring around its label's box.
  const frames = [element, element.parentElement, ...(element.parentElement?.querySelectorAll('fieldset') ?? [])];
  const isMarked = frames.some((one) => isOutlined(one) || (one.tagName === 'FIELDSET' && parseFloat(getComputedStyle(one).borderTopWidth) >= 2));
  return isMarked ? null : element.outerHTML.slice(0, 200);
}

/** Run before any page script: keeps what live regions say. */
export function rememberSayings() {
  window.bedsideSaid = [];
  const note = () => {
    for (const region of document.querySelectorAll('[aria-live], [role=status], [role=alert]')) {
      const text = region.textContent.trim();
      if (text !== '' && window.bedsideSaid.at(-1) !== text) window.bedsideSaid.push(text);
    }
  };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
}

export const saidOn = (page) => page.evaluate(() => window.bedsideSaid);
