/** Who waits: somebody is in the visit and the practitioner is not. */

import type { Appointment, Presence } from "../api/model";

export interface Waiting {
  appointment: Appointment;
  presence: Presence;
}

/** Everybody who waits, the longest first. */
export function waitingIn(appointments: readonly Appointment[]): Waiting[] {
  return appointments
    .filter(({ presence }) => presence.every(({ role }) => role !== "practitioner"))
    .flatMap((appointment) => appointment.presence.map((presence) => ({ appointment, presence })))
    .sort((a, b) => Date.parse(a.presence.since) - Date.parse(b.presence.since));
}
