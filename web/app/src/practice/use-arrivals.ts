/** Says once that somebody has begun to wait, each of them, also to a screen reader. */

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Appointment } from "../api/model";
import { useAnnounce } from "../layout/announcer";
import { waitingIn } from "./waiting";

export function useArrivals(appointments: readonly Appointment[]): void {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const told = useRef(new Set<string>());

  useEffect(() => {
    const waiting = waitingIn(appointments);
    for (const { presence } of waiting) {
      if (!told.current.has(presence.seat)) announce(t("practice.arrived", { name: presence.name }));
    }
    told.current = new Set(waiting.map(({ presence }) => presence.seat));
  }, [appointments, announce, t]);
}
