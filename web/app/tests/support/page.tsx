/** Renders the whole app at an address, as `main.tsx` does. */

import createCache from "@emotion/cache";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { createBrowserRouter } from "react-router";
import { expect } from "vitest";

import { createQueryClient } from "../../src/api/query-client";
import { App } from "../../src/App";
import { routes } from "../../src/routes";

/** Styles are left out: jsdom draws nothing, and reading them for every query takes most of the time. */
export function createUnstyledCache() {
  const cache = createCache({ key: "test" });
  cache.sheet.insert = () => undefined;
  return cache;
}

export function openPage(address: string) {
  history.replaceState(null, "", address);
  const queryClient = createQueryClient();
  const user = userEvent.setup({ delay: null });
  const view = render(
    <App styleCache={createUnstyledCache()} queryClient={queryClient} router={createBrowserRouter(routes)} />,
  );
  return { user, queryClient, ...view };
}

/** Fails with what axe finds, except contrast: jsdom draws nothing. */
export async function expectNoViolation(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { "color-contrast": { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
}
