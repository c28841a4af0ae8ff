/** Civil time in a zone, as far as pages need it. The rules of time zones are the browser's (ECMA-402). */

/** Making a formatter costs more than using it a hundred times. At most one for each zone there is. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * The zone itself, or UTC where this browser has no such zone (an old browser and a new name): a page with times that say
 * UTC beats a page that cannot be shown.
 */
export function zoneOrUtc(zone: string): string {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return zone;
  } catch {
    return "UTC";
  }
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
      timeZone: zoneOrUtc(zone),
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

/** The wall clock of `zone` at `instant`, as if it were UTC: only differences of it mean anything. */
function wallClockMs(instant: Date, zone: string): number {
  const parts = formatterOf(zone).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/** How far `zone` is ahead of UTC at `instant`. */
export function offsetMs(instant: Date, zone: string): number {
  return wallClockMs(instant, zone) - Math.floor(instant.getTime() / 1000) * 1000;
}

/** The calendar day of an instant in a zone: "2026-11-22". */
export function dayOf(instant: Date, zone: string): string {
  return new Date(wallClockMs(instant, zone)).toISOString().slice(0, 10);
}

/** The day `days` later: calendar arithmetic, untouched by clock changes. */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/**
 * The first instant of a day in a zone. Where a clock change skips midnight, that is the first moment after it
 * that belongs to the day.
 */
export function startOfDay(day: string, zone: string): Date {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // The offset of a guess may belong to the other side of a change; the larger offset is the earlier instant.
  const candidates = [-24, 0, 24]
    .map((hours) => midnight - offsetMs(new Date(midnight + hours * 3_600_000), zone))
    .sort((a, b) => a - b);
  const start = candidates.find((candidate) => dayOf(new Date(candidate), zone) === day);
  return new Date(start ?? midnight);
}

/** A zone's name as a person reads it: "America/New York". */
export function zoneName(zone: string): string {
  return zone.replaceAll("_", " ");
}

/** The zone of this browser. */
export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
