/** A signalling connection should number, keep alive, and notice that it is dead. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Dialogue } from "../src/dialogue";
import { type Closed, SignallingConnection } from "../src/signalling";
import { FakePlatform } from "./fakes/platform";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function connection() {
  const platform = new FakePlatform();
  const signalling = new SignallingConnection(platform, "wss://node.test/signal", new Dialogue());
  const heard: string[] = [];
  const closed: Closed[] = [];
  signalling.on("message", ({ type }) => heard.push(type));
  signalling.on("closed", (event) => closed.push(event));
  return { signalling, socket: platform.socket, heard, closed };
}

it("delivers messages in the order of their numbers", () => {
  const { socket, heard, closed } = connection();
  socket.open();

  socket.says({ type: "pong", id: 1, heard: 0 });
  socket.says({ type: "speakers", speakers: [] });

  expect(heard).toEqual(["pong", "speakers"]);
  expect(closed).toEqual([]);
});

it.each([
  ["a gap", 3],
  ["a repetition", 1],
])("gives up on %s in the numbers, because the state may be wrong", (_, seq) => {
  const { socket, heard, closed } = connection();
  socket.open();
  socket.says({ type: "quality", quality: [] }, 1);

  socket.says({ type: "speakers", speakers: [] }, seq);

  expect(heard).toEqual(["quality"]);
  expect(closed).toHaveLength(1);
  expect(socket.closedWith).toBe(1000);
});

it.each(["", "[]", "null", '{"seq":1}', '{"seq":"1","type":"pong"}', "{", new ArrayBuffer(4)])(
  "gives up on the frame %o",
  (data) => {
    const { socket, closed } = connection();
    socket.open();

    socket.saysRaw(data);

    expect(closed).toHaveLength(1);
  },
);

it("passes on a type of a newer node, so that numbers stay right", () => {
  const { socket, heard, closed } = connection();
  socket.open();

  socket.saysRaw('{"seq":1,"type":"captions"}');
  socket.says({ type: "pong", id: 1, heard: 0 }, 2);

  expect(heard).toEqual(["captions", "pong"]);
  expect(closed).toEqual([]);
});

it("pings every five seconds", async () => {
  const { socket } = connection();
  socket.open();

  await vi.advanceTimersByTimeAsync(10_000);

  expect(socket.sentOfType("ping").map(({ id }) => id)).toEqual([1, 2]);
});

it("is dead after two pings without an answer", async () => {
  const { socket, closed } = connection();
  socket.open();
  socket.says({ type: "pong", id: 0, heard: 0 });

  await vi.advanceTimersByTimeAsync(11_900);
  expect(closed).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);

  expect(closed).toMatchObject([{ code: 1006 }]);
});

it("answers a probe within two seconds or is dead", async () => {
  const { signalling, socket, closed } = connection();
  socket.open();
  socket.says({ type: "pong", id: 0, heard: 0 });

  signalling.probe();
  await vi.advanceTimersByTimeAsync(1_000);
  socket.says({ type: "pong", id: 1, heard: 0 });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(closed).toEqual([]);

  signalling.probe();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(closed).toHaveLength(1);
});

it("gives up on a socket that does not open", async () => {
  const { closed } = connection();

  await vi.advanceTimersByTimeAsync(10_000);

  expect(closed).toMatchObject([{ code: 1006 }]);
});

it("closes once, and says nothing when it closes itself", () => {
  const { signalling, socket, closed } = connection();
  socket.open();

  signalling.close();
  socket.closes(1000);

  expect(closed).toEqual([]);
  expect(socket.closedWith).toBe(1000);
});

it("confirms what has come once the node has answered, not before", async () => {
  const { socket } = connection();
  socket.open();

  await vi.advanceTimersByTimeAsync(5_000);
  socket.says({ type: "speakers", speakers: [] }, 1);
  socket.says({ type: "quality", quality: [] }, 2);
  await vi.advanceTimersByTimeAsync(5_000);

  expect(socket.sentOfType("ping").map(({ seen }) => seen)).toEqual([0, 2]);
});
