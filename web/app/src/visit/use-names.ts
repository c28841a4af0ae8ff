/** Names by seat. A seat that is not known yet is asked for once. */

import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Person, SeatRole } from "../api/model";

export type NameOf = (participant: { seat: string; role: SeatRole }) => string;

export function useNames(
  first: readonly Person[],
  seats: readonly string[],
  askPeople: () => Promise<Person[]>,
): NameOf {
  const { t } = useTranslation();
  const [people, setPeople] = useState(first);
  const asked = useRef(new Set<string>());

  useEffect(() => {
    const unknown = seats.filter(
      (seat) => !asked.current.has(seat) && !people.some((person) => person.seat === seat),
    );
    if (unknown.length === 0) return;
    for (const seat of unknown) asked.current.add(seat);
    // Without an answer the role stands for the name: a visit goes on without the control plane.
    askPeople().then(setPeople, () => {
      for (const seat of unknown) asked.current.delete(seat);
    });
  }, [seats, people, askPeople]);

  return useCallback(
    ({ seat, role }) => people.find((person) => person.seat === seat)?.name ?? t(`role.${role}`),
    [people, t],
  );
}
