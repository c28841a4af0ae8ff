/** Why a text was not taken, in words. */

import type { Said } from "@bedside/sdk";
import type { TFunction } from "i18next";

/** `null` when there is nothing to say: it was taken, there was none, or the visit is over, which the page says itself. */
export function notTaken(said: Said, t: TFunction): string | null {
  if (said === "taken" || said === "blank" || said === "over") return null;
  return t(`visit.chat.notTaken.${said}`);
}
