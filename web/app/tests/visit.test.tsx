/** The visit should show who is there, obey its controls, and say what goes on. */

import { act, screen, waitFor } from "@testing-library/react";
import { expect, it, onTestFinished, vi } from "vitest";

import { OTHER } from "../../sdk/tests/fakes/room";
import { initialsOf } from "../src/visit/Initials";
import { columns } from "../src/visit/stage-layout";
import { expectNoViolation } from "./support/page";
import { openVisit } from "./support/visit";

it("names the people by the control plane's list", async () => {
  await openVisit();

  expect(screen.getByRole("group", { name: "Maya Lindqvist" })).toBeVisible();
  await expectNoViolation();
});

it("asks for the name of somebody new, and says that they came", async () => {
  const { says, askPeople, announced } = await openVisit();

  await says({
    type: "participant",
    participant: { seat: "late", role: "guest", connected: true, tracks: [] },
  });

  expect(await screen.findByRole("group", { name: "Ingrid" })).toBeVisible();
  await waitFor(() => {
    expect(announced).toContain("Ingrid joined.");
  });
  expect(askPeople).toHaveBeenCalledOnce();
});

it("asks again for a name that the control plane tells a moment later, and keeps those it told", async () => {
  const { says, askPeople } = await openVisit();
  askPeople.mockResolvedValueOnce([]).mockRejectedValueOnce(new Error("away"));

  await says({
    type: "participant",
    participant: { seat: "late", role: "guest", connected: true, tracks: [] },
  });

  expect(screen.getByRole("group", { name: "Guest" })).toBeVisible();
  expect(screen.getByRole("group", { name: "Maya Lindqvist" })).toBeVisible();
  expect(await screen.findByRole("group", { name: "Ingrid" })).toBeVisible();
  expect(askPeople).toHaveBeenCalledTimes(3);
});

it("does not ask for ever for a name that nobody knows", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { says, askPeople } = await openVisit();
  askPeople.mockResolvedValue([]);
  await says({
    type: "participant",
    participant: { seat: "late", role: "guest", connected: true, tracks: [] },
  });

  for (let asked = 0; asked < 7; asked += 1) await act(() => vi.advanceTimersByTimeAsync(10_000));

  expect(askPeople).toHaveBeenCalledTimes(6);
});

it("says when nobody else is there", async () => {
  const { says, announced } = await openVisit();

  await says({ type: "participant_left", seat: OTHER, reason: "left" });

  expect(screen.getByText("Nobody else is here.")).toBeVisible();
  await waitFor(() => {
    expect(announced).toContain("Maya Lindqvist left.");
  });
});

it("mutes by button and by key", async () => {
  const { call, platform, user } = await openVisit();

  await user.click(screen.getByRole("button", { name: "Mute" }));
  expect(call.view.microphone.isOn).toBe(false);
  await user.keyboard("{Alt>}m{/Alt}");

  expect(call.view.microphone.isOn).toBe(true);
  const told = platform.socket.sentOfType("track").map(({ active }) => active);
  expect(told.slice(-2)).toEqual([false, true]);
});

it("shows speaking, muted and each connection in words", async () => {
  const { says } = await openVisit();

  await says(
    { type: "speakers", speakers: [OTHER] },
    { type: "quality", quality: [{ seat: OTHER, grade: "poor", video_paused: false }] },
  );

  for (const words of ["Speaking", "Muted", "Poor connection"]) {
    expect(screen.getByTitle(words)).toBeInTheDocument();
  }
});

it("shows that it reconnects, and keeps the people", async () => {
  const { platform } = await openVisit();

  act(() => {
    // The node has given up the transport.
    platform.socket.closes(4006);
  });

  expect(screen.getAllByText("Your connection was interrupted. Reconnecting …")[0]).toBeVisible();
  expect(screen.getByRole("group", { name: "Maya Lindqvist" })).toBeVisible();
});

it("says quietly that sound and picture go on while only signalling is down", async () => {
  const { platform } = await openVisit();

  act(() => {
    platform.socket.closes(1006);
  });

  const notices = await screen.findAllByText(
    "Reconnecting … Sound and picture go on.",
    {},
    { timeout: 5_000 },
  );
  expect(notices[0]).toBeVisible();
  expect(screen.queryByText("Your connection was interrupted. Reconnecting …")).toBeNull();
});

it("ends for all only after asking", async () => {
  const { platform, onEnded, says, user } = await openVisit();

  await user.click(screen.getByRole("button", { name: "End for all" }));
  await expectNoViolation();
  expect(platform.socket.sentOfType("end")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "End the visit" }));
  expect(platform.socket.sentOfType("end")).toHaveLength(1);
  await says({ type: "ended", reason: "ended_by_participant" });

  expect(onEnded).toHaveBeenCalledWith({ kind: "ended", reason: "ended_by_participant" });
});

it("lists people and keys by keyboard", async () => {
  const { user } = await openVisit();

  await user.keyboard("{Alt>}k{/Alt}");
  expect(screen.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await expectNoViolation();
  await user.keyboard("{Escape}{Alt>}p{/Alt}");

  expect(await screen.findByRole("dialog", { name: "2 people in the visit" })).toBeVisible();
});

it("has names as initials, without titles", () => {
  expect(["Dr. Alan Whitfield", "Maya", "Noor van Haddad", ""].map(initialsOf)).toEqual([
    "AW",
    "M",
    "NH",
    "",
  ]);
});

it("lays out eight people without a gap larger than a tile a row", () => {
  for (let tiles = 1; tiles <= 8; tiles++) {
    const { narrow, wide } = columns(tiles);
    for (const count of [narrow, wide]) expect(Math.ceil(tiles / count) * count - tiles).toBeLessThan(count);
  }
});
