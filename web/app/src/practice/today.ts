/** Which visits a practitioner's day shows. */

import type { Appointment } from "../api/model";
import type { Times } from "../time/times";
import { addDays, startOfDay } from "../time/zone";

/**
 * Read beyond midnight on both sides: a visit can be joined from half an hour before its start until four hours after
 * (control plane, `window.rs`), and who waits must be seen whatever the date.
 */
const BEFORE_MS = 5 * 3_600_000;
const AFTER_MS = 3_600_000;

/** What to ask the control plane for, to show `day` (a key of `times.dayKey`). */
export function spanAround(day: string, zone: string): { from: string; until: string } {
  return {
    from: new Date(startOfDay(day, zone).getTime() - BEFORE_MS).toISOString(),
    until: new Date(startOfDay(addDays(day, 1), zone).getTime() + AFTER_MS).toISOString(),
  };
}

/** Whether a visit stands in the list of `day`: it begins then, or somebody is in it now. */
export function isOfDay({ start, presence }: Appointment, day: string, times: Times): boolean {
  return times.dayKey(start) === day || presence.length > 0;
}
