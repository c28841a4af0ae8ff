/**
 * The signalling messages between a participant and the node: JSON text frames, one message each.
 * The same shapes as `crates/protocol/src/signal.rs`; `docs/PROTOCOL.md` explains them.
 */

/** A seat: somebody's place in the room. It outlives a connection. A UUID. */
export type SeatId = string;
/** A published track. Sixteen hex digits. */
export type TrackId = string;

/** Who somebody is in the visit. */
export type Role = "patient" | "practitioner" | "staff" | "admin" | "guest";

/** Where a track comes from. */
export type Source = "microphone" | "camera" | "screen" | "screen_audio";

/** How good a connection is, by loss and round trip of the last seconds. */
export type Grade = "lost" | "poor" | "fair" | "good";

/** Why somebody is gone. */
export type LeaveReason = "left" | "lost" | "removed";

/** Why a visit is over. */
export type EndReason = "ended_by_participant" | "ended_by_clinic" | "empty";

/** Why the node refused something: the word that programs compare and pages translate. */
export type Problem =
  | "bad_message"
  | "bad_token"
  | "token_expired"
  | "token_used"
  | "stale_generation"
  | "bad_resume"
  | "cannot_reattach"
  | "bad_sdp"
  | "unsupported_sdp"
  | "not_allowed"
  | "turned_away"
  | "room_locked"
  | "room_full"
  | "room_ended"
  | "node_full"
  | "node_busy"
  | "too_fast";

/** What a seat may publish and receive: the part that a moderator can take away and give back. */
export interface MediaPermissions {
  /** Publish a microphone. */
  audio: boolean;
  /** Publish a camera. */
  video: boolean;
  /** Publish a screen. */
  screen: boolean;
  /** Receive others. */
  subscribe: boolean;
}

/** What a seat may do in its room. */
export interface Permissions extends MediaPermissions {
  /** End the visit for all. */
  end: boolean;
  /** Mute and remove others, lock the room, let in who waits. */
  moderate: boolean;
  /** Go in without waiting for somebody who lets them in. */
  enter: boolean;
  /** This seat records: it only receives. */
  recorder: boolean;
  /** Not in the list of participants. A recorder only. */
  hidden: boolean;
}

/** Somebody who waits to be let in. */
export interface Waiting {
  seat: SeatId;
  role: Role;
}

/** What somebody in the room may do. */
export interface SeatPermissions {
  seat: SeatId;
  permissions: MediaPermissions;
  /** Whether a moderator can change that, and remove them. */
  moderated: boolean;
}

/** What a moderator does to others and to the room. */
export type Moderation =
  | { kind: "mute"; seat: SeatId; source: Source }
  | { kind: "ask"; seat: SeatId; source: Source }
  | { kind: "permit"; seat: SeatId; permissions: MediaPermissions }
  | { kind: "remove"; seat: SeatId }
  | { kind: "lock"; locked: boolean }
  | { kind: "admit"; seat: SeatId }
  | { kind: "turn_away"; seat: SeatId };

/** A published track as others see it. */
export interface TrackState {
  id: TrackId;
  source: Source;
  /** False while muted or switched off. */
  active: boolean;
}

/** A seat as others see it. Names are not here: the page has them from the control plane, by seat. */
export interface Participant {
  seat: SeatId;
  role: Role;
  /** False while the seat is held for somebody who lost the connection. */
  connected: boolean;
  tracks: TrackState[];
}

/** A receiving m-line and the track that is on it. */
export interface LaneState {
  mid: string;
  track: TrackId | null;
  seat: SeatId | null;
  /** Why nothing of it comes though it is on and the lane is shown. */
  paused?: Pause;
}

/**
 * Why a lane's picture stands: the way to this client is too slow for it, the way from its publisher is, or the node has too
 * much to do and its publisher does not speak.
 */
export type Pause = "downlink" | "uplink" | "overload";

/**
 * What it is due to that something is amiss: their way to the node, the node's way to them, the node or the network that it
 * stands in, or their device.
 */
export type Cause = "uplink" | "downlink" | "server" | "device";

/** What holds a device up: it cannot encode as much as the path would carry. */
export type DeviceLimited = "none" | "cpu";

/** How a connection is. */
export interface SeatQuality {
  seat: SeatId;
  grade: Grade;
  /** Their connection is too slow for some picture that they would see. */
  video_paused: boolean;
  /** How speech sounds over it, 1 to 5; `null` while nothing shows it. An older node does not say. */
  mos?: number | null;
  cause?: Cause | null;
}

/** One m-line that publishes. */
export interface PublishTrack {
  mid: string;
  source: Source;
  active: boolean;
}

/** How large a picture is shown: nothing is sent, the lowest layer, up to the middle one, every one. */
export type ViewSize = "hidden" | "thumbnail" | "medium" | "full";

/** At what size a receiving m-line is shown. */
export interface LaneView {
  mid: string;
  size: ViewSize;
}

/** What a participant sends. */
export type ClientMessage =
  | { type: "join"; token: string; offer: string; tracks: PublishTrack[] }
  | { type: "resume"; resume: string; offer: string; tracks: PublishTrack[] }
  | { type: "reattach"; resume: string; seen: number }
  | { type: "offer"; offer: string; tracks: PublishTrack[] }
  | { type: "track"; mid: string; active: boolean }
  | { type: "view"; lanes: LaneView[] }
  | { type: "moderate"; order: Moderation }
  | { type: "decline"; source: Source }
  | { type: "device"; limited: DeviceLimited }
  | { type: "ping"; id: number; seen: number }
  | { type: "leave" }
  | { type: "end" };

/** A message that changes something, with its number among those to one peer: from 1, rising by one. */
export interface NumberedMessage {
  seq: number;
  message: ClientMessage;
}

/** The answer to `join` and `resume`. */
export interface Joined {
  type: "joined";
  seat: SeatId;
  role: Role;
  permissions: Permissions;
  answer: string;
  /** Secret for the next `reattach` or `resume`. Used, it works until the client is known to have the next one. */
  resume: string;
  /** Everybody in the room, oneself included. */
  participants: Participant[];
  lanes: LaneState[];
  /** Somebody has to let this participant in, until `admitted`. */
  waiting: boolean;
}

/** What the node sends, without its number. */
export type ServerMessage =
  | Joined
  /** Let in; media flows on the connection that is there. */
  | { type: "admitted"; participants: Participant[] }
  /** How the room is; open and not recorded unless it is said. */
  | { type: "room"; locked: boolean; recorded: boolean }
  /** To moderators: who waits, and what the others may do, whole. */
  | { type: "moderation"; waiting: Waiting[]; seats: SeatPermissions[] }
  /** A moderator has switched an own track off; it stays off until this participant switches it on. */
  | { type: "muted"; source: Source; by: SeatId; role: Role }
  /** A moderator asks to switch something on: by `track`, or `decline`. */
  | { type: "asked"; source: Source; by: SeatId; role: Role }
  | { type: "declined"; seat: SeatId; source: Source }
  /** What the own seat may do has changed. */
  | { type: "permissions"; permissions: Permissions }
  | { type: "participant"; participant: Participant }
  | { type: "participant_left"; seat: SeatId; reason: LeaveReason }
  | { type: "lanes"; lanes: LaneState[] }
  /**
   * Which simulcast layers of an own track somebody watches, by `a=rid`, or how many `sizes` of its one stream: send no others.
   * `paused`: why there are none.
   */
  | { type: "layers"; mid: string; rids: string[]; sizes?: number; paused?: Pause }
  | { type: "speakers"; speakers: SeatId[] }
  | { type: "quality"; quality: SeatQuality[] }
  | { type: "reattached"; resume: string; heard: number }
  | { type: "answer"; answer: string }
  | { type: "pong"; id: number; heard: number }
  | { type: "ended"; reason: EndReason }
  | { type: "refused"; problem: Problem; detail: string };

/** A message of the node with its number in the dialogue, from 1, rising by one; `null` for what is never said again. */
export interface Numbered {
  seq: number | null;
  message: ServerMessage;
}

/** WebSocket close codes of the signalling connection (`crates/protocol/src/close.rs`). */
export const CloseCode = {
  /** RFC 6455: the sender is done. Also what we close with. */
  NORMAL: 1000,
  /** RFC 6455: a message broke the protocol: rate, shape or order. */
  POLICY: 1008,
  /** RFC 6455: a frame above the limit. */
  TOO_BIG: 1009,
  ENDED: 4000,
  UNAUTHORIZED: 4001,
  REPLACED: 4002,
  REMOVED: 4003,
  FULL: 4004,
  GOING_AWAY: 4005,
  RESUME: 4006,
  FIRST_MESSAGE_TIMEOUT: 4008,
  IDLE: 4009,
} as const;

/** The client pings this often; the node closes a socket silent for 15 s (`limits.rs`: SIGNAL_PING_EVERY). */
export const PING_EVERY_MS = 5_000;

/**
 * Reads a frame of the node. A type this client does not know is returned with its number, so that a newer
 * node can say more; `null` means that the frame is not a message at all.
 */
export function readFrame(text: string): Numbered | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { seq = null, ...message } = value as { seq?: unknown; type?: unknown };
  if ((seq !== null && typeof seq !== "number") || typeof message.type !== "string") return null;
  return { seq, message: message as ServerMessage };
}
