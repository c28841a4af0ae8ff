/** What a page knows of a call at one moment. A new object for every change, so that pages compare by identity. */

import { type ChatView, NO_CHAT } from "./chat";
import type { DeviceProblem } from "./device-problem";
import { type ModerationView, UNMODERATED } from "./moderation";
import type { Outcome } from "./outcome";
import type { Cause, Grade, Participant, Permissions, Role, SeatId, SeatQuality } from "./protocol";
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

/** How a connection is, as a page may show it. */
export interface Quality {
  /** `null` while nothing is known: then it is not good either. */
  grade: Grade | null;
  /** How speech sounds over it (mean opinion score, 1 to 5); `null` while nothing shows it. */
  mos: number | null;
  /** What it is due to that something is amiss; `null` while nothing is. */
  cause: Cause | null;
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
  /** How each seat's connection is as the node sees it, the own included. */
  quality: ReadonlyMap<SeatId, Quality>;
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
    quality: new Map(quality.map((of) => [of.seat, qualityOf(of)])),
    videoPaused: new Set(quality.filter((of) => of.video_paused).map(({ seat }) => seat)),
  };
}

/** From the worst to the best. */
const GRADES: readonly Grade[] = ["lost", "poor", "fair", "good"];
/** Below the first some are dissatisfied with how it sounds, below the second nearly all (ITU-T G.107 Annex B). */
const SATISFIED_MOS = 4;
const ACCEPTABLE_MOS = 3.1;

function worse(one: Grade, other: Grade): Grade {
  return GRADES.indexOf(one) < GRADES.indexOf(other) ? one : other;
}

function gradeOfMos(mos: number): Grade {
  if (mos >= SATISFIED_MOS) return "good";
  return mos >= ACCEPTABLE_MOS ? "fair" : "poor";
}

/** No connection is called good that nobody has measured, that sounds bad, or that something is due to. */
function qualityOf({ grade, mos, cause = null }: SeatQuality): Quality {
  if (mos === null && grade === "good" && cause === null) return { grade: null, mos, cause };
  const heard = typeof mos === "number" ? worse(grade, gradeOfMos(mos)) : grade;
  const isItsWay = cause === "uplink" || cause === "downlink";
  return { grade: isItsWay ? worse(heard, "fair") : heard, mos: mos ?? null, cause };
}
