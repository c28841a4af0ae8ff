//! The publisher's bit rate, by the node's transport-wide feedback: a simple ramp.
//!
//! ```text
//!  nothing lost, no queue      grows by half each second, and by 8 % once it has fallen
//!  2 % to 10 % lost            stays
//!  more than 10 % lost         falls by half the loss
//!  a queue of 60 ms or more    falls to 85 % of what arrives, or of itself
//!  no feedback                 stays where it is
//! ```
//!
//! Browsers do better; this one is there so that a node's feedback is put to use and its absence shows.

use std::time::{Duration, Instant};

use rtp::rtcp::TransportFeedback;
use rtp::{Bitrate, DataSize};

use super::wire::Wire;

/// Where it begins before any feedback, and below which it does not fall: what a small picture needs.
const MIN: Bitrate = Bitrate::from_kbps(100);
/// Growth of a second without loss, while nothing is known of the path's end.
const GROWTH_PER_SECOND: f64 = 1.5;
/// Growth of a second near it.
const CAREFUL_GROWTH_PER_SECOND: f64 = 1.08;
/// The longest time between two feedbacks that growth counts: what went unmeasured does not count.
const STEP_MAX: Duration = Duration::from_millis(250);
/// Loss that is measured over fewer packets than this says nothing.
const WINDOW_PACKETS: u32 = 40;
/// A queue longer than this is the network's.
const QUEUE_MAX_MICROS: i64 = 60_000;
/// After a fall it waits this long before the next: what is under way was sent at the old rate.
const FALL_EVERY: Duration = Duration::from_millis(300);
/// A path's least delay is looked for again this often, so that a new path is judged by itself.
const BASE_FOR: Duration = Duration::from_secs(10);

/// A least value of the last [`BASE_FOR`] to twice that.
#[derive(Clone, Copy, Debug)]
struct Base {
    now: i64,
    before: i64,
    since: Instant,
}

/// The controller of one transport.
#[derive(Debug)]
pub(crate) struct RateController {
    target: Bitrate,
    max: Bitrate,
    last_feedback: Option<Instant>,
    last_fall: Option<Instant>,
    arrived: u32,
    lost: u32,
    /// The least of (arrival − departure), in microseconds of two unrelated clocks.
    base: Option<Base>,
    /// Where departures are counted from.
    began: Instant,
}

impl RateController {
    pub(crate) fn new(start: Bitrate, max: Bitrate, now: Instant) -> Self {
        Self {
            target: start,
            max,
            last_feedback: None,
            last_fall: None,
            arrived: 0,
            lost: 0,
            base: None,
            began: now,
        }
    }

    /// What all video together may use.
    pub(crate) const fn target(&self) -> Bitrate {
        self.target
    }

    /// Takes a feedback on packets that `wire` has sent.
    pub(crate) fn handle_feedback(&mut self, feedback: &TransportFeedback<'_>, wire: &Wire, now: Instant) {
        let since = self.last_feedback.replace(now).map_or(Duration::ZERO, |last| now - last).min(STEP_MAX);
        let (mut arrived, mut bytes, mut queue) = (0u32, 0u64, None);
        let mut span: Option<(i64, i64)> = None;
        for arrival in feedback.arrivals() {
            let Some(sent) = wire.sent(arrival.sequence) else { continue };
            arrived += 1;
            bytes += sent.bytes as u64;
            let at = i64::from(arrival.time.0) * 250;
            let left = sent.at.saturating_duration_since(self.began).as_micros() as i64;
            queue = Some(self.queue_of(at - left, now));
            span = Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        self.arrived += arrived;
        self.lost += u32::from(feedback.status_count).saturating_sub(arrived);
        let received = span.and_then(|(first, last)| {
            let span = Duration::from_micros(u64::try_from(last - first).unwrap_or_default());
            DataSize::from_bytes(bytes).per(span)
        });
        self.decide(since, queue.unwrap_or_default(), received, now);
    }

    /// How much longer than at best a packet took.
    fn queue_of(&mut self, transit: i64, now: Instant) -> i64 {
        let base = self.base.get_or_insert(Base { now: transit, before: transit, since: now });
        if now - base.since >= BASE_FOR {
            *base = Base { now: transit, before: base.now, since: now };
        }
        base.now = base.now.min(transit);
        transit - base.now.min(base.before)
    }

    fn decide(&mut self, since: Duration, queue: i64, received: Option<Bitrate>, now: Instant) {
        let may_fall = self.last_fall.is_none_or(|last| now - last >= FALL_EVERY);
        let total = self.arrived + self.lost;
        let loss = f64::from(self.lost) / f64::from(total.max(1));
        let is_measured = total >= WINDOW_PACKETS;
        let target = if queue >= QUEUE_MAX_MICROS && may_fall {
            self.last_fall = Some(now);
            received.unwrap_or(self.target).min(self.target).scaled(85, 100)
        } else if is_measured && loss > 0.10 && may_fall {
            self.last_fall = Some(now);
            scale(self.target, 1.0 - 0.5 * loss)
        } else if loss < 0.02 && queue < QUEUE_MAX_MICROS {
            let growth = if self.last_fall.is_some() { CAREFUL_GROWTH_PER_SECOND } else { GROWTH_PER_SECOND };
            scale(self.target, growth.powf(since.as_secs_f64()))
        } else {
            self.target
        };
        if is_measured {
            (self.arrived, self.lost) = (0, 0);
        }
        self.target = target.clamp(MIN, self.max.max(MIN));
    }
}

fn scale(rate: Bitrate, factor: f64) -> Bitrate {
    Bitrate::from_bps((rate.bps() as f64 * factor) as u64)
}
