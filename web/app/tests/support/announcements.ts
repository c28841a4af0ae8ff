/** What the live region says. A text is there for a second only: on a loaded machine it is gone before a test looks. */

import { screen } from "@testing-library/react";
import { onTestFinished } from "vitest";

/** Every text from now on until the test is over, in order. */
export function recordAnnouncements(): readonly string[] {
  const region = screen.getByRole("status");
  const texts: string[] = [];
  const observer = new MutationObserver(() => {
    const text = region.textContent;
    if (text !== "") texts.push(text);
  });
  observer.observe(region, { childList: true, characterData: true, subtree: true });
  onTestFinished(() => {
    observer.disconnect();
  });
  return texts;
}
