/** A connection that is lost with its peer should come back by itself, for as long as the page is open, and never where it must not. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Call } from "../src/call";
import { JoinRefused } from "../src/call-options";
import { CloseCode } from "../src/protocol";
import { FakePlatform } from "./fakes/platform";
import { answer, joined, joiningCall, liveCall, OTHER, other, settle, TARGET } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const LOST = 1006;

it("resumes at once with the secret of the last joined, on a new peer with the same tracks", async () => {
  const { platform, call } = await liveCall({ join: { microphone: true } });
  const [firstPeer] = platform.peers;

  platform.socket.closes(CloseCode.RESUME);
  expect(call.view.state).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(1);
  platform.socket.open();
  await settle();

  expect(platform.socket.sent[0]).toMatchObject({ type: "resume", resume: "resume-1" });
  expect(platform.socket.sentOfType("resume")[0]?.tracks[0]).toMatchObject({ active: true });
  expect(platform.peer.sends("0")).toBe(call.view.microphone.track);
  expect(firstPeer?.isClosed).toBe(false);

  await answer(platform, { resume: "resume-2" });
  expect(firstPeer?.isClosed).toBe(true);
  expect(call.view.state).toBe("connected");
});

it("plays the old media on until the new media flows", async () => {
  const participants = [other({ tracks: [{ id: "t1", source: "camera", active: true }] })];
  const lanes = [{ mid: "10", track: "t1", seat: OTHER }];
  const { platform, call } = await liveCall({ joined: { participants, lanes } });
  const [firstPeer] = platform.peers;
  const shown = () => call.view.slots[0]?.video?.getTracks()[0];
  expect(shown()).toBe(firstPeer?.receiverTrack("10"));

  platform.socket.closes(CloseCode.RESUME);
  await settle();
  platform.socket.open();
  await settle();
  const moved = [{ mid: "11", track: "t1", seat: OTHER }];
  platform.socket.says(joined({ participants, lanes: moved, resume: "resume-2" }));
  await settle();
  expect(firstPeer?.isClosed).toBe(false);
  expect(call.view.state).toBe("reconnecting");
  expect(shown()).toBe(firstPeer?.receiverTrack("10"));

  platform.peer.becomes("connected");
  expect(firstPeer?.isClosed).toBe(true);
  expect(shown()).toBe(platform.peer.receiverTrack("11"));
});

it("does not let somebody be heard over the old connection who mutes meanwhile", async () => {
  const { platform, call } = await liveCall({ join: { microphone: true } });
  const [firstPeer] = platform.peers;
  platform.socket.closes(CloseCode.RESUME);

  await call.setMicrophoneOn(false);

  expect(firstPeer?.sends("0")).toBeNull();
});

it("uses each resume secret once", async () => {
  const { platform } = await liveCall();
  platform.socket.closes(CloseCode.RESUME);
  await settle();
  platform.socket.open();
  await settle();
  await answer(platform, { resume: "resume-2" });

  platform.socket.closes(CloseCode.RESUME);
  await vi.advanceTimersByTimeAsync(10_000);
  platform.socket.open();
  await settle();

  expect(platform.socket.sent[0]).toMatchObject({ type: "resume", resume: "resume-2" });
});

it("keeps showing the others while it reconnects", async () => {
  const { platform, call } = await liveCall({ joined: { participants: [other()] } });

  platform.socket.closes(CloseCode.RESUME);

  expect(call.view.participants.map(({ seat }) => seat)).toEqual([OTHER]);
});

it("waits 0 ms, then longer and longer up to ten seconds, and never gives up", async () => {
  const { platform } = await liveCall();
  await vi.advanceTimersByTimeAsync(5_000);
  const waits: number[] = [];

  for (let attempt = 0; attempt < 40; attempt++) {
    const sockets = platform.sockets.length;
    platform.socket.closes(LOST);
    const before = Date.now();
    while (platform.sockets.length === sockets) await vi.advanceTimersToNextTimerAsync();
    waits.push(Date.now() - before);
  }

  expect(waits.slice(0, 7)).toEqual([0, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(waits.slice(7).every((wait) => wait === 10_000)).toBe(true);
});

it("does not start from zero when each connection dies at birth", async () => {
  const { platform } = await liveCall();
  platform.socket.closes(LOST);
  await settle();
  platform.socket.open();
  await settle();
  await answer(platform);
  const sockets = platform.sockets.length;

  platform.socket.closes(LOST);
  await vi.advanceTimersByTimeAsync(900);

  expect(platform.sockets).toHaveLength(sockets);
});

it("comes back with a new peer when nothing came for as long as the node keeps a silent one", async () => {
  const { platform, call } = await liveCall();

  platform.peer.isSilent = true;
  await vi.advanceTimersByTimeAsync(7_500);
  expect(platform.peers).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);

  expect(platform.peers).toHaveLength(2);
  expect(call.view.state).toBe("reconnecting");
});

describe("by close code", () => {
  it.each([
    [CloseCode.ENDED, { kind: "ended", reason: null }],
    [CloseCode.REPLACED, { kind: "replaced" }],
    [CloseCode.REMOVED, { kind: "removed" }],
    [CloseCode.FULL, { kind: "full" }],
  ])("%i ends the call for good", async (code, outcome) => {
    const refresh = vi.fn();
    const { platform, call } = await liveCall({ refresh });

    platform.socket.closes(code);
    await vi.advanceTimersByTimeAsync(60_000);

    expect(call.view).toMatchObject({ state: "ended", outcome });
    expect(platform.sockets).toHaveLength(1);
    expect(refresh).not.toHaveBeenCalled();
    expect(platform.peers.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it.each([CloseCode.UNAUTHORIZED, CloseCode.GOING_AWAY])(
    "%i asks for a new place and joins",
    async (code) => {
      const refresh = vi.fn().mockResolvedValue({ url: "wss://other.test/signal", token: "token-2" });
      const { platform } = await liveCall({ refresh });

      platform.socket.closes(code);
      await settle();
      platform.socket.open();
      await settle();

      expect(platform.socket.url).toBe("wss://other.test/signal");
      expect(platform.socket.sent[0]).toMatchObject({ type: "join", token: "token-2" });
    },
  );

  it("4006 resumes with a new peer", async () => {
    const { platform } = await liveCall();

    platform.socket.closes(CloseCode.RESUME);
    await settle();
    platform.socket.open();
    await settle();

    expect(platform.socket.sent[0]).toMatchObject({ type: "resume" });
    expect(platform.peers).toHaveLength(2);
  });

  it.each([CloseCode.IDLE, CloseCode.POLICY, CloseCode.FIRST_MESSAGE_TIMEOUT, LOST])(
    "%i attaches another socket to the same peer",
    async (code) => {
      const { platform } = await liveCall();

      platform.socket.closes(code);
      await settle();
      platform.socket.open();
      await settle();

      expect(platform.socket.sent[0]).toMatchObject({ type: "reattach", resume: "resume-1" });
      expect(platform.peers).toHaveLength(1);
    },
  );
});

describe("a refresh callback", () => {
  it("that refuses ends the call", async () => {
    const refresh = () => Promise.reject(new JoinRefused("the window is over"));
    const { platform, call } = await liveCall({ refresh });

    platform.socket.closes(CloseCode.UNAUTHORIZED);
    await settle();

    expect(call.view.outcome).toMatchObject({ kind: "unauthorized" });
  });

  it("that fails otherwise is tried again", async () => {
    const refresh = vi.fn().mockRejectedValue(new TypeError("network"));
    const { platform, call } = await liveCall({ refresh });

    platform.socket.closes(CloseCode.UNAUTHORIZED);
    await vi.advanceTimersByTimeAsync(60_000);

    expect(call.view.state).toBe("reconnecting");
    expect(refresh.mock.calls.length).toBeGreaterThan(5);
  });

  it("is asked when the token may have been seen, because a token opens a seat once", async () => {
    const refresh = vi.fn().mockResolvedValue({ url: "wss://node.test/signal", token: "token-2" });
    const { platform } = await joiningCall({ refresh });

    platform.socket.closes(LOST);
    await settle();

    expect(refresh).toHaveBeenCalledOnce();
  });

  it("is not asked when the socket never opened", async () => {
    const refresh = vi.fn();
    const platform = new FakePlatform();
    const call = new Call({ platform, refresh });
    await call.join(TARGET);

    platform.socket.closes(LOST);
    await settle();
    platform.socket.open();
    await settle();

    expect(refresh).not.toHaveBeenCalled();
    expect(platform.socket.sent[0]).toMatchObject({ type: "join", token: "token-1" });
  });
});

it("stops where browser and node cannot understand each other", async () => {
  const { platform, call } = await joiningCall();

  platform.socket.says({ type: "refused", problem: "unsupported_sdp", detail: "no BUNDLE" });
  platform.socket.closes(CloseCode.POLICY);
  await vi.advanceTimersByTimeAsync(60_000);

  expect(call.view.outcome).toEqual({ kind: "incompatible", problem: "unsupported_sdp" });
  expect(platform.sockets).toHaveLength(1);
});
