//! Earlier packets inside later ones, found by their age as a jitter buffer does (RFC 2198).
//!
//! Written apart from the node's own: two readings of one specification that have to get along with each other.

use rtp::ClockRate;
use rtp::codec::opus::PacketFacts;
use rtp::codec::red::Blocks;

/// An earlier packet in a later one: its number and its payload.
pub(super) type Earlier<'p> = (u64, &'p [u8]);

/// The earlier packets, oldest first with their numbers, and the new one, of a RED payload under this number. `None` when it
/// is broken. Blocks whose age is no whole number of packets are left out.
pub(super) fn split(payload: &[u8], number: u64) -> Option<(Vec<Earlier<'_>>, &[u8])> {
    let blocks: Vec<_> = Blocks::parse(payload).ok()?.collect();
    let (primary, earlier) = blocks.split_last()?;
    if earlier.iter().any(|block| block.payload_type != primary.payload_type) {
        return None;
    }
    let each = ClockRate::OPUS.ticks_in(PacketFacts::parse(primary.data).ok()?.duration());
    let earlier = earlier.iter().filter_map(|block| {
        let age = u64::from(block.timestamp_offset);
        let is_whole = age > 0 && age.checked_rem(each) == Some(0);
        Some((number.checked_sub(age.checked_div(each)?)?, block.data)).filter(|_| is_whole)
    });
    Some((earlier.collect(), primary.data))
}
