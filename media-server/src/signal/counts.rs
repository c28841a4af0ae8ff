//! What signalling counts, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use protocol::Problem;

use super::prefixes::Refusal;

/// Every problem with its word in JSON.
pub const PROBLEMS: [(Problem, &str); 15] = [
    (Problem::BadMessage, "bad_message"),
    (Problem::BadToken, "bad_token"),
    (Problem::TokenExpired, "token_expired"),
    (Problem::TokenUsed, "token_used"),
    (Problem::StaleGeneration, "stale_generation"),
    (Problem::BadResume, "bad_resume"),
    (Problem::CannotReattach, "cannot_reattach"),
    (Problem::BadSdp, "bad_sdp"),
    (Problem::UnsupportedSdp, "unsupported_sdp"),
    (Problem::NotAllowed, "not_allowed"),
    (Problem::RoomFull, "room_full"),
    (Problem::RoomEnded, "room_ended"),
    (Problem::NodeFull, "node_full"),
    (Problem::NodeBusy, "node_busy"),
    (Problem::TooFast, "too_fast"),
];

/// Why connections end before they are WebSockets.
pub const REFUSED_CONNECTIONS: [&str; 6] =
    ["sockets_max", "half_open_max", "tls", "too_slow", "origin", "bad_request"];

/// The counters.
#[derive(Debug, Default)]
pub struct Counts {
    /// Connections accepted.
    pub accepted: AtomicU64,
    refused: [AtomicU64; REFUSED_CONNECTIONS.len()],
    problems: [AtomicU64; PROBLEMS.len()],
}

impl Counts {
    /// Connections that ended early, by reason.
    pub fn refused_connections(&self) -> impl Iterator<Item = (&'static str, u64)> {
        REFUSED_CONNECTIONS.iter().zip(&self.refused).map(|(name, n)| (*name, n.load(Ordering::Relaxed)))
    }

    /// Refusals on WebSockets, by problem.
    pub fn problems(&self) -> impl Iterator<Item = (&'static str, u64)> {
        PROBLEMS.iter().zip(&self.problems).map(|((_, name), n)| (*name, n.load(Ordering::Relaxed)))
    }

    pub(super) fn note_refusal(&self, refusal: Refusal) {
        self.note_connection(match refusal {
            Refusal::Sockets => "sockets_max",
            Refusal::HalfOpen => "half_open_max",
        });
    }

    pub(super) fn note_connection(&self, reason: &str) {
        if let Some(index) = REFUSED_CONNECTIONS.iter().position(|name| *name == reason) {
            self.refused[index].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn note_problem(&self, problem: Problem) {
        if let Some(index) = PROBLEMS.iter().position(|(one, _)| *one == problem) {
            self.problems[index].fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_json() {
        for (problem, word) in PROBLEMS {
            assert_eq!(serde_json::to_value(problem).unwrap(), word);
        }
    }
}
