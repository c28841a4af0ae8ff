/** A visit should let people write to each other, and say when something new is there. */

import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, it, onTestFinished, vi } from "vitest";

import type { NodeChat } from "../../sdk/src/chat-protocol";
import { joined, OTHER, other, OWN } from "../../sdk/tests/fakes/room";
import { expectNoViolation } from "./support/page";
import { openVisit } from "./support/visit";

const AT = Date.UTC(2026, 10, 24, 10, 5);

async function open() {
  const page = await openVisit({ participants: [other({ role: "patient", tracks: [] })] });
  const channel = page.platform.peer.chat;
  const refuses = () =>
    act(async () => {
      const say = channel.sent.at(-1);
      if (say?.type !== "say") throw new Error("not said");
      channel.says({ type: "refused", id: say.id, problem: "too_fast" });
      await Promise.resolve();
    });
  let number = 0;
  const writes = (text: string, changes: Partial<NodeChat & { type: "said" }> = {}) =>
    act(async () => {
      number += 1;
      channel.says({ type: "said", number, seat: OTHER, at_ms: AT, text, ...changes });
      await Promise.resolve();
    });
  act(() => {
    channel.opens().says({ type: "hearing", log: "00000000000000aa", last: 0 });
  });
  return { ...page, channel, writes, refuses };
}

it("shows who wrote what, as text", async () => {
  const { user, writes } = await open();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  expect(screen.getByText(/^Nothing was written yet/)).toBeVisible();

  await writes('<img src=x onerror="alert(1)"> https://example.org');

  const log = within(screen.getByRole("log", { name: "Messages" }));
  expect(log.getByText('<img src=x onerror="alert(1)"> https://example.org')).toBeVisible();
  expect(log.getByText(/^Maya Lindqvist/)).toBeVisible();
  expect(log.queryByRole("link")).toBeNull();
  expect(log.queryByRole("img")).toBeNull();
});

it("sends with Enter, and says what became of it", async () => {
  const { user, channel, writes } = await open();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  const field = screen.getByRole("textbox", { name: "Message" });
  expect(field).toHaveFocus();

  await user.type(field, "first line{Shift>}{Enter}{/Shift}second{Enter}");

  expect(field).toHaveValue("");
  expect(channel.saidTexts).toEqual(["first line\nsecond"]);
  const log = within(screen.getByRole("log"));
  expect(log.getByText("Sending …")).toBeVisible();
  const say = channel.sent.at(-1);
  if (say?.type !== "say") throw new Error("not said");
  await writes("first line\nsecond", { seat: OWN, id: say.id });
  expect(log.queryByText("Sending …")).toBeNull();
  expect(log.getByText(/^You/)).toBeVisible();
});

it("keeps what is refused where it was said, to be sent again or discarded", async () => {
  const { user, channel, writes, refuses } = await open();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  const field = screen.getByRole("textbox", { name: "Message" });
  const log = within(screen.getByRole("log"));
  const texts = () => log.getAllByRole("article").map((article) => article.children[1]?.textContent);
  await user.type(field, "one{Enter}");
  await refuses();
  await user.type(field, "two{Enter}");
  await refuses();

  await writes("meanwhile");
  expect(log.getAllByText(/^Not sent/)).toHaveLength(2);
  expect(texts()).toEqual(["one", "two", "meanwhile"]);
  await expectNoViolation();
  const [again] = log.getAllByRole("button", { name: "Send again" });
  if (again !== undefined) await user.click(again);
  expect(screen.getByRole("log")).toHaveFocus();
  await user.click(log.getByRole("button", { name: "Discard" }));

  expect(screen.getByRole("log")).toHaveFocus();
  expect(texts()).toEqual(["meanwhile", "one"]);
  expect(channel.saidTexts).toEqual(["one", "two", "one"]);
});

it("keeps the element of an own text when the node tells it, so that nobody hears it twice", async () => {
  const { user, channel, writes } = await open();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  await user.type(screen.getByRole("textbox", { name: "Message" }), "hello{Enter}");
  const article = screen.getByRole("article");

  const say = channel.sent.at(-1);
  await writes("hello", { seat: OWN, ...(say?.type === "say" && { id: say.id }) });

  expect(screen.getByRole("article")).toBe(article);
});

it("calls an author by name after they have left, and one who left before", async () => {
  const { user, says, writes } = await open();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  await writes("goodbye");
  await writes("earlier", { seat: "late" });
  await writes("unknown", { seat: "nobody" });

  await says({ type: "participant_left", seat: OTHER, reason: "left" });

  const log = within(screen.getByRole("log"));
  expect(log.getByText(/^Maya Lindqvist ·/)).toBeVisible();
  expect(await log.findByText(/^Ingrid ·/)).toBeVisible();
  expect(log.getByText(/^Somebody who has left ·/)).toBeVisible();
});

it("lies over the people on a phone, and keeps keys out of what it covers", async () => {
  const { user } = await open();
  const stage = screen.getByRole("region", { name: "People in the visit" });
  const button = screen.getByRole("button", { name: "Chat" });
  expect(button).toHaveAttribute("aria-expanded", "false");

  await user.click(button);
  expect(button).toHaveAttribute("aria-expanded", "true");
  expect(stage).not.toHaveAttribute("inert");
  await user.click(button);
  const isNarrow = { matches: true, addEventListener: vi.fn(), removeEventListener: vi.fn() };
  vi.stubGlobal("matchMedia", () => isNarrow);
  onTestFinished(() => {
    vi.stubGlobal("matchMedia", undefined);
  });
  await user.click(button);

  expect(stage).toHaveAttribute("inert");
  await user.keyboard("{Escape}");
  expect(stage).not.toHaveAttribute("inert");
});

it("marks and announces what is new until it is looked at", async () => {
  const { user, writes, announced } = await open();

  await writes("how are you?");
  await waitFor(() => {
    expect(announced).toContain("Message from Maya Lindqvist: how are you?");
  });
  await writes("hello?");
  const button = screen.getByRole("button", { name: "Chat, 2 new messages" });

  await user.click(button);
  expect(screen.getByRole("button", { name: "Chat" })).toBeVisible();
  await writes("one more");
  await user.keyboard("{Escape}");

  expect(screen.queryByRole("log")).toBeNull();
  expect(screen.getByRole("button", { name: "Chat" })).toHaveFocus();
});

it("opens by its key, and keeps what is too long", async () => {
  const { user, channel } = await open();

  await user.keyboard("{Alt>}t{/Alt}");
  const field = screen.getByRole("textbox", { name: "Message" });
  await user.click(field);
  await user.paste("x".repeat(5000));
  await user.keyboard("{Enter}");

  expect(screen.getByText("The message is too long.")).toBeVisible();
  expect(field).toHaveValue("x".repeat(5000));
  expect(channel.saidTexts).toEqual([]);
});

it("says why a text is not taken", async () => {
  const { user, call } = await open();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  const field = screen.getByRole("textbox", { name: "Message" });

  await user.click(field);
  await user.paste("bell\u0007");
  await user.keyboard("{Enter}");
  expect(screen.getByText(/^The message holds characters that cannot be sent/)).toBeVisible();
  await user.clear(field);
  expect(screen.queryByText(/characters that cannot be sent/)).toBeNull();
  act(() => {
    while (call.say("waits") === "taken");
  });
  await user.type(field, "one more{Enter}");

  expect(screen.getByText(/^Too many messages wait to be sent/)).toBeVisible();
  expect(field).toHaveValue("one more");
});

it("says while it is not connected, and is usable by everybody", async () => {
  const { user, channel, writes } = await open();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  await writes("good morning");
  await expectNoViolation();

  act(() => {
    channel.closes();
  });

  expect(screen.getByText(/^Chat is being connected/)).toBeVisible();
});

it("is not there for somebody who waits to be let in, before or right after", async () => {
  const own = { seat: OWN, role: "guest" as const, connected: true, tracks: [] };
  const { user, says } = await openVisit({ role: "guest", waiting: true, participants: [own] });

  await user.keyboard("{Alt>}t{/Alt}");

  expect(screen.queryByRole("button", { name: /^Chat/ })).toBeNull();
  expect(screen.queryByRole("log")).toBeNull();
  expect(screen.queryByRole("textbox")).toBeNull();
  await says({ type: "admitted", participants: [other(), own] });
  expect(screen.getByRole("button", { name: "Chat" })).toBeVisible();
  expect(screen.queryByRole("log")).toBeNull();
});

it("goes when somebody has to wait again", async () => {
  const own = { seat: OWN, role: "guest" as const, connected: true, tracks: [] };
  const { user, says } = await openVisit({ role: "guest", participants: [other(), own] });
  await user.click(screen.getByRole("button", { name: "Chat" }));
  expect(screen.getByRole("log")).toBeVisible();

  await says(joined({ role: "guest", waiting: true, participants: [own] }));

  expect(screen.queryByRole("log")).toBeNull();
  expect(screen.queryByRole("button", { name: /^Chat/ })).toBeNull();
});
