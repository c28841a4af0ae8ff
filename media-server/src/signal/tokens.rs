//! Which join tokens were used: each opens a seat once (abuse sentence 14).
//!
//! Kept in memory until a token's time is over. A process does not know which tokens were used before it began, so it
//! takes none that was valid before: the page asks for a new one, which costs a round trip and only after a restart.

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
pub(super) struct UsedTokens {
    /// When this process began to remember, Unix seconds.
    since: u64,
    state: Mutex<State>,
}

/// A verified token, times in Unix seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub id: Uuid,
    pub valid_from: u64,
    pub expires: u64,
}

impl UsedTokens {
    /// None yet, at the start of the process.
    pub(super) fn new(now_unix_secs: u64) -> Self {
        Self { since: now_unix_secs, state: Mutex::default() }
    }

    /// Notes the use of a token.
    ///
    /// # Errors
    /// [`Problem::TokenExpired`] for one from before the start of this process, and [`Problem::NodeFull`] when so many
    /// are valid at once that this one could not be remembered.
    pub(super) fn note(&self, shown: Shown, now_unix_secs: u64) -> Result<Use, Problem> {
        let Shown { id: token, valid_from, expires } = shown;
        if valid_from < self.since {
            return Err(Problem::TokenExpired);
        }
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

    /// The first use came to nothing for no fault of its holder: the token is as good as new.
    pub(super) fn give_back(&self, token: Uuid, expires: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used.remove(&token);
        state.by_expiry.remove(&(expires, token));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(expires: u64) -> Shown {
        Shown { id: Uuid::now_v7(), valid_from: 1000, expires }
    }

    #[test]
    fn abuse_14_a_token_works_once_and_its_reuse_is_reported_once() {
        let (tokens, token) = (UsedTokens::new(1000), token(1300));

        let uses: Vec<Use> = (0..3).map(|_| tokens.note(token, 1000).unwrap()).collect();

        assert_eq!(uses, [Use::First, Use::Again { report: true }, Use::Again { report: false }]);
    }

    #[test]
    fn abuse_14_a_token_from_before_the_start_is_not_taken() {
        let tokens = UsedTokens::new(1001);

        assert_eq!(tokens.note(token(1300), 1001), Err(Problem::TokenExpired));
        assert_eq!(tokens.note(Shown { valid_from: 1001, ..token(1300) }, 1001), Ok(Use::First));
    }

    #[test]
    fn a_token_is_remembered_while_it_can_be_verified() {
        let (tokens, shown) = (UsedTokens::new(1000), token(1300));
        tokens.note(shown, 1000).unwrap();

        tokens.note(token(2000), 1310).unwrap();
        let still = tokens.note(shown, 1310).unwrap();

        assert_eq!(still, Use::Again { report: true });
    }

    #[test]
    fn memory_is_bounded_and_full_means_refused() {
        let tokens = UsedTokens::new(1000);
        for _ in 0..REMEMBERED_MAX {
            tokens.note(token(1300), 1000).unwrap();
        }

        assert_eq!(tokens.note(token(1300), 1000), Err(Problem::NodeFull));
        assert_eq!(tokens.note(token(1700), 1311), Ok(Use::First), "expired ones make room");
        assert_eq!(tokens.state.lock().unwrap().used.len(), 1);
    }
}
