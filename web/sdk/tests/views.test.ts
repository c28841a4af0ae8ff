/** The node should be told at what size each picture is shown: once, together, and again after a reconnect. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { CloseCode, type LaneState, type Participant, type Source } from "../src/protocol";
import { answer, joined, liveCall, OTHER, other, OWN, settle } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const THIRD = "0192a000-0000-7000-8000-000000000003";
const track = (id: string, source: Source) => ({ id, source, active: true });
const lane = (mid: string, id: string, seat: string): LaneState => ({ mid, track: id, seat });

const DOCTOR = other({ tracks: [track("d1", "microphone"), track("d2", "camera"), track("d3", "screen")] });
const GUEST: Participant = other({ seat: THIRD, role: "guest", tracks: [track("g2", "camera")] });
const OWN_STATE: Participant = { seat: OWN, role: "patient", connected: true, tracks: [] };

const ROOM = {
  participants: [OWN_STATE, DOCTOR, GUEST],
  lanes: [lane("3", "d1", OTHER), lane("10", "d2", OTHER), lane("11", "d3", OTHER), lane("12", "g2", THIRD)],
};

const live = () => liveCall({ joined: ROOM });

it("says nothing while nothing is said, as lanes begin at their full size", async () => {
  const { platform } = await live();

  await vi.advanceTimersByTimeAsync(1_000);

  expect(platform.socket.sentOfType("view")).toEqual([]);
});

it("puts what changes together into one message, and sound into none", async () => {
  const { platform, call } = await live();

  call.setView(`${OTHER}:camera`, "thumbnail");
  call.setView(`${OTHER}:screen`, "full");
  call.setView(`${THIRD}:camera`, "hidden");
  call.setView(`${OTHER}:microphone`, "hidden");
  await settle();

  expect(platform.socket.sentOfType("view")).toEqual([
    {
      type: "view",
      lanes: [
        { mid: "10", size: "thumbnail" },
        { mid: "11", size: "full" },
        { mid: "12", size: "hidden" },
      ],
    },
  ]);
});

it("says each size once, and the newest of a quick row, at most ten times a second", async () => {
  const { platform, call } = await live();

  for (let step = 0; step < 100; step += 1) {
    call.setView(`${OTHER}:camera`, step % 2 === 0 ? "medium" : "thumbnail");
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(1_000);

  const views = platform.socket.sentOfType("view");
  expect(views.length).toBeGreaterThan(2);
  expect(views.length).toBeLessThanOrEqual(11);
  expect(views.at(-1)?.lanes).toEqual([{ mid: "10", size: "thumbnail" }]);

  call.setView(`${OTHER}:camera`, "thumbnail");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(platform.socket.sentOfType("view")).toHaveLength(views.length);
});

it("follows a picture to another lane, and lets the next one on the old lane be whole", async () => {
  const { platform, call } = await live();
  call.setView(`${OTHER}:camera`, "thumbnail");
  await vi.advanceTimersByTimeAsync(1_000);

  platform.socket.says({ type: "lanes", lanes: [lane("12", "d2", OTHER), lane("10", "g2", THIRD)] });
  await settle();

  expect(platform.socket.sentOfType("view").at(-1)?.lanes).toEqual([
    { mid: "12", size: "thumbnail" },
    { mid: "10", size: "full" },
  ]);
});

it("says it for somebody whose picture comes on a lane later", async () => {
  const { platform, call } = await liveCall({ joined: { ...ROOM, lanes: [] } });
  call.setView(`${THIRD}:camera`, "hidden");
  await settle();
  expect(platform.socket.sentOfType("view")).toEqual([]);

  platform.socket.says({ type: "lanes", lanes: ROOM.lanes });
  await settle();

  expect(platform.socket.sentOfType("view")).toEqual([
    { type: "view", lanes: [{ mid: "12", size: "hidden" }] },
  ]);
});

it("says all of it again to a new peer, full sizes too, and nothing before the seat is open", async () => {
  const { platform, call } = await live();
  call.setView(`${OTHER}:camera`, "thumbnail");
  call.setView(`${THIRD}:camera`, "full");
  await settle();
  platform.socket.closes(CloseCode.RESUME);
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();

  call.setView(`${OTHER}:camera`, "medium");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(platform.socket.sentOfType("view")).toEqual([]);
  await answer(platform, { ...ROOM, resume: "resume-2" });
  await vi.advanceTimersByTimeAsync(1_000);

  expect(platform.sockets).toHaveLength(2);
  expect(platform.socket.sentOfType("view")).toEqual([
    {
      type: "view",
      lanes: [
        { mid: "10", size: "medium" },
        { mid: "12", size: "full" },
      ],
    },
  ]);
});

it("forgets who is gone", async () => {
  const { platform, call } = await live();
  call.setView(`${THIRD}:camera`, "hidden");
  await vi.advanceTimersByTimeAsync(1_000);

  platform.socket.says({ type: "participant_left", seat: THIRD, reason: "left" });
  platform.socket.says({ type: "participant", participant: GUEST });
  await settle();

  expect(platform.socket.sentOfType("view").at(-1)?.lanes).toEqual([{ mid: "12", size: "full" }]);
});

it("says no more once the call is over", async () => {
  const { platform, call } = await live();
  await vi.advanceTimersByTimeAsync(1_000);
  call.setView(`${THIRD}:camera`, "hidden");

  call.leave();
  call.setView(`${OTHER}:camera`, "hidden");
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(1_000);

  expect(platform.socket.sentOfType("view")).toEqual([]);
});

it("shows why a picture stands, and whose connection is too slow for pictures", async () => {
  const { platform, call } = await live();

  platform.socket.says({ type: "lanes", lanes: [{ ...lane("10", "d2", OTHER), paused: "downlink" }] });
  platform.socket.says({
    type: "quality",
    quality: [
      { seat: OWN, grade: "poor", video_paused: true },
      { seat: OTHER, grade: "good", video_paused: false },
    ],
  });

  platform.socket.says({ type: "layers", mid: "1", rids: [], paused: "uplink" });
  expect(call.view.isHeldUp).toBe(true);

  const paused = () => call.view.slots.find(({ id }) => id === `${OTHER}:camera`)?.paused;
  expect(paused()).toBe("downlink");
  expect([...call.view.videoPaused]).toEqual([OWN]);

  platform.socket.says({ type: "lanes", lanes: ROOM.lanes });
  platform.socket.closes(CloseCode.RESUME);
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();
  platform.socket.says(joined(ROOM));
  expect(paused()).toBeNull();
  expect(call.view.videoPaused.size).toBe(0);
  expect(call.view.isHeldUp).toBe(false);

  platform.socket.says({ type: "layers", mid: "1", rids: [], paused: "uplink" });
  platform.socket.says({ type: "layers", mid: "1", rids: ["l"] });
  expect(call.view.isHeldUp).toBe(false);
});
