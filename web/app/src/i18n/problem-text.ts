/** What a person reads when a request failed. */

import type { TFunction } from "i18next";

import { ApiError, NetworkError } from "../api/problem";
import { i18n } from "./i18n";

/** A text for each known problem; one that helps a little for the rest. Never the server's own words. */
export function problemText(t: TFunction, error: unknown): string {
  if (error instanceof NetworkError) return t("problem.network");
  if (!(error instanceof ApiError)) return t("problem.unknown");
  const key = `problem.${error.problem}`;
  if (!i18n.exists(key)) return t("problem.unknown");
  return t(key as "problem.too-many-attempts", { seconds: error.retryAfterSecs ?? 60 });
}
