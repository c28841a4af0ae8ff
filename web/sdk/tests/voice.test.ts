/** A voice should take less of a line that is too thin for pictures. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { FakePlatform } from "./fakes/platform";
import { liveCall, SIMULCAST } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const live = () => liveCall({ join: { microphone: true, camera: true }, joined: { answer: SIMULCAST } });

const HELD_UP = { type: "layers", mid: "1", rids: [] as string[], paused: "uplink" } as const;
const layers = (...rids: string[]) => ({ type: "layers", mid: "1", rids }) as const;

/** A browser takes a moment for each change of parameters. */
const changed = () => vi.advanceTimersByTimeAsync(50);

function voice(platform: FakePlatform) {
  const found = platform.peer.transceivers.find(({ mid }) => mid === "0");
  if (found === undefined) throw new Error("no microphone");
  return found.sender;
}

const rate = (platform: FakePlatform) => voice(platform).encodings[0]?.maxBitrate;

it("makes the voice smaller while pictures are held up, and until a try has passed", async () => {
  const { platform } = await live();
  expect(rate(platform)).toBeUndefined();

  platform.socket.says(HELD_UP);
  await changed();
  expect(rate(platform)).toBe(16_000);

  platform.socket.says(layers("l"));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(rate(platform)).toBe(16_000);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(rate(platform)).toBeUndefined();
});

it("leaves it so when the try fails", async () => {
  const { platform } = await live();
  platform.socket.says(HELD_UP);
  platform.socket.says(layers("l"));
  await vi.advanceTimersByTimeAsync(5_000);

  platform.socket.says(HELD_UP);
  await vi.advanceTimersByTimeAsync(60_000);

  expect(rate(platform)).toBe(16_000);
});

it("leaves it alone where layers go for another reason", async () => {
  const { platform } = await live();

  platform.socket.says(layers());
  platform.socket.says(layers("l"));
  await changed();

  expect(rate(platform)).toBeUndefined();
});

it("tries again what a browser refuses, a few times", async () => {
  const { platform } = await live();
  voice(platform).refusals = 2;

  platform.socket.says(HELD_UP);
  await changed();
  expect(rate(platform)).toBe(16_000);
});
