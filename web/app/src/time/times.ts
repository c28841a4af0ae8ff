/** The one formatter of times: every page and message shows them through this. */

import { dayOf, offsetMs, zoneOrUtc } from "./zone";

/** Times as somebody reads them: in their language and their zone. */
export interface Times {
  zone: string;
  /** "Monday, 23 November". */
  day(instant: string | Date): string;
  /** "Mon". */
  weekday(instant: string | Date): string;
  /** "23 Nov". */
  shortDay(instant: string | Date): string;
  /** "10:00". */
  time(instant: string | Date): string;
  /** "10:00 – 10:20". */
  range(start: string, end: string): string;
  /** "10:00 CET". */
  timeWithZone(instant: string | Date): string;
  /** "CET". */
  zoneAbbreviation(instant: string | Date): string;
  /** The same instant on somebody else's clock, or `null` when their clock shows the same: "04:00 EST". */
  elsewhere(instant: string | Date, zone: string): string | null;
  /** "2026-11-23" in this zone. */
  dayKey(instant: string | Date): string;
}

export function createTimes(locale: string, wantedZone: string): Times {
  const zone = zoneOrUtc(wantedZone);
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    return (instant: string | Date) => formatter.format(new Date(instant));
  };
  const time = format({ hour: "2-digit", minute: "2-digit" });
  return {
    zone,
    day: format({ weekday: "long", day: "numeric", month: "long" }),
    weekday: format({ weekday: "short" }),
    shortDay: format({ day: "numeric", month: "short" }),
    time,
    range: (start, end) => `${time(start)} – ${time(end)}`,
    timeWithZone: (instant) => `${time(instant)} ${abbreviation(new Date(instant), zone, locale)}`,
    zoneAbbreviation: (instant) => abbreviation(new Date(instant), zone, locale),
    elsewhere: (instant, other) => {
      const at = new Date(instant);
      if (offsetMs(at, other) === offsetMs(at, zone)) return null;
      const there = createTimes(locale, other);
      const otherDay = there.dayKey(at) === dayOf(at, zone) ? "" : `${there.weekday(at)} `;
      return otherDay + there.timeWithZone(at);
    },
    dayKey: (instant) => dayOf(new Date(instant), zone),
  };
}

/**
 * The short name of a zone. Each locale knows the names of its own part of the world and says "GMT+1" for the
 * rest, so the first that knows a name is asked.
 */
function abbreviation(instant: Date, zone: string, locale: string): string {
  const names = [locale, "en-GB", "en-US", "en-AU"].map((candidate) =>
    new Intl.DateTimeFormat(candidate, { timeZone: zone, timeZoneName: "short" })
      .formatToParts(instant)
      .find(({ type }) => type === "timeZoneName"),
  );
  const known = names.find((name) => name !== undefined && !/^(GMT|UTC)[+−-]/.test(name.value));
  return (known ?? names[0])?.value ?? zone;
}

/** The reader's variety of a language ("en-GB"), if the browser has one, else the language. */
export function localeFor(language: string, preferred: readonly string[]): string {
  return preferred.find((tag) => tag.split("-")[0] === language) ?? language;
}
