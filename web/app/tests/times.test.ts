/** Times should be right in every zone and on every day a clock changes. */

import { describe, expect, it } from "vitest";

import { createTimes, localeFor } from "../src/time/times";
import { addDays, dayOf, startOfDay } from "../src/time/zone";

/** Berlin changes at 01:00 UTC, New York at 02:00 wall time, Lord Howe by half an hour, Santiago and Beirut at midnight. */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Pacific/Kiritimati",
  "UTC",
];

describe("the start of a day", () => {
  it.each(ZONES)("is the first instant of that day, on every day of a year, in %s", (zone) => {
    for (let day = "2026-01-01"; day <= "2026-12-31"; day = addDays(day, 1)) {
      const start = startOfDay(day, zone);

      expect(dayOf(start, zone)).toBe(day);
      expect(dayOf(new Date(start.getTime() - 1_000), zone)).toBe(addDays(day, -1));
    }
  });
});

describe("a time", () => {
  const berlin = createTimes("en-GB", "Europe/Berlin");

  it("is shown in the reader's zone with its short name", () => {
    expect(berlin.timeWithZone("2026-11-23T09:00:00Z")).toBe("10:00 CET");
    expect(berlin.timeWithZone("2026-07-23T09:00:00Z")).toBe("11:00 CEST");
  });

  it("has a zone name also where the reader's language knows none", () => {
    expect(createTimes("de", "America/New_York").zoneAbbreviation("2026-11-23T09:00:00Z")).toBe("EST");
    expect(createTimes("en-US", "Europe/Berlin").zoneAbbreviation("2026-11-23T09:00:00Z")).toBe("CET");
  });

  it("is shown elsewhere only where the clock differs, with the day where that differs too", () => {
    expect(berlin.elsewhere("2026-11-23T09:00:00Z", "Europe/Paris")).toBeNull();
    expect(berlin.elsewhere("2026-11-23T14:00:00Z", "America/New_York")).toBe("09:00 EST");
    expect(berlin.elsewhere("2026-11-23T02:00:00Z", "America/New_York")).toBe("Sun 21:00 EST");
  });

  it("differs from another zone only in the weeks between two clock changes", () => {
    // Europe changes on 25 October, the United States on 1 November.
    expect(berlin.elsewhere("2026-10-28T12:00:00Z", "America/New_York")).toBe("08:00 EDT");
    expect(berlin.time("2026-10-28T12:00:00Z")).toBe("13:00");
  });

  it("tells both halves of the repeated hour apart", () => {
    const first = berlin.timeWithZone("2026-10-25T00:30:00Z");
    const second = berlin.timeWithZone("2026-10-25T01:30:00Z");

    expect([first, second]).toEqual(["02:30 CEST", "02:30 CET"]);
  });
});

it("takes the reader's variety of the language", () => {
  expect(localeFor("en", ["de-CH", "en-GB"])).toBe("en-GB");
  expect(localeFor("de", ["en-US"])).toBe("de");
});

describe("a zone that this browser does not have", () => {
  it.each(["posixrules", "Etc/Unknown", "Mars/Olympus_Mons", ""])("reads as UTC: %j", (zone) => {
    const times = createTimes("en-GB", zone);

    expect(times.zone).toBe("UTC");
    expect(times.timeWithZone("2026-11-23T09:00:00Z")).toBe("09:00 UTC");
    expect(createTimes("en-GB", "Europe/Berlin").elsewhere("2026-11-23T09:00:00Z", zone)).toBe("09:00 UTC");
    expect(dayOf(startOfDay("2026-11-23", zone), zone)).toBe("2026-11-23");
  });
});
