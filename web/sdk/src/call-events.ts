/** What a call tells a page as it happens. What lasts is in `CallView`. */

import type { SentCamera } from "./camera-codec";
import type { AskedSource } from "./moderation";
import type { LeaveReason, Participant, Problem, Role, SeatId, Source } from "./protocol";
import type { CallStats } from "./stats";
import type { CallView } from "./view";

export interface CallEvents {
  /** `call.view` is a new object. */
  change: CallView;
  /** Somebody is in the room who was not before. Not for those present at the own join, nor for reconnects. */
  arrived: Participant;
  /** Somebody is gone for good. */
  departed: { participant: Participant; reason: LeaveReason };
  /** A moderator has switched this off: it is off, and goes on again by `set…On`. Told once, not after every reconnect. */
  muted: { source: Source; seat: SeatId; role: Role };
  /** Somebody does not switch on what this participant has asked for. */
  declined: { seat: SeatId; source: AskedSource };
  /** What this participant may do has changed: see `view.permissions`. */
  permitted: undefined;
  /** Somebody has let this participant in. */
  admitted: undefined;
  /** The node refused something; the call goes on. For a developer's log. */
  refused: { problem: Problem; detail: string };
  /** Signalling, the path or the whole connection was lost, and is being restored. For a developer's log: never shown. */
  lost: { detail: string; attempt: number };
  /** In what the camera is sent, and why not as was asked for; after every answer of the node. For a developer's log. */
  camera: SentCamera;
  /** A reading every two seconds, while somebody listens. */
  stats: CallStats;
}
