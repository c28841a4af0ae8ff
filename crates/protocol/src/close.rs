//! WebSocket close codes of the signalling connection, and what the client does next (RFC 6455 §7.4.2, private range).

use crate::problem::Problem;

/// The room has ended. Do not come back.
pub const ENDED: u16 = 4000;
/// The join token or resume secret is not valid. Ask the control plane for a new token.
pub const UNAUTHORIZED: u16 = 4001;
/// The same seat connected elsewhere. Do not come back by yourself.
pub const REPLACED: u16 = 4002;
/// The seat was removed from the room, or may not do what it came for. Do not come back.
pub const REMOVED: u16 = 4003;
/// The room or the node is full, or the room is locked. Try again later, by hand.
pub const FULL: u16 = 4004;
/// The node goes away, is overloaded, or has lost the room. Ask the control plane for a new place and join, at once the
/// first time, then waiting longer each time.
pub const GOING_AWAY: u16 = 4005;
/// The transport is gone, or too much was missed: what was shown opens no way back to it. Resume with an offer, at once.
pub const RESUME: u16 = 4006;
/// No valid first message in time.
pub const FIRST_MESSAGE_TIMEOUT: u16 = 4008;
/// Nothing heard or taken for too long, or the node was busy for a moment. Reattach, or resume, at once.
pub const IDLE: u16 = 4009;
/// A message broke the protocol: rate, shape or order (RFC 6455 §7.4.1).
pub const POLICY: u16 = 1008;
/// A frame above the limit (RFC 6455 §7.4.1).
pub const TOO_BIG: u16 = 1009;

/// How a connection is closed whose first message was refused.
#[must_use]
pub const fn code_of(problem: Problem) -> u16 {
    match problem {
        Problem::BadToken
        | Problem::TokenExpired
        | Problem::TokenUsed
        | Problem::StaleGeneration
        | Problem::BadResume => UNAUTHORIZED,
        Problem::RoomFull | Problem::RoomLocked | Problem::NodeFull => FULL,
        Problem::NodeBusy => GOING_AWAY,
        Problem::RoomEnded => ENDED,
        Problem::NotAllowed | Problem::TurnedAway => REMOVED,
        Problem::CannotReattach => RESUME,
        Problem::BadMessage | Problem::BadSdp | Problem::UnsupportedSdp | Problem::TooFast => POLICY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_come_or_finds_no_place_is_not_asked_to_try_again() {
        assert_eq!(code_of(Problem::NodeFull), FULL);
        assert_eq!(code_of(Problem::RoomFull), FULL);
        assert_eq!(code_of(Problem::RoomLocked), FULL);
        assert_eq!(code_of(Problem::NotAllowed), REMOVED);
        assert_eq!(code_of(Problem::TurnedAway), REMOVED);
        assert_eq!(code_of(Problem::RoomEnded), ENDED);
    }

    #[test]
    fn who_comes_to_a_busy_node_asks_for_another_place() {
        assert_eq!(code_of(Problem::NodeBusy), GOING_AWAY);
    }

    #[test]
    fn who_cannot_reattach_is_told_to_resume() {
        assert_eq!(code_of(Problem::CannotReattach), RESUME);
    }

    #[test]
    fn what_a_new_token_mends_is_unauthorized_and_the_rest_is_policy() {
        for mended in [Problem::BadToken, Problem::TokenUsed, Problem::StaleGeneration, Problem::BadResume] {
            assert_eq!(code_of(mended), UNAUTHORIZED);
        }
        for broken in [Problem::BadMessage, Problem::BadSdp, Problem::UnsupportedSdp, Problem::TooFast] {
            assert_eq!(code_of(broken), POLICY);
        }
    }
}
