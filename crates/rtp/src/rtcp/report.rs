//! Sender and receiver reports (RFC 3550 §6.4).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                  NTP time, 64 bits                            |  SR only:
//! |                  RTP timestamp of that instant                |  this instant on both clocks,
//! |                  packets sent so far                          |  and counts modulo 2^32
//! |                  payload bytes sent so far                    |
//! +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
//! |                  SSRC reported on                             |  up to 31 report blocks
//! | fraction lost |         packets lost so far, signed           |
//! |                  highest sequence number, extended            |
//! |                  interarrival jitter, in ticks                |
//! |                  last SR: middle of its NTP time              |
//! |                  delay since then, in 1/65536 s               |
//! +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
//! ```

use super::split_ssrc;
use crate::error::ParseError;
use crate::units::{NtpShort, NtpTime, RtpTimestamp, Ssrc};

/// The five bits of the count go no further.
pub const REPORT_BLOCKS_MAX: usize = 31;

pub(super) const SENDER_INFO_LEN: usize = 20;
pub(super) const REPORT_BLOCK_LEN: usize = 24;

/// What a sender says of its own stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// The wall clock, now.
    pub ntp: NtpTime,
    /// The media clock at the same instant: what lip synchronisation rests on.
    pub timestamp: RtpTimestamp,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far, without headers and padding.
    pub bytes: u32,
}

impl SenderInfo {
    fn parse(info: &[u8; SENDER_INFO_LEN]) -> Self {
        let [n0, n1, n2, n3, n4, n5, n6, n7, rest @ ..] = *info;
        let [t0, t1, t2, t3, p0, p1, p2, p3, b0, b1, b2, b3] = rest;
        Self {
            ntp: NtpTime(u64::from_be_bytes([n0, n1, n2, n3, n4, n5, n6, n7])),
            timestamp: RtpTimestamp(u32::from_be_bytes([t0, t1, t2, t3])),
            packets: u32::from_be_bytes([p0, p1, p2, p3]),
            bytes: u32::from_be_bytes([b0, b1, b2, b3]),
        }
    }

    pub(super) fn to_bytes(self) -> [u8; SENDER_INFO_LEN] {
        let mut info = [0; SENDER_INFO_LEN];
        info[..8].copy_from_slice(&self.ntp.0.to_be_bytes());
        info[8..12].copy_from_slice(&self.timestamp.0.to_be_bytes());
        info[12..16].copy_from_slice(&self.packets.to_be_bytes());
        info[16..].copy_from_slice(&self.bytes.to_be_bytes());
        info
    }
}

/// What a receiver says of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: Ssrc,
    /// Lost since the previous report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since the beginning: 24 bits, negative when duplicates outnumber losses.
    pub lost: i32,
    /// The highest sequence number received, with its cycles in the upper 16 bits.
    pub highest_sequence: u32,
    /// The jitter of §6.4.1, in ticks of the media clock.
    pub jitter: u32,
    /// The middle of the last sender report's NTP time; 0 before the first.
    pub last_sender_report: NtpShort,
    /// Since that report arrived.
    pub delay: NtpShort,
}

impl ReportBlock {
    /// The largest loss that 24 bits hold; more is reported as this much (RFC 3550 §A.3).
    pub const LOST_MAX: i32 = 0x7f_ffff;
    /// The smallest.
    pub const LOST_MIN: i32 = -0x80_0000;

    fn parse(block: &[u8; REPORT_BLOCK_LEN]) -> Self {
        let word = |index: usize| {
            let words = block.as_chunks::<4>().0;
            u32::from_be_bytes(words.get(index).copied().unwrap_or_default())
        };
        Self {
            ssrc: Ssrc(word(0)),
            fraction_lost: block[4],
            // The shift up and back again spreads the sign of the 24 bits.
            lost: (word(1) << 8).cast_signed() >> 8,
            highest_sequence: word(2),
            jitter: word(3),
            last_sender_report: NtpShort(word(4)),
            delay: NtpShort(word(5)),
        }
    }

    pub(super) fn to_bytes(self) -> [u8; REPORT_BLOCK_LEN] {
        let lost = self.lost.clamp(Self::LOST_MIN, Self::LOST_MAX).cast_unsigned() & 0xff_ffff;
        let words = [
            self.ssrc.0,
            (u32::from(self.fraction_lost) << 24) | lost,
            self.highest_sequence,
            self.jitter,
            self.last_sender_report.0,
            self.delay.0,
        ];
        let mut block = [0; REPORT_BLOCK_LEN];
        for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *bytes = word.to_be_bytes();
        }
        block
    }
}

/// The report blocks of one packet, at most [`REPORT_BLOCKS_MAX`].
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a>(core::slice::Iter<'a, [u8; REPORT_BLOCK_LEN]>);

impl<'a> ReportBlocks<'a> {
    /// Profile-specific extensions may follow the blocks (RFC 3550 §6.4.3); they are ignored.
    fn parse(count: u8, bytes: &'a [u8]) -> Result<Self, ParseError> {
        let blocks = bytes.as_chunks().0.get(..usize::from(count));
        blocks.map(|blocks| Self(blocks.iter())).ok_or(ParseError::Truncated("RTCP report block"))
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        self.0.next().map(ReportBlock::parse)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for ReportBlocks<'_> {}

/// A sender report.
#[derive(Debug, Clone)]
pub struct SenderReport<'a> {
    /// The stream it is of.
    pub sender: Ssrc,
    /// What the sender says of it.
    pub info: SenderInfo,
    /// What it received from others.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, ParseError> {
        const PART: &str = "RTCP sender report";
        let (sender, rest) = split_ssrc(body, PART)?;
        let (info, rest) = rest.split_first_chunk().ok_or(ParseError::Truncated(PART))?;
        Ok(Self { sender, info: SenderInfo::parse(info), blocks: ReportBlocks::parse(count, rest)? })
    }
}

/// A receiver report.
#[derive(Debug, Clone)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// What it received.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, ParseError> {
        let (sender, rest) = split_ssrc(body, "RTCP receiver report")?;
        Ok(Self { sender, blocks: ReportBlocks::parse(count, rest)? })
    }
}
