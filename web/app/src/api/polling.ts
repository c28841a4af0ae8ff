/** What a page asks again by itself is no sign that somebody sits there. */

import type { QueryClient, QueryKey } from "@tanstack/react-query";

import { isInVisit } from "../session/in-visit";
import type { RequestOptions } from "./client";

/**
 * In a visit a read is repeated so seldom: what it shows is behind the call, and on a line that carries little more than a
 * voice, a request takes the place of six packets of it.
 */
const IN_VISIT_EVERY_MS = 30_000;

/** How often a read is repeated that somebody who looks at it wants `everyMs`. */
export function pace(everyMs: number): number {
  return isInVisit() ? Math.max(everyMs, IN_VISIT_EVERY_MS) : everyMs;
}

/** For a read that is repeated: the first is a person's, who opened the page; so is every one during a visit. */
export function repeated({
  client,
  queryKey,
}: {
  client: QueryClient;
  queryKey: QueryKey;
}): Pick<RequestOptions, "isBackground"> {
  return { isBackground: client.getQueryData(queryKey) !== undefined && !isInVisit() };
}
