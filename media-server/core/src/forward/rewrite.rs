//! Rewriting: one lane, one run of sequence numbers and timestamps, whatever tracks and layers are switched into it.
//!
//! ```text
//!  track A   100 101 102  ×  104                     × lost on the way here: its number stays free, so that the
//!  track B                        7   8   p   9        subscriber asks for it and a late packet finds its place
//!  lane      500 501 502 503 504 505 506     507     p dropped on purpose: the gap closes
//!            └── segment A ─────┘└─ B ──┘└── B ─▶
//! ```
//!
//! A publisher may also jump, by mistake or on purpose, further than its packets could be lost: that gap is closed too.
//!
//! Each switch and each closed gap begins a *segment*, within which the lane's numbers are the layer's plus a
//! constant. The segments of the last while are kept: through them a late packet finds its number, and a NACK finds
//! its packet, without anything being stored for each packet sent.
//!
//! Layers of one track count time from starts of their own, but show the same moments. Over a switch between two of them the
//! lane's time goes on by what lies between the moments of capture, which the publisher's sender reports tell; until
//! both have been reported, and between tracks, by what has passed on the node:
//!
//! ```text
//!  captured     t    t+33  t+66  t+99
//!  layer 0     [a     b     c]
//!  layer 2                 [C     D           c and C are one moment: C goes out 1 ms after c, and D 33 ms after C
//! ```

use std::time::{Duration, Instant};

use protocol::TrackId;
use rtp::{ClockRate, ExtSeqNo, MediaTime, RtpTimestamp, SeqNo, SeqUnwrapper};

use crate::packet::{LAYERS_MAX, Layer, PacketFacts};
use crate::receive::Anchor;

/// Segments kept. A switch or a run of dropped packets makes one, so this is minutes of a call; where a lane shows one of several
/// sizes of a stream of 30 frames a second, each frame makes one, and it is a second: longer than a NACK is worth answering.
pub const SEGMENTS_MAX: usize = 32;

/// Numbers of lost packets that may stay free: what the cache of a video track holds, so that each could still come.
/// A longer jump closes its gap. Passed on, two jumps, the first of them lost, would leave the subscriber's SRTP a
/// rollover behind (RFC 3711 §3.3.1), and the lane dark for everybody who is switched into it.
const FREE_MAX: u64 = 512;
/// How many more may stay free with each packet that goes out, so that many small jumps do not make a large one. A
/// publisher that loses four of five packets still has them all asked for.
const FREE_PER_PACKET: u64 = 4;

/// A switched-in track begins at least this much after what was before: one frame at 30/s. Two frames with one
/// timestamp would be taken for one.
const FRAME_STEP_MIN: Duration = Duration::from_millis(33);

/// Another layer of the same track begins at least this much after what was before: both may show the same moment. The
/// least step that decoders tell apart, which count in milliseconds.
const LAYER_STEP_MIN: Duration = Duration::from_millis(1);
/// By so much the moments of capture may tell another story than the arrivals; beyond it a report lies, or a clock was
/// set. Longer than a key frame is on its way.
const CAPTURE_DEVIATION_MAX: Duration = Duration::from_millis(500);

/// A packet's numbers on the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten {
    /// Its index under the lane's SSRC.
    pub sequence: ExtSeqNo,
    /// Its timestamp.
    pub timestamp: RtpTimestamp,
    /// To be added to a VP8 PictureID.
    pub picture_shift: u16,
    /// To be added to a VP8 TL0PICIDX.
    pub tl0_shift: u8,
    /// To be added to the frame number of a dependency descriptor.
    pub frame_shift: u16,
}

/// Which packet went out under a number of the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original {
    /// The track it came from.
    pub track: TrackId,
    /// The layer of it.
    pub layer: Layer,
    /// Its sequence there.
    pub sequence: ExtSeqNo,
    /// Its index on the lane.
    pub sent_as: ExtSeqNo,
    shift: Shift,
}

impl Original {
    /// The packet's numbers as they were sent.
    pub(super) const fn rewritten(&self, facts: &PacketFacts) -> Rewritten {
        self.shift.apply(self.sent_as, facts)
    }
}

/// What became of a number that is not to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The gap is closed: the next packet takes the number.
    Closed,
    /// Later packets are on their way with the numbers after it. The subscriber waits for this one: send the packet
    /// after all, or one without payload in its place.
    TooLate,
}

/// What a segment adds to all but the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Shift {
    timestamp: u32,
    picture: u16,
    tl0: u8,
    frame: u16,
}

impl Shift {
    const fn apply(self, sequence: ExtSeqNo, facts: &PacketFacts) -> Rewritten {
        Rewritten {
            sequence,
            timestamp: facts.time.timestamp().wrapping_add(self.timestamp),
            picture_shift: self.picture,
            tl0_shift: self.tl0,
            frame_shift: self.frame,
        }
    }
}

/// A layer's packets from `from` on go out from `to` on.
#[derive(Debug, Clone, Copy)]
struct Segment {
    track: TrackId,
    layer: Layer,
    from: ExtSeqNo,
    to: ExtSeqNo,
    shift: Shift,
}

impl Segment {
    const fn out(&self, sequence: ExtSeqNo) -> Option<ExtSeqNo> {
        match sequence.index().checked_sub(self.from.index()) {
            Some(behind) => self.to.checked_add(behind),
            None => None,
        }
    }
}

/// The newest thing sent, from which a switch goes on.
#[derive(Debug, Clone, Copy)]
struct Newest {
    timestamp: RtpTimestamp,
    /// Of which moment of which layer that is.
    layer: Layer,
    time: MediaTime,
    at: Instant,
    /// The picture numbers as sent, uncut: their width is the payload's.
    picture: u16,
    tl0: u8,
    /// The frame number of the last dependency descriptor as sent.
    frame: u16,
}

/// The numbers of one lane.
#[derive(Debug)]
pub struct Rewriter {
    rate: ClockRate,
    /// Oldest first.
    segments: arrayvec::ArrayVec<Segment, SEGMENTS_MAX>,
    /// Where the next switch begins: one after the highest index given out.
    next: ExtSeqNo,
    /// How many numbers may stay free, see [`FREE_MAX`].
    free: u64,
    first_timestamp: RtpTimestamp,
    newest: Option<Newest>,
    /// The clock of each layer of the track, as far as it is known.
    clocks: [Option<Anchor>; LAYERS_MAX],
}

impl Rewriter {
    /// A lane that has sent nothing.
    #[must_use]
    pub const fn new(rate: ClockRate, first_sequence: SeqNo, first_timestamp: RtpTimestamp) -> Self {
        Self {
            rate,
            segments: arrayvec::ArrayVec::new_const(),
            next: ExtSeqNo::new(0, first_sequence),
            free: FREE_MAX,
            first_timestamp,
            newest: None,
            clocks: [None; LAYERS_MAX],
        }
    }

    /// What the sender reports of a layer's publisher say about its clock.
    #[inline]
    pub fn set_clock(&mut self, layer: Layer, clock: Option<Anchor>) {
        if let Some(known) = self.clocks.get_mut(layer.index()) {
            *known = clock;
        }
    }

    /// What is known of clocks belongs to another track.
    pub const fn forget_clocks(&mut self) {
        self.clocks = [None; LAYERS_MAX];
    }

    /// Begins with the track and the layer of this packet, which is the first to go out. Numbers go on without a gap;
    /// the timestamp goes on by the time that has passed.
    pub fn switch(&mut self, facts: &PacketFacts, now: Instant) {
        let timestamp = self.newest.map_or(self.first_timestamp, |newest| {
            let passed = self.passed(&newest, facts, now);
            newest.timestamp.wrapping_add(self.rate.ticks_in(passed) as u32)
        });
        let mut shift =
            Shift { timestamp: timestamp.0.wrapping_sub(facts.time.timestamp().0), ..Shift::default() };
        if let (Some(newest), Some(first)) = (self.newest, facts.vp8) {
            shift.picture =
                first.picture_id.map_or(0, |id| newest.picture.wrapping_add(1).wrapping_sub(id.value()));
            shift.tl0 = first.tl0_pic_idx.map_or(0, |index| newest.tl0.wrapping_add(1).wrapping_sub(index));
        }
        if let (Some(newest), Some(first)) = (self.newest, facts.dependency) {
            shift.frame = newest.frame.wrapping_add(1).wrapping_sub(first.frame);
        }
        self.push(Segment {
            track: facts.track,
            layer: facts.layer,
            from: facts.sequence,
            to: self.next,
            shift,
        });
    }

    /// What lies between the newest packet and the first one of another track or layer.
    fn passed(&self, newest: &Newest, first: &PacketFacts, now: Instant) -> Duration {
        let arrived = now.saturating_duration_since(newest.at);
        let is_same_track = self.segments.last().is_some_and(|segment| segment.track == first.track);
        if !is_same_track {
            return arrived.max(FRAME_STEP_MIN);
        }
        let captured =
            |layer: Layer, time| self.clocks.get(layer.index()).copied().flatten()?.instant_of(time);
        let captured = captured(newest.layer, newest.time).zip(captured(first.layer, first.time));
        let captured = captured.and_then(|(before, after)| {
            let (ahead, behind) =
                (after.saturating_duration_since(before), before.saturating_duration_since(after));
            let is_told = behind <= CAPTURE_DEVIATION_MAX && ahead.abs_diff(arrived) <= CAPTURE_DEVIATION_MAX;
            is_told.then_some(ahead)
        });
        captured.unwrap_or(arrived).max(LAYER_STEP_MIN)
    }

    /// The packet's numbers, for a packet of the track and layer last switched to, or of a layer before it whose
    /// number is still free. The same packet gets the same numbers.
    /// `None` before the switch, when it was skipped, or so late that its segment is forgotten.
    #[inline]
    pub fn rewrite(&mut self, facts: &PacketFacts, now: Instant) -> Option<Rewritten> {
        let (segment, mut sequence) = self.place(facts)?;
        let shift = segment.shift;
        if sequence >= self.next && !self.leave_free(sequence) {
            sequence = self.next;
            let (track, layer) = (facts.track, facts.layer);
            self.push(Segment { track, layer, from: facts.sequence, to: sequence, shift });
        }
        let rewritten = shift.apply(sequence, facts);
        if sequence >= self.next {
            self.next = sequence.checked_add(1)?;
            self.free = (self.free + FREE_PER_PACKET).min(FREE_MAX);
            self.note(facts, &rewritten, now);
        }
        Some(rewritten)
    }

    /// Says that a packet of the track and layer last switched to is not sent, on purpose.
    pub fn skip(&mut self, sequence: ExtSeqNo) -> Skip {
        let Some(&last) = self.segments.last() else { return Skip::Closed };
        let Some(out) = last.out(sequence) else { return Skip::TooLate };
        if out < self.next {
            return Skip::TooLate;
        }
        let to = if self.leave_free(out) { out } else { self.next };
        let Some(from) = sequence.checked_add(1) else { return Skip::TooLate };
        let shorter = Segment { from, to, ..last };
        match self.segments.last_mut() {
            // Nothing has gone out, or is missing, since the last one began: it moves on instead.
            Some(last) if last.from == sequence => *last = shorter,
            _ => self.push(shorter),
        }
        self.next = self.next.max(to);
        Skip::Closed
    }

    /// The first packet of the run of numbers that this one lies in: between the two, the lane's numbers are those of the
    /// layer plus a constant.
    pub(super) fn run_start(&self, facts: &PacketFacts) -> Option<ExtSeqNo> {
        self.place(facts).map(|(segment, _)| segment.from)
    }

    /// Which packet went out under this number, if that is not too long ago.
    #[must_use]
    pub fn original(&self, sequence: SeqNo) -> Option<Original> {
        let highest = self.next.checked_sub(1)?;
        let mut known = SeqUnwrapper::new();
        known.commit(highest);
        let sent_as = known.estimate(sequence)?;
        if sent_as > highest {
            return None;
        }
        let segment = self.segments.iter().rev().find(|segment| segment.to <= sent_as)?;
        let behind = sent_as.index() - segment.to.index();
        let sequence = segment.from.checked_add(behind)?;
        let Segment { track, layer, shift, .. } = *segment;
        Some(Original { track, layer, sequence, sent_as, shift })
    }

    /// The newest timestamp that went out, or the one that the lane begins with.
    #[must_use]
    pub fn newest_timestamp(&self) -> RtpTimestamp {
        self.newest.map_or(self.first_timestamp, |newest| newest.timestamp)
    }

    /// The lane's timestamp for a moment of the track and layer last switched to.
    #[must_use]
    pub fn timestamp_of(&self, time: MediaTime) -> Option<RtpTimestamp> {
        let last = self.segments.last()?;
        Some(time.timestamp().wrapping_add(last.shift.timestamp))
    }

    /// Leaves the numbers up to `sequence` to packets that may still come, unless they are too many.
    #[inline]
    const fn leave_free(&mut self, sequence: ExtSeqNo) -> bool {
        let gap = sequence.index().saturating_sub(self.next.index());
        match self.free.checked_sub(gap) {
            Some(left) => {
                self.free = left;
                true
            }
            None => false,
        }
    }

    /// The segment that a packet lies in, and its index there.
    #[inline]
    fn place(&self, facts: &PacketFacts) -> Option<(&Segment, ExtSeqNo)> {
        let mut end = ExtSeqNo::MAX;
        for segment in self.segments.iter().rev() {
            if segment.track != facts.track {
                return None;
            }
            if segment.layer == facts.layer
                && let Some(out) = segment.out(facts.sequence)
            {
                return (out < end).then_some((segment, out));
            }
            end = segment.to;
        }
        None
    }

    fn push(&mut self, segment: Segment) {
        if self.segments.is_full() {
            self.segments.remove(0);
        }
        self.segments.push(segment);
    }

    /// Remembers from where the next switch goes on. The newest packet need not have the newest timestamp.
    #[inline]
    fn note(&mut self, facts: &PacketFacts, rewritten: &Rewritten, now: Instant) {
        let (timestamp, layer, time) = (rewritten.timestamp, facts.layer, facts.time);
        let begin = Newest { timestamp, layer, time, at: now, picture: 0, tl0: 0, frame: 0 };
        let newest = self.newest.get_or_insert(begin);
        newest.at = now;
        if !newest.timestamp.is_newer_than(timestamp) {
            (newest.timestamp, newest.layer, newest.time) = (timestamp, layer, time);
        }
        if let Some(vp8) = &facts.vp8 {
            if let Some(id) = vp8.picture_id {
                newest.picture = id.value().wrapping_add(rewritten.picture_shift);
            }
            if let Some(index) = vp8.tl0_pic_idx {
                newest.tl0 = index.wrapping_add(rewritten.tl0_shift);
            }
        }
        if let Some(dependency) = &facts.dependency {
            newest.frame = dependency.frame.wrapping_add(rewritten.frame_shift);
        }
    }
}

#[cfg(test)]
mod tests;
