/** Which pictures stand, and whose connection is too slow to see any, once that has lasted: a short stop is no news. */

import type { Call, CallView, Pause, Slot } from "@bedside/sdk";
import { useCallback, useEffect, useState } from "react";

const LASTS_MS = 1_000;

export interface VideoNotice {
  /** Why the picture in this tile stands; `own`: one's own is not sent. */
  paused: Pause | "own" | null;
  /** The connection of the person in this tile is too slow for pictures of others. */
  cannotSee: boolean;
}

export type NoticeOf = (slot: Slot) => VideoNotice;

export function useVideoNotices(call: Call): NoticeOf {
  const [lasting, setLasting] = useState<ReadonlySet<string>>(new Set());

  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const look = (view: CallView) => {
      const facts = factsOf(view);
      for (const [fact, timer] of timers) {
        if (facts.has(fact)) continue;
        clearTimeout(timer);
        timers.delete(fact);
        setLasting((before) => new Set([...before].filter((other) => other !== fact)));
      }
      for (const fact of facts) {
        if (timers.has(fact)) continue;
        const timer = setTimeout(() => {
          setLasting((before) => new Set([...before, fact]));
        }, LASTS_MS);
        timers.set(fact, timer);
      }
    };
    look(call.view);
    const stop = call.on("change", look);
    return () => {
      stop();
      for (const timer of timers.values()) clearTimeout(timer);
    };
  }, [call]);

  return useCallback(
    (slot) => ({
      paused: slot.paused !== null && lasting.has(pausedFact(slot.id, slot.paused)) ? slot.paused : null,
      cannotSee: slot.kind === "camera" && lasting.has(cannotSeeFact(slot.seat)),
    }),
    [lasting],
  );
}

function factsOf({ slots, videoPaused, seat }: CallView): ReadonlySet<string> {
  const paused = slots.flatMap((slot) =>
    slot.isConnected && slot.paused !== null ? [pausedFact(slot.id, slot.paused)] : [],
  );
  const others = [...videoPaused].filter((other) => other !== seat);
  return new Set([...paused, ...others.map(cannotSeeFact)]);
}

const pausedFact = (slotId: string, paused: Pause) => `${paused} ${slotId}`;
const cannotSeeFact = (seat: string) => `sight ${seat}`;
