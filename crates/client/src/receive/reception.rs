//! What a reception report says of one stream (RFC 3550 §6.4.1, §A.3, §A.8).

use std::time::{Duration, Instant};

use rtp::rtcp::{ReportBlock, SenderInfo};
use rtp::{ClockRate, NtpShort, RtpTimestamp, Ssrc};

/// One incoming stream's figures.
#[derive(Debug)]
pub(super) struct Reception {
    clock: ClockRate,
    began: Option<(u64, Instant)>,
    highest: u64,
    received: u64,
    prior: (u64, u64),
    transit: Option<i64>,
    /// In sixteenths of a tick.
    jitter: u64,
    last_report: Option<(NtpShort, Instant)>,
}

impl Reception {
    pub(super) const fn new(clock: ClockRate) -> Self {
        Self {
            clock,
            began: None,
            highest: 0,
            received: 0,
            prior: (0, 0),
            transit: None,
            jitter: 0,
            last_report: None,
        }
    }

    /// Takes a packet of the stream itself, not one that came back by RTX: what was lost stays lost here.
    pub(super) fn handle_packet(&mut self, number: u64, timestamp: RtpTimestamp, now: Instant) {
        let (_, began) = *self.began.get_or_insert((number, now));
        self.highest = self.highest.max(number);
        self.received += 1;
        let arrival = self.clock.ticks_in(now.saturating_duration_since(began)) as u32;
        let transit = i64::from(arrival.wrapping_sub(timestamp.0).cast_signed());
        if let Some(before) = self.transit.replace(transit) {
            let difference = transit.abs_diff(before).min(u64::from(u32::MAX));
            self.jitter = self.jitter + difference - ((self.jitter + 8) >> 4);
        }
    }

    pub(super) fn handle_sender_report(&mut self, info: &SenderInfo, now: Instant) {
        self.last_report = Some((info.ntp.middle(), now));
    }

    /// `None` before the first packet.
    pub(super) fn report(&mut self, ssrc: Ssrc, now: Instant) -> Option<ReportBlock> {
        let (first, _) = self.began?;
        let expected = (self.highest + 1).saturating_sub(first);
        let (expected_before, received_before) = self.prior;
        self.prior = (expected, self.received);
        let expected_since = expected - expected_before;
        let lost_since = expected_since.saturating_sub(self.received - received_before);
        let fraction = (lost_since * 256).checked_div(expected_since).unwrap_or_default().min(255);
        let lost =
            i64::try_from(expected).unwrap_or(i64::MAX) - i64::try_from(self.received).unwrap_or(i64::MAX);
        let (last, since) = self.last_report.map_or((NtpShort(0), Duration::ZERO), |(middle, at)| {
            (middle, now.saturating_duration_since(at))
        });
        Some(ReportBlock {
            ssrc,
            fraction_lost: fraction as u8,
            lost: lost.clamp(i64::from(ReportBlock::LOST_MIN), i64::from(ReportBlock::LOST_MAX)) as i32,
            highest_sequence: self.highest as u32,
            jitter: (self.jitter >> 4).min(u64::from(u32::MAX)) as u32,
            last_sender_report: last,
            delay: NtpShort::from_duration(since),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_since_the_last_report_is_told_in_256ths() {
        let start = Instant::now();
        let mut reception = Reception::new(ClockRate::OPUS);
        for number in (100..200).filter(|number| number % 4 != 3) {
            let at = start + Duration::from_millis(20) * (number as u32 - 100);
            reception.handle_packet(number, RtpTimestamp((number as u32) * 960), at);
        }
        let first = reception.report(Ssrc(1), start).unwrap();
        reception.handle_packet(200, RtpTimestamp(200 * 960), start + Duration::from_secs(2));
        let second = reception.report(Ssrc(1), start).unwrap();

        assert_eq!((first.fraction_lost, first.lost, first.highest_sequence), (62, 24, 198));
        assert_eq!((second.fraction_lost, second.lost), (128, 25), "199 of 199 and 200");
        assert_eq!(second.jitter, 0, "evenly sent, evenly received");
    }

    #[test]
    fn a_sender_report_is_quoted_with_its_age() {
        let start = Instant::now();
        let mut reception = Reception::new(ClockRate::OPUS);
        reception.handle_packet(1, RtpTimestamp(0), start);
        let info = SenderInfo {
            ntp: rtp::NtpTime(0x1122_3344_5566_7788),
            timestamp: RtpTimestamp(0),
            packets: 1,
            bytes: 1,
        };

        reception.handle_sender_report(&info, start);
        let report = reception.report(Ssrc(1), start + Duration::from_millis(500)).unwrap();

        assert_eq!((report.last_sender_report, report.delay), (NtpShort(0x3344_5566), NtpShort(32768)));
    }
}
