/** Who is in the room and which track is on which lane, as the node last said. Pure: messages in, state out. */

import type { Joined, LaneState, Participant, SeatId, ServerMessage } from "./protocol";

export interface Roster {
  /** Everybody but oneself, in order of arrival. */
  others: readonly Participant[];
  lanes: readonly LaneState[];
}

export const EMPTY_ROSTER: Roster = { others: [], lanes: [] };

/** The roster of a fresh `joined`: whole, whatever was known before. */
export function rosterOf(joined: Joined): Roster {
  return {
    others: joined.participants.filter(({ seat }) => seat !== joined.seat),
    lanes: joined.lanes,
  };
}

/** The roster after a message; the same object when the message does not concern it. */
export function updateRoster(roster: Roster, own: SeatId, message: ServerMessage): Roster {
  switch (message.type) {
    case "admitted":
      return { ...roster, others: message.participants.filter(({ seat }) => seat !== own) };
    case "participant":
      return message.participant.seat === own ? roster : withParticipant(roster, message.participant);
    case "participant_left":
      return { ...roster, others: roster.others.filter(({ seat }) => seat !== message.seat) };
    case "lanes":
      return { ...roster, lanes: message.lanes };
    default:
      return roster;
  }
}

function withParticipant(roster: Roster, participant: Participant): Roster {
  const known = roster.others.some(({ seat }) => seat === participant.seat);
  const others = known
    ? roster.others.map((other) => (other.seat === participant.seat ? participant : other))
    : [...roster.others, participant];
  return { ...roster, others };
}
