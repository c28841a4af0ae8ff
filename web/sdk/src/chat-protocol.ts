/**
 * What participants write to each other: JSON over a data channel to the node, one message each.
 * The same shapes as `crates/protocol/src/chat.rs`; `docs/PROTOCOL.md` explains them.
 */

import type { Problem, SeatId } from "./protocol";

/** The stream of the channel, which both ends know beforehand. */
export const CHANNEL_STREAM = 0;
/** Bytes of UTF-8 of a text. */
export const TEXT_BYTES_MAX = 4096;

/** What a participant sends. */
export type ClientChat =
  { type: "hear"; log: string | null; after: number } | { type: "say"; id: number; text: string };

/** What the node sends. */
export type NodeChat =
  | { type: "hearing"; log: string; last: number }
  /** `id` is the author's own number, told to the author only. */
  | { type: "said"; number: number; seat: SeatId; at_ms: number; id?: number; text: string }
  | { type: "refused"; id: number; problem: Problem };

/** Reads a message of the node; `null` for what is none, or of a type that this client does not know. */
export function readChat(data: unknown): NodeChat | null {
  if (typeof data !== "string") return null;
  try {
    const value = JSON.parse(data) as NodeChat | null;
    return value !== null && ["hearing", "said", "refused"].includes(value.type) ? value : null;
  } catch {
    return null;
  }
}

/** Why the node would not take a text. */
export type TextFault = "blank" | "too_long" | "control_characters";

/** What is wrong with a text; `null` when the node takes it. Of control characters, line feed and tab are none. */
export function faultOf(text: string): TextFault | null {
  if (text.trim() === "") return "blank";
  if (new TextEncoder().encode(text).length > TEXT_BYTES_MAX) return "too_long";
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u.test(text) ? "control_characters" : null;
}
