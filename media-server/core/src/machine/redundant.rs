//! RED packets of publishers: the earlier ones in them that were lost take their places, before anybody asks for them.

use std::time::Instant;

use rtp::RtpPacket;
use rtp::extension::ExtensionValues;
use srtp::OpenedRtp;

use super::Core;
use super::datagrams::facts_of;
use crate::keys::RoomKey;
use crate::packet::Codec;
use crate::peer::ingest::Place;
use crate::receive::redundancy::split;
use crate::room::track::Meaning;

impl Core {
    /// Takes what is new of the earlier packets and gives the payload of the packet itself. That of any other than a RED
    /// packet is as it came; `None`, counted, for a RED packet that cannot be read.
    pub(super) fn take_earlier<'p>(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        place: Place,
        opened: &OpenedRtp,
        packet: &RtpPacket<'p>,
        values: &ExtensionValues,
    ) -> Option<&'p [u8]> {
        let header = packet.header();
        let track = self.rooms.get_mut(room_key.0)?.track_mut(place.track)?;
        let Some(Meaning::Redundant(codec)) = track.meaning(header.payload_type()) else {
            return Some(packet.payload());
        };
        let (id, inside) = (track.id, track.payload_type(codec)?);
        let Some(split) = split(packet.payload(), inside, (opened.sequence, header.timestamp())) else {
            self.counters.dropped_malformed += 1;
            return None;
        };
        for earlier in &split.earlier {
            let receiving =
                self.rooms.get_mut(room_key.0)?.track_mut(place.track)?.begin_receiving(place.layer, now)?;
            // Nearly always it has come by itself.
            let Some(received) = receiving.media.handle_earlier(earlier.sequence, earlier.timestamp) else {
                continue;
            };
            receiving.nack.handle_packet(received.sequence, now);
            // The level of the packet that it comes with, 20 ms later, is nearer to its own than silence is.
            let of = (id, place.layer);
            let facts = facts_of(of, (Codec::Opus, None), received, false, earlier.payload, values);
            self.counters.recovered_redundant += 1;
            self.keep_packet(now, room_key, place, &facts, (&[], earlier.payload), Some(opened.sequence));
        }
        Some(split.primary)
    }
}
