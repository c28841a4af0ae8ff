/** What is written should be told once and in order, whatever happens to the connection. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { NodeChat } from "../src/chat-protocol";
import { answer, liveCall, OTHER, OWN, settle } from "./fakes/room";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const HEARING: NodeChat = { type: "hearing", log: "00000000000000aa", last: 0 };

function said(number: number, text: string, changes: Partial<NodeChat & { type: "said" }> = {}): NodeChat {
  return { type: "said", number, seat: OTHER, at_ms: 1_795_000_000_000, text, ...changes };
}

async function chatting() {
  const { platform, call } = await liveCall();
  const channel = platform.peer.chat.opens().says(HEARING);
  return { platform, call, channel, texts: () => call.view.chat.messages.map(({ text }) => text) };
}

it("opens a channel that both ends know beforehand, and asks for what was said", async () => {
  const { platform, call } = await liveCall();
  expect(platform.peer.chat.init).toEqual({ negotiated: true, id: 0 });
  expect(call.view.chat.isOpen).toBe(false);

  platform.peer.chat.opens();

  expect(call.view.chat.isOpen).toBe(true);
  expect(platform.peer.chat.sent).toEqual([{ type: "hear", log: null, after: 0 }]);
});

it("shows what others write, with author and time", async () => {
  const { call, channel } = await chatting();

  channel.says(said(1, "good morning <b>"));

  expect(call.view.chat.messages).toEqual([
    {
      key: "00000000000000aa:1",
      seat: OTHER,
      text: "good morning <b>",
      at: new Date(1_795_000_000_000),
      state: "sent",
    },
  ]);
});

it("shows an own text at once, and as sent when the node tells it", async () => {
  const { call, channel } = await chatting();

  expect(call.say("  hello  ")).toBe("taken");

  expect(call.view.chat.messages).toMatchObject([{ text: "hello", seat: OWN, state: "sending" }]);
  const say = channel.sent.at(-1);
  if (say?.type !== "say") throw new Error("not said");
  channel.says(said(1, "somebody was faster"), said(2, "hello", { seat: OWN, id: say.id }));
  expect(call.view.chat.messages).toMatchObject([
    { text: "somebody was faster" },
    { text: "hello", seat: OWN, state: "sent" },
  ]);
});

it("keeps what the node refuses in sight", async () => {
  const { call, channel } = await chatting();
  call.say("too fast");
  const say = channel.sent.at(-1);
  if (say?.type !== "say") throw new Error("not said");

  channel.says({ type: "refused", id: say.id, problem: "too_fast" });

  expect(call.view.chat.messages).toMatchObject([{ text: "too fast", state: "refused" }]);
});

it("takes nothing that the node would not", async () => {
  const { call, channel } = await chatting();

  expect(call.say("")).toBe("blank");
  expect(call.say(" \n ")).toBe("blank");
  expect(call.say("bell\u0007")).toBe("control_characters");
  expect(call.say("ü".repeat(2049))).toBe("too_long");

  expect(channel.saidTexts).toEqual([]);
  expect(call.say("ü".repeat(2048))).toBe("taken");
});

it("takes no more than a page can have under way, and none when it is over", async () => {
  const { call } = await chatting();

  for (let said = 0; said < 50; said += 1) expect(call.say("hello")).toBe("taken");

  expect(call.say("hello")).toBe("too_many");
  call.leave();
  expect(call.say("hello")).toBe("over");
});

it("keeps the key of an own text when the node tells it, also one that comes in a second try", async () => {
  const { call, channel } = await chatting();
  channel.says(said(1, "first"));
  call.say("hello");
  const key = call.view.chat.messages[1]?.key;
  const say = channel.sent.at(-1);
  if (say?.type !== "say") throw new Error("not said");
  const told = said(3, "hello", { seat: OWN, id: say.id });

  channel.says(told);
  expect(call.view.chat.messages).toMatchObject([{ text: "first" }, { key, state: "sending" }]);
  channel.says(HEARING, said(2, "before"), told);

  expect(call.view.chat.messages).toMatchObject([
    { text: "first" },
    { text: "before" },
    { key, text: "hello", state: "sent" },
  ]);
});

/** Says something that the node refuses; its key. */
function refused({ call, channel }: Awaited<ReturnType<typeof chatting>>, text: string) {
  call.say(text);
  const say = channel.sent.at(-1);
  if (say?.type !== "say") throw new Error("not said");
  channel.says({ type: "refused", id: say.id, problem: "too_fast" });
  return call.view.chat.messages.find((message) => message.text === text)?.key ?? "";
}

it("keeps what is refused where it was said", async () => {
  const chat = await chatting();
  chat.channel.says(said(1, "before"));
  refused(chat, "too fast");

  chat.channel.says(said(2, "after"));
  chat.call.say("under way");

  expect(chat.texts()).toEqual(["before", "too fast", "after", "under way"]);
});

it("says again what was refused, as a new text, or lets it go", async () => {
  const chat = await chatting();
  const [again, gone] = [refused(chat, "again"), refused(chat, "gone")];
  chat.channel.says(said(1, "meanwhile"));

  expect(chat.call.sayAgain(again)).toBe("taken");
  expect(chat.call.sayAgain(again)).toBe("taken");
  chat.call.dismiss(gone);

  expect(chat.call.view.chat.messages).toMatchObject([
    { text: "meanwhile", state: "sent" },
    { text: "again", state: "sending" },
  ]);
  expect(chat.channel.saidTexts).toEqual(["again", "gone", "again"]);
  chat.call.dismiss("00000000000000aa:1");
  expect(chat.texts()).toEqual(["meanwhile", "again"]);
});

it("asks again when a number is missing, and tells each once", async () => {
  const { channel, texts } = await chatting();
  channel.says(said(1, "one"), said(3, "three"));
  expect(texts()).toEqual(["one"]);
  expect(channel.sent.at(-1)).toEqual({ type: "hear", log: "00000000000000aa", after: 1 });

  channel.says(HEARING, said(2, "two"), said(3, "three"), said(3, "three"), said(2, "two"));

  expect(texts()).toEqual(["one", "two", "three"]);
});

it("goes on over another connection: what was missed comes once, what was not answered is said again", async () => {
  const { platform, call, channel, texts } = await chatting();
  channel.says(said(1, "one"));
  call.say("under way");
  const first = channel.sent.at(-1);

  platform.socket.closes(4006);
  await settle();
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();
  await answer(platform);
  channel.closes();
  call.say("while away");
  expect(call.view.chat.isOpen).toBe(false);
  const next = platform.peer.chat;
  expect(next).not.toBe(channel);
  next.opens();

  expect(next.sent[0]).toEqual({ type: "hear", log: "00000000000000aa", after: 1 });
  expect(next.sent[1]).toEqual(first);
  expect(next.saidTexts).toEqual(["under way", "while away"]);
  next.says(HEARING, said(2, "missed"));
  expect(texts()).toEqual(["one", "missed", "under way", "while away"]);
});

it("begins anew with another log, and keeps what was told", async () => {
  const { channel, texts } = await chatting();
  channel.says(said(1, "before"), said(2, "before too"));

  channel.says({ type: "hearing", log: "00000000000000bb", last: 1 }, said(1, "after a restart"));

  expect(texts()).toEqual(["before", "before too", "after a restart"]);
});

it("reads nothing that is no message", async () => {
  const { channel, texts } = await chatting();

  for (const data of ["{", "null", "7", '{"type":"dance"}', new ArrayBuffer(8)])
    channel.onmessage?.({ data });

  expect(texts()).toEqual([]);
});
