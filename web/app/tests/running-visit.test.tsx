/** A visit should go on whatever the control plane does, and nobody should be on air without a page. */

import { focusManager } from "@tanstack/react-query";
import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from "vitest";

import { Call } from "@bedside/sdk";

import { FakeStream, FakeTrack } from "../../sdk/tests/fakes/media";
import { FakeControlPlane } from "./support/control-plane";
import { openPage } from "./support/page";
import { appointment, OPEN, session } from "./support/people";

const PLACE = {
  url: "wss://node.test/signal",
  token: "token-1",
  seat: "s2",
  role: "practitioner",
  ice_servers: [],
  people: [],
  appointment: { id: "a1", start: "2026-11-24T10:00:00Z", end: "2026-11-24T10:20:00Z" },
};

let server: FakeControlPlane;
let join: MockInstance<Call["join"]>;
let leave: MockInstance<Call["leave"]>;

beforeEach(() => {
  join = vi.spyOn(Call.prototype, "join").mockResolvedValue();
  leave = vi.spyOn(Call.prototype, "leave").mockReturnValue();
  server = new FakeControlPlane()
    .install()
    .on("GET /api/session", session("practitioner"))
    .on("GET /api/appointments", [])
    .on("GET /api/appointments/a1", appointment({ join: OPEN }))
    .on("POST /api/appointments/a1/join", PLACE);
});

afterEach(() => {
  focusManager.setFocused(undefined);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function openVisit() {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const page = openPage("/visit/a1");
  await page.user.click(await screen.findByRole("button", { name: "Join the visit" }));
  await screen.findByRole("button", { name: "Leave" });
  return page;
}

/** The page is looked at again after this long: what it shows is asked for again. */
async function lookAgainAfter(ms: number) {
  await act(async () => {
    focusManager.setFocused(false);
    await vi.advanceTimersByTimeAsync(ms);
    focusManager.setFocused(true);
    // All tries of a read.
    await vi.advanceTimersByTimeAsync(10_000);
  });
}

it("goes on while the control plane is away", async () => {
  await openVisit();
  server.isReachable = false;

  await lookAgainAfter(2 * 60_000);

  await waitFor(() => {
    expect(server.missed).toContain("GET /api/session");
  });
  expect(screen.getByRole("button", { name: "Leave" })).toBeVisible();
  expect(leave).not.toHaveBeenCalled();
});

it("joins nobody whose page was left before the answer", async () => {
  const track = new FakeTrack("video");
  const devices = Object.assign(new EventTarget(), {
    enumerateDevices: () => Promise.resolve([]),
    getUserMedia: () => Promise.resolve(new FakeStream([track])),
  });
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: devices });
  const { user, unmount } = openPage("/visit/a1");
  await user.click(await screen.findByRole("button", { name: "Use camera and microphone" }));
  const off = await screen.findByRole("button", { name: "Continue without camera" });
  const answer = server.holdBack("POST /api/appointments/a1/join");

  await user.click(screen.getByRole("button", { name: "Join the visit" }));
  await waitFor(() => {
    expect(server.askedFor("POST /api/appointments/a1/join")).toHaveLength(1);
  });
  expect(off).toBeDisabled();
  unmount();
  answer();

  await waitFor(() => {
    expect(track.readyState).toBe("ended");
  });
  expect(join).not.toHaveBeenCalled();
});

it("keeps the sign-in alive during a visit, and the visit when the sign-in ends", async () => {
  await openVisit();
  const before = server.askedFor("GET /api/session").length;

  await act(() => vi.advanceTimersByTimeAsync(3 * 60_000));

  const asked = server.askedFor("GET /api/session").slice(before);
  expect(asked.length).toBeGreaterThanOrEqual(2);
  const polled = server.askedFor("GET /api/appointments/a1").slice(-1);
  expect([...asked, ...polled].every(({ headers }) => !headers.has("x-background"))).toBe(true);

  server.refuse("GET /api/session", 401, "not-signed-in");
  server.refuse("GET /api/appointments/a1", 401, "not-signed-in");
  await act(() => vi.advanceTimersByTimeAsync(3 * 60_000));
  expect(screen.getByRole("button", { name: "Leave" })).toBeVisible();
  expect(leave).not.toHaveBeenCalled();
});

it("asks seldom during a visit, whose line may carry little more than a voice", async () => {
  await openVisit();
  const before = server.askedFor("GET /api/appointments/a1").length;

  await act(() => vi.advanceTimersByTimeAsync(3 * 60_000));

  const polls = server.askedFor("GET /api/appointments/a1").length - before;
  expect(polls).toBeGreaterThanOrEqual(3);
  expect(polls).toBeLessThanOrEqual(7);
});
