// The strings of the pages in one language, by key: `words('de')('visits.book')`.

import { readFileSync } from 'node:fs';

export function words(language) {
  const file = new URL(`../../../web/app/src/i18n/${language}.json`, import.meta.url);
  const tree = JSON.parse(readFileSync(file, 'utf8'));
  return (key, values = {}) => {
    const text = key.split('.').reduce((part, name) => part?.[name], tree);
    if (typeof text !== 'string') throw new Error(`no string ${key} in ${language}`);
    return text.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);
  };
}
