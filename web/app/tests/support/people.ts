/** The people and visits that tests speak of. */

import type { Account, Appointment, Practitioner, Role, Session } from "../../src/api/model";

const clinic = { id: "clinic", name: "Riverside", slug: "riverside", time_zone: "America/New_York" };

export function account(role: Role, changes: Partial<Account> = {}): Account {
  return {
    id: `${role}-1`,
    clinic,
    role,
    name: role === "practitioner" ? "Dr. Alan Whitfield" : "Maya Lindqvist",
    email: `${role}@example.test`,
    time_zone: role === "practitioner" ? "America/New_York" : "Europe/Berlin",
    language: "en",
    ...changes,
  };
}

export function session(role: Role, changes: Partial<Account> = {}): Session {
  return { account: account(role, changes), csrf_token: "csrf-1", expires_at: "2030-01-01T00:00:00Z" };
}

export const PRACTITIONER: Practitioner = {
  id: "d1",
  name: "Dr. Alan Whitfield",
  title: "MD",
  specialty: "Family medicine",
  time_zone: "America/New_York",
};

/** An instant this many minutes from now, on the minute. */
export function inMinutes(minutes: number): string {
  return new Date(Math.floor(Date.now() / 60_000 + minutes) * 60_000).toISOString();
}

export function appointment(changes: Partial<Appointment> = {}): Appointment {
  return {
    id: "a1",
    state: "booked",
    start: inMinutes(60),
    end: inMinutes(80),
    time_zone: "Europe/Berlin",
    wall_time: "2026-11-22T10:00",
    practitioner: PRACTITIONER,
    patient: { id: "patient-1", name: "Maya Lindqvist" },
    join: { open: false, opens_at: inMinutes(50), closes_at: inMinutes(300), problem: "too_early" },
    presence: [],
    ...changes,
  };
}

export const OPEN = { open: true, opens_at: inMinutes(-10), closes_at: inMinutes(200), problem: null };
