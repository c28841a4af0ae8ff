/** A camera should be offered in three sizes, and send those that somebody watches. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { FakePlatform } from "./fakes/platform";
import { answer, joiningCall, liveCall, SIMULCAST } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const CAMERA = "1";
const JOIN = { microphone: true, camera: true };

const live = () => liveCall({ join: JOIN, joined: { answer: SIMULCAST } });

const layers = (...rids: string[]) => ({ type: "layers", mid: CAMERA, rids }) as const;

/** A browser takes a moment for each change of parameters. */
const changed = () => vi.advanceTimersByTimeAsync(50);

function sender(platform: FakePlatform, mid = CAMERA) {
  const found = platform.peer.transceivers.find((transceiver) => transceiver.mid === mid);
  if (found === undefined) throw new Error(`no m-line ${mid}`);
  return found.sender;
}

it("offers the camera in three sizes, lowest first, and a screen in one", async () => {
  const { platform } = await live();

  expect(sender(platform).encodings).toMatchObject([
    { rid: "l", scaleResolutionDownBy: 4, active: true },
    { rid: "m", scaleResolutionDownBy: 2, active: true },
    { rid: "h", scaleResolutionDownBy: 1, active: true },
  ]);
  expect(sender(platform, "2").encodings).toHaveLength(1);
});

it("sends what the node asks for, and starts again at once", async () => {
  const { platform } = await live();

  platform.socket.says(layers("l"));
  await changed();
  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l"]);

  platform.socket.says(layers());
  await changed();
  expect(platform.peer.activeLayers(CAMERA)).toEqual([]);

  platform.socket.says(layers("l", "m", "h"));
  await changed();
  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l", "m", "h"]);
});

it("does not send a screen that nobody watches, and sends it again at once", async () => {
  const { platform } = await live();
  const isSent = () => sender(platform, "2").encodings[0]?.active;

  platform.socket.says({ type: "layers", mid: "2", rids: [], sizes: 0 });
  await changed();
  expect(isSent()).toBe(false);
  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l", "m", "h"]);

  platform.socket.says({ type: "layers", mid: "2", rids: [], sizes: 1 });
  await changed();
  expect(isSent()).toBe(true);
});

it("ends with the last of several quick wishes", async () => {
  const { platform } = await live();

  for (const rids of [["l"], ["l", "m", "h"], ["l"], ["l", "m"]]) platform.socket.says(layers(...rids));
  await changed();

  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l", "m"]);
  expect(sender(platform).conflicts).toBe(0);
});

it("tries again when the browser refuses, and gives up for the time being", async () => {
  const { platform } = await live();
  sender(platform).refusals = 2;

  platform.socket.says(layers("l"));
  await changed();
  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l"]);

  sender(platform).refusals = 3;
  platform.socket.says(layers("l", "m"));
  await changed();
  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l"]);
  platform.socket.says(layers("l", "m"));
  await changed();
  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l", "m"]);
});

it("keeps to it when another camera is used, or it was off in between", async () => {
  const { platform, call } = await live();
  platform.socket.says(layers("l"));
  await changed();

  await call.setCamera("exam-camera");
  await call.setCameraOn(false);
  await call.setCameraOn(true);

  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l"]);
});

it("takes what the node asks for right behind its answer", async () => {
  const { platform } = await joiningCall({ join: JOIN });

  void answer(platform, { answer: SIMULCAST });
  platform.socket.says(layers("l"));
  await changed();

  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l"]);
  expect(sender(platform).conflicts).toBe(0);
});

it("leaves the other m-lines alone", async () => {
  const { platform } = await live();

  platform.socket.says({ type: "layers", mid: "2", rids: [] });
  await changed();

  expect(platform.peer.activeLayers("2")).toEqual(["-"]);
  expect(platform.peer.activeLayers(CAMERA)).toEqual(["l", "m", "h"]);
});

it("sends one whole picture where the node takes no simulcast", async () => {
  const { platform } = await liveCall({ join: JOIN });

  await changed();

  expect(sender(platform).encodings).toMatchObject([
    { scaleResolutionDownBy: 1, maxBitrate: 1_500_000, active: true },
  ]);
});

it("sends one whole picture where the browser has no simulcast", async () => {
  const platform = new FakePlatform();
  platform.hasSimulcast = false;

  await liveCall({ join: JOIN, joined: { answer: SIMULCAST }, platform });

  expect(sender(platform).encodings).toEqual([{ maxBitrate: 1_500_000, active: true }]);
});
