//! A bounded table from SSRC to what is known about it.
//!
//! Packets come in runs of one SSRC, so the last one and its place are kept beside the table; else a binary search over the
//! SSRCs alone, which for 64 of them are four cache lines. Nothing is ever taken out: forgetting a stream would forget its indexes.

use rtp::Ssrc;

/// At most `limit` streams of one peer and direction.
#[derive(Debug)]
pub(crate) struct Streams<S> {
    /// Ascending.
    ssrcs: Vec<Ssrc>,
    /// In the order of `ssrcs`.
    states: Vec<S>,
    limit: usize,
    /// The stream asked for last, and its position.
    last: Option<(Ssrc, usize)>,
}

/// Where a stream stands, until the next insertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Known, at this position.
    Known(usize),
    /// Unknown; it would go to this position.
    Free(usize),
}

/// Unknown, and no more are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl<S: Default> Streams<S> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { ssrcs: Vec::new(), states: Vec::new(), limit, last: None }
    }

    /// Looks a stream up. Makes nothing.
    #[inline]
    pub(crate) fn find(&self, ssrc: Ssrc) -> Result<Place, Full> {
        if let Some((last, at)) = self.last
            && last == ssrc
        {
            return Ok(Place::Known(at));
        }
        match self.ssrcs.binary_search_by_key(&ssrc.0, |known| known.0) {
            Ok(at) => Ok(Place::Known(at)),
            Err(at) if self.ssrcs.len() < self.limit => Ok(Place::Free(at)),
            Err(_) => Err(Full),
        }
    }

    /// What is known of the stream.
    #[inline]
    pub(crate) fn state(&self, place: Place) -> Option<&S> {
        match place {
            Place::Known(at) => self.states.get(at),
            Place::Free(_) => None,
        }
    }

    /// The stream at this place, to change it; made if it was unknown.
    #[inline]
    pub(crate) fn state_or_default(&mut self, place: Place, ssrc: Ssrc) -> &mut S {
        let at = match place {
            Place::Known(at) => at,
            Place::Free(at) => {
                self.ssrcs.insert(at, ssrc);
                self.states.insert(at, S::default());
                at
            }
        };
        debug_assert_eq!(self.ssrcs[at], ssrc, "a place is valid until the next insertion");
        self.last = Some((ssrc, at));
        &mut self.states[at]
    }

    /// How many streams are known.
    pub(crate) const fn len(&self) -> usize {
        self.ssrcs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(streams: &mut Streams<u32>, id: u32) {
        let place = streams.find(Ssrc(id)).unwrap();
        assert!(matches!(place, Place::Free(_)), "{id} is there already");
        *streams.state_or_default(place, Ssrc(id)) = id;
    }

    #[test]
    fn every_stream_is_found_again_whatever_the_order_of_arrival() {
        let mut streams = Streams::new(6);
        for id in [5, 1, u32::MAX, 0, 9, 3] {
            insert(&mut streams, id);
        }

        for id in [0, 1, 3, 5, 9, u32::MAX, 5, 0] {
            let place = streams.find(Ssrc(id)).unwrap();
            assert_eq!(streams.state(place), Some(&id));
            assert_eq!(*streams.state_or_default(place, Ssrc(id)), id);
        }
    }

    #[test]
    fn no_more_than_the_limit_are_taken() {
        let mut streams = Streams::new(2);
        insert(&mut streams, 7);
        insert(&mut streams, 8);

        assert_eq!(streams.find(Ssrc(9)), Err(Full));
        assert!(matches!(streams.find(Ssrc(7)), Ok(Place::Known(_))));
        assert_eq!(streams.len(), 2);
    }
}
