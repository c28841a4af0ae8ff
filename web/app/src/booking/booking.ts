/** Free times as the booking page reads them, and the booking itself. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { book, listPractitioners, listSlots } from "../api/endpoints";
import type { Slot } from "../api/model";
import { repeated } from "../api/polling";
import { isProblem } from "../api/problem";
import { useAccount } from "../session/session";
import type { Times } from "../time/times";
import { addDays } from "../time/zone";
import { APPOINTMENTS_KEY } from "../visits/appointments";

/** Four weeks: within the 31 days that the control plane answers at once. */
export const DAYS_AHEAD = 28;
/** A page left open shows times that others take meanwhile; booking checks again anyhow. */
const SLOTS_EVERY_MS = 30_000;

export const practitionersQuery = queryOptions({
  queryKey: ["practitioners"],
  queryFn: listPractitioners,
  staleTime: 60_000,
});

export function slotsQuery(practitioner: string, from: string) {
  const until = new Date(Date.parse(from) + DAYS_AHEAD * 86_400_000).toISOString();
  return queryOptions({
    queryKey: ["slots", practitioner, from],
    queryFn: (context) => listSlots(practitioner, { from, until }, repeated(context)),
    refetchInterval: SLOTS_EVERY_MS,
  });
}

/** A day of the reader's calendar and the times that are free on it. */
export interface Day {
  key: string;
  slots: Slot[];
}

/** Every day from today on, free or not, in the reader's zone. */
export function daysOf(slots: readonly Slot[], times: Times, today: Date): Day[] {
  const dated = slots.map((slot) => ({ slot, key: times.dayKey(slot.start) }));
  const first = times.dayKey(today);
  return Array.from({ length: DAYS_AHEAD }, (_, index) => {
    const key = addDays(first, index);
    return { key, slots: dated.filter((one) => one.key === key).map(({ slot }) => slot) };
  });
}

/** What is about to be booked: a slot, or a visit that begins now. */
export interface Choice {
  slot: Slot;
  isNow: boolean;
  /** One key for each choice: pressing Book twice books once. */
  idempotencyKey: string;
}

export function choose(slot: Slot, isNow = false): Choice {
  return { slot, isNow, idempotencyKey: crypto.randomUUID() };
}

/** The times that a conflict's answer offers instead, or `null` when the error is no conflict. */
export function alternativesOf(error: unknown): Slot[] | null {
  if (!isProblem(error, "slot-taken")) return null;
  const { alternatives } = error.extra;
  return Array.isArray(alternatives) ? (alternatives as Slot[]) : [];
}

export function useBook(practitioner: string) {
  const client = useQueryClient();
  const account = useAccount();
  const [reason, setReason] = useState("");
  const booking = useMutation({
    mutationFn: ({ slot, isNow, idempotencyKey }: Choice) =>
      book(
        {
          practitioner_id: practitioner,
          start: isNow ? null : slot.start,
          now: isNow,
          time_zone: account.time_zone,
          ...(reason.trim() !== "" && { reason: reason.trim() }),
        },
        idempotencyKey,
      ),
    // Not waited for: the page that comes next reads them itself.
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["slots", practitioner] });
      void client.invalidateQueries({ queryKey: APPOINTMENTS_KEY });
    },
  });
  return { booking, reason, setReason };
}
