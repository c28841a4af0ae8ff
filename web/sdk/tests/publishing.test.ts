/** Publishing should tell the node what is on, send nothing that is off, and never renegotiate. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { FakeTrack } from "./fakes/media";
import { joiningCall, joined, liveCall, settle } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const JOIN = { microphone: true, camera: true };

it("mutes by telling the node and sending nothing, and keeps the microphone open", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const microphone = call.view.microphone.track;

  await call.setMicrophoneOn(false);

  expect(platform.socket.sentOfType("track")).toContainEqual({ type: "track", mid: "0", active: false });
  expect(platform.peer.sends("0")).toBeNull();
  expect(microphone?.readyState).toBe("live");

  await call.setMicrophoneOn(true);

  expect(platform.socket.sentOfType("track").at(-1)).toEqual({ type: "track", mid: "0", active: true });
  expect(platform.peer.sends("0")).toBe(microphone);
  expect(platform.prompts).toHaveLength(1);
});

it("tells the node before it sends, and stops sending before it tells", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const { socket, peer } = platform;
  const sentWhenTold: unknown[] = [];
  const send = socket.send.bind(socket);
  socket.send = (text) => {
    sentWhenTold.push(peer.sends("0"));
    send(text);
  };

  await call.setMicrophoneOn(false);
  await call.setMicrophoneOn(true);

  expect(sentWhenTold).toEqual([null, null]);
  expect(peer.sends("0")).toBe(call.view.microphone.track);
});

it("lets go of the camera when it is turned off, and opens it again", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const first = call.view.camera.track;

  await call.setCameraOn(false);
  expect(first?.readyState).toBe("ended");
  await call.setCameraOn(true);

  expect(platform.peer.sends("1")).toBe(call.view.camera.track);
  expect(call.view.camera.track).not.toBe(first);
});

it("does what the last of several quick clicks asked for", async () => {
  const { platform, call } = await liveCall({ join: JOIN });

  await Promise.all([call.setCameraOn(false), call.setCameraOn(true), call.setCameraOn(false)]);

  expect(call.view.camera.isOn).toBe(false);
  expect(platform.peer.sends("1")).toBeNull();
  expect(platform.socket.sentOfType("track").at(-1)).toEqual({ type: "track", mid: "1", active: false });
});

it("tells the node of a change that fell between the offer and its answer", async () => {
  const microphone = new FakeTrack("audio") as unknown as MediaStreamTrack;
  const { platform, call } = await joiningCall({ join: { microphone } });
  await call.setMicrophoneOn(false);
  expect(platform.socket.sentOfType("track")).toEqual([]);

  platform.socket.says(joined());
  await settle();

  expect(platform.socket.sentOfType("track")).toEqual([{ type: "track", mid: "0", active: false }]);
});

it("changes the camera in place; off stays off", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const first = call.view.camera.track;

  await call.setCamera("exam-camera");

  expect((platform.peer.sends("1") as FakeTrack).deviceId).toBe("exam-camera");
  expect(first?.readyState).toBe("ended");

  await call.setCameraOn(false);
  await call.setCamera("front");
  expect(call.view.camera.isOn).toBe(false);
  await call.setCameraOn(true);
  expect((platform.peer.sends("1") as FakeTrack).deviceId).toBe("front");
});

it("keeps the old camera when the new one cannot be opened", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  const first = call.view.camera.track;
  platform.videoFailsWith = "NotReadableError";

  await call.setCamera("exam-camera");

  expect(call.view.camera).toMatchObject({ isOn: true, track: first, problem: "busy" });
  expect(first?.readyState).toBe("live");
});

it("puts a screen on the m-line that was offered for it, until the browser's own bar stops it", async () => {
  const { platform, call } = await liveCall();

  await call.setScreenOn(true);
  const screen = platform.peer.sends("2") as FakeTrack;
  expect(screen.contentHint).toBe("text");
  expect(platform.socket.sentOfType("track")).toEqual([{ type: "track", mid: "2", active: true }]);
  screen.unplug();

  expect(call.view.screen).toEqual({ isOn: false, track: null, problem: null });
  expect(platform.socket.sentOfType("track").at(-1)).toEqual({ type: "track", mid: "2", active: false });
});

it("goes on with another microphone when the one in use is unplugged", async () => {
  const { platform, call } = await liveCall({ join: { microphone: { deviceId: "headset" } } });
  const headset = call.view.microphone.track as unknown as FakeTrack;

  headset.unplug();
  expect(platform.socket.sentOfType("track").at(-1)).toEqual({ type: "track", mid: "0", active: false });
  platform.audioIsGone.add("headset");
  await settle();

  expect(call.view.microphone).toMatchObject({ isOn: true, problem: null });
  expect((platform.peer.sends("0") as FakeTrack).deviceId).toBe("default");
  expect(platform.socket.sentOfType("track").at(-1)).toEqual({ type: "track", mid: "0", active: true });
});

it("says that an unplugged microphone is gone, where there is no other", async () => {
  const { platform, call } = await liveCall({ join: JOIN });
  platform.audioFailsWith = "NotFoundError";

  (call.view.microphone.track as unknown as FakeTrack).unplug();
  await settle();

  expect(call.view.microphone).toMatchObject({ isOn: false, problem: "not_found" });
  expect(platform.socket.sentOfType("track").at(-1)).toEqual({ type: "track", mid: "0", active: false });
});

it("does not turn on another camera by itself, but does on a click", async () => {
  const { platform, call } = await liveCall({ join: { camera: { deviceId: "usb" } } });
  platform.videoIsGone.add("usb");

  (call.view.camera.track as unknown as FakeTrack).unplug();
  await settle();
  expect(call.view.camera).toMatchObject({ isOn: false, problem: "not_found" });

  await call.setCameraOn(true);
  expect(call.view.camera).toMatchObject({ isOn: true, problem: null });
  expect((platform.peer.sends("1") as FakeTrack).deviceId).toBe("default");
});
