//! Keys that are open in memory, bounded in number and in time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A key destroyed by one control plane is forgotten by all others after this long.
pub(super) const OPEN_MAX: Duration = Duration::from_secs(60);
/// About 100 bytes each; a clinic's day touches a few hundred owners. When full, all are forgotten: each comes back
/// with one read by primary key.
pub(super) const OPEN_KEYS_MAX: usize = 10_000;

pub(super) struct Open<I, K>(Mutex<Keys<I, K>>);

struct Keys<I, K> {
    open: HashMap<I, (Instant, K)>,
    /// When those that had run out were last dropped.
    swept: Option<Instant>,
}

impl<I, K> Default for Open<I, K> {
    fn default() -> Self {
        Self(Mutex::new(Keys { open: HashMap::new(), swept: None }))
    }
}

fn is_fresh(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < OPEN_MAX
}

impl<I: Copy + Eq + Hash, K: Clone> Open<I, K> {
    pub(super) fn find(&self, id: I, now: Instant) -> Option<K> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.open.get(&id).filter(|(since, _)| is_fresh(*since, now)).map(|(_, key)| key.clone())
    }

    pub(super) fn keep(&self, id: I, key: K, now: Instant) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.swept.is_none_or(|swept| !is_fresh(swept, now)) {
            keys.open.retain(|_, (since, _)| is_fresh(*since, now));
            keys.swept = Some(now);
        }
        if keys.open.len() >= OPEN_KEYS_MAX {
            keys.open.clear();
        }
        keys.open.insert(id, (now, key));
    }

    pub(super) fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).open.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_key_that_has_run_out_is_dropped_when_another_is_opened() {
        let (keys, start, secret) = (Open::default(), Instant::now(), Arc::new("secret"));
        keys.keep(1, Arc::clone(&secret), start);
        assert!(keys.find(1, start + OPEN_MAX / 2).is_some());
        assert_eq!(Arc::strong_count(&secret), 2);

        assert!(keys.find(1, start + OPEN_MAX).is_none());
        keys.keep(2, Arc::new("another"), start + OPEN_MAX);

        assert_eq!(Arc::strong_count(&secret), 1, "nobody holds it any more");
        assert!(keys.find(2, start + OPEN_MAX).is_some());
    }

    #[test]
    fn there_are_never_more_than_the_bound() {
        let (keys, now) = (Open::default(), Instant::now());
        for id in 0..=OPEN_KEYS_MAX {
            keys.keep(id, (), now);
        }

        assert_eq!(keys.0.lock().unwrap().open.len(), 1);
    }
}
