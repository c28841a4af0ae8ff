/** A running visit of two on a page, with a scripted browser and node below. */

import { CacheProvider } from "@emotion/react";
import { act, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { I18nextProvider } from "react-i18next";
import { vi } from "vitest";

import { Call } from "@bedside/sdk";

import type { Joined } from "../../../sdk/src/protocol";
import { FakePlatform } from "../../../sdk/tests/fakes/platform";
import { joined, OTHER, other, OWN, PERMISSIONS, TARGET } from "../../../sdk/tests/fakes/room";
import { i18n } from "../../src/i18n/i18n";
import { Announcer } from "../../src/layout/Announcer";
import { CallScreen } from "../../src/visit/CallScreen";
import { recordAnnouncements } from "./announcements";
import { createUnstyledCache } from "./page";

const PEOPLE = [
  { seat: OWN, role: "practitioner" as const, name: "Dr. Alan Whitfield" },
  { seat: OTHER, role: "patient" as const, name: "Maya Lindqvist" },
];
const LATER = { seat: "late", role: "guest" as const, name: "Ingrid" };

/** `room` is what the node says of it at the join. */
export async function openVisit(room: Partial<Joined> = {}) {
  const platform = new FakePlatform();
  // Else a page that takes seconds on a loaded machine loses this socket, and a test looks at the next one.
  platform.answersPings = true;
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
  const announced = recordAnnouncements();
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
      permissions: { ...PERMISSIONS, end: true, moderate: true },
      participants: [other({ role: "patient" })],
      ...room,
    }),
  );
  act(() => {
    platform.peer.becomes("connected");
  });
  return { platform, call, onEnded, askPeople, says, announced, user: userEvent.setup({ delay: null }) };
}
