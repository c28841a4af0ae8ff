/** The visit should show who is there, obey its controls, and say what goes on. */

import { CacheProvider } from "@emotion/react";
import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { I18nextProvider } from "react-i18next";
import { expect, it, vi } from "vitest";

import { Call } from "@bedside/sdk";

import { FakePlatform } from "../../sdk/tests/fakes/platform";
import { joined, OTHER, other, OWN, TARGET } from "../../sdk/tests/fakes/room";
import { i18n } from "../src/i18n/i18n";
import { Announcer } from "../src/layout/Announcer";
import { CallScreen } from "../src/visit/CallScreen";
import { initialsOf } from "../src/visit/Initials";
import { columns } from "../src/visit/stage-layout";
import { createUnstyledCache, expectNoViolation } from "./support/page";

const PEOPLE = [
  { seat: OWN, role: "practitioner" as const, name: "Dr. Alan Whitfield" },
  { seat: OTHER, role: "patient" as const, name: "Maya Lindqvist" },
];
const LATER = { seat: "late", role: "guest" as const, name: "Ingrid" };

async function openVisit() {
  const platform = new FakePlatform();
  const call = new Call({ platform });
  const onEnded = vi.fn();
  const askPeople = vi.fn().mockResolvedValue([...PEOPLE, LATER]);
  render(
    <CacheProvider value={createUnstyledCache()}>
      <I18nextProvider i18n={i18n}>
        <Announcer>
          <main>
            <CallScreen
              admission={{ call, people: PEOPLE, speakerId: null }}
              people={askPeople}
              onEnded={onEnded}
            />
          </main>
        </Announcer>
      </I18nextProvider>
    </CacheProvider>,
  );
  await act(async () => {
    await call.join(TARGET, { microphone: true });
    platform.socket.open();
  });
  const says = (...messages: Parameters<typeof platform.socket.says>[0][]) =>
    act(async () => {
      for (const message of messages) platform.socket.says(message);
      await Promise.resolve();
    });
  await says(
    joined({
      role: "practitioner",
      permissions: { audio: true, video: true, screen: true, subscribe: true, end: true },
      participants: [other({ role: "patient" })],
    }),
  );
  act(() => {
    platform.peer.becomes("connected");
  });
  return { platform, call, onEnded, askPeople, says, user: userEvent.setup({ delay: null }) };
}

it("names the people by the control plane's list", async () => {
  await openVisit();

  expect(screen.getByRole("group", { name: "Maya Lindqvist" })).toBeVisible();
  await expectNoViolation();
});

it("asks for the name of somebody new, and says that they came", async () => {
  const { says, askPeople } = await openVisit();

  await says({
    type: "participant",
    participant: { seat: "late", role: "guest", connected: true, tracks: [] },
  });

  expect(await screen.findByRole("group", { name: "Ingrid" })).toBeVisible();
  expect(await screen.findByText("Ingrid joined.", {}, { timeout: 5_000 })).toBeInTheDocument();
  expect(askPeople).toHaveBeenCalledOnce();
});

it("says when nobody else is there", async () => {
  const { says } = await openVisit();

  await says({ type: "participant_left", seat: OTHER, reason: "left" });

  expect(screen.getByText("Nobody else is here.")).toBeVisible();
  expect(await screen.findByText("Maya Lindqvist left.", {}, { timeout: 5_000 })).toBeInTheDocument();
});

it("mutes by button and by key", async () => {
  const { call, platform, user } = await openVisit();

  await user.click(screen.getByRole("button", { name: "Mute" }));
  expect(call.view.microphone.isOn).toBe(false);
  await user.keyboard("{Alt>}m{/Alt}");

  expect(call.view.microphone.isOn).toBe(true);
  const told = platform.socket.sentOfType("track").map(({ active }) => active);
  expect(told.slice(-2)).toEqual([false, true]);
});

it("shows speaking, muted and each connection in words", async () => {
  const { says } = await openVisit();

  await says(
    { type: "speakers", speakers: [OTHER] },
    { type: "quality", quality: [{ seat: OTHER, grade: "poor" }] },
  );

  for (const words of ["Speaking", "Muted", "Poor connection"]) {
    expect(screen.getByTitle(words)).toBeInTheDocument();
  }
});

it("shows that it reconnects, and keeps the people", async () => {
  const { platform } = await openVisit();

  act(() => {
    // The node has given up the transport.
    platform.socket.closes(4006);
  });

  expect(screen.getAllByText("Your connection was interrupted. Reconnecting …")[0]).toBeVisible();
  expect(screen.getByRole("group", { name: "Maya Lindqvist" })).toBeVisible();
});

it("says quietly that sound and picture go on while only signalling is down", async () => {
  const { platform } = await openVisit();

  act(() => {
    platform.socket.closes(1006);
  });

  const notices = await screen.findAllByText(
    "Reconnecting … Sound and picture go on.",
    {},
    { timeout: 5_000 },
  );
  expect(notices[0]).toBeVisible();
  expect(screen.queryByText("Your connection was interrupted. Reconnecting …")).toBeNull();
});

it("ends for all only after asking", async () => {
  const { platform, onEnded, says, user } = await openVisit();

  await user.click(screen.getByRole("button", { name: "End for all" }));
  await expectNoViolation();
  expect(platform.socket.sentOfType("end")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "End the visit" }));
  expect(platform.socket.sentOfType("end")).toHaveLength(1);
  await says({ type: "ended", reason: "ended_by_participant" });

  expect(onEnded).toHaveBeenCalledWith({ kind: "ended", reason: "ended_by_participant" });
});

it("lists people and keys by keyboard", async () => {
  const { user } = await openVisit();

  await user.keyboard("{Alt>}k{/Alt}");
  expect(screen.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await expectNoViolation();
  await user.keyboard("{Escape}{Alt>}p{/Alt}");

  expect(await screen.findByRole("dialog", { name: "2 people in the visit" })).toBeVisible();
});

it("has names as initials, without titles", () => {
  expect(["Dr. Alan Whitfield", "Maya", "Noor van Haddad", ""].map(initialsOf)).toEqual([
    "AW",
    "M",
    "NH",
    "",
  ]);
});

it("lays out eight people without a gap larger than a tile a row", () => {
  for (let tiles = 1; tiles <= 8; tiles++) {
    const { narrow, wide } = columns(tiles);
    for (const count of [narrow, wide]) expect(Math.ceil(tiles / count) * count - tiles).toBeLessThan(count);
  }
});
