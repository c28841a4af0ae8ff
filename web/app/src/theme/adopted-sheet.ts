/**
 * Emotion's style sheet on a constructed `CSSStyleSheet`. Emotion's own makes `<style>` elements, which a
 * Content-Security-Policy allows only with `unsafe-inline` or a nonce in every answer; constructed sheets are
 * made by script alone, so `style-src 'self'` holds and `index.html` stays a static file.
 */

import createCache, { type EmotionCache } from "@emotion/cache";

type Sheet = EmotionCache["sheet"];

class AdoptedSheet {
  isSpeedy = true;
  /** Emotion puts global sheets before the first of these elements; there are none. */
  tags: HTMLStyleElement[] = [];
  ctr = 0;
  before: Element | null = null;
  container: Node = document.head;
  key: string;
  nonce: string | undefined;
  readonly #sheet = new CSSStyleSheet();

  constructor({ key }: { key: string }) {
    this.key = key;
    // Sheets made later are global ones (`GlobalStyles`): they go first, so that components override them.
    document.adoptedStyleSheets = [this.#sheet, ...document.adoptedStyleSheets];
  }

  insert(rule: string): void {
    try {
      this.#sheet.insertRule(rule, this.#sheet.cssRules.length);
      this.ctr += 1;
    } catch {
      // A selector that this browser does not know (`::-moz-…` in Chromium): the rule is not for it.
    }
  }

  flush(): void {
    this.#sheet.replaceSync("");
    this.ctr = 0;
  }

  hydrate(): void {
    // Nothing is rendered by a server.
  }
}

/** The cache that MUI's styles go through. */
export function createStyleCache(): EmotionCache {
  const cache = createCache({ key: "bs" });
  cache.sheet = new AdoptedSheet({ key: "bs" }) as unknown as Sheet;
  return cache;
}
