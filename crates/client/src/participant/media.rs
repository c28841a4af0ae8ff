//! What comes in, once it is opened: media to its lane, reports and feedback to whom they concern.

use std::time::Instant;

use rtp::extension::{ExtensionKind, parse_transport_sequence};
use rtp::rtcp::{Compound, Nack, Packet, ReportBlocks};
use rtp::{NtpShort, RtpPacket, Ssrc};

use super::Participant;
use crate::receive::Opened;
use crate::transport::Inside;

impl Participant {
    pub(super) fn handle_media(&mut self, now: Instant, inside: &Inside, datagram: &[u8]) {
        match *inside {
            Inside::Rtp { len, sequence } => {
                match datagram.get(..len).map(RtpPacket::parse) {
                    Some(Ok(packet)) => self.handle_rtp(now, &Opened { packet, sequence }),
                    _ => self.counted.malformed += 1,
                };
            }
            Inside::Rtcp { len } => match datagram.get(..len).map(Compound::parse) {
                Some(Ok(compound)) => {
                    for packet in compound {
                        match packet {
                            Ok(packet) => self.handle_rtcp(now, &packet),
                            Err(_) => self.counted.malformed += 1,
                        }
                    }
                }
                _ => self.counted.malformed += 1,
            },
        }
    }

    fn handle_rtp(&mut self, now: Instant, opened: &Opened<'_>) {
        let header = opened.packet.header();
        if let Some(media) = &mut self.transport.media
            && let Some(id) = media.wire.extensions().id(ExtensionKind::TransportSequence)
            && let Some(element) = header.extensions().lookup(id)
            && let Some(number) = parse_transport_sequence(element.data)
        {
            media.arrivals.handle_packet(number, now);
        }
        let ssrc = header.ssrc();
        let found = self.lanes.iter_mut().find_map(|lane| lane.takes(ssrc).map(|is_rtx| (lane, is_rtx)));
        match found {
            None => self.counted.unknown_stream += 1,
            Some((lane, false)) => lane.handle_media(opened, &self.clock, now),
            Some((lane, true)) => lane.handle_retransmission(opened, &self.clock, now),
        }
    }

    fn handle_rtcp(&mut self, now: Instant, packet: &Packet<'_>) {
        match packet {
            Packet::SenderReport(report) => {
                self.note_round_trip(now, report.blocks.clone());
                for lane in self.lanes.iter_mut().filter(|lane| lane.takes(report.sender) == Some(false)) {
                    lane.handle_sender_report(&report.info, now);
                }
            }
            Packet::Nack(nack) => self.handle_nack(now, nack),
            Packet::TransportFeedback(feedback) => {
                if let Some(media) = &self.transport.media {
                    self.rate.handle_feedback(feedback, &media.wire, now);
                }
            }
            Packet::PictureLossIndication(loss) => {
                self.with_publisher(loss.media, |publisher| publisher.handle_key_frame_request(loss.media));
            }
            Packet::FullIntraRequest(request) => {
                for entry in request.entries() {
                    self.with_publisher(entry.media, |publisher| {
                        publisher.handle_full_intra(entry.media, entry.command);
                    });
                }
            }
            Packet::ReceiverReport(report) => self.note_round_trip(now, report.blocks.clone()),
            Packet::SourceDescription(_)
            | Packet::Bye(_)
            | Packet::ReceiverEstimate(_)
            | Packet::Other { .. } => {}
        }
    }

    /// By what the node says of the own streams (RFC 3550 §6.4.1); of loss the transport-wide feedback says more.
    fn note_round_trip(&mut self, now: Instant, blocks: ReportBlocks<'_>) {
        let is_own = |ssrc| self.publishers.iter().any(|publisher| publisher.sends(ssrc));
        let middle = self.clock.ntp(now).middle();
        let trip = blocks
            .filter(|block| is_own(block.ssrc))
            .find_map(|block| NtpShort::round_trip(middle, block.last_sender_report, block.delay));
        self.reported_round_trip = trip.or(self.reported_round_trip);
    }

    fn handle_nack(&mut self, now: Instant, nack: &Nack<'_>) {
        let Some(media) = &mut self.transport.media else { return };
        let publisher = self.publishers.iter_mut().find(|publisher| publisher.sends(nack.media));
        if let Some(publisher) = publisher {
            publisher.handle_nack(nack.media, nack.lost(), now, &self.clock, &mut media.wire);
        }
    }

    fn with_publisher(&mut self, ssrc: Ssrc, then: impl FnOnce(&mut crate::send::Publisher)) {
        if let Some(publisher) = self.publishers.iter_mut().find(|publisher| publisher.sends(ssrc)) {
            then(publisher);
        }
    }
}
