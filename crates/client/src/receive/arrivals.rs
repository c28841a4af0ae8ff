//! Transport-wide feedback to the node: when each packet with a number arrived.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rtp::rtcp::Writer;
use rtp::rtcp::transport_feedback::{Arrival, ArrivalTime};
use rtp::{ExtSeqNo, SeqNo, SeqUnwrapper, Ssrc};

/// How long a packet waits to be told of, as in browsers.
const INTERVAL: Duration = Duration::from_millis(50);
/// Arrivals that wait: more make a feedback due at once.
const WAITING_MAX: usize = 200;

/// The arrivals of one transport.
#[derive(Debug)]
pub(crate) struct Arrivals {
    began: Instant,
    numbers: SeqUnwrapper,
    waiting: BTreeMap<u64, ArrivalTime>,
    /// The first number not told of.
    next: Option<u64>,
    due: Option<Instant>,
    count: u8,
}

impl Arrivals {
    pub(crate) const fn new(began: Instant) -> Self {
        Self {
            began,
            numbers: SeqUnwrapper::starting_at(1),
            waiting: BTreeMap::new(),
            next: None,
            due: None,
            count: 0,
        }
    }

    pub(crate) fn handle_packet(&mut self, number: SeqNo, now: Instant) {
        let Some(number) = self.numbers.extend(number).map(ExtSeqNo::index) else { return };
        let time = ArrivalTime::from_duration(now.saturating_duration_since(self.began));
        self.waiting.entry(number).or_insert(time);
        let due = *self.due.get_or_insert(now + INTERVAL);
        if self.waiting.len() >= WAITING_MAX {
            self.due = Some(due.min(now));
        }
    }

    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Writes a feedback if one is due; whether it did.
    pub(crate) fn poll(&mut self, now: Instant, (sender, media): (Ssrc, Ssrc), out: &mut Writer<'_>) -> bool {
        if self.due.is_none_or(|due| now < due) {
            return false;
        }
        let arrivals: Vec<_> = self
            .waiting
            .iter()
            .map(|(&number, &time)| Arrival { sequence: SeqNo(number as u16), time })
            .collect();
        let first = self.waiting.first_key_value().map(|(&number, _)| number);
        let base = first.map(|first| self.next.map_or(first, |next| next.min(first)));
        let written = base.and_then(|base| {
            out.transport_feedback(sender, media, self.count, SeqNo(base as u16), &arrivals).ok()
        });
        for _ in 0..written.unwrap_or(arrivals.len()) {
            self.next = self.waiting.pop_first().map(|(number, _)| number + 1);
        }
        self.due = (!self.waiting.is_empty()).then_some(now);
        self.count = self.count.wrapping_add(1);
        written.is_some()
    }
}

#[cfg(test)]
mod tests {
    use rtp::rtcp::{Compound, Packet};

    use super::*;

    #[test]
    fn what_came_is_told_once_and_gaps_show() {
        let start = Instant::now();
        let mut arrivals = Arrivals::new(start);
        for (number, at) in [(65_534, 0), (65_535, 3), (1, 8)] {
            arrivals.handle_packet(SeqNo(number), start + Duration::from_millis(at));
        }

        let mut datagram = [0; 1200];
        let mut writer = Writer::new(&mut datagram);
        assert!(!arrivals.poll(start + Duration::from_millis(49), (Ssrc(1), Ssrc(2)), &mut writer));
        assert!(arrivals.poll(start + INTERVAL, (Ssrc(1), Ssrc(2)), &mut writer));
        let len = writer.finish();

        let packet = Compound::parse(&datagram[..len]).unwrap().next().unwrap().unwrap();
        let Packet::TransportFeedback(feedback) = packet else { panic!("{packet:?}") };
        let told: Vec<_> = feedback.statuses().map(|(number, delta)| (number.0, delta.is_some())).collect();
        assert_eq!(told, [(65_534, true), (65_535, true), (0, false), (1, true)]);
        assert_eq!(arrivals.poll_timeout(), None);
    }
}
