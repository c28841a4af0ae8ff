//! Bandwidth estimation: how much one subscriber's path carries, from transport-wide feedback.
//!
//! ```text
//!  handle_sent ───▶ sent ◀─── handle_feedback             told: when each packet arrived, which did not
//!                    │
//!        ┌───────────┼───────────┬─────────────┬──────────────┐
//!        ▼           ▼           ▼             ▼              ▼
//!      groups     queue     acknowledged     loss          probe
//!      trend      waiting   what arrives     the path's    faster for
//!      overuse                               own or ours   a moment
//!        └───────────┴─────┬─────┴─────────────┘              │
//!                          ▼                                  │
//!                        rate ◀───────────────────────────────┘
//! ```
//!
//! | file | what | specification |
//! |---|---|---|
//! | `sent` | what was sent, by transport-wide number | draft-holmer-rmcat-transport-wide-cc-extensions-01 |
//! | `groups`, `trend`, `overuse`, `delay` | whether the queue fills | draft-ietf-rmcat-gcc-02 §5.2-5.4 |
//! | `queue` | how long the queue is | |
//! | `acknowledged` | what arrives | draft-ietf-rmcat-gcc-02 §5.5 |
//! | `loss` | whether losses are congestion | |
//! | `rate` | up and down | draft-ietf-rmcat-gcc-02 §5.5 |
//! | `limited` | whether enough is sent to learn from | |
//! | `probe`, `probing` | looking for more than is sent | |
//!
//! Not here: what to do with the estimate (allocation, pacing), and padding: [`super::downlink`].
//!
//! **Contract.** Every datagram with a transport-wide number is told by [`BandwidthEstimator::handle_sent`] when it really
//! leaves. [`BandwidthEstimator::poll_probe`] is asked after each feedback and on every tick of the pacer, and [`BandwidthEstimator::handle_timeout`]
//! when [`BandwidthEstimator::poll_timeout`] says so. A packet costs a store, feedback costs by its bytes; memory is
//! [`MEMORY_MAX`] a subscriber and nothing is allocated after the beginning.
//!
//! **Lies.** Feedback moves the estimate of the subscriber that sends it and nobody else's, within
//! [[`LEAST`], [`MOST`]]; a packet counts once; feedback beyond [`FEEDBACKS_PER_WINDOW_MAX`] is not read.

mod acknowledged;
mod delay;
mod groups;
mod limited;
mod loss;
mod overuse;
mod probe;
mod probing;
mod queue;
mod rate;
mod sent;
mod trend;

use std::time::{Duration, Instant};

use rtp::rtcp::TransportFeedback;
use rtp::rtcp::transport_feedback::ArrivalTime;
use rtp::{Bitrate, DataSize, SeqNo};

use acknowledged::Acknowledged;
use delay::DelayDetector;
use limited::Usage as ApplicationUsage;
use loss::{LossDetector, Told, Verdict};
use probing::{Probing, Situation};
use queue::Queue;
use rate::{PathState, RateControl};
use sent::SentHistory;

/// The estimate never falls below: Opus at its thinnest, with headers.
pub const LEAST: Bitrate = Bitrate::from_kbps(30);
/// Nor does it rise above: ten lanes at their highest.
pub const MOST: Bitrate = Bitrate::from_kbps(30_000);
/// Before anything is known: audio and the lowest tier of a camera.
pub const START: Bitrate = Bitrate::from_kbps(300);
/// What an estimator takes in all.
pub const MEMORY_MAX: usize = 20 * 1024;
/// Without feedback for this long, while there is something to tell of, the path is taken for broken.
pub const SILENCE: Duration = Duration::from_millis(500);
/// Feedback read in each [`FEEDBACK_WINDOW`]. A browser sends one each 50 ms, several when many packets arrive.
pub const FEEDBACKS_PER_WINDOW_MAX: u32 = 25;
/// See [`FEEDBACKS_PER_WINDOW_MAX`].
pub const FEEDBACK_WINDOW: Duration = Duration::from_millis(100);

/// What is left of the estimate after each [`SILENCE`].
const SILENCE_CUT: f64 = 0.7;
/// A path with a shorter queue is quiet, this long after one was drained.
const QUIET_WAITING_US: i64 = 30_000;
const QUIET_AFTER_US: i64 = 1_000_000;
/// A quiet path that loses less lets everything pass.
const PASSES_LOST: f64 = 0.12;
/// The share that is lost is that of about so many packets.
const LOST_SHARE_PACKETS: f64 = 128.0;
/// Before a round trip was measured.
const RTT_UNKNOWN: Duration = Duration::from_millis(100);
/// Round trips beyond this are lies, or of no use.
const RTT_MAX: Duration = Duration::from_secs(2);
/// Windows over which arrivals are counted: the shorter while the queue is full, when they come evenly.
const WINDOW_MS: u32 = 200;
const WINDOW_LONG_MS: u32 = 500;
const WINDOW_LONGEST_MS: u32 = 2000;
/// After a change of rate, packets sent before it are told of for a round trip and this.
const SETTLE_US: i64 = 100_000;
/// An estimate that nothing confirms shrinks by this, a second, after [`probing::CONFIRM_US`].
const FORGET_PER_SECOND: f64 = 0.1;

/// Why a packet is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A track's packet.
    Media,
    /// An answer to a NACK.
    Retransmission,
    /// To fill a probe, RTX without being asked included.
    Padding,
}

/// More is to be sent for a moment: media as it comes, and padding for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// At this rate in all,
    pub rate: Bitrate,
    /// until this much has left in all,
    pub size: DataSize,
    /// or until then.
    pub until: Instant,
}

/// What was told of packets since the beginning. All wrap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Packets that were told of.
    pub told: u32,
    /// Of these, those that did not arrive. One that arrives late is taken out again.
    pub lost: u32,
    /// How many times in a row without one between that arrived.
    pub bursts: u32,
}

impl Losses {
    const fn add(&mut self, told: Told) {
        // What is late was counted when it was lost.
        self.told = self.told.wrapping_add(told.lost + told.arrived).wrapping_sub(told.late);
        self.lost = self.lost.wrapping_add(told.lost).wrapping_sub(told.late);
        self.bursts = self.bursts.wrapping_add(told.bursts);
    }

    /// What has come since.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let risen = |now: u32, before: u32| u32::try_from(now.wrapping_sub(before) as i32).unwrap_or(0);
        Self {
            told: risen(self.told, before.told),
            lost: risen(self.lost, before.lost),
            bursts: risen(self.bursts, before.bursts),
        }
    }
}

/// The estimate of one subscriber's path.
#[derive(Debug)]
pub struct BandwidthEstimator {
    began: Instant,
    sent: SentHistory,
    delay: DelayDetector,
    queue: Queue,
    acknowledged: Acknowledged,
    loss: LossDetector,
    rate: RateControl,
    usage: ApplicationUsage,
    probing: Probing,
    /// The last arrival, by the subscriber's clock, and in microseconds since the first.
    arrival: Option<(ArrivalTime, i64)>,
    rtt_us: i64,
    /// A usual packet, in bits.
    packet_bits: f64,
    /// When the last packet left.
    sending: (Instant, i64),
    /// Of the last packets, the part that was lost.
    lost_share: f64,
    losses: Losses,
    confirmed_us: i64,
    /// When the silence, if there is one, is long enough to act.
    silent_at_us: Option<i64>,
    /// The estimate before the silence.
    before_silence: Option<f64>,
    window_us: i64,
    window_feedbacks: u32,
}

impl BandwidthEstimator {
    /// Nothing is known.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            began: now,
            sent: SentHistory::new(),
            delay: DelayDetector::new(),
            queue: Queue::default(),
            acknowledged: Acknowledged::new(),
            loss: LossDetector::default(),
            rate: RateControl::new(bps(START), bps(LEAST), bps(MOST)),
            usage: ApplicationUsage::default(),
            probing: Probing::default(),
            arrival: None,
            rtt_us: RTT_UNKNOWN.as_micros() as i64,
            packet_bits: 8_000.0,
            sending: (now, 0),
            lost_share: 0.0,
            losses: Losses::default(),
            confirmed_us: 0,
            silent_at_us: None,
            before_silence: None,
            window_us: 0,
            window_feedbacks: 0,
        }
    }

    /// How much the path carries, within [[`LEAST`], [`MOST`]]. In the same measure as the sizes of
    /// [`Self::handle_sent`]: with the headers of IP and UDP if those have them.
    #[must_use]
    pub fn estimate(&self) -> Bitrate {
        Bitrate::from_bps(self.rate.rate() as u64).clamp(LEAST, MOST)
    }

    /// Whether so little is sent that the estimate cannot rise by itself.
    #[must_use]
    pub const fn is_application_limited(&self) -> bool {
        self.usage.is_limited()
    }

    /// Whether what is sent now passes: there is no queue, and hardly more is lost than radio loses. Then an estimate that is
    /// less than what is sent is too low.
    #[must_use]
    pub fn passes(&self, now: Instant) -> bool {
        self.is_quiet(now) && self.lost_share <= PASSES_LOST
    }

    /// What was told of packets since the beginning.
    #[must_use]
    pub const fn losses(&self) -> Losses {
        self.losses
    }

    /// Whether there is no queue, and none had to be drained lately.
    #[must_use]
    pub fn is_quiet(&self, now: Instant) -> bool {
        self.before_silence.is_none()
            && self.delay.usage() != overuse::Usage::Over
            && self.queue.waiting_us() <= QUIET_WAITING_US
            && self.rate.since_drain_us(self.us(now)) >= QUIET_AFTER_US
    }

    /// What the application could use at most; [`Bitrate::ZERO`] when audio is all there is. Nothing above it is probed.
    pub fn set_wanted(&mut self, now: Instant, wanted: Bitrate) {
        let wanted = bps(wanted.min(MOST));
        self.probing.set_wanted(self.us(now), wanted, self.rate.rate());
    }

    /// Takes a round trip as RTCP reports measure it.
    pub fn handle_round_trip(&mut self, rtt: Duration) {
        self.rtt_us = rtt.min(RTT_MAX).as_micros() as i64;
    }

    /// Takes a datagram that has left.
    #[inline]
    pub fn handle_sent(&mut self, now: Instant, sequence: SeqNo, size: DataSize, purpose: Purpose) {
        let now_us = self.sending_us(now);
        let size = u16::try_from(size.bytes()).unwrap_or(u16::MAX);
        let cluster = self.probing.handle_sent(now_us, size);
        self.sent.add(sequence, now_us, size, cluster);
        if purpose != Purpose::Padding {
            self.usage.handle_sent(size);
            self.packet_bits += (f64::from(size) * 8.0 - self.packet_bits) / 64.0;
        }
        if self.silent_at_us.is_none() {
            self.silent_at_us = Some(now_us + self.silence_us());
        }
    }

    /// Takes feedback of the subscriber.
    pub fn handle_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) {
        let now_us = self.us(now);
        if !self.may_read(now_us) {
            return;
        }
        let told = self.read(now_us, feedback);
        if told.lost + told.arrived == 0 {
            return;
        }
        self.queue.handle_feedback(now_us);
        let count = f64::from(told.lost + told.arrived);
        let lost = f64::from(told.lost) / count;
        self.lost_share += (lost - self.lost_share) * (count / LOST_SHARE_PACKETS).min(1.0);
        self.losses.add(told);
        self.usage.update(now_us, self.rate.rate());
        self.silent_at_us = None;
        if let Some(before) = self.before_silence.take() {
            self.end_silence(now_us, before);
        }
        let (waiting_us, settle_us) = (self.queue.waiting_us(), self.rtt_us + SETTLE_US);
        let loss = self.loss.handle_feedback(now_us, told, waiting_us, settle_us);
        let path = self.path(loss);
        self.rate.handle_feedback(now_us, &path);
        self.confirm(now_us, &path);
        self.end_probe(now_us);
    }

    /// A probe, if one is to be sent now; each is given once. Whatever leaves until it is full or over belongs to it.
    /// Ask after each feedback and on every tick of the pacer: [`Self::poll_timeout`] does not count it in.
    pub fn poll_probe(&mut self, now: Instant) -> Option<Probe> {
        let now_us = self.us(now);
        let situation = self.situation(now_us);
        let cluster = self.probing.poll(now_us, &situation)?;
        Some(Probe {
            rate: Bitrate::from_bps(cluster.rate as u64),
            size: DataSize::from_bytes(u64::from(cluster.size)),
            until: self.began + Duration::from_micros(cluster.until_us.unsigned_abs()),
        })
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = match (self.silent_at_us, self.probing.expires_us()) {
            (Some(silent), Some(probe)) => silent.min(probe),
            (silent, probe) => silent.or(probe)?,
        };
        Some(self.began + Duration::from_micros(due.unsigned_abs()))
    }

    /// Acts on what has not happened.
    pub fn handle_timeout(&mut self, now: Instant) {
        let now_us = self.us(now);
        if self.silent_at_us.is_some_and(|at| now_us >= at) {
            self.before_silence.get_or_insert(self.rate.rate());
            self.rate.cut(now_us, SILENCE_CUT);
            self.silent_at_us = Some(now_us + self.silence_us());
        }
        self.end_probe(now_us);
    }

    /// Reads which packets were lost, arrived, and arrived late.
    fn read(&mut self, now_us: i64, feedback: &TransportFeedback<'_>) -> Told {
        let mut told = Told::default();
        let base = self.sent.index(feedback.base);
        let mut untold = base.map_or(0, |base| self.sent.take_untold(base));
        for arrival in feedback.arrivals() {
            let Some(sent) =
                self.sent.index(arrival.sequence).and_then(|index| self.sent.take_arrived(index, now_us))
            else {
                continue;
            };
            told.arrived += 1;
            told.late += u32::from(sent.was_lost);
            let at_us = self.arrived_us(arrival.time);
            if untold > 0 {
                self.acknowledged.handle_untold(at_us, core::mem::take(&mut untold));
            }
            self.acknowledged.handle_arrival(at_us, sent.size);
            self.queue.handle_arrival(sent.sent_us, at_us);
            self.delay.handle_arrival(sent.sent_us, at_us);
            if let Some(cluster) = self.probing.cluster(sent.cluster) {
                cluster.handle_arrival(&sent, at_us);
            }
        }
        if let Some(base) = base {
            let end = base + u64::from(feedback.status_count);
            let probing = &mut self.probing;
            let mut last = None;
            self.sent.take_lost(base, end, |index, cluster| {
                told.lost += 1;
                told.bursts += u32::from(last.replace(index + 1) != Some(index));
                if let Some(cluster) = probing.cluster(cluster) {
                    cluster.handle_lost();
                }
            });
        }
        told
    }

    /// In microseconds since the subscriber's first.
    fn arrived_us(&mut self, time: ArrivalTime) -> i64 {
        let us = self.arrival.map_or(0, |(last, us)| us.saturating_add(time.micros_since(last)));
        self.arrival = Some((time, us));
        us
    }

    fn path(&self, loss: Verdict) -> PathState {
        PathState {
            usage: self.delay.usage(),
            loss,
            acknowledged: self.acknowledged.rate(WINDOW_MS),
            acknowledged_long: self.acknowledged.rate(WINDOW_LONG_MS),
            acknowledged_longest: self.acknowledged.rate(WINDOW_LONGEST_MS),
            waiting_us: self.queue.waiting_us(),
            rtt_us: self.rtt_us,
            is_limited: self.usage.is_limited(),
            is_probed: self.probing.is_active(),
        }
    }

    fn situation(&self, now_us: i64) -> Situation {
        Situation {
            estimate: self.rate.rate(),
            is_limited: self.usage.is_limited(),
            has_capacity: self.rate.capacity().is_some(),
            usage: self.delay.usage(),
            waiting_us: self.queue.waiting_us(),
            since_decrease_us: self.rate.since_decrease_us(now_us),
            since_confirmed_us: now_us - self.confirmed_us,
            rtt_us: self.rtt_us,
            jitter_us: self.delay.jitter_us(),
            packet_bytes: self.packet_bits / 8.0,
        }
    }

    /// What is used is confirmed; what nobody has used for long is forgotten, down to what is used or the start.
    fn confirm(&mut self, now_us: i64, path: &PathState) {
        if !path.is_limited {
            self.confirmed_us = now_us;
        } else if now_us - self.confirmed_us > probing::CONFIRM_US {
            let elapsed = (now_us - self.confirmed_us - probing::CONFIRM_US).min(1_000_000) as f64 / 1e6;
            let used = path.acknowledged_long.unwrap_or(0.0) * 1.5;
            let kept = used.max(bps(START));
            if self.rate.rate() > kept {
                self.rate.set((self.rate.rate() * (1.0 - FORGET_PER_SECOND * elapsed)).max(kept));
            }
            self.rate.forget_capacity();
            self.confirmed_us = now_us - probing::CONFIRM_US;
        }
    }

    fn end_probe(&mut self, now_us: i64) {
        let situation = self.situation(now_us);
        let Some(found) = self.probing.handle_feedback(now_us, &situation) else { return };
        if found > self.rate.rate() {
            self.rate.set(found);
        }
        if found > self.rate.rate() * 0.85 {
            self.confirmed_us = now_us;
        }
    }

    /// What was lost in a silence is no congestion: it has been acted on.
    fn end_silence(&mut self, now_us: i64, before: f64) {
        self.loss.ignore_until(now_us + self.rtt_us + SETTLE_US);
        self.delay.forget();
        self.rate.forget_capacity();
        self.probing.come_back_to(now_us, before);
    }

    fn may_read(&mut self, now_us: i64) -> bool {
        if now_us - self.window_us >= FEEDBACK_WINDOW.as_micros() as i64 {
            self.window_us = now_us;
            self.window_feedbacks = 0;
        }
        self.window_feedbacks += 1;
        self.window_feedbacks <= FEEDBACKS_PER_WINDOW_MAX
    }

    /// When a packet leaves. All of a batch leave at once, so most are told the same as the one before.
    #[inline]
    fn sending_us(&mut self, now: Instant) -> i64 {
        if self.sending.0 != now {
            self.sending = (now, self.us(now));
            self.usage.move_to(self.sending.1);
        }
        self.sending.1
    }

    const fn silence_us(&self) -> i64 {
        SILENCE.as_micros() as i64 + self.rtt_us
    }

    fn us(&self, now: Instant) -> i64 {
        i64::try_from(now.saturating_duration_since(self.began).as_micros()).unwrap_or(i64::MAX)
    }
}

fn bps(rate: Bitrate) -> f64 {
    rate.bps() as f64
}

#[cfg(test)]
mod tests;
