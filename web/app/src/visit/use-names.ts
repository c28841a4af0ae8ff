/** Names by seat. A seat that is not known yet is asked for once. */

import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Person, SeatRole } from "../api/model";

/** `role`: of somebody who is there. */
export type NameOf = (participant: { seat: string; role: SeatRole | null }) => string;

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
  const asked = useRef(new Set<string>());

  useEffect(() => {
    const unknown = seats.filter(
      (seat) => !asked.current.has(seat) && !people.some((person) => person.seat === seat),
    );
    if (unknown.length === 0) return;
    for (const seat of unknown) asked.current.add(seat);
    askPeople()
      .then(setPeople, () => {
        // Without an answer the role stands for the name: a visit goes on without the control plane.
        for (const seat of unknown) asked.current.delete(seat);
      })
      .finally(() => {
        setAnswered((before) => new Set([...before, ...unknown]));
      });
  }, [seats, people, askPeople]);

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
