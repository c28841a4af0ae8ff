/** A path that breaks should be replaced by another, at once, without a new peer. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { liveCall, reattach, settle } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const LOST = 1006;

it("restarts ICE when nothing came for half a second, not before, and not while something comes", async () => {
  const { platform } = await liveCall();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(platform.peer.restarts).toBe(0);

  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(400);
  expect(platform.peer.restarts).toBe(0);
  await vi.advanceTimersByTimeAsync(400);
  await settle();

  expect(platform.peer.restarts).toBe(1);
  const [offer] = platform.sockets[0]?.sentOfType("offer") ?? [];
  expect(offer?.tracks.map(({ source }) => source)).toEqual(["microphone", "camera", "screen"]);
});

it("applies the answer on the same peer, and says nothing where nobody noticed", async () => {
  const { platform, call } = await liveCall();
  const states: string[] = [];
  call.on("change", ({ state }) => states.push(state));
  const [socket] = platform.sockets;
  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(900);

  socket?.says({ type: "answer", answer: "v=0 restarted" });
  platform.peer.isSilent = false;
  await vi.advanceTimersByTimeAsync(1_000);

  expect(platform.peer.answer).toBe("v=0 restarted");
  expect(platform.peers).toHaveLength(1);
  expect(states).not.toContain("reconnecting");
});

it("says that it reconnects from the first second on until something comes", async () => {
  const { platform, call } = await liveCall();
  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(1_200);
  expect(call.view.state).toBe("reconnecting");

  platform.peer.isSilent = false;
  await vi.advanceTimersByTimeAsync(400);

  expect(call.view.state).toBe("connected");
});

it("opens another socket beside, which is dropped when the old one answers first", async () => {
  const { platform } = await liveCall();
  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(900);
  expect(platform.sockets).toHaveLength(2);
  const [old, spare] = platform.sockets;

  old?.says({ type: "answer", answer: "v=0" });
  await settle();
  spare?.open();
  await settle();

  expect(spare?.closedWith).toBe(1000);
  expect(spare?.sent).toEqual([]);
  expect(old?.closedWith).toBeNull();
});

it("goes on over the new socket when it is open before the old one answers, with the same offer", async () => {
  const { platform } = await liveCall();
  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(900);
  const [old, spare] = platform.sockets;

  spare?.open();
  await settle();

  expect(old?.closedWith).toBe(1000);
  expect(spare?.sent.map(({ type }) => type)).toEqual(["reattach", "offer"]);
  expect(platform.peer.restarts).toBe(1);
});

it("sends the offer with the next socket when the old one is gone already", async () => {
  const { platform } = await liveCall();
  platform.socket.closes(LOST);
  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(900);

  await reattach(platform);

  expect(platform.socket.sent.map(({ type }) => type).slice(0, 2)).toEqual(["reattach", "offer"]);
  expect(platform.sockets).toHaveLength(2);
});

it.each(["disconnected", "failed"] as const)("restarts at once when the connection is %s", async (state) => {
  const { platform } = await liveCall();

  platform.peer.becomes(state);
  await settle();

  expect(platform.peer.restarts).toBe(1);
  expect(platform.peers).toHaveLength(1);
});

it("makes one restart of many hints", async () => {
  const { platform } = await liveCall();

  for (let hint = 0; hint < 20; hint++) {
    platform.peer.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(50);
    if (hint === 3) platform.sockets[0]?.says({ type: "answer", answer: "v=0" });
  }

  expect(platform.peer.restarts).toBe(1);
});

it("tries again while nothing comes after an answer", async () => {
  const { platform } = await liveCall();
  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(900);
  platform.sockets[0]?.says({ type: "answer", answer: "v=0" });

  await vi.advanceTimersByTimeAsync(3_500);

  expect(platform.peer.restarts).toBe(2);
});

it("does not take its own sleep for a broken path", async () => {
  const { platform } = await liveCall();
  await vi.advanceTimersByTimeAsync(1_000);
  platform.peer.isSilent = true;

  // The machine sleeps: no timer runs, and the clock goes on.
  vi.setSystemTime(Date.now() + 60_000);
  await vi.advanceTimersByTimeAsync(200);
  expect(platform.peer.restarts).toBe(0);
  platform.peer.isSilent = false;
  await vi.advanceTimersByTimeAsync(1_000);

  expect(platform.peer.restarts).toBe(0);
  expect(platform.peers).toHaveLength(1);
});
