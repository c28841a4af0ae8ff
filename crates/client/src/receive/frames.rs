//! Packets put together to VP8 frames, in order, as a decoder would take them.
//!
//! ```text
//!  number    7 8 9    11 12     13 14
//!  frame    [ key ]  [delta]…  [   ]        10 is missing: 11 on wait for it
//!               │        └─ 10 given up: everything is dropped until the next key frame begins
//!               └─ given out when all of it is there
//! ```

use std::collections::BTreeMap;

use rtp::RtpTimestamp;
use rtp::codec::vp8;

use crate::send::camera::read_stamp;
use crate::stamp::Stamp;

/// Packets that wait for one that is missing: four seconds of 4 Mbit/s.
pub(super) const WAITING_MAX: usize = 2048;

/// What one packet says of its frame.
#[derive(Clone, Copy, Debug)]
struct Fragment {
    start: bool,
    end: bool,
    key: bool,
    picture_id: Option<u16>,
    timestamp: RtpTimestamp,
    stamp: Option<Stamp>,
}

/// A frame of which every packet is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WholeFrame {
    pub(super) is_key: bool,
    /// Of its first packet; `None` when the stamps do not agree: packets of different frames were put together.
    pub(super) stamp: Option<Stamp>,
    /// The picture id follows on that of the frame before, or there is none before; of sizes: all that it needs has come.
    pub(super) follows: bool,
    pub(super) timestamp: RtpTimestamp,
    /// It may be of another size than the one before, though it is no key frame: what it needs is known, and has come.
    pub(super) may_switch: bool,
}

/// One lane's frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    waiting: BTreeMap<u64, Fragment>,
    /// The first number of the next frame; `None` while a key frame is waited for.
    next: Option<u64>,
    last_picture_id: Option<u16>,
}

impl Frames {
    /// Whether only a key frame helps.
    pub(super) fn needs_key_frame(&self) -> bool {
        self.next.is_none() && !self.waiting.is_empty()
    }

    /// Takes a packet and gives the frames that are whole now.
    pub(super) fn handle_packet(
        &mut self,
        number: u64,
        (timestamp, marker): (RtpTimestamp, bool),
        payload: &[u8],
    ) -> Vec<WholeFrame> {
        if self.next.is_some_and(|next| number < next) {
            return Vec::new();
        }
        let Ok(facts) = vp8::frame_facts(payload, marker) else { return Vec::new() };
        let descriptor =
            vp8::Descriptor::parse(payload).map(|(descriptor, _)| descriptor).unwrap_or_default();
        let fragment = Fragment {
            start: facts.start,
            end: facts.end,
            key: facts.key,
            picture_id: descriptor.picture_id.map(vp8::PictureId::value),
            timestamp,
            stamp: read_stamp(payload),
        };
        self.waiting.insert(number, fragment);
        if self.waiting.len() > WAITING_MAX {
            self.waiting.pop_first();
            self.next = None;
        }
        std::iter::from_fn(|| self.take()).collect()
    }

    /// A number that will not come.
    pub(super) fn handle_lost(&mut self, number: u64) -> Vec<WholeFrame> {
        if self.next.is_some_and(|next| number >= next) {
            self.next = None;
            // The frame that it belonged to can not be whole any more.
            self.waiting = self.waiting.split_off(&number);
        }
        std::iter::from_fn(|| self.take()).collect()
    }

    /// The next frame, if it is whole.
    fn take(&mut self) -> Option<WholeFrame> {
        loop {
            let first = match self.next {
                Some(next) => next,
                None => self.skip_to_key_frame()?,
            };
            let last = match self.extent(first) {
                Extent::Whole(last) => last,
                Extent::Incomplete => return None,
                Extent::Broken => {
                    // The stream goes on with something else than the rest of this frame: a decoder fails here.
                    self.waiting.remove(&first);
                    self.next = None;
                    continue;
                }
            };
            self.next = Some(last + 1);
            let rest = self.waiting.split_off(&(last + 1));
            let fragments = std::mem::replace(&mut self.waiting, rest);
            return Some(self.frame(&fragments.values()));
        }
    }

    /// Forgets everything before the first key frame that begins.
    fn skip_to_key_frame(&mut self) -> Option<u64> {
        let key = self.waiting.iter().find(|(_, fragment)| fragment.key).map(|(&number, _)| number);
        match key {
            Some(key) => {
                self.waiting = self.waiting.split_off(&key);
                self.next = Some(key);
                self.last_picture_id = None;
                Some(key)
            }
            None => None,
        }
    }

    fn extent(&self, first: u64) -> Extent {
        for (step, (&number, fragment)) in self.waiting.range(first..).enumerate() {
            if number != first + step as u64 {
                return Extent::Incomplete;
            }
            if fragment.start != (step == 0) {
                return Extent::Broken;
            }
            if fragment.end {
                return Extent::Whole(number);
            }
        }
        Extent::Incomplete
    }

    fn frame<'a>(&mut self, fragments: &(impl Iterator<Item = &'a Fragment> + Clone)) -> WholeFrame {
        let first = fragments.clone().next().copied();
        let stamp = first.and_then(|first| first.stamp);
        let timestamp = first.map_or(RtpTimestamp(0), |first| first.timestamp);
        let count = fragments.clone().count();
        let agree = stamp.is_some_and(|first| {
            usize::from(first.count) == count
                && fragments.clone().enumerate().all(|(index, fragment)| {
                    fragment.timestamp == timestamp
                        && fragment.stamp.is_some_and(|stamp| {
                            let is_next = usize::from(stamp.index) == index;
                            is_next && Stamp { index: first.index, ..stamp } == first
                        })
                })
        });
        let picture_id = first.and_then(|first| first.picture_id);
        let follows = match (self.last_picture_id, picture_id) {
            (Some(before), Some(now)) => now == (before + 1) & 0x7fff,
            _ => true,
        };
        self.last_picture_id = picture_id;
        let is_key = first.is_some_and(|first| first.key);
        WholeFrame { is_key, stamp: stamp.filter(|_| agree), follows, timestamp, may_switch: false }
    }
}

enum Extent {
    /// Up to this number.
    Whole(u64),
    Incomplete,
    Broken,
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use protocol::signal::Source;
    use rtp::Bitrate;

    use super::*;
    use crate::config::VideoConfig;
    use crate::random::Random;
    use crate::send::camera::Camera;
    use crate::stamp::SeatTag;

    /// `count` frames as (number, marker, payload), numbered from 100; key frames where `keys` says.
    fn packets(count: u32, keys: &[u32]) -> Vec<(u64, bool, Vec<u8>)> {
        let mut random = Random::new([5; 32]);
        let mut camera = Camera::new(VideoConfig::default(), Source::Camera, &mut random);
        let start = Instant::now();
        let mut packets = Vec::new();
        for frame in 0..count {
            if keys.contains(&frame) {
                camera.request_key_frame();
            }
            let at = start + Duration::from_millis(400) * frame;
            let frame = camera.next(Bitrate::from_kbps(1000), SeatTag(1), (at, 0), &mut random);
            let last = frame.payloads.len() - 1;
            for (index, payload) in frame.payloads.into_iter().enumerate() {
                packets.push((100 + packets.len() as u64, index == last, payload));
            }
        }
        packets
    }

    fn feed(frames: &mut Frames, packets: &[(u64, bool, Vec<u8>)]) -> Vec<WholeFrame> {
        let feed_one = |(number, marker, payload): &(u64, bool, Vec<u8>)| {
            frames.handle_packet(*number, (RtpTimestamp(0), *marker), payload)
        };
        packets.iter().flat_map(feed_one).collect()
    }

    fn numbers(frames: &[WholeFrame]) -> Vec<u32> {
        frames.iter().map(|frame| frame.stamp.unwrap().frame).collect()
    }

    #[test]
    fn frames_come_out_whole_and_in_order_whatever_the_order_of_packets() {
        let mut packets = packets(10, &[]);
        let mut frames = Frames::default();
        for swap in (1..packets.len() - 1).step_by(2) {
            packets.swap(swap, swap + 1);
        }

        let whole = feed(&mut frames, &packets);

        assert_eq!(numbers(&whole), (0..10).collect::<Vec<_>>());
        assert!(whole.iter().all(|frame| frame.follows));
        assert!(whole[0].is_key && !whole[1].is_key);
    }

    #[test]
    fn a_lost_packet_drops_everything_up_to_the_next_key_frame() {
        let packets = packets(10, &[6]);
        let lost =
            packets.iter().position(|(_, _, payload)| read_stamp(payload).unwrap().frame == 3).unwrap();
        let mut frames = Frames::default();

        let mut whole = feed(&mut frames, &packets[..lost]);
        assert!(feed(&mut frames, &packets[lost + 1..lost + 4]).is_empty());
        whole.extend(frames.handle_lost(packets[lost].0));
        assert!(frames.needs_key_frame());
        whole.extend(feed(&mut frames, &packets[lost + 4..]));

        assert_eq!(numbers(&whole), [0, 1, 2, 6, 7, 8, 9]);
        assert!(!frames.needs_key_frame());
    }

    #[test]
    fn nothing_comes_out_before_the_first_key_frame() {
        let packets = packets(8, &[5]);
        let second =
            packets.iter().position(|(_, _, payload)| read_stamp(payload).unwrap().frame == 2).unwrap();
        let mut frames = Frames::default();

        let whole = feed(&mut frames, &packets[second..]);

        assert_eq!(numbers(&whole), [5, 6, 7]);
    }

    #[test]
    fn packets_of_two_frames_under_one_roof_are_noticed() {
        let mut one = packets(3, &[]);
        let middle = one.iter().position(|(_, marker, payload)| !marker && payload[0] & 0x10 == 0).unwrap();
        one[middle].2 = packets(2, &[])[middle + 1].2.clone();
        let mut frames = Frames::default();

        let whole = feed(&mut frames, &one);

        assert!(whole.iter().any(|frame| frame.stamp.is_none()), "{whole:?}");
    }
}
