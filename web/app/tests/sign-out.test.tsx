/** Signing out should leave nothing of one person to the next, however it came about. */

import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { SESSION_KEY } from "../src/session/session";
import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { appointment, session } from "./support/people";

let server: FakeControlPlane;

const hours = (from: string) => ({
  time_zone: "America/New_York",
  visit_minutes: 20,
  buffer_minutes: 5,
  rules: [{ weekday: "monday", from, until: "20:00" }],
});

beforeEach(() => {
  // At noon in the clinic: a visit in an hour is today's.
  vi.useFakeTimers({ shouldAdvanceTime: true, now: new Date("2026-11-24T17:00:00Z") });
  server = new FakeControlPlane()
    .install()
    .on("GET /api/session", session("practitioner"))
    .on("GET /api/appointments", [appointment({ patient: { id: "p1", name: "Maya Lindqvist" } })])
    .on("GET /api/me/availability", hours("08:00"));
});

afterEach(() => {
  vi.useRealTimers();
});

async function signIn({ user }: ReturnType<typeof openPage>) {
  await user.type(await screen.findByLabelText("E-mail"), "berta@example.test");
  await user.type(screen.getByLabelText("Password"), "secret");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

async function signOut({ user }: ReturnType<typeof openPage>) {
  await user.click(await screen.findByRole("button", { name: /^Account of/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
}

/** Reads kept of anything but the session itself. */
function kept({ queryClient }: ReturnType<typeof openPage>) {
  return queryClient
    .getQueryCache()
    .getAll()
    .filter(({ queryKey, state }) => queryKey[0] !== SESSION_KEY[0] && state.data !== undefined)
    .map(({ queryKey }) => queryKey);
}

it("shows the next practitioner nothing of the one whose sign-in ran out", async () => {
  const page = openPage("/availability");
  expect(await screen.findByLabelText("Monday, from")).toHaveValue("08:00");
  server.refuse("GET /api/appointments", 401, "not-signed-in");
  await page.user.click(screen.getByRole("link", { name: "Today" }));
  await screen.findByRole("heading", { name: "Sign in" });
  expect(kept(page)).toEqual([]);

  server
    .on("POST /api/session", session("practitioner", { id: "practitioner-2", name: "Dr. Berta Klein" }))
    .on("GET /api/appointments", [])
    .on("GET /api/me/availability", hours("13:00"));
  await signIn(page);
  await screen.findByText("Nobody is waiting.");
  await page.user.click(screen.getByRole("link", { name: "Weekly hours" }));

  expect(await screen.findByLabelText("Monday, from")).toHaveValue("13:00");
});

it("shows its own pages to an account that signed in in another window", async () => {
  const page = openPage("/availability");
  expect(await screen.findByLabelText("Monday, from")).toHaveValue("08:00");

  server
    .on("GET /api/session", session("practitioner", { id: "practitioner-2", name: "Dr. Berta Klein" }))
    .on("GET /api/me/availability", hours("13:00"));
  await act(() => page.queryClient.refetchQueries({ queryKey: SESSION_KEY, exact: true }));

  await waitFor(() => {
    expect(screen.getByLabelText("Monday, from")).toHaveValue("13:00");
  });
});

it("signs out, says so, and keeps nothing", async () => {
  server.on("DELETE /api/session", undefined, 204);
  const page = openPage("/");
  expect((await screen.findAllByText("Maya Lindqvist"))[0]).toBeVisible();

  await signOut(page);

  expect(await screen.findByText("You are signed out.")).toBeVisible();
  expect(kept(page)).toEqual([]);
});

it("takes a sign-in that is over already for signed out", async () => {
  server.refuse("DELETE /api/session", 401, "not-signed-in");
  const page = openPage("/");

  await signOut(page);

  expect(await screen.findByText("You are signed out.")).toBeVisible();
});

it("says that signing out failed, and tries again", async () => {
  server.on("DELETE /api/session", undefined, 204);
  const page = openPage("/");
  await screen.findByRole("button", { name: /^Account of/ });
  server.isReachable = false;

  await signOut(page);

  const alert = await screen.findByText(/server cannot be reached/);
  await expectNoViolation();
  server.isReachable = true;
  await page.user.click(
    within(alert.closest<HTMLElement>('[role="alert"]') ?? document.body).getByRole("button", {
      name: "Try again",
    }),
  );
  expect(await screen.findByText("You are signed out.")).toBeVisible();
});
