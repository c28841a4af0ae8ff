/** Appointments as pages read them. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { cancelAppointment, listAppointments, readAppointment, type Span } from "../api/endpoints";
import type { Appointment } from "../api/model";
import { pace, repeated } from "../api/polling";

/** Somebody who looks at the list sees an arrival this soon. */
const LIST_EVERY_MS = 5_000;

export const APPOINTMENTS_KEY = ["appointments"];

export function appointmentsQuery(span: Span) {
  return queryOptions({
    queryKey: [...APPOINTMENTS_KEY, span],
    queryFn: (context) => listAppointments(span, repeated(context)),
    refetchInterval: LIST_EVERY_MS,
  });
}

export function appointmentQuery(id: string) {
  return queryOptions({
    queryKey: [...APPOINTMENTS_KEY, id],
    queryFn: (context) => readAppointment(id, repeated(context)),
    refetchInterval: () => pace(LIST_EVERY_MS),
    // Also behind another tab: asking keeps somebody who is in a call signed in.
    refetchIntervalInBackground: true,
  });
}

export function useCancel(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (appointment: Appointment) => cancelAppointment(appointment.id),
    onSuccess: onDone,
    // Refused or not: what the list shows is no longer certain.
    onSettled: () => client.invalidateQueries({ queryKey: APPOINTMENTS_KEY }),
  });
}

/** Whether something can still come of it: what a person calls an upcoming visit. */
export function isUpcoming({ state, end, join }: Appointment, now: Date): boolean {
  if (state !== "booked" && state !== "in_progress") return false;
  return join.open || new Date(end) > now;
}

/** The earliest first. */
export function byStart(appointments: readonly Appointment[]): Appointment[] {
  return [...appointments].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}

/** Upcoming ones by start; past ones, the latest first. */
export function divide(appointments: readonly Appointment[], now: Date) {
  const sorted = byStart(appointments);
  const upcoming = sorted.filter((appointment) => isUpcoming(appointment, now));
  const past = sorted.filter((appointment) => !isUpcoming(appointment, now)).reverse();
  return { upcoming, past };
}
