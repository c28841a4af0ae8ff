//! A participant that opens few of its packets: the others are counted by what is readable of them, and told of.

use std::time::Instant;

use rtp::demux::{Protocol, classify};
use rtp::extension::{ExtensionKind, parse_transport_sequence};
use rtp::{RtpHeader, RtpPacket};

use super::Participant;

impl Participant {
    pub(super) const fn is_sink(&self) -> bool {
        self.config.opens_one_in > 1
    }

    /// Takes a packet of a lane's own stream; `false` for everything else, which is opened.
    pub(super) fn sink(&mut self, now: Instant, datagram: &mut [u8]) -> bool {
        let Some(media) = self.transport.media.as_mut().filter(|_| classify(datagram) == Some(Protocol::Rtp))
        else {
            return false;
        };
        let Ok(header) = RtpHeader::parse(datagram) else { return false };
        let (ssrc, sequence) = (header.ssrc(), header.sequence());
        let number = media.wire.extensions().id(ExtensionKind::TransportSequence);
        let number = number.and_then(|id| parse_transport_sequence(header.extensions().lookup(id)?.data));
        let timestamp = header.timestamp();
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.takes(ssrc) == Some(false)) else {
            return false;
        };
        self.counted.datagrams_received += 1;
        self.counted.bytes_received += datagram.len() as u64;
        self.sunk = self.sunk.wrapping_add(1);
        if self.sunk.is_multiple_of(self.config.opens_one_in) {
            let opened = media
                .opener
                .open_rtp(datagram)
                .ok()
                .and_then(|opened| RtpPacket::parse(&datagram[..opened.len]).ok());
            let Some(packet) = opened else {
                self.counted.unauthentic += 1;
                return true;
            };
            lane.sample(&packet, &self.clock, now);
        }
        self.counted.rtp_received += 1;
        if let Some(number) = number {
            media.arrivals.handle_packet(number, now);
        }
        lane.count(sequence, timestamp, now);
        true
    }
}
