// Which words of a page are still English.

import { readFileSync } from 'node:fs';

const folder = new URL('../../../web/app/src/i18n/', import.meta.url);
const strings = (language) => leaves(JSON.parse(readFileSync(new URL(`${language}.json`, folder), 'utf8')));

function leaves(tree) {
  return Object.values(tree).flatMap((value) => (typeof value === 'string' ? [value] : leaves(value)));
}

/** A string of the translations as a pattern: `{{name}}` stands for anything. */
function pattern(text) {
  const literal = text.split(/\{\{\w+\}\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.+')}$`);
}

const german = new Set(strings('de'));
const english = strings('en').filter((text) => !german.has(text) && /[a-z]{2}/i.test(text.replace(/\{\{\w+\}\}/g, '')));
const ENGLISH = english.map(pattern);
const MONTHS_AND_DAYS = /\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(January|February|March|May|June|July|October|December)\b/;

/** Everything on the page that somebody reads or hears and that is an English string. */
export async function englishOn(page) {
  const words = await page.evaluate(() => {
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) found.push(walker.currentNode.textContent.trim());
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.push(element.getAttribute(name) ?? '');
    }
    return [...new Set(found)].filter((text) => text !== '');
  });
  return words.filter((text) => ENGLISH.some((one) => one.test(text)) || MONTHS_AND_DAYS.test(text));
}
