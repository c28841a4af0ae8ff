/** Joining should take one round trip and prompt for nothing that was not asked for. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Call } from "../src/call";
import { FakeTrack } from "./fakes/media";
import { FakePlatform } from "./fakes/platform";
import { answer, joiningCall, liveCall, OTHER, other, settle, TARGET } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("sends one message that offers three tracks, then audio lanes, then video lanes", async () => {
  const { platform } = await joiningCall();

  const [message, ...more] = platform.socket.sent;

  expect(more).toEqual([]);
  expect(message).toMatchObject({
    type: "join",
    token: "token-1",
    tracks: [
      { mid: "0", source: "microphone", active: false },
      { mid: "1", source: "camera", active: false },
      { mid: "2", source: "screen", active: false },
    ],
  });
  const lines = platform.peer.transceivers.map(({ kind, direction }) => `${direction} ${kind}`);
  expect(lines.slice(0, 3)).toEqual(["sendonly audio", "sendonly video", "sendonly video"]);
  expect(lines.slice(3)).toEqual([
    ...Array<string>(7).fill("recvonly audio"),
    ...Array<string>(9).fill("recvonly video"),
  ]);
});

it("is connected once the answer is applied and media flows", async () => {
  const { platform, call } = await joiningCall();
  expect(call.view.state).toBe("connecting");

  await answer(platform, { answer: "the answer" });

  expect(platform.peer.answer).toBe("the answer");
  expect(call.view.state).toBe("connected");
});

it("never prompts when neither microphone nor camera is asked for", async () => {
  const { platform, call } = await liveCall();

  expect(platform.prompts).toEqual([]);
  expect(call.view.microphone.isOn).toBe(false);
});

it("publishes tracks of the page from the first message on", async () => {
  const microphone = new FakeTrack("audio") as unknown as MediaStreamTrack;

  const { platform } = await joiningCall({ join: { microphone } });

  expect(platform.prompts).toEqual([]);
  expect(platform.socket.sentOfType("join")[0]?.tracks[0]).toMatchObject({ active: true });
  expect(platform.peer.sends("0")).toBe(microphone);
});

it("opens the microphone although the camera is missing, and says what is missing", async () => {
  const platform = new FakePlatform();
  platform.videoFailsWith = "NotFoundError";
  const call = new Call({ platform });

  await call.join(TARGET, { microphone: true, camera: true });

  expect(call.view.microphone).toMatchObject({ isOn: true, problem: null });
  expect(call.view.camera).toMatchObject({ isOn: false, problem: "not_found" });
});

it("shows a participant on the lanes that the node names, and follows a change of lanes", async () => {
  const tracks = [
    { id: "00000000000000a1", source: "microphone" as const, active: true },
    { id: "00000000000000c1", source: "camera" as const, active: true },
  ];
  const { platform, call } = await liveCall({
    joined: {
      participants: [other({ tracks })],
      lanes: [
        { mid: "3", track: "00000000000000a1", seat: OTHER },
        { mid: "10", track: "00000000000000c1", seat: OTHER },
      ],
    },
  });
  const shown = () => call.view.slots[0]?.video as unknown as { tracks: unknown[] } | null;
  expect(call.view.slots).toHaveLength(1);
  expect(shown()?.tracks).toEqual([platform.peer.receiverTrack("10")]);

  platform.socket.says({ type: "lanes", lanes: [{ mid: "12", track: "00000000000000c1", seat: OTHER }] });

  expect(shown()?.tracks).toEqual([platform.peer.receiverTrack("12")]);
  expect(call.view.slots[0]?.audio).toBeNull();
});

it("shows a screen as a slot of its own, before the faces", async () => {
  const { platform, call } = await liveCall({ joined: { participants: [other()] } });

  platform.socket.says({
    type: "participant",
    participant: other({ tracks: [{ id: "00000000000000d1", source: "screen", active: true }] }),
  });
  platform.socket.says({ type: "lanes", lanes: [{ mid: "11", track: "00000000000000d1", seat: OTHER }] });

  expect(call.view.slots.map(({ kind }) => kind)).toEqual(["screen", "camera"]);
  expect(call.view.slots[0]?.video).not.toBeNull();
});

it("tells arrivals and departures, but not reconnects", async () => {
  const { platform, call } = await liveCall();
  const heard: string[] = [];
  call.on("arrived", ({ seat }) => heard.push(`arrived ${seat}`));
  call.on("departed", ({ participant, reason }) => heard.push(`departed ${participant.seat} ${reason}`));

  platform.socket.says({ type: "participant", participant: other() });
  platform.socket.says({ type: "participant", participant: other({ connected: false }) });
  platform.socket.says({ type: "participant", participant: other() });
  platform.socket.says({ type: "participant_left", seat: OTHER, reason: "left" });
  await settle();

  expect(heard).toEqual([`arrived ${OTHER}`, `departed ${OTHER} left`]);
});
