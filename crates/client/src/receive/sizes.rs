//! Packets of one stream in several sizes, put together to moments, in order, as a decoder would take them: by dependency
//! descriptors, with nothing shown that needs a frame that did not come.
//!
//! ```text
//!  number   7 8    9   10 11      12 13
//!  frame   [K0]  [  K2  ]  empty  [d2 ]        a moment is given out with its marker, as the frame that bears it
//!                  └─ of all that it needs every frame came
//! ```

use std::collections::{BTreeMap, VecDeque};

use rtp::RtpTimestamp;
use rtp::extension::dependency::{Descriptor, MANDATORY_LEN, Reader};

use super::frames::{WAITING_MAX, WholeFrame};
use crate::send::camera::read_stamp;
use crate::stamp::Stamp;

/// Frames that later ones may need: more than four seconds of one size, or one second of three.
const DECODED_MAX: usize = 128;

/// A packet that waits for its turn.
#[derive(Debug)]
struct Fragment {
    /// Empty for one that fills a place with nothing.
    descriptor: Vec<u8>,
    marker: bool,
    timestamp: RtpTimestamp,
    stamp: Option<Stamp>,
}

impl Fragment {
    /// It begins a key frame, with the structure of all that follows.
    fn begins(&self) -> bool {
        let is_start = self.descriptor.first().is_some_and(|byte| byte & 0x80 != 0);
        is_start && self.descriptor.get(MANDATORY_LEN).is_some_and(|byte| byte & 0x80 != 0)
    }
}

/// One lane's moments.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    waiting: BTreeMap<u64, Fragment>,
    /// The next number; `None` while a key frame is waited for.
    next: Option<u64>,
    reader: Box<Reader>,
    /// The packets of the frame that is not whole yet: its number, their stamps.
    frame: Option<(u16, Vec<Option<Stamp>>)>,
    /// The moment holds the beginning of everything.
    is_key: bool,
    decoded: VecDeque<u16>,
}

impl Sizes {
    /// Whether only a key frame helps.
    pub(super) fn needs_key_frame(&self) -> bool {
        self.next.is_none() && !self.waiting.is_empty()
    }

    /// Takes a packet and gives the moments that are whole now.
    pub(super) fn handle_packet(
        &mut self,
        number: u64,
        (timestamp, marker): (RtpTimestamp, bool),
        (descriptor, payload): (&[u8], &[u8]),
    ) -> Vec<WholeFrame> {
        if self.next.is_some_and(|next| number < next) {
            return Vec::new();
        }
        let (descriptor, stamp) = (descriptor.to_vec(), read_stamp(payload));
        self.waiting.insert(number, Fragment { descriptor, marker, timestamp, stamp });
        if self.waiting.len() > WAITING_MAX {
            self.waiting.pop_first();
            self.next = None;
        }
        self.take()
    }

    /// A number that will not come.
    pub(super) fn handle_lost(&mut self, number: u64) -> Vec<WholeFrame> {
        if self.next.is_some_and(|next| number >= next) {
            self.next = None;
            self.waiting = self.waiting.split_off(&number);
        }
        self.take()
    }

    fn take(&mut self) -> Vec<WholeFrame> {
        let mut whole = Vec::new();
        loop {
            let Some(next) = self.next.or_else(|| self.skip_to_key_frame()) else { return whole };
            let Some(fragment) = self.waiting.remove(&next) else { return whole };
            self.next = Some(next + 1);
            if fragment.descriptor.is_empty() {
                continue;
            }
            match self.add(&fragment) {
                Added::Part => {}
                Added::Whole(frame) => whole.push(frame),
                Added::Broken => {
                    whole.push(WholeFrame {
                        is_key: false,
                        stamp: fragment.stamp,
                        follows: false,
                        timestamp: fragment.timestamp,
                        may_switch: true,
                    });
                    self.next = None;
                }
            }
        }
    }

    fn skip_to_key_frame(&mut self) -> Option<u64> {
        let begins =
            self.waiting.iter().find(|(_, fragment)| fragment.begins()).map(|(&number, _)| number)?;
        self.waiting = self.waiting.split_off(&begins);
        (self.next, self.frame, self.is_key) = (Some(begins), None, false);
        self.decoded.clear();
        Some(begins)
    }

    fn add(&mut self, fragment: &Fragment) -> Added {
        let Ok(descriptor) = self.reader.read(&fragment.descriptor) else { return Added::Broken };
        let number = descriptor.frame_number;
        if descriptor.start {
            if self.frame.replace((number, vec![fragment.stamp])).is_some() {
                return Added::Broken;
            }
        } else {
            match &mut self.frame {
                Some((under_way, stamps)) if *under_way == number => stamps.push(fragment.stamp),
                _ => return Added::Broken,
            }
        }
        if !descriptor.end {
            return Added::Part;
        }
        let stamps = self.frame.take().map(|(_, stamps)| stamps).unwrap_or_default();
        if !self.decode(&descriptor) {
            return Added::Broken;
        }
        if !fragment.marker {
            return Added::Part;
        }
        let is_key = std::mem::take(&mut self.is_key);
        Added::Whole(WholeFrame {
            is_key,
            stamp: agreed(&stamps),
            follows: true,
            timestamp: fragment.timestamp,
            may_switch: true,
        })
    }

    /// Whether all is there that a frame needs.
    fn decode(&mut self, descriptor: &Descriptor) -> bool {
        let needs = descriptor.frame_diffs.as_slice();
        let is_there = |back: &u16| self.decoded.contains(&descriptor.frame_number.wrapping_sub(*back));
        if !needs.iter().all(is_there) {
            return false;
        }
        self.is_key |= needs.is_empty();
        if self.decoded.len() == DECODED_MAX {
            self.decoded.pop_front();
        }
        self.decoded.push_back(descriptor.frame_number);
        true
    }
}

enum Added {
    Part,
    Whole(WholeFrame),
    Broken,
}

/// The stamp of a frame whose packets are those that were sent, in order.
fn agreed(stamps: &[Option<Stamp>]) -> Option<Stamp> {
    let first = (*stamps.first()?)?;
    let is_next = |(at, stamp): (usize, &Option<Stamp>)| {
        stamp.is_some_and(|stamp| {
            usize::from(stamp.index) == at && Stamp { index: first.index, ..stamp } == first
        })
    };
    let is_whole = usize::from(first.count) == stamps.len();
    (is_whole && stamps.iter().enumerate().all(is_next)).then_some(first)
}
