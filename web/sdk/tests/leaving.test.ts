/** Leaving and ending should tell the node, let go of every device, and stay over. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Call } from "../src/call";
import { FakePlatform } from "./fakes/platform";
import { answer, liveCall, PERMISSIONS, settle, TARGET } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const END = { permissions: { ...PERMISSIONS, end: true } };

it("leaves: says so, closes, stops the devices", async () => {
  const { platform, call } = await liveCall({ join: { microphone: true, camera: true } });
  const tracks = [call.view.microphone.track, call.view.camera.track];

  call.leave();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(platform.socket.sent.at(-1)).toEqual({ type: "leave" });
  expect(call.view).toMatchObject({ state: "ended", outcome: { kind: "left" } });
  expect(tracks.map((track) => track?.readyState)).toEqual(["ended", "ended"]);
  expect(platform.sockets).toHaveLength(1);
});

it("ends for all when the node says so", async () => {
  const { platform, call } = await liveCall({ joined: END });

  call.endForAll();
  expect(platform.socket.sent.at(-1)).toEqual({ type: "end" });
  expect(call.view.state).toBe("connected");
  platform.socket.says({ type: "ended", reason: "ended_by_participant" });

  expect(call.view.outcome).toEqual({ kind: "ended", reason: "ended_by_participant" });
});

it("ends for all once the connection is back", async () => {
  const { platform, call } = await liveCall({ joined: END });
  platform.socket.closes(1006);

  call.endForAll();
  await settle();
  platform.socket.open();
  await settle();
  await answer(platform, END);

  expect(platform.socket.sent.at(-1)).toEqual({ type: "end" });
});

it("leaves while reconnecting, and does not come back", async () => {
  const { platform, call } = await liveCall();
  platform.socket.closes(1006);

  call.leave();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(call.view.state).toBe("ended");
  expect(platform.sockets).toHaveLength(1);
});

it("lets go of a device that opens after the call is over", async () => {
  const platform = new FakePlatform();
  const call = new Call({ platform });
  const opened: MediaStream[] = [];
  const open = platform.getUserMedia.bind(platform);
  platform.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    opened.push(stream);
    return stream;
  };

  const joining = call.join(TARGET, { microphone: true });
  call.leave();
  await joining;

  expect(opened[0]?.getTracks().map(({ readyState }) => readyState)).toEqual(["ended"]);
  expect(call.view.microphone.isOn).toBe(false);
});

it.each([
  ["turned on", (call: Call) => call.setCameraOn(true)],
  ["chosen", (call: Call) => call.setMicrophone("headset")],
  ["shared", (call: Call) => call.setScreenOn(true)],
])("lets go of a device that was %s before the call is over and opens after it", async (_, ask) => {
  const { platform, call } = await liveCall({ join: { microphone: true } });
  const opened: MediaStreamTrack[] = [];
  let answerPrompt: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answerPrompt = resolve));
  const held = (open: (constraints: MediaStreamConstraints) => Promise<MediaStream>) => {
    return async (constraints: MediaStreamConstraints) => {
      const stream = await open(constraints);
      opened.push(...stream.getTracks());
      await answered;
      return stream;
    };
  };
  platform.getUserMedia = held(platform.getUserMedia.bind(platform));
  const openScreen = held(platform.getDisplayMedia.bind(platform));
  platform.getDisplayMedia = () => openScreen({});

  const asked = ask(call);
  await settle();
  call.leave();
  answerPrompt();
  await asked;

  expect(opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
  for (const source of ["microphone", "camera", "screen"] as const) {
    expect(call.view[source]).toMatchObject({ isOn: false, track: null });
  }
});
