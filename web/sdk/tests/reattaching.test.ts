/** Signalling that breaks should go on over another socket, with the same peer, nothing lost and nothing done twice. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { CloseCode } from "../src/protocol";
import { answer, liveCall, OTHER, other, reattach, settle } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const LOST = 1006;

it("attaches another socket, and media does not notice", async () => {
  const { platform, call } = await liveCall({ join: { microphone: true } });

  platform.socket.closes(LOST);
  await reattach(platform);

  expect(platform.socket.sent[0]).toEqual({ type: "reattach", resume: "resume-1", seen: 1 });
  expect(platform.peers).toHaveLength(1);
  expect(platform.peer.isClosed).toBe(false);
  expect(call.view).toMatchObject({ state: "connected", isDetached: false });
});

it("confirms the new secret at once, and uses it the next time", async () => {
  const { platform } = await liveCall();
  platform.socket.closes(LOST);
  await reattach(platform);
  expect(platform.socket.sentOfType("ping")).toMatchObject([{ seen: 1 }]);

  platform.socket.closes(LOST);
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();

  expect(platform.socket.sent[0]).toEqual({ type: "reattach", resume: "resume-2", seen: 1 });
});

it("confirms nothing on a socket that the node has not answered on, because its secret may be lost", async () => {
  const { platform } = await liveCall();
  platform.socket.closes(LOST);
  await settle();
  platform.socket.open();

  await vi.advanceTimersByTimeAsync(5_000);

  expect(platform.socket.sentOfType("ping").map(({ seen }) => seen)).toEqual([0]);
});

it("keeps the secret whose answer was lost", async () => {
  const { platform } = await liveCall();
  platform.socket.closes(LOST);
  await settle();
  platform.socket.open();
  await settle();

  platform.socket.closes(LOST);
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();

  expect(platform.socket.sent[0]).toEqual({ type: "reattach", resume: "resume-1", seen: 1 });
});

it("says again what the node may not have, with its number, and what fell in between", async () => {
  const { platform, call } = await liveCall({ join: { microphone: true } });
  await call.setMicrophoneOn(false);
  await call.setMicrophoneOn(true);
  expect(platform.socket.numbers).toEqual([undefined, 1, 2]);
  platform.socket.says({ type: "pong", id: 1, heard: 1 });
  platform.socket.closes(LOST);

  await call.setMicrophoneOn(false);
  await reattach(platform, 1, 2);

  expect(platform.socket.numbers.slice(0, 3)).toEqual([undefined, 2, 3]);
  expect(platform.socket.sentOfType("track").map(({ active }) => active)).toEqual([true, false]);
});

it("does not say again what was confirmed", async () => {
  const { platform, call } = await liveCall({ join: { microphone: true } });
  await call.setMicrophoneOn(false);
  platform.socket.closes(LOST);
  await reattach(platform, 1, 1);

  platform.socket.closes(LOST);
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();

  expect(platform.socket.sentOfType("track")).toEqual([]);
});

it("takes what it missed, in order", async () => {
  const { platform, call } = await liveCall();
  platform.socket.says({ type: "participant", participant: other() });
  platform.socket.closes(LOST);
  await reattach(platform, 2);

  platform.socket.says({ type: "participant_left", seat: OTHER, reason: "left" });

  expect(platform.socket.sent[0]).toMatchObject({ seen: 2 });
  expect(call.view.participants).toEqual([]);
});

it("says so on the page only when it takes longer than a second", async () => {
  const { platform, call } = await liveCall();
  const seen: boolean[] = [];
  call.on("change", ({ isDetached }) => seen.push(isDetached));

  platform.socket.closes(LOST);
  await vi.advanceTimersByTimeAsync(900);
  await reattach(platform);
  expect(seen).not.toContain(true);

  platform.socket.closes(LOST);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(call.view).toMatchObject({ state: "connected", isDetached: true });
  await reattach(platform);
  expect(call.view.isDetached).toBe(false);
});

it("never gives up while media goes on", async () => {
  const { platform, call } = await liveCall();
  const waits: number[] = [];

  for (let attempt = 0; attempt < 30; attempt++) {
    const sockets = platform.sockets.length;
    platform.socket.closes(LOST);
    const before = Date.now();
    while (platform.sockets.length === sockets) await vi.advanceTimersToNextTimerAsync();
    waits.push(Date.now() - before);
  }

  expect(waits.slice(0, 6)).toEqual([0, 1000, 2000, 4000, 8000, 10_000]);
  expect(call.view.state).toBe("connected");
  expect(platform.peers).toHaveLength(1);
});

it.each([
  [CloseCode.RESUME, "cannot_reattach"],
  [CloseCode.POLICY, "bad_message"],
] as const)("goes on to a new peer when the node refuses with %i", async (code, problem) => {
  const { platform, call } = await liveCall();
  platform.socket.closes(LOST);
  await settle();
  platform.socket.open();
  await settle();

  platform.socket.says({ type: "refused", problem, detail: "" }, 2);
  platform.socket.closes(code);
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();

  expect(platform.socket.sent[0]).toMatchObject({ type: "resume", resume: "resume-1" });
  await answer(platform);
  expect(call.view.state).toBe("connected");
});

it("ends where the seat was opened elsewhere meanwhile", async () => {
  const { platform, call } = await liveCall();
  platform.socket.closes(LOST);
  await reattach(platform);

  platform.socket.closes(CloseCode.REPLACED);

  expect(call.view.outcome).toEqual({ kind: "replaced" });
});

it("ends the visit for all once the node hears it", async () => {
  const { platform, call } = await liveCall();
  platform.socket.closes(LOST);

  call.endForAll();
  await reattach(platform);

  expect(platform.socket.sentOfType("end")).toHaveLength(1);
});
