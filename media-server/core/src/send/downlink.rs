//! One subscriber's way: what it carries, and when what is sent over it may leave.
//!
//! ```text
//!  feedback ─▶ estimator ─▶ estimate ─┬─▶ allocation: which layers   (machine/allocating.rs)
//!                  ▲                  └─▶ pacer: when                (machine/pacing.rs)
//!                  └──── what left ◀── packets, retransmissions, padding of probes
//! ```
//!
//! Until the subscriber has sent transport-wide feedback nothing is known of its path: it begins with what
//! [`bandwidth::START`] carries. One that never tells, because it has not negotiated the feedback or keeps silent, is sent
//! what it asks for, as fast as it comes. Nobody but itself pays for that.

use std::time::{Duration, Instant};

use rtp::rtcp::TransportFeedback;
use rtp::{Bitrate, DataSize, SeqNo};

use super::bandwidth::{self, BandwidthEstimator, Losses, Probe, Purpose};
use super::pacer::{Pacer, TICK};
use super::waiting::{Waiting, WaitingPackets};
use crate::forward::PADDING_LEN_MAX;
use crate::receive::Meter;

/// Packets leave faster than the estimate by half, so that what waits is gone soon.
const PACE: (u32, u32) = (3, 2);
/// And faster by a quarter than what was decided to be sent, where that is more than the estimate: a picture that goes on
/// because nothing speaks against it.
const PACE_OF_USED: (u32, u32) = (5, 4);
/// What waits longer than this is worth less than a new key frame: half a second is a freeze.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// So long the path counts as unknown, and as thin, while feedback may still come.
const UNKNOWN_FOR: Duration = Duration::from_secs(1);
/// What waits is gone in this time where nothing queues in the path.
const SOON: Duration = Duration::from_millis(150);
/// What is sent again takes at most this part of the budget: more than a fifth is lost on no path that carries pictures, and
/// what a step down has left behind is soon over.
const RETRANSMITTED_MAX: (u32, u32) = (1, 4);
/// And this part of what the path carries.
const RETRANSMIT: (u32, u32) = (1, 2);
/// Retransmissions may run ahead of the pacer by this; what would come later is better asked for again.
const RETRANSMIT_AHEAD: Duration = Duration::from_millis(200);

/// A probe has this many packets at least.
const PROBE_PACKETS: u64 = 8;
/// What a packet has beside its padding: header, extensions, tag.
const PADDING_OVERHEAD: u64 = 44;
/// A shorter packet is mostly header.
const PADDING_LEN_MIN: u8 = 16;

/// A probe that is being sent.
#[derive(Clone, Copy, Debug)]
struct Running {
    probe: Probe,
    left: DataSize,
}

/// The way to one subscriber.
#[derive(Debug)]
pub(crate) struct Downlink {
    /// Feedback was agreed on.
    tells: bool,
    first_sent: Option<Instant>,
    estimator: BandwidthEstimator,
    pacer: Pacer,
    waiting: WaitingPackets,
    is_full: bool,
    probe: Option<Running>,
    has_feedback: bool,
    next_tick: Instant,
    /// What the lanes were given, audio included.
    used: Bitrate,
    /// What is sent again takes this of the budget.
    retransmitted: Meter,
}

impl Downlink {
    /// To somebody who has agreed to tell what arrives, or has not.
    pub(crate) fn new(tells: bool, now: Instant) -> Self {
        Self {
            tells,
            first_sent: None,
            estimator: BandwidthEstimator::new(now),
            pacer: Pacer::new(now),
            waiting: WaitingPackets::default(),
            is_full: false,
            probe: None,
            has_feedback: false,
            next_tick: now,
            used: Bitrate::ZERO,
            retransmitted: Meter::new(now),
        }
    }

    /// What may be used for media that is not sent twice; `None` while there is no reason to save.
    pub(crate) fn budget(&self, now: Instant) -> Option<Bitrate> {
        if !self.has_feedback {
            let is_unknown = self.first_sent.is_none_or(|at| now < at + UNKNOWN_FOR);
            return (self.tells && is_unknown).then_some(bandwidth::START);
        }
        let estimate = self.estimator.estimate();
        if self.retransmitted.is_idle() {
            return Some(estimate);
        }
        let again = self.retransmitted.rate(now).unwrap_or(Bitrate::ZERO);
        let (by, of) = RETRANSMITTED_MAX;
        Some(estimate - again.min(estimate.scaled(by, of)))
    }

    /// What the path carries, once it has told.
    pub(crate) fn estimate(&self) -> Option<Bitrate> {
        self.has_feedback.then(|| self.estimator.estimate())
    }

    /// What the subscriber has told of packets since the beginning.
    pub(crate) const fn losses(&self) -> Losses {
        self.estimator.losses()
    }

    /// Whether the subscriber tells what arrives: then its reports say nothing more of loss.
    pub(crate) const fn is_told(&self) -> bool {
        self.has_feedback
    }

    /// Whether what is sent now passes, whatever the estimate.
    pub(crate) fn passes(&self, now: Instant) -> bool {
        !self.has_feedback || self.estimator.passes(now)
    }

    /// Sets what the lanes were given, and what they would take at best, audio included.
    pub(crate) fn set_use(&mut self, now: Instant, used: Bitrate, wanted: Bitrate) {
        self.used = used;
        self.estimator.set_wanted(now, wanted);
        self.set_pace(now);
    }

    /// Takes what the subscriber's reports say about the round trip.
    pub(crate) fn handle_round_trip(&mut self, rtt: Duration) {
        self.estimator.handle_round_trip(rtt);
    }

    /// Takes transport-wide feedback.
    pub(crate) fn handle_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) {
        if !std::mem::replace(&mut self.has_feedback, true) {
            self.waiting.reserve();
        }
        self.estimator.handle_feedback(now, feedback);
        self.set_pace(now);
    }

    /// Counts a datagram that leaves, with the transport-wide number that it bears.
    #[inline]
    pub(crate) fn handle_sent(&mut self, now: Instant, number: Option<SeqNo>, len: usize, purpose: Purpose) {
        let size = DataSize::from_bytes(len as u64);
        self.pacer.handle_sent(size, now);
        if let Some(number) = number {
            self.first_sent.get_or_insert(now);
            self.estimator.handle_sent(now, number, size, purpose);
        }
        if let Some(running) = &mut self.probe {
            running.left -= size;
        }
        if purpose == Purpose::Retransmission {
            self.retransmitted.handle_packet(len, now);
        }
    }

    /// Whether a packet may leave at once: nothing waits before it, and the budget allows it.
    #[inline]
    pub(crate) fn is_ready(&mut self, now: Instant) -> bool {
        self.waiting.is_empty() && self.pacer.is_ready(now)
    }

    /// What may be sent again, a second: retransmissions are part of the budget.
    pub(crate) fn retransmit_rate(&self) -> Bitrate {
        let (by, of) = RETRANSMIT;
        self.estimate().map_or(Bitrate::MAX, |estimate| estimate.scaled(by, of))
    }

    /// Whether a retransmission may leave. It goes before what waits.
    pub(crate) fn may_retransmit(&mut self, now: Instant) -> bool {
        self.pacer.is_ready_ahead(RETRANSMIT_AHEAD, now)
    }

    /// Lets a packet wait for a tick. `false` when there is no room; then all that waits before it is late, too.
    pub(crate) fn wait(&mut self, packet: Waiting) -> bool {
        let has_room = self.waiting.push(packet);
        self.is_full |= !has_room;
        has_room
    }

    /// Whether so much waits that none of it is of use any more.
    pub(crate) fn is_late(&self) -> bool {
        self.is_full || self.waiting.size() > self.pacer.rate().size_in(WAIT_MAX)
    }

    /// Packets that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The next packet that waits, if it may leave.
    pub(crate) fn poll_waiting(&mut self, now: Instant) -> Option<Waiting> {
        if self.pacer.is_ready(now) { self.waiting.pop() } else { None }
    }

    /// Takes everything out that waits.
    pub(crate) fn drop_waiting(&mut self) -> impl Iterator<Item = Waiting> {
        self.is_full = false;
        self.waiting.drain()
    }

    /// Bytes of padding that may leave now as a packet, to fill a probe.
    pub(crate) fn poll_padding(&mut self, now: Instant) -> Option<u8> {
        let running = self.probe.filter(|running| running.left > DataSize::ZERO)?;
        let may_leave = self.waiting.is_empty() && self.pacer.is_ready(now);
        may_leave.then(|| padding_of(running.probe.size))
    }

    /// A step: ends what is over, and begins a probe when one is due.
    pub(crate) fn tick(&mut self, now: Instant) {
        if self.next_tick <= now {
            self.next_tick = now + TICK;
        }
        if !self.has_feedback {
            return;
        }
        if self.estimator.poll_timeout().is_some_and(|due| due <= now) {
            self.estimator.handle_timeout(now);
        }
        let is_over = |running: &Running| running.left == DataSize::ZERO || running.probe.until <= now;
        if self.probe.as_ref().is_some_and(is_over) {
            self.probe = None;
        }
        if let Some(probe) = self.estimator.poll_probe(now) {
            self.probe = Some(Running { probe, left: probe.size });
        }
        self.set_pace(now);
    }

    /// When the next step is due, while something waits or a probe is being sent.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let is_busy = self.probe.is_some() || !self.waiting.is_empty();
        let tick = is_busy.then_some(self.next_tick);
        let estimator = self.estimator.poll_timeout().filter(|_| self.has_feedback);
        tick.into_iter().chain(estimator).min()
    }

    fn set_pace(&mut self, now: Instant) {
        if !self.has_feedback {
            return;
        }
        let (by, of) = PACE;
        let found =
            self.probe.map_or_else(|| self.estimator.estimate().scaled(by, of), |running| running.probe.rate);
        // What was decided to be sent is held up by neither.
        let (by, of) = PACE_OF_USED;
        let paced = found.max(self.used.scaled(by, of));
        // Nor is a publisher that sends more by the second, where nothing queues.
        let is_soon = !self.waiting.is_empty() && self.estimator.is_quiet(now);
        let soon = self.waiting.size().per(SOON).filter(|_| is_soon);
        let rate = soon.map_or(paced, |soon| paced.max(soon));
        if rate != self.pacer.rate() {
            self.pacer.set_rate(rate, now);
        }
    }
}

/// How long the padding packets of a probe are: a thin probe is cut into as many packets as it takes to measure it.
fn padding_of(probe: DataSize) -> u8 {
    let len = (probe.bytes() / PROBE_PACKETS).saturating_sub(PADDING_OVERHEAD);
    u8::try_from(len).unwrap_or(PADDING_LEN_MAX).max(PADDING_LEN_MIN)
}
