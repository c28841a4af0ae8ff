/** The weekly hours as a form holds them, and what is wrong with them. */

import type { Availability, AvailabilityRule, Weekday } from "../api/model";

export const WEEKDAYS: readonly Weekday[] = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
];

/** What a fresh line suggests. */
const SUGGESTED = { from: "09:00", until: "12:00" };

export type RuleProblem = "order" | "overlap";

/** What is wrong with a rule among the others, if anything. "HH:MM" compares as text. */
export function ruleProblem(rules: readonly AvailabilityRule[], index: number): RuleProblem | null {
  const rule = rules[index];
  if (rule === undefined) return null;
  if (rule.from >= rule.until) return "order";
  const overlaps = rules.some(
    (other, at) =>
      at !== index && other.weekday === rule.weekday && other.from < rule.until && rule.from < other.until,
  );
  return overlaps ? "overlap" : null;
}

/** The end of a day is 24:00 (ISO 8601). A field for times knows only 00:00, which as an end means the same. */
const DAY_END = "24:00";

/** A time as a field shows it. */
export function toField(time: string): string {
  return time === DAY_END ? "00:00" : time;
}

/** What a field says, as the rule's beginning or end. */
export function fromField(name: "from" | "until", value: string): string {
  return name === "until" && value === "00:00" ? DAY_END : value;
}

/** The next hours that a day could get: after the last it has, as far as the day goes. */
export function nextRule(rules: readonly AvailabilityRule[], weekday: Weekday): AvailabilityRule {
  const last = rules
    .filter((rule) => rule.weekday === weekday)
    .map(({ until }) => until)
    .sort()
    .at(-1);
  if (last === undefined || last >= "21:00") return { weekday, ...SUGGESTED };
  const hour = Number(last.slice(0, 2));
  const clock = (hours: number) => `${String(hours).padStart(2, "0")}:00`;
  return { weekday, from: clock(hour + 1), until: clock(Math.min(hour + 4, 23)) };
}

/** In the order of the week and the clock. */
export function sorted(availability: Availability): Availability {
  const rules = [...availability.rules].sort(
    (a, b) => WEEKDAYS.indexOf(a.weekday) - WEEKDAYS.indexOf(b.weekday) || a.from.localeCompare(b.from),
  );
  return { ...availability, rules };
}
