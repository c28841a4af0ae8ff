/** A call should obey its moderator at once, switch nothing on by itself, and let a moderator act. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { CloseCode } from "../src/protocol";
import { answer, liveCall, OTHER, other, OWN, PERMISSIONS, reattach, settle } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const JOIN = { microphone: true, camera: true };
const BY = { by: OTHER, role: "practitioner" as const };
const GUEST = "0192a000-0000-7000-8000-000000000003";
const MODERATOR = { role: "practitioner" as const, permissions: { ...PERMISSIONS, moderate: true } };

it("switches a muted microphone off for real, tells who did, and lets its owner switch it on again", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const muted: unknown[] = [];
  call.on("muted", (event) => muted.push(event));

  platform.socket.says({ type: "muted", source: "microphone", ...BY });
  await settle();

  expect(call.view.microphone.isOn).toBe(false);
  expect(platform.peer.sends("0")).toBeNull();
  expect(muted).toEqual([{ source: "microphone", seat: OTHER, role: "practitioner" }]);

  await call.setMicrophoneOn(true);
  expect(platform.peer.sends("0")).not.toBeNull();
  expect(platform.socket.sentOfType("track").at(-1)).toEqual({ type: "track", mid: "0", active: true });
});

it("tells a mute once, though the node says it anew after every join, and the next one again", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const muted: unknown[] = [];
  call.on("muted", ({ seat }) => muted.push(seat));
  const mute = { type: "muted", source: "microphone", ...BY } as const;
  platform.socket.says(mute);

  platform.socket.closes(CloseCode.RESUME);
  await vi.advanceTimersByTimeAsync(11_000);
  platform.socket.open();
  await settle();
  await answer(platform);
  platform.socket.says(mute);
  await settle();
  expect(muted).toEqual([OTHER]);
  expect(call.view.microphone.isOn).toBe(false);

  await call.setMicrophoneOn(true);
  platform.socket.says(mute);

  expect(muted).toEqual([OTHER, OTHER]);
});

it("lets the light of a camera go out that is switched off by a moderator", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const camera = call.view.camera.track;

  platform.socket.says({ type: "muted", source: "camera", ...BY });
  await settle();

  expect(camera?.readyState).toBe("ended");
  expect(call.view.microphone.isOn).toBe(true);
});

it("switches nothing on when asked; yes is a click, no is told", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  await call.setMicrophoneOn(false);
  const told = platform.socket.sentOfType("track").length;

  platform.socket.says({ type: "asked", source: "microphone", ...BY });
  platform.socket.says({ type: "asked", source: "camera", ...BY });
  await settle();
  expect(call.view.asked.map(({ source }) => source)).toEqual(["microphone", "camera"]);
  expect(call.view.microphone.isOn).toBe(false);
  expect(platform.socket.sentOfType("track")).toHaveLength(told);

  call.decline("camera");
  await call.setMicrophoneOn(true);

  expect(call.view.asked).toEqual([]);
  expect(platform.socket.sentOfType("decline")).toEqual([{ type: "decline", source: "camera" }]);
});

it("stops what is no longer permitted, and says that it changed", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const changed = vi.fn();
  call.on("permitted", changed);

  platform.socket.says({ type: "permissions", permissions: { ...PERMISSIONS, video: false } });
  await settle();

  expect(call.view.permissions?.video).toBe(false);
  expect(call.view.camera.isOn).toBe(false);
  expect(platform.peer.sends("1")).toBeNull();
  expect(call.view.microphone.isOn).toBe(true);
  expect(changed).toHaveBeenCalledOnce();
});

it("waits to be let in, alone, and then knows everybody without anybody arriving", async () => {
  const { platform, call } = await liveCall({ joined: { role: "guest", waiting: true } });
  const arrived: unknown[] = [];
  call.on("arrived", (participant) => arrived.push(participant));
  expect(call.view).toMatchObject({ state: "connected", isWaiting: true, participants: [] });

  const own = { seat: OWN, role: "guest" as const, connected: true, tracks: [] };
  platform.socket.says({ type: "admitted", participants: [other(), own] });
  platform.socket.says({ type: "room", locked: true, recorded: true });
  await settle();

  expect(call.view).toMatchObject({ isWaiting: false, isLocked: true, isRecorded: true });
  expect(call.view.participants.map(({ seat }) => seat)).toEqual([OTHER]);
  expect(arrived).toEqual([]);
  expect(platform.peers).toHaveLength(1);
});

it("acts as a moderator, once each, also over a connection that broke", async () => {
  const { platform, call } = await liveCall({ joined: MODERATOR });
  const seats = [{ seat: OTHER, permissions: { ...PERMISSIONS }, moderated: true }];
  platform.socket.says({ type: "moderation", waiting: [{ seat: GUEST, role: "guest" }], seats });
  await settle();
  expect(call.view.waiting).toEqual([{ seat: GUEST, role: "guest" }]);
  expect(call.view.seatPermissions.get(OTHER)?.moderated).toBe(true);

  platform.socket.closes(1006);
  call.moderate({ kind: "admit", seat: GUEST });
  call.moderate({ kind: "lock", locked: true });
  await vi.advanceTimersByTimeAsync(1_000);
  await reattach(platform, 2);

  expect(platform.socket.sentOfType("moderate").map(({ order }) => order)).toEqual([
    { kind: "admit", seat: GUEST },
    { kind: "lock", locked: true },
  ]);
});

it("knows a refusal at the door from a removal", async () => {
  for (const [problem, code, kind] of [
    ["turned_away", CloseCode.REMOVED, "turned_away"],
    ["room_locked", CloseCode.FULL, "locked"],
    [null, CloseCode.REMOVED, "removed"],
  ] as const) {
    const { platform, call } = await liveCall({ joined: { waiting: true } });
    if (problem !== null) platform.socket.says({ type: "refused", problem, detail: "" });
    platform.socket.closes(code);
    await settle();

    expect(call.view.outcome).toEqual({ kind });
  }
});

it("begins with what the node says anew after another join", async () => {
  const { platform, call } = await liveCall({ joined: MODERATOR });
  platform.socket.says({ type: "room", locked: true, recorded: false });
  await settle();
  expect(call.view.isLocked).toBe(true);

  platform.socket.closes(CloseCode.RESUME);
  await vi.advanceTimersByTimeAsync(11_000);
  platform.socket.open();
  await settle();
  await answer(platform, MODERATOR);

  expect(call.view.isLocked).toBe(false);
});

it("is over as soon as the node says so, before the connection has closed", async () => {
  const removed = await liveCall({ joined: MODERATOR });
  removed.platform.socket.says({ type: "participant_left", seat: OWN, reason: "removed" });
  await settle();
  expect(removed.call.view.outcome).toEqual({ kind: "removed" });

  const declined = await liveCall({ joined: MODERATOR });
  declined.platform.socket.says({ type: "refused", problem: "turned_away", detail: "" });
  await settle();
  expect(declined.call.view.outcome).toEqual({ kind: "turned_away" });
});
