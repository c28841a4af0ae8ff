//! Which join tokens were used: each opens a seat once (abuse sentence 14).
//!
//! Kept in memory until a token's time is over, so a restart within those five minutes forgets. The control plane's
//! short lives bound that; the room's generation changes when it moves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use protocol::{Problem, limits};
use uuid::Uuid;

/// Tokens remembered. At about 100 bytes each; three hundred joins a second for five minutes.
const REMEMBERED_MAX: usize = 100_000;

/// What a token turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Its first use.
    First,
    /// Another use. `report` is true the first time that happens, so that a token shown a thousand times is one event.
    Again {
        /// Whether the control plane should hear of it.
        report: bool,
    },
}

#[derive(Default)]
struct State {
    /// Whether its reuse was reported.
    used: BTreeMap<Uuid, bool>,
    by_expiry: BTreeSet<(u64, Uuid)>,
}

/// The used tokens.
#[derive(Default)]
pub(super) struct UsedTokens {
    state: Mutex<State>,
}

impl UsedTokens {
    /// Notes the use of a verified token that expires at `expires` (Unix seconds).
    ///
    /// # Errors
    /// [`Problem::NodeFull`] when so many are valid at once that this one could not be remembered.
    pub(super) fn note(&self, token: Uuid, expires: u64, now_unix_secs: u64) -> Result<Use, Problem> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reported) = state.used.get_mut(&token) {
            return Ok(Use::Again { report: !std::mem::replace(reported, true) });
        }
        // The verifier accepts a token until its expiry and the tolerated clock difference.
        let skew = limits::CLOCK_SKEW_MAX.as_secs();
        while let Some((expiry, old)) =
            state.by_expiry.first().copied().filter(|(expiry, _)| expiry.saturating_add(skew) < now_unix_secs)
        {
            state.by_expiry.remove(&(expiry, old));
            state.used.remove(&old);
        }
        if state.used.len() >= REMEMBERED_MAX {
            return Err(Problem::NodeFull);
        }
        state.used.insert(token, false);
        state.by_expiry.insert((expires, token));
        Ok(Use::First)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_14_a_token_works_once_and_its_reuse_is_reported_once() {
        let (tokens, token) = (UsedTokens::default(), Uuid::now_v7());

        let uses: Vec<Use> = (0..3).map(|_| tokens.note(token, 1300, 1000).unwrap()).collect();

        assert_eq!(uses, [Use::First, Use::Again { report: true }, Use::Again { report: false }]);
    }

    #[test]
    fn a_token_is_remembered_while_it_can_be_verified() {
        let (tokens, token) = (UsedTokens::default(), Uuid::now_v7());
        tokens.note(token, 1300, 1000).unwrap();

        tokens.note(Uuid::now_v7(), 2000, 1310).unwrap();
        let still = tokens.note(token, 1300, 1310).unwrap();

        assert_eq!(still, Use::Again { report: true });
    }

    #[test]
    fn memory_is_bounded_and_full_means_refused() {
        let tokens = UsedTokens::default();
        for _ in 0..REMEMBERED_MAX {
            tokens.note(Uuid::now_v7(), 1300, 1000).unwrap();
        }

        assert_eq!(tokens.note(Uuid::now_v7(), 1300, 1000), Err(Problem::NodeFull));
        assert_eq!(tokens.note(Uuid::now_v7(), 1700, 1311), Ok(Use::First), "expired ones make room");
        assert_eq!(tokens.state.lock().unwrap().used.len(), 1);
    }
}
