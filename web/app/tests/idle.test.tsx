/** A screen that nobody uses should sign out, after a calm warning. */

import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { appointment, session } from "./support/people";

let server: FakeControlPlane;

const endingIn = (minutes: number) => ({
  ...session("practitioner"),
  expires_at: new Date(Date.now() + minutes * 60_000).toISOString(),
});

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  server = new FakeControlPlane()
    .install()
    .on("GET /api/session", endingIn(15))
    .on("GET /api/appointments", [appointment({ patient: { id: "p1", name: "Maya Lindqvist" } })]);
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (minutes: number) => act(() => vi.advanceTimersByTimeAsync(minutes * 60_000));

it("does not count what a page asks again by itself", async () => {
  openPage("/");
  await screen.findByText("Nobody is waiting.");
  await pass(1);

  const [first, ...polls] = server.askedFor("GET /api/appointments").map(({ headers }) => headers);
  expect(first?.has("x-background")).toBe(false);
  expect(polls.length).toBeGreaterThan(5);
  expect(polls.every((headers) => headers.get("x-background") === "1")).toBe(true);
});

it("warns two minutes before, and stays when asked to", async () => {
  const { user } = openPage("/");
  await screen.findByText("Nobody is waiting.");
  await pass(12);
  expect(screen.queryByRole("alertdialog")).toBeNull();

  await pass(0.75);

  expect(screen.getByRole("alertdialog", { name: "Are you still there?" })).toBeVisible();
  expect(server.askedFor("GET /api/session").at(-1)?.headers.get("x-background")).toBe("1");
  server.on("GET /api/session", endingIn(15));
  await user.click(screen.getByRole("button", { name: "Stay signed in" }));
  await waitFor(() => {
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });
  const stayed = server.askedFor("GET /api/session").filter(({ headers }) => !headers.has("x-background"));
  expect(stayed).toHaveLength(2);
});

it("counts what a person does", async () => {
  const { user } = openPage("/");
  await screen.findByText("Nobody is waiting.");
  await pass(10);
  const before = server.askedFor("GET /api/session").length;

  server.on("GET /api/session", endingIn(15));
  await user.keyboard("{Tab}");

  await waitFor(() => {
    expect(server.askedFor("GET /api/session").length).toBe(before + 1);
  });
  expect(server.askedFor("GET /api/session").at(-1)?.headers.has("x-background")).toBe(false);
  await pass(4);
  expect(screen.queryByRole("alertdialog")).toBeNull();
});

it.each([
  [
    "the control plane says so",
    () => {
      server.refuse("GET /api/session", 401, "not-signed-in");
      server.refuse("GET /api/appointments", 401, "not-signed-in");
    },
  ],
  ["it is over and nobody can be asked", () => (server.isReachable = false)],
])("shows the sign-in page and keeps nothing when %s", async (_, end) => {
  const { queryClient } = openPage("/");
  await screen.findByText("Nobody is waiting.");
  await pass(14);
  await expectNoViolation();

  end();
  await pass(1.5);

  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(screen.queryByText("Maya Lindqvist")).toBeNull();
  expect(
    JSON.stringify(
      queryClient
        .getQueryCache()
        .getAll()
        .map(({ state }) => state.data),
    ),
  ).not.toContain("Maya");
});
