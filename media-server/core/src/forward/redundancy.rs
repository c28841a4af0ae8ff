//! Audio that leaves with the packets before it, for a subscriber that loses some (RFC 2198).
//!
//! ```text
//!  cache    7   8   ×   10  11        × lost on the way here
//!  lane     7   8       10  11        plain
//!               7       8   10        and again, one packet later: what a receiver misses it finds there
//!                       7   8
//! ```
//!
//! What goes with a packet is read from the cache of its layer at the moment it is sealed, so nothing is kept for it. An
//! answer to a NACK repeats the packet alone: what went with it went by itself before.

use std::time::Instant;

use arrayvec::ArrayVec;
use rtp::ClockRate;
use rtp::codec::opus::PacketFacts;
use rtp::codec::red::{self, Block, OFFSET_MAX, REDUNDANT_BLOCKS_MAX, REDUNDANT_LEN_MAX};

use super::header::Written;
use super::{Forwarded, Lane, TransportSequence};
use crate::cache::Cache;
use crate::packet::{Codec, Packet};

/// Payload of a packet with those before it: with header, tag, UDP and IPv6 below 1200 bytes, which every path passes. At
/// 32 kbit/s it holds ten packets, of music at 128 kbit/s three.
const PAYLOAD_LEN_MAX: usize = 1060;

impl Lane {
    /// How many earlier packets go with each.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// How many earlier packets go with each from now on; 0 for none. A subscriber that has not agreed on RED never gets any.
    pub const fn set_depth(&mut self, depth: usize) {
        self.depth = if self.payload_types.red().is_some() { depth } else { 0 };
    }

    /// As [`Lane::forward`], and with the packets before it in `cache` while there is to be redundancy.
    #[inline]
    pub fn forward_from(
        &mut self,
        cache: &Cache,
        packet: &Packet<'_>,
        padding: u8,
        transport: &mut TransportSequence,
        now: Instant,
        out: &mut [u8],
    ) -> Option<Forwarded> {
        if self.depth > 0 && packet.facts.codec == Codec::Opus {
            return self.forward_with_earlier(cache, packet, transport, now, out);
        }
        self.forward(packet, padding, transport, now, out)
    }

    fn forward_with_earlier(
        &mut self,
        cache: &Cache,
        packet: &Packet<'_>,
        transport: &mut TransportSequence,
        now: Instant,
        out: &mut [u8],
    ) -> Option<Forwarded> {
        let payload_type = self.payload_types.of(packet.facts.codec)?;
        let rewritten = self.rewrite(packet, now)?;
        let earlier = self.earlier(cache, packet);
        let is_redundant = !earlier.is_empty();
        let outer = self.payload_types.red().filter(|_| is_redundant).unwrap_or(payload_type);
        let written = Written::of(&rewritten, packet.facts, outer);
        let header_len = self.header.write(packet.facts, &written, transport, out)?;
        let payload = out.get_mut(header_len..)?;
        let len = if is_redundant {
            red::write(payload, &earlier, (payload_type, packet.payload)).ok()?
        } else {
            payload.get_mut(..packet.payload.len())?.copy_from_slice(packet.payload);
            packet.payload.len()
        };
        self.note_sent(len);
        Some(Forwarded { len: header_len + len, header_len, sequence: rewritten.sequence, is_redundant })
    }

    /// The packets to go with this one, oldest first: those of the same run of numbers, that play directly before it. What
    /// lies beyond a silence (DTX) or a switch is none of its past.
    fn earlier<'c>(
        &self,
        cache: &'c Cache,
        packet: &Packet<'_>,
    ) -> ArrayVec<Block<'c>, REDUNDANT_BLOCKS_MAX> {
        let mut blocks = ArrayVec::new();
        let facts = packet.facts;
        let Some(payload_type) = self.payload_types.of(facts.codec) else { return blocks };
        let Some(start) = self.rewriter.run_start(facts) else { return blocks };
        let Ok(opus) = PacketFacts::parse(packet.payload) else { return blocks };
        let step = ClockRate::OPUS.ticks_in(opus.duration());
        let mut len = 1 + packet.payload.len();
        for distance in 1..=self.depth.min(REDUNDANT_BLOCKS_MAX) as u64 {
            let offset = distance * step;
            let before = facts.sequence.checked_sub(distance).filter(|before| *before >= start);
            let (Some(before), true) = (before, offset <= u64::from(OFFSET_MAX)) else { break };
            // Lost on its way here; the one before it may be of use all the same.
            let Some(found) = cache.packet(before) else { continue };
            len += 4 + found.payload.len();
            let follows = found.facts.time.ticks() + offset == facts.time.ticks();
            if !follows || found.payload.len() > REDUNDANT_LEN_MAX || len > PAYLOAD_LEN_MAX {
                break;
            }
            blocks.push(Block { payload_type, timestamp_offset: offset as u16, data: found.payload });
        }
        blocks.reverse();
        blocks
    }
}

#[cfg(test)]
mod tests;
