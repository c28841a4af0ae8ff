/** How the connections of a visit were should be read in words and seen on a time axis, by who may read it. */

import { screen, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";

import type { QualityCause, QualityStretch, QualitySummary, VisitQuality } from "../src/api/model";
import { scorePath, spanOfAll, sumsOf, troublesOf } from "../src/quality/timeline";
import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { appointment, PRACTITIONER, session } from "./support/people";

const START = Date.parse("2026-11-24T09:00:00.000Z");

/** A stretch this many seconds after the start. */
function stretch(second: number, score: number | null, cause?: QualityCause, seconds = 10): QualityStretch {
  const way = {
    bitrate_bps: 1_200_000,
    jitter_ms_max: 5,
    frozen_ms: 0,
    ...(score === null ? {} : { mos_min: score }),
  };
  return {
    at: new Date(START + second * 1_000).toISOString(),
    seconds,
    ...(cause === undefined ? {} : { cause }),
    receive: way,
    forward: { bitrate_bps: 800_000, jitter_ms_max: 5, frozen_ms: 0 },
  };
}

/** Two minutes: amiss from 20 to 40 s, away from 60 to 90 s, amiss in the last stretch. */
const UNSTEADY = [
  ...[0, 10].map((at) => stretch(at, 4.4)),
  stretch(20, 2.5, "uplink"),
  stretch(31, 1.8, "uplink"),
  ...[41, 50].map((at) => stretch(at, 4.3)),
  stretch(90, 4.3),
  stretch(100, null, "server", 9),
];

const QUALITY: VisitQuality = {
  stretch_secs: 10,
  people: [
    { seat: "s1", role: "patient", stretches: UNSTEADY },
    { seat: "s2", role: "practitioner", stretches: [0, 10, 20, 30, 40].map((at) => stretch(at, 4.4)) },
    { seat: "s3", role: "guest", stretches: [] },
    { seat: "s4", role: "guest", stretches: [stretch(50, 4.1, undefined, 4)] },
  ],
};

let server: FakeControlPlane;

beforeEach(() => {
  server = new FakeControlPlane()
    .install()
    .on("GET /api/session", session("practitioner"))
    .on("GET /api/appointments/a1", appointment({ state: "completed", start: "2026-11-24T09:00:00Z" }))
    .on("GET /api/appointments/a1/quality", QUALITY);
});

it("says in words what was amiss, when, and for how long", async () => {
  openPage("/quality/a1");

  const patient = await screen.findByRole("region", { name: "Maya Lindqvist" });
  expect(within(patient).getByText("Something was amiss for 29 s of 1 min 19 s.")).toBeVisible();
  const list = within(patient)
    .getAllByRole("listitem")
    .map(({ textContent }) => textContent);
  expect(list).toEqual([
    "04:00 AM, for 21 s: Their way to the clinic",
    "04:01 AM, for 9 s: The clinic’s server",
  ]);
  const practitioner = screen.getByRole("region", { name: "Dr. Alan Whitfield" });
  expect(within(practitioner).getByText("Nothing was amiss in 50 s.")).toBeVisible();
  expect(within(practitioner).queryByRole("listitem")).toBeNull();
  expect(screen.getByRole("region", { name: "Guest" })).toBeVisible();
  expect(document.title).toBe("Connection quality · Bedside");
  await expectNoViolation();
});

it("draws each direction with words for who does not see it", async () => {
  openPage("/quality/a1");

  const name = "From Maya Lindqvist to the clinic. Lowest speech quality: 1.8 of 5.";
  const plot = await screen.findByRole("img", { name });
  expect(plot.getAttribute("viewBox")).toBe("0 0 109 4");
  expect(plot.querySelector("path")?.getAttribute("d")).toBe(scorePath(UNSTEADY, "receive", START));
  const patient = screen.getByRole("region", { name: "Maya Lindqvist" });
  expect(within(patient).getByText(/^Nobody was heard long enough/)).toBeVisible();
  expect(within(patient).getAllByRole("img")).toHaveLength(1);
});

it("begins a line anew where somebody was away", () => {
  expect(scorePath(UNSTEADY, "receive", START)).toBe(
    "M0 0.6H10L10 0.6H20L20 2.5H30L31 3.2H41L41 0.7H51L50 0.7H60M90 0.7H100",
  );
  expect(scorePath(UNSTEADY, "forward", START)).toBe("");
  expect(spanOfAll(QUALITY.people)).toEqual({ from: START, until: START + 109_000 });
  expect(spanOfAll([])).toBeNull();
});

it("takes neighbouring stretches with the same cause together", () => {
  const other = [stretch(0, 4, "uplink"), stretch(10, 4, "downlink"), stretch(30, 4, "downlink")];
  expect(troublesOf(other).map(({ cause, from, until }) => [cause, from - START, until - START])).toEqual([
    ["uplink", 0, 10_000],
    ["downlink", 10_000, 20_000],
    ["downlink", 30_000, 40_000],
  ]);
  expect(sumsOf(UNSTEADY)).toEqual({ seconds: 79, amiss: 29, lowest: { receive: 1.8, forward: null } });
});

it("says that nothing is known of a visit that nobody came to", async () => {
  server.on("GET /api/appointments/a1/quality", { stretch_secs: 10, people: [] });
  openPage("/quality/a1");

  expect(await screen.findByText(/^Nothing is known of this visit/)).toBeVisible();
});

it("is one click away from a visit that has begun, and from no other", async () => {
  server.on("GET /api/appointments", [
    appointment({ id: "a1", state: "completed", start: new Date().toISOString() }),
    appointment({ id: "a2", start: new Date().toISOString(), patient: { id: "p2", name: "Jonas" } }),
  ]);
  const { user } = openPage("/");

  const link = await screen.findByRole("link", {
    name: "Connection quality of the visit with Maya Lindqvist",
  });
  expect(screen.getAllByRole("link", { name: /^Connection quality/ })).toHaveLength(1);
  await user.click(link);

  expect(await screen.findByRole("heading", { name: "Connection quality", level: 1 })).toBeVisible();
});

it("is no page for a patient", async () => {
  server.on("GET /api/session", session("patient"));
  openPage("/quality/a1");

  expect(await screen.findByText("Page not found")).toBeVisible();
  expect(server.askedFor("GET /api/appointments/a1/quality")).toHaveLength(0);
});

const SUMS = {
  visits: 20,
  seconds: 36_000,
  uplink_seconds: 720,
  downlink_seconds: 360,
  server_seconds: 0,
  device_seconds: 18,
};

function atTheOverview(role: "admin" | "staff", summary: Partial<QualitySummary> = {}) {
  server
    .on("GET /api/session", session(role))
    .on("GET /api/practitioners", [PRACTITIONER])
    .on("GET /api/appointments", [appointment({ state: "completed", start: new Date().toISOString() })])
    .on("GET /api/quality", {
      time_zone: "Europe/Berlin",
      days: [{ day: "2026-11-24", sums: { ...SUMS, visits: 12 } }, { day: "2026-11-23" }],
      total: SUMS,
      ...summary,
    });
  openPage("/");
}

it("shows an admin what connections suffer from, by day and altogether", async () => {
  atTheOverview("admin");

  const table = await screen.findByRole("table", { name: "Connections of the last 14 days" });
  const rows = within(table)
    .getAllByRole("row")
    .map(({ textContent }) => textContent);
  expect(rows).toHaveLength(3);
  expect(server.askedFor("GET /api/quality").map(({ query }) => query.size)).toEqual([0]);
  expect(rows[1]).toBe("All2010 h2%1%0%0.1%");
  expect(rows[2]).toMatch(/^(24 Nov|Nov 24)1210 h/);
  const link = screen.getByRole("link", { name: "Show the connections of the visit of Maya Lindqvist" });
  expect(link).toHaveAttribute("href", "/quality/a1");
  await expectNoViolation();
});

it("says so when there were too few visits for sums", async () => {
  atTheOverview("admin", { days: [{ day: "2026-11-24" }], total: undefined });

  expect(await screen.findByText(/^There were too few visits/)).toBeVisible();
});

it("shows staff neither", async () => {
  atTheOverview("staff");

  expect(await screen.findByRole("table", { name: "Visits of the next 14 days" })).toBeVisible();
  expect(screen.queryByRole("link", { name: /^Show the connections/ })).toBeNull();
  expect(server.askedFor("GET /api/quality")).toHaveLength(0);
});
