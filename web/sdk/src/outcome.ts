/** What a closed signalling connection means, and what the client does next. Pure: the rules of `close.rs`. */

import { CloseCode, type EndReason, type Problem } from "./protocol";

/** Why a call is over for this page. */
export type Outcome =
  /** This participant left. */
  | { kind: "left" }
  /** The visit is over for all. */
  | { kind: "ended"; reason: EndReason | null }
  /** The same seat was opened elsewhere (another tab or device). */
  | { kind: "replaced" }
  /** The seat was removed from the visit. */
  | { kind: "removed" }
  /** A moderator did not let this participant in. Asking again is up to the person. */
  | { kind: "turned_away" }
  /** A moderator has locked the room: nobody new gets in. Trying again is up to the person. */
  | { kind: "locked" }
  /** All seats are taken. Trying again is up to the person. */
  | { kind: "full" }
  /** The token is not valid, and there is no `refresh` callback, or it refused. */
  | { kind: "unauthorized"; cause?: unknown }
  /** Node and browser cannot talk to each other: the node refused the offer or a message as such. */
  | { kind: "incompatible"; problem: Problem | null };

/** The next step after a connection closed. */
export type NextStep =
  /** The peer may go on: attach another connection to it, waiting by the backoff. */
  | { step: "reattach" }
  /** Come back with the resume secret (or the token, if there is no secret yet), waiting by the backoff. */
  | { step: "resume" }
  /** Ask the control plane for a new place and token, and join. */
  | { step: "refresh" }
  | { step: "stop"; outcome: Outcome };

/** Refusals that another try with the same browser and node cannot change. */
const HOPELESS: readonly Problem[] = ["bad_sdp", "unsupported_sdp", "bad_message"];
/** Refusals that a new token from the control plane can change. */
const NEEDS_TOKEN: readonly Problem[] = [
  "bad_token",
  "token_expired",
  "token_used",
  "stale_generation",
  "bad_resume",
  "node_full",
  "node_busy",
];

/** What the last messages before the close said. */
export interface LastWords {
  ended: EndReason | null;
  refused: Problem | null;
  /** Whether `joined` or `reattached` was received on this connection. */
  attached: boolean;
  /** Whether the connection came to a peer that was there before. */
  reattaches: boolean;
}

/** The rule table. Codes that are not ours (1001, 1006, …) mean a lost network or node: reattach, or resume. */
export function afterClose(code: number, last: LastWords): NextStep {
  switch (code) {
    case CloseCode.ENDED:
      return stop({ kind: "ended", reason: last.ended });
    case CloseCode.REPLACED:
      return stop({ kind: "replaced" });
    case CloseCode.REMOVED:
      return stop({ kind: last.refused === "turned_away" ? "turned_away" : "removed" });
    case CloseCode.FULL:
      return stop({ kind: last.refused === "room_locked" ? "locked" : "full" });
    case CloseCode.UNAUTHORIZED:
    case CloseCode.GOING_AWAY:
      return { step: "refresh" };
    case CloseCode.RESUME:
      return { step: "resume" };
    case CloseCode.TOO_BIG:
      return stop({ kind: "incompatible", problem: last.refused });
    default:
      return afterLoss(last);
  }
}

function afterLoss(last: LastWords): NextStep {
  if (last.ended !== null) return stop({ kind: "ended", reason: last.ended });
  if (last.attached) return { step: "reattach" };
  if (last.refused === null) return { step: last.reattaches ? "reattach" : "resume" };
  if (last.refused === "room_ended") return stop({ kind: "ended", reason: null });
  if (last.refused === "room_full") return stop({ kind: "full" });
  if (last.refused === "room_locked") return stop({ kind: "locked" });
  if (last.refused === "turned_away") return stop({ kind: "turned_away" });
  // Also where an older node does not know the message.
  if (last.reattaches && last.refused !== "bad_resume") return { step: "resume" };
  if (HOPELESS.includes(last.refused)) return stop({ kind: "incompatible", problem: last.refused });
  if (NEEDS_TOKEN.includes(last.refused)) return { step: "refresh" };
  return { step: "resume" };
}

function stop(outcome: Outcome): NextStep {
  return { step: "stop", outcome };
}
