//! RTCP that goes out: reports every second, and feedback when it is due.

use std::time::{Duration, Instant};

use rtp::rtcp::{REPORT_BLOCKS_MAX, Writer};
use rtp::{SeqNo, Ssrc, WriteError};

use super::Participant;

/// Between two reports, as browsers do for video.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// RTCP at most: with seal, UDP and IPv6 below an MTU of 1280.
const DATAGRAM_MAX: usize = 1180;
/// Numbers of one NACK: at worst four bytes each.
const NACK_MAX: usize = 256;

impl Participant {
    /// Sends what is due.
    pub(super) fn send_feedback(&mut self, now: Instant) {
        if self.transport.media.is_none() {
            return;
        }
        self.send_nacks(now);
        self.send_arrivals(now);
        if self.next_report <= now {
            self.next_report = now + REPORT_EVERY;
            self.send_reports(now);
        }
    }

    fn send_nacks(&mut self, now: Instant) {
        let sender = self.rtcp_sender();
        // Reports come every second, checks every five.
        let round_trip = self.reported_round_trip.or_else(|| self.transport.round_trip());
        let mut wishes: Vec<(Ssrc, Vec<SeqNo>)> = Vec::new();
        let mut key_frames = Vec::new();
        for lane in &mut self.lanes {
            if lane.poll_timeout().is_some_and(|due| due <= now) {
                wishes.extend(lane.poll_nack(round_trip, &self.clock, now));
                key_frames.extend(lane.poll_key_frame_request(now));
            }
        }
        for (media, lost) in wishes {
            for lost in lost.chunks(NACK_MAX) {
                self.send_rtcp(|writer| writer.nack(sender, media, lost.iter().copied()));
            }
        }
        for media in key_frames {
            self.send_rtcp(|writer| writer.picture_loss(sender, media));
        }
    }

    fn send_arrivals(&mut self, now: Instant) {
        let sender = self.rtcp_sender();
        let stream = self.lanes.iter().find_map(|lane| Some(lane.streams()?.ssrc)).unwrap_or(sender);
        loop {
            let mut is_written = false;
            let Some(media) = &mut self.transport.media else { return };
            let mut datagram = vec![0; DATAGRAM_MAX];
            let mut writer = Writer::new(&mut datagram);
            if begin(&mut writer, (sender, &self.cname), self.reduced_size).is_ok() {
                is_written = media.arrivals.poll(now, (sender, stream), &mut writer);
            }
            let len = writer.finish();
            if !is_written {
                return;
            }
            datagram.truncate(len);
            media.wire.send_rtcp(datagram);
        }
    }

    /// One compound packet of all (RFC 3550 §6.1): a report for each sent stream, what was received, one name.
    fn send_reports(&mut self, now: Instant) {
        let blocks: Vec<_> =
            self.lanes.iter_mut().filter_map(|lane| lane.report(now)).take(REPORT_BLOCKS_MAX).collect();
        let infos: Vec<_> =
            self.publishers.iter().flat_map(|publisher| publisher.sender_infos(now, &self.clock)).collect();
        let (own, cname) = (self.feedback_ssrc, self.cname.clone());
        self.send_compound(|writer| {
            match infos.split_first() {
                None => writer.receiver_report(own, &blocks)?,
                Some((&(first, info), others)) => {
                    writer.sender_report(first, info, &blocks)?;
                    for &(ssrc, info) in others {
                        writer.sender_report(ssrc, info, &[])?;
                    }
                }
            }
            match infos.as_slice() {
                [] => writer.cname(own, cname.as_bytes()),
                infos => infos.iter().try_for_each(|(ssrc, _)| writer.cname(*ssrc, cname.as_bytes())),
            }
        });
    }

    /// Sends feedback: alone where the node agreed to that (RFC 5506), behind an empty report where not.
    fn send_rtcp(&mut self, write: impl FnOnce(&mut Writer<'_>) -> Result<(), WriteError>) {
        let (sender, cname, reduced_size) = (self.rtcp_sender(), self.cname.clone(), self.reduced_size);
        self.send_compound(|writer| {
            begin(writer, (sender, &cname), reduced_size)?;
            write(writer)
        });
    }

    fn send_compound(&mut self, write: impl FnOnce(&mut Writer<'_>) -> Result<(), WriteError>) {
        let Some(media) = &mut self.transport.media else { return };
        let mut datagram = vec![0; DATAGRAM_MAX];
        let mut writer = Writer::new(&mut datagram);
        // What does not fit is left out: the bounds above keep it from happening.
        let is_whole = write(&mut writer).is_ok();
        let len = writer.finish();
        if is_whole && len > 0 {
            datagram.truncate(len);
            media.wire.send_rtcp(datagram);
        }
    }

    /// Who speaks in feedback: a stream of one's own, if there is one.
    fn rtcp_sender(&self) -> Ssrc {
        self.publishers.iter().find_map(crate::send::Publisher::ssrc).unwrap_or(self.feedback_ssrc)
    }
}

fn begin(
    writer: &mut Writer<'_>,
    (sender, cname): (Ssrc, &str),
    reduced_size: bool,
) -> Result<(), WriteError> {
    if reduced_size {
        return Ok(());
    }
    writer.receiver_report(sender, &[])?;
    writer.cname(sender, cname.as_bytes())
}
