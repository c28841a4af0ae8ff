/**
 * What moderators do to this participant, and what this participant knows as one. Pure: messages in, state out.
 */

import type {
  Joined,
  MediaPermissions,
  Role,
  SeatId,
  SeatPermissions,
  ServerMessage,
  Source,
  Waiting,
} from "./protocol";

/** What a moderator can ask for. */
export type AskedSource = "microphone" | "camera";

export function isAskedSource(source: Source): source is AskedSource {
  return source === "microphone" || source === "camera";
}

/** Somebody asks to switch something on. Nothing is on before one does it. */
export interface Asked {
  source: AskedSource;
  /** Who asks. */
  seat: SeatId;
  role: Role;
}

export interface ModerationView {
  /** Nobody has let this participant in yet: nothing is sent or received, and nobody else is known. */
  isWaiting: boolean;
  /** Nobody new gets in. */
  isLocked: boolean;
  /** A recorder is in the room. */
  isRecorded: boolean;
  /** What this participant is asked to switch on. */
  asked: readonly Asked[];
  /** To a moderator: who waits to be let in, the first first. */
  waiting: readonly Waiting[];
  /** To a moderator: what everybody in the room may do. */
  seatPermissions: ReadonlyMap<SeatId, SeatPermissions>;
}

export const UNMODERATED: ModerationView = {
  isWaiting: false,
  isLocked: false,
  isRecorded: false,
  asked: [],
  waiting: [],
  seatPermissions: new Map(),
};

/** The state of a fresh `joined`: what else there is follows it. */
export function moderationOf(joined: Joined): ModerationView {
  return { ...UNMODERATED, isWaiting: joined.waiting };
}

/** The state after a message; the same object when the message does not concern it. */
export function updateModeration(view: ModerationView, message: ServerMessage): ModerationView {
  switch (message.type) {
    case "admitted":
      return { ...view, isWaiting: false };
    case "room":
      return { ...view, isLocked: message.locked, isRecorded: message.recorded };
    case "moderation":
      return {
        ...view,
        waiting: message.waiting,
        seatPermissions: new Map(message.seats.map((of) => [of.seat, of])),
      };
    case "asked": {
      const { source, by, role } = message;
      if (!isAskedSource(source)) return view;
      return {
        ...answered(view, source),
        asked: [...answered(view, source).asked, { source, seat: by, role }],
      };
    }
    case "muted":
      return answered(view, message.source);
    case "permissions":
      return (["microphone", "camera"] as const)
        .filter((source) => !mayPublish(source, message.permissions))
        .reduce(answered, view);
    default:
      return view;
  }
}

/** What was asked for is on, or declined. */
export function answered(view: ModerationView, source: Source): ModerationView {
  const asked = view.asked.filter((one) => one.source !== source);
  return asked.length === view.asked.length ? view : { ...view, asked };
}

/** Whether a source may be published. */
export function mayPublish(source: Source, permissions: MediaPermissions): boolean {
  switch (source) {
    case "microphone":
      return permissions.audio;
    case "camera":
      return permissions.video;
    case "screen":
    case "screen_audio":
      return permissions.screen;
  }
}
