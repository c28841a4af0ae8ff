/** How connections were, as pages read it. */

import { queryOptions } from "@tanstack/react-query";

import { readQualitySummary, readVisitQuality } from "../api/endpoints";
import { repeated } from "../api/polling";

/** A node tells it once a minute. */
const NEWS_EVERY_MS = 60_000;

export function visitQualityQuery(id: string) {
  return queryOptions({
    queryKey: ["quality", id],
    queryFn: (context) => readVisitQuality(id, repeated(context)),
    refetchInterval: NEWS_EVERY_MS,
  });
}

export const qualitySummaryQuery = queryOptions({
  queryKey: ["quality", "summary"],
  queryFn: () => readQualitySummary(),
});
