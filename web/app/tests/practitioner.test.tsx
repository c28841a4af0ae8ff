/** A practitioner should see who waits, invite guests, and set weekly hours. */

import { screen, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";

import type { AvailabilityRule } from "../src/api/model";
import { fromField, nextRule, ruleProblem, toField } from "../src/practice/availability";
import { isOfDay, spanAround } from "../src/practice/today";
import { createTimes } from "../src/time/times";
import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { appointment, inMinutes, OPEN, session } from "./support/people";

let server: FakeControlPlane;

beforeEach(() => {
  server = new FakeControlPlane()
    .install()
    .on("GET /api/session", session("practitioner"))
    .on("GET /api/appointments/a1/guests", []);
});

const patient = { seat: "s1", role: "patient", name: "Maya Lindqvist", since: inMinutes(-5) } as const;
const practitioner = {
  seat: "s2",
  role: "practitioner",
  name: "Dr. Alan Whitfield",
  since: inMinutes(-1),
} as const;

it("shows who waits and since when, also to a screen reader", async () => {
  server.on("GET /api/appointments", [appointment({ join: OPEN, presence: [patient] })]);
  openPage("/");

  expect(await screen.findByText(/waiting since .*, \d minutes/)).toBeVisible();
  expect(await screen.findByText("Maya Lindqvist is waiting for you.")).toBeInTheDocument();
  expect(document.title).toBe("(1) Today · Bedside");
  await expectNoViolation();
});

it("does not call it waiting once the practitioner is there", async () => {
  server.on("GET /api/appointments", [appointment({ join: OPEN, presence: [patient, practitioner] })]);
  openPage("/");

  expect(await screen.findByText("Nobody is waiting.")).toBeVisible();
  expect(document.title).toBe("Today · Bedside");
});

it("sees who waits across midnight, in either direction", () => {
  const zone = "Europe/Berlin";
  const times = createTimes("en", zone);
  const { from, until } = spanAround("2026-11-24", zone);
  const yesterday = appointment({ start: "2026-11-23T22:55:00.000Z" });
  const tomorrow = appointment({ start: "2026-11-24T23:20:00.000Z" });

  for (const visit of [yesterday, tomorrow]) {
    expect(from <= visit.start && visit.start < until).toBe(true);
    expect(isOfDay({ ...visit, presence: [patient] }, "2026-11-24", times)).toBe(true);
    expect(isOfDay(visit, "2026-11-24", times)).toBe(false);
  }
  expect(isOfDay(appointment({ start: "2026-11-24T09:00:00.000Z" }), "2026-11-24", times)).toBe(true);
});

it("makes a guest link and shows it once", async () => {
  const link = "https://clinic.test/guest#secret";
  server
    .on("GET /api/appointments", [appointment({ start: inMinutes(0) })])
    .on(
      "POST /api/appointments/a1/guests",
      { id: "g1", name: "Ingrid", link, expires_at: inMinutes(100) },
      201,
    );
  const { user } = openPage("/");

  await user.click(await screen.findByRole("button", { name: /^Invite a guest/ }));
  await user.click(screen.getByRole("button", { name: "Make a link" }));
  expect(screen.getByLabelText("Name of the guest")).toHaveAccessibleDescription(/Enter the name/);
  await user.type(screen.getByLabelText("Name of the guest"), "Ingrid");
  await user.click(screen.getByRole("button", { name: "Make a link" }));

  expect(await screen.findByLabelText("Link for Ingrid")).toHaveValue(link);
  await expectNoViolation();
  await user.click(screen.getByRole("button", { name: "Copy link" }));
  expect(await navigator.clipboard.readText()).toBe(link);
});

const HOURS = {
  time_zone: "America/New_York",
  visit_minutes: 20,
  buffer_minutes: 5,
  rules: [{ weekday: "monday", from: "09:00", until: "12:00" }],
};

it("changes weekly hours, and refuses an end before the start", async () => {
  server.on("GET /api/me/availability", HOURS).on("PUT /api/me/availability", HOURS);
  const { user } = openPage("/availability");

  const until = await screen.findByLabelText("Monday, until");
  await expectNoViolation();
  await user.clear(until);
  await user.type(until, "08:00");
  expect(until).toHaveAccessibleDescription("The end must be after the start.");
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.clear(until);
  await user.type(until, "11:00");
  await user.click(
    within(screen.getByRole("group", { name: "Friday" })).getByRole("button", { name: /^Add hours/ }),
  );
  await user.click(screen.getByRole("button", { name: "Save" }));

  await screen.findByRole("alert");
  expect(server.askedFor("PUT /api/me/availability")[0]?.body).toEqual({
    time_zone: "America/New_York",
    visit_minutes: 20,
    buffer_minutes: 5,
    rules: [
      { weekday: "monday", from: "09:00", until: "11:00" },
      { weekday: "friday", from: "09:00", until: "12:00" },
    ],
  });
});

it("saves visits and pauses as long as the control plane takes", async () => {
  const long = { ...HOURS, visit_minutes: 480, buffer_minutes: 240 };
  server.on("GET /api/me/availability", long).on("PUT /api/me/availability", long);
  const { user } = openPage("/availability");

  await user.click(await screen.findByRole("button", { name: "Save" }));

  expect(await screen.findByRole("alert")).toHaveTextContent("Weekly hours saved.");
  expect(server.askedFor("PUT /api/me/availability")[0]?.body).toEqual(long);
});

it("finds hours that overlap on the same day, not on others", () => {
  const rule = (weekday: AvailabilityRule["weekday"], from: string, until: string) => ({
    weekday,
    from,
    until,
  });
  const rules = [
    rule("monday", "09:00", "12:00"),
    rule("monday", "11:00", "13:00"),
    rule("tuesday", "09:00", "12:00"),
  ];

  expect([0, 1, 2].map((index) => ruleProblem(rules, index))).toEqual(["overlap", "overlap", null]);
  expect(nextRule(rules, "monday")).toEqual(rule("monday", "14:00", "17:00"));
});

it("shows a day that ends at midnight, and keeps it so", () => {
  expect(toField("24:00")).toBe("00:00");
  expect(fromField("until", "00:00")).toBe("24:00");
  expect(fromField("from", "00:00")).toBe("00:00");
});
