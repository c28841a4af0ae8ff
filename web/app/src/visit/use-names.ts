/** Names by seat. A seat that is not known yet is asked for, and again for some seconds. */

import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Person, SeatRole } from "../api/model";

/** `role`: of somebody who is there. */
export type NameOf = (participant: { seat: string; role: SeatRole | null }) => string;

/** The control plane hears of who was let in a moment after their page does, and tells them no names before. */
const AGAIN_AFTER_MS = [500, 1_000, 2_000, 4_000, 8_000];

export interface Names {
  /** The name, or the role until the name is known. */
  nameOf: NameOf;
  /** Whether the name of a seat is still being asked for. */
  isAsked: (seat: string) => boolean;
}

export function useNames(
  first: readonly Person[],
  seats: readonly string[],
  askPeople: () => Promise<Person[]>,
): Names {
  const { t } = useTranslation();
  const [people, setPeople] = useState(first);
  /** Seats whose name was asked for, with or without success. */
  const [answered, setAnswered] = useState<ReadonlySet<string>>(new Set());
  /** Seats that are being asked for, or have been often enough. */
  const asked = useRef(new Set<string>());
  const tries = useRef(new Map<string, number>());
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  /** Counts up when something is to be asked for again. */
  const [round, setRound] = useState(0);

  useEffect(() => {
    const askAgain = (seat: string) => {
      const before = tries.current.get(seat) ?? 0;
      const wait = AGAIN_AFTER_MS[before];
      if (wait === undefined) return;
      tries.current.set(seat, before + 1);
      const timer = setTimeout(() => {
        timers.current.delete(timer);
        asked.current.delete(seat);
        setRound((count) => count + 1);
      }, wait);
      timers.current.add(timer);
    };
    const ask = async (unknown: readonly string[]) => {
      // Without an answer the role stands for the name: a visit goes on without the control plane.
      const told = await askPeople().catch((): Person[] => []);
      const isTold = ({ seat }: { seat: string }) => told.some((person) => person.seat === seat);
      // What was told before stays known: who comes back from a lost connection is told less for a moment.
      setPeople((before) => [...told, ...before.filter((person) => !isTold(person))]);
      setAnswered((before) => new Set([...before, ...unknown]));
      for (const seat of unknown.filter((one) => !isTold({ seat: one }))) askAgain(seat);
    };
    const unknown = seats.filter(
      (seat) => !asked.current.has(seat) && !people.some((person) => person.seat === seat),
    );
    if (unknown.length === 0) return;
    for (const seat of unknown) asked.current.add(seat);
    void ask(unknown);
  }, [seats, people, askPeople, round]);
  useEffect(() => {
    const { current } = timers;
    return () => {
      for (const timer of current) clearTimeout(timer);
    };
  }, []);

  const nameOf = useCallback<NameOf>(
    ({ seat, role }) =>
      people.find((person) => person.seat === seat)?.name ??
      t(role === null ? "visit.somebodyGone" : `role.${role}`),
    [people, t],
  );
  const isAsked = useCallback(
    (seat: string) => !answered.has(seat) && !people.some((person) => person.seat === seat),
    [people, answered],
  );
  return { nameOf, isAsked };
}
