/** Who wrote something, in words. */

import type { CallView, ChatMessage } from "@bedside/sdk";
import type { TFunction } from "i18next";

import type { NameOf } from "../use-names";

export function authorOf({ seat }: ChatMessage, view: CallView, nameOf: NameOf, t: TFunction): string {
  if (seat === view.seat || seat === "") return t("visit.you");
  const role = view.participants.find((other) => other.seat === seat)?.role ?? null;
  return nameOf({ seat, role });
}
