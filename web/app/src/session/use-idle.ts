/**
 * How long the sign-in lasts. The control plane ends it when nobody has used it for a while (and after half a day in
 * any case); what a person does here, and a visit, keep it alive.
 */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { serverNow } from "../api/client";
import type { Session } from "../api/model";
import { isInVisit as isInVisitNow, useIsInVisit } from "./in-visit";
import { adoptSession, askSession, SESSION_KEY } from "./session";

/** WCAG 2.2 asks for 20 seconds; somebody may have to come back to the desk. At least two minutes are left. */
const WARN_BEFORE_MS = 150_000;
const LOOK_EVERY_MS = 10_000;
/** The control plane notes activity once a minute. */
const TOUCH_EVERY_MS = 60_000;
const SIGNS_OF_A_PERSON = ["pointerdown", "keydown", "wheel", "touchmove"] as const;

/** When the sign-in ends, if that is soon. Signs out when it is over, also while nothing can be asked. */
export function useIdle({ expires_at: expiresAt }: Session) {
  const client = useQueryClient();
  const isInVisit = useIsInVisit();
  const endsAt = Date.parse(expiresAt);
  /** The end that the control plane has confirmed: another window may have put it off. */
  const [confirmed, setConfirmed] = useState<number | null>(null);
  const touchedAt = useRef(0);
  const isEnding = confirmed === endsAt && !isInVisit;

  // The end comes nearer.
  useEffect(() => {
    if (isInVisit) return;
    const look = async () => {
      const leftMs = endsAt - serverNow();
      if (leftMs > WARN_BEFORE_MS) return;
      try {
        const session = await askSession(true);
        if (isInVisitNow()) return;
        adoptSession(client, session);
        setConfirmed(session && Date.parse(session.expires_at));
      } catch {
        if (leftMs <= 0) adoptSession(client, null);
        else setConfirmed(endsAt);
      }
    };
    void look();
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
    };
  }, [client, endsAt, isInVisit]);

  // A visit keeps it alive; what happened to it meanwhile is found out afterwards.
  useEffect(() => {
    if (!isInVisit) return;
    const touch = () => void client.refetchQueries({ queryKey: SESSION_KEY, exact: true });
    const timer = setInterval(touch, TOUCH_EVERY_MS);
    return () => {
      clearInterval(timer);
      touch();
    };
  }, [client, isInVisit]);

  // So does a person, until the warning asks for an answer.
  useEffect(() => {
    if (isInVisit || isEnding) return;
    const touch = () => {
      if (Date.now() - touchedAt.current < TOUCH_EVERY_MS) return;
      touchedAt.current = Date.now();
      void client.refetchQueries({ queryKey: SESSION_KEY, exact: true });
    };
    touchedAt.current = Date.now();
    for (const sign of SIGNS_OF_A_PERSON) addEventListener(sign, touch, { capture: true, passive: true });
    return () => {
      for (const sign of SIGNS_OF_A_PERSON) removeEventListener(sign, touch, { capture: true });
    };
  }, [client, isInVisit, isEnding]);

  return {
    endsAt: isEnding ? new Date(endsAt) : null,
    /** Keeps it alive. Whether that could be asked for. */
    stay: async () => {
      await client.refetchQueries({ queryKey: SESSION_KEY, exact: true });
      return client.getQueryState(SESSION_KEY)?.status === "success";
    },
  };
}
