/** A room with an own seat, and the steps that most tests share. */

import { vi } from "vitest";

import { Call } from "../../src/call";
import type { CallOptions } from "../../src/call-options";
import type { JoinOptions } from "../../src/local-media";
import type { Joined, Participant, Permissions } from "../../src/protocol";
import { FakePlatform } from "./platform";

export const OWN = "0192a000-0000-7000-8000-000000000001";
export const OTHER = "0192a000-0000-7000-8000-000000000002";

export const TARGET = { url: "wss://node.test/signal", token: "token-1" };

/** What a patient may do. */
export const PERMISSIONS: Permissions = {
  audio: true,
  video: true,
  screen: true,
  subscribe: true,
  end: false,
  moderate: false,
  enter: true,
  recorder: false,
  hidden: false,
};

/** An answer that takes the camera's layers. */
export const SIMULCAST = "v=0\r\na=simulcast:recv l;m;h\r\n";

export function joined(changes: Partial<Joined> = {}): Joined {
  return {
    type: "joined",
    seat: OWN,
    role: "patient",
    permissions: PERMISSIONS,
    answer: "v=0\r\n",
    resume: "resume-1",
    participants: [{ seat: OWN, role: "patient", connected: true, tracks: [] }],
    lanes: [],
    waiting: false,
    ...changes,
  };
}

export function other(changes: Partial<Participant> = {}): Participant {
  return { seat: OTHER, role: "practitioner", connected: true, tracks: [], ...changes };
}

/** Lets promises settle without moving the clock. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

interface Options extends CallOptions {
  join?: JoinOptions;
  platform?: FakePlatform;
}

/** A call whose first join message is sent. */
export async function joiningCall(options: Options = {}) {
  const platform = options.platform ?? new FakePlatform();
  const call = new Call({ ...options, platform });
  void call.join(TARGET, options.join);
  await settle();
  platform.socket.open();
  await settle();
  return { platform, call };
}

/** A call that is in the room, with media. */
export async function liveCall(options: Options & { joined?: Partial<Joined> } = {}) {
  const { platform, call } = await joiningCall(options);
  await answer(platform, options.joined);
  return { platform, call };
}

/** The newest socket opens, and the node attaches it to the peer that it was told of up to `seen`. */
export async function reattach(platform: FakePlatform, seen = 1, heard = 0): Promise<void> {
  await settle();
  platform.socket.open();
  await settle();
  platform.socket.continues(seen).says({ type: "reattached", resume: "resume-2", heard });
  await settle();
}

/** The node lets the newest session in, and its media connects. */
export async function answer(platform: FakePlatform, changes: Partial<Joined> = {}): Promise<void> {
  platform.socket.says(joined(changes));
  await settle();
  platform.peer.becomes("connected");
}
