//! One handshake message that arrives in fragments, in any order, overlapping, more than once (RFC 6347 §4.2.3).
//!
//! The work for a fragment is bounded by [`MAX_FRAGMENTS`], whatever came before it.

use std::ops::Range;

use arrayvec::ArrayVec;

use super::record::Fragment;

/// Fragments of one message that add something. The largest message of a browser today comes in two; 16 leave room
/// for a path MTU of a hundred bytes.
pub const MAX_FRAGMENTS: usize = 16;
/// The shortest fragment, unless it ends its message. A sender that cuts smaller wants to cause work.
pub const MIN_FRAGMENT_LEN: usize = 64;

/// Why a fragment is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It says another type or length of the message than the first one did.
    Inconsistent,
    /// Shorter than [`MIN_FRAGMENT_LEN`] and not the last.
    TooSmall,
    /// The message has taken [`MAX_FRAGMENTS`].
    TooMany,
    /// All of it is there already.
    Duplicate,
}

/// A message on its way to being whole.
pub(crate) struct Message {
    pub(crate) kind: u8,
    body: Vec<u8>,
    /// What has been received: disjoint, not adjacent, in order.
    received: ArrayVec<Range<usize>, MAX_FRAGMENTS>,
    fragments: usize,
}

impl Message {
    pub(crate) fn new(kind: u8, len: usize) -> Self {
        Self { kind, body: vec![0; len], received: ArrayVec::new(), fragments: 0 }
    }

    /// Bytes of the whole message, received or not.
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    /// Adds a fragment.
    pub(crate) fn add(&mut self, fragment: &Fragment<'_>) -> Result<(), Refused> {
        if fragment.kind != self.kind || fragment.message_len != self.len() {
            return Err(Refused::Inconsistent);
        }
        if fragment.body.len() < MIN_FRAGMENT_LEN && fragment.end() != self.len() {
            return Err(Refused::TooSmall);
        }
        let new = fragment.offset..fragment.end();
        let is_known = self.received.iter().any(|old| old.start <= new.start && new.end <= old.end);
        if is_known {
            return Err(Refused::Duplicate);
        }
        if self.fragments == MAX_FRAGMENTS {
            return Err(Refused::TooMany);
        }
        self.fragments += 1;
        self.body[new.clone()].copy_from_slice(fragment.body);
        self.merge(new);
        Ok(())
    }

    /// Unites a range with those that it touches, and keeps them in order. Each call leaves at most one range more,
    /// and there are at most [`MAX_FRAGMENTS`] calls.
    fn merge(&mut self, new: Range<usize>) {
        let touches = |old: &Range<usize>| old.start <= new.end && new.start <= old.end;
        let united = self
            .received
            .iter()
            .filter(|old| touches(old))
            .fold(new.clone(), |sum, old| sum.start.min(old.start)..sum.end.max(old.end));
        self.received.retain(|old| !touches(old));
        let at = self.received.partition_point(|old| old.start < united.start);
        self.received.insert(at, united);
    }

    /// The body, once all of it is there.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        let is_whole = self.received.first() == Some(&(0..self.len()));
        is_whole.then_some(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    const LEN: usize = 1000;

    fn fragment(body: &[u8], range: Range<usize>) -> Fragment<'_> {
        Fragment { kind: 1, message_len: body.len(), message_seq: 0, offset: range.start, body: &body[range] }
    }

    fn text() -> Vec<u8> {
        (0..LEN).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn differently_cut_retransmissions_make_a_whole() {
        let body = text();
        let mut message = Message::new(1, LEN);

        for range in [700..LEN, 0..300, 250..600, 500..720] {
            assert_eq!(message.whole(), None);
            message.add(&fragment(&body, range)).unwrap();
        }

        assert_eq!(message.whole(), Some(body.as_slice()));
    }

    #[test]
    fn an_empty_message_is_whole_with_its_only_fragment() {
        let mut message = Message::new(14, 0);
        let empty = Fragment { kind: 14, message_len: 0, message_seq: 0, offset: 0, body: &[] };

        assert_eq!(message.whole(), None);
        message.add(&empty).unwrap();

        assert_eq!(message.whole(), Some([].as_slice()));
    }

    #[test]
    fn refuses_by_cause() {
        let body = text();
        let mut message = Message::new(1, LEN);
        message.add(&fragment(&body, 0..100)).unwrap();

        assert_eq!(message.add(&fragment(&body, 20..90)), Err(Refused::Duplicate));
        assert_eq!(message.add(&fragment(&body, 100..163)), Err(Refused::TooSmall));
        assert_eq!(message.add(&fragment(&body[..999], 200..300)), Err(Refused::Inconsistent));
        assert_eq!(
            message.add(&Fragment { kind: 2, ..fragment(&body, 200..300) }),
            Err(Refused::Inconsistent)
        );
        assert_eq!(message.add(&fragment(&body, LEN - 1..LEN)), Ok(()));
    }

    #[test]
    fn takes_no_more_than_the_limit_of_fragments() {
        let body = vec![7; 4000];
        let mut message = Message::new(1, body.len());

        let taken = (0..40).filter(|i| message.add(&fragment(&body, i * 100..i * 100 + 64)).is_ok()).count();

        assert_eq!(taken, MAX_FRAGMENTS);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(3),
            ..ProptestConfig::default()
        })]

        #[test]
        fn is_whole_exactly_when_every_byte_came(
            cuts in prop::collection::vec((0..LEN, MIN_FRAGMENT_LEN..400), 1..MAX_FRAGMENTS)
        ) {
            let body = text();
            let mut message = Message::new(1, LEN);
            let mut seen = vec![false; LEN];

            for (start, len) in cuts {
                let range = start..(start + len).min(LEN);
                if message.add(&fragment(&body, range.clone())) != Err(Refused::TooSmall) {
                    seen[range].fill(true);
                }
                let expected = seen.iter().all(|&s| s).then_some(body.as_slice());
                prop_assert_eq!(message.whole(), expected);
            }
        }
    }
}
