/** What a page asks again by itself is no sign that somebody sits there. */

import type { QueryClient, QueryKey } from "@tanstack/react-query";

import { isInVisit } from "../session/in-visit";
import type { RequestOptions } from "./client";

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
