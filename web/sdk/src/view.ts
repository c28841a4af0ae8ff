/** What a page knows of a call at one moment. A new object for every change, so that pages compare by identity. */

import { type ChatView, NO_CHAT } from "./chat";
import type { DeviceProblem } from "./device-problem";
import { type ModerationView, UNMODERATED } from "./moderation";
import type { Outcome } from "./outcome";
import type { Grade, Participant, Permissions, Role, SeatId, SeatQuality } from "./protocol";
import type { Slot } from "./slots";

export type CallState =
  /** Made, not joined. */
  | "idle"
  /** The first join is under way. */
  | "connecting"
  /** In the room; media flows. */
  | "connected"
  /** Media is interrupted and is being restored: by itself, without an end. */
  | "reconnecting"
  /** Over for this page: see `outcome`. */
  | "ended";

/** The state of something this participant publishes. */
export interface LocalView {
  isOn: boolean;
  /** For a self view or a level meter. A muted microphone keeps its track. */
  track: MediaStreamTrack | null;
  /** Why it could not be turned on, or that the device went away. */
  problem: DeviceProblem | null;
}

export interface CallView extends ModerationView {
  state: CallState;
  /** The own seat, once joined. */
  seat: SeatId | null;
  role: Role | null;
  permissions: Permissions | null;
  /** Everybody else in the room, those who are just reconnecting included. */
  participants: readonly Participant[];
  slots: readonly Slot[];
  /** Who speaks, loudest first. */
  speakers: readonly SeatId[];
  /** Each connected seat's grade as the node sees it, the own included. */
  quality: ReadonlyMap<SeatId, Grade>;
  /** The seats whose connection is too slow for some picture that they would see, the own included. */
  videoPaused: ReadonlySet<SeatId>;
  /** The own connection is too slow to send the camera's picture: nobody is shown it for now. */
  isHeldUp: boolean;
  microphone: LocalView;
  camera: LocalView;
  screen: LocalView;
  /** What is written. */
  chat: ChatView;
  /**
   * Signalling is down for longer than somebody would overlook, and is being restored. Media goes on; who comes, goes or
   * mutes is seen once it is back.
   */
  isDetached: boolean;
  /** Attempts since the connection was last good; 0 while it is. */
  attempt: number;
  /** Why it is over; `null` until `state` is `ended`. */
  outcome: Outcome | null;
}

const OFF: LocalView = { isOn: false, track: null, problem: null };

export const IDLE: CallView = {
  ...UNMODERATED,
  state: "idle",
  seat: null,
  role: null,
  permissions: null,
  participants: [],
  slots: [],
  speakers: [],
  quality: new Map(),
  videoPaused: new Set(),
  isHeldUp: false,
  microphone: OFF,
  camera: OFF,
  screen: OFF,
  chat: NO_CHAT,
  isDetached: false,
  attempt: 0,
  outcome: null,
};

/** What the node has said of every connection. */
export function qualityView(quality: readonly SeatQuality[]): Pick<CallView, "quality" | "videoPaused"> {
  return {
    quality: new Map(quality.map(({ seat, grade }) => [seat, grade])),
    videoPaused: new Set(quality.filter((of) => of.video_paused).map(({ seat }) => seat)),
  };
}
