//! Earlier packets that come again with a later one: what of a RED payload fills which place (RFC 2198).
//!
//! ```text
//!  arrives   7  8        11 (10, 9)          9 and 10 were lost, and are there before anybody asks for them
//! ```
//!
//! A block says how long before the packet it was sampled, not which number it had. Blocks that follow on each other
//! without a gap in time do so in number too; where time is missing between two, the sender was silent (DTX) or left
//! blocks out, and nobody can tell the numbers beyond: those are not taken.

use arrayvec::ArrayVec;
use rtp::codec::opus::PacketFacts;
use rtp::codec::red::{Block, Blocks, REDUNDANT_BLOCKS_MAX};
use rtp::{ClockRate, ExtSeqNo, PayloadType, RtpTimestamp};

/// An earlier packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// Its place.
    pub sequence: ExtSeqNo,
    /// Its timestamp.
    pub timestamp: RtpTimestamp,
    /// Its payload.
    pub payload: &'a [u8],
}

/// What a RED packet holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'a> {
    /// Oldest first. Any of them may be there already.
    pub earlier: ArrayVec<Earlier<'a>, REDUNDANT_BLOCKS_MAX>,
    /// The payload of the packet itself.
    pub primary: &'a [u8],
}

/// Splits the payload of a RED packet with this sequence and timestamp, whose blocks are to be Opus of the type
/// `inside`. `None` when it is malformed, or its new frame is something else (RED in RED too).
#[must_use]
pub fn split(
    payload: &[u8],
    inside: PayloadType,
    (sequence, timestamp): (ExtSeqNo, RtpTimestamp),
) -> Option<Split<'_>> {
    let mut blocks: ArrayVec<Block<'_>, { REDUNDANT_BLOCKS_MAX + 1 }> =
        Blocks::parse(payload).ok()?.collect();
    let primary = blocks.pop().filter(|primary| primary.payload_type == inside)?;
    let mut earlier = ArrayVec::new();
    let (mut from, mut at) = (0, sequence);
    for block in blocks.iter().rev() {
        let offset = u32::from(block.timestamp_offset);
        let follows = block.payload_type == inside
            && PacketFacts::parse(block.data).is_ok_and(|facts| {
                u64::from(offset - from.min(offset)) == ClockRate::OPUS.ticks_in(facts.duration())
            });
        let Some(before) = at.checked_sub(1).filter(|_| follows) else { break };
        (from, at) = (offset, before);
        earlier.push(Earlier {
            sequence: at,
            timestamp: timestamp.wrapping_sub(offset),
            payload: block.data,
        });
    }
    earlier.reverse();
    Some(Split { earlier, primary: primary.data })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: RtpTimestamp = RtpTimestamp(10_000);

    fn opus() -> PayloadType {
        PayloadType::new(111).unwrap()
    }

    /// 20 ms of Opus.
    fn frame(number: u8) -> [u8; 4] {
        [9 << 3, number, number, number]
    }

    fn payload(blocks: &[(u8, u16, [u8; 4])]) -> Vec<u8> {
        let blocks: Vec<_> = blocks
            .iter()
            .map(|(number, timestamp_offset, data)| Block {
                payload_type: PayloadType::new(*number).unwrap(),
                timestamp_offset: *timestamp_offset,
                data,
            })
            .collect();
        let (primary, redundant) = blocks.split_last().unwrap();
        let mut buffer = [0; 200];
        let len =
            rtp::codec::red::write(&mut buffer, redundant, (primary.payload_type, primary.data)).unwrap();
        buffer[..len].to_vec()
    }

    /// Which frames come out, by their distance.
    fn found(blocks: &[(u8, u16, [u8; 4])]) -> Option<Vec<(u64, u8)>> {
        let sequence = ExtSeqNo::from_index(70_000).unwrap();
        let payload = payload(blocks);
        let split = split(&payload, opus(), (sequence, AT))?;
        assert_eq!(split.primary, blocks.last().unwrap().2);
        Some(
            split
                .earlier
                .iter()
                .map(|one| {
                    let distance = 70_000 - one.sequence.index();
                    assert_eq!(one.timestamp, AT.wrapping_sub(960 * distance as u32));
                    (distance, one.payload[1])
                })
                .collect(),
        )
    }

    #[test]
    fn each_block_fills_the_place_before_the_next() {
        let blocks = [(111, 1920, frame(1)), (111, 960, frame(2)), (111, 0, frame(3))];

        assert_eq!(found(&blocks), Some(vec![(2, 1), (1, 2)]));
        assert_eq!(found(&blocks[2..]), Some(vec![]));
    }

    #[test]
    fn beyond_a_silence_nothing_is_taken() {
        let silence = [(111, 9600, frame(1)), (111, 960, frame(2)), (111, 0, frame(3))];
        let at_once = [(111, 4800, frame(2)), (111, 0, frame(3))];
        let backwards = [(111, 960, frame(1)), (111, 1920, frame(2)), (111, 0, frame(3))];
        let nothing = [(111, 0, frame(2)), (111, 0, frame(3))];

        assert_eq!(found(&silence), Some(vec![(1, 2)]));
        assert_eq!(found(&at_once), Some(vec![]));
        assert_eq!(found(&backwards), Some(vec![]));
        assert_eq!(found(&nothing), Some(vec![]));
    }

    #[test]
    fn abuse_55_other_types_and_red_in_red_are_not_taken() {
        assert_eq!(found(&[(63, 960, frame(1)), (111, 0, frame(2))]), Some(vec![]));
        assert_eq!(found(&[(111, 960, frame(1)), (63, 0, frame(2))]), None);
        assert_eq!(split(&[0xef, 0, 0, 9, 0x6f], opus(), (ExtSeqNo::from_index(70_000).unwrap(), AT)), None);
    }
}
