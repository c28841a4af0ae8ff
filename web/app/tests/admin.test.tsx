/** The overview of a clinic should show what is today, also when today becomes another day. */

import { act, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { FakeControlPlane } from "./support/control-plane";
import { openPage } from "./support/page";
import { appointment, OPEN, PRACTITIONER, session } from "./support/people";

afterEach(() => {
  vi.useRealTimers();
});

it("moves to the next day at midnight, and keeps the visit that still runs", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: new Date("2026-11-24T22:55:00Z") });
  const visit = (name: string, start: string, changes = {}) =>
    appointment({ id: name, start, patient: { id: name, name }, ...changes });
  const server = new FakeControlPlane()
    .install()
    .on("GET /api/session", session("admin", { time_zone: "Europe/Berlin" }))
    .on("GET /api/practitioners", [PRACTITIONER])
    .on("GET /api/quality", { time_zone: "Europe/Berlin", days: [] })
    .on("GET /api/appointments", [
      visit("Morning", "2026-11-24T08:00:00Z"),
      visit("Night", "2026-11-24T22:50:00Z", { join: OPEN }),
    ]);
  openPage("/");
  expect(await screen.findByText("Morning")).toBeVisible();

  await act(() => vi.advanceTimersByTimeAsync(6 * 60_000));

  expect(await screen.findByText("Night")).toBeVisible();
  expect(screen.queryByText("Morning")).toBeNull();
  const from = server.askedFor("GET /api/appointments").at(-1)?.query.get("from");
  expect(from).toBe("2026-11-24T18:00:00.000Z");
});

it("tries again what has failed, and no more", async () => {
  const server = new FakeControlPlane()
    .install()
    .on("GET /api/session", session("admin"))
    .on("GET /api/practitioners", [PRACTITIONER])
    .on("GET /api/appointments", [])
    .refuse("GET /api/quality", 403, "forbidden");
  const { user } = openPage("/");
  const again = await screen.findByRole("button", { name: "Try again" });
  const before = server.askedFor("GET /api/appointments").length;

  server.on("GET /api/quality", { time_zone: "Europe/Berlin", days: [] });
  await user.click(again);

  expect(await screen.findByRole("heading", { name: "Connections of the last 14 days" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  expect(server.askedFor("GET /api/appointments")).toHaveLength(before);
});
