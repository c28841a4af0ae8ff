//! Sender and receiver reports: what a peer learns about its lanes, and about what arrived from it (RFC 3550 §6.4).
//!
//! ```text
//!  ┌ SR lane 1, blocks │ CNAME ┬ SR lane 2 │ CNAME ┬ … ┐    as many as fit; the rest in another datagram
//!  ┌ RR node, blocks │ CNAME ┐                              a peer that receives nothing
//! ```

use std::time::{Duration, Instant};

use rtp::rtcp::{COMPOUND_PACKETS_MAX, REPORT_BLOCKS_MAX, ReportBlock, SenderInfo, Writer};
use rtp::{NtpTime, Ssrc, WriteError};

use crate::forward::Lane;
use crate::receive::clock::Anchor;

/// How often a peer gets reports: what browsers use for video. Twice as fast as RFC 3550 §6.2 would for so few
/// members, so that round trip and quality are known within seconds.
pub const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Longest RTCP datagram before sealing: with its tag it passes every path that passes the media.
pub const REPORT_LEN_MAX: usize = 1200;
/// A path does not carry a call with a longer round trip; a report that says so lies, or its clock was set.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(10);

/// Lanes of one datagram: each takes two packets, and a receiver takes so many.
const LANES_MAX: usize = COMPOUND_PACKETS_MAX / 2;
/// A sender report without blocks: header, SSRC, sender information.
const SENDER_REPORT_LEN: usize = 28;

/// The node's wall clock in reports. A core knows no date, and none is needed: RFC 3550 §4 asks only that the streams
/// of one sender share the clock.
#[derive(Debug, Clone, Copy)]
pub struct NodeClock {
    began: Instant,
}

impl NodeClock {
    /// What it shows at its beginning. Not zero, which in a report block means "no report yet" (RFC 3550 §6.4.1).
    const START_SECS: u64 = 1 << 16;

    /// A clock that began at `began`.
    #[must_use]
    pub const fn new(began: Instant) -> Self {
        Self { began }
    }

    /// What it shows.
    #[must_use]
    pub fn ntp(&self, now: Instant) -> NtpTime {
        let since = now.saturating_duration_since(self.began);
        let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
        NtpTime(((since.as_secs() + Self::START_SECS) << 32) | fraction)
    }

    /// The round trip that a report block about one of our streams measures, if it can be true.
    #[must_use]
    pub fn round_trip(&self, block: &ReportBlock, now: Instant) -> Option<Duration> {
        rtp::NtpShort::round_trip(self.ntp(now).middle(), block.last_sender_report, block.delay)
            .filter(|trip| *trip <= ROUND_TRIP_MAX)
    }
}

/// What the node says of a lane now: the counts of the lane, and its clock by that of its track's source. `None` while
/// the lane sends nothing.
#[must_use]
pub fn sender_info(lane: &Lane, source: &Anchor, clock: &NodeClock, now: Instant) -> Option<SenderInfo> {
    let timestamp = lane.timestamp_of(source.time_at(now))?;
    let sent = lane.sent();
    Some(SenderInfo { ntp: clock.ntp(now), timestamp, packets: sent.packets, bytes: sent.octets })
}

/// How much went into a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Bytes.
    pub len: usize,
    /// Lanes, from the first.
    pub lanes: usize,
    /// Blocks, from the first.
    pub blocks: usize,
}

/// Writes one compound datagram of at most [`REPORT_LEN_MAX`] bytes: reports of `lanes` and `blocks`, as many as fit.
/// The caller goes on with the rest. `node` is the SSRC that speaks when there is no lane.
///
/// # Errors
/// [`WriteError`] when `out` is too short for even one report, or the CNAME too long.
pub fn write(
    out: &mut [u8],
    node: Ssrc,
    cname: &[u8],
    lanes: &[(Ssrc, SenderInfo)],
    blocks: &[ReportBlock],
) -> Result<Written, WriteError> {
    let len = out.len().min(REPORT_LEN_MAX);
    let mut writer = Writer::new(&mut out[..len]);
    let blocks = &blocks[..blocks.len().min(REPORT_BLOCKS_MAX)];
    let Some(((first, info), others)) = lanes.split_first() else {
        writer.receiver_report(node, blocks)?;
        writer.cname(node, cname)?;
        return Ok(Written { len: writer.finish(), lanes: 0, blocks: blocks.len() });
    };
    writer.sender_report(*first, *info, blocks)?;
    writer.cname(*first, cname)?;
    let description_len = 8 + (2 + cname.len() + 1).next_multiple_of(4);
    let mut count = 1;
    for (ssrc, info) in others.iter().take(LANES_MAX - 1) {
        if writer.written() + SENDER_REPORT_LEN + description_len > len {
            break;
        }
        writer.sender_report(*ssrc, *info, &[])?;
        writer.cname(*ssrc, cname)?;
        count += 1;
    }
    Ok(Written { len: writer.finish(), lanes: count, blocks: blocks.len() })
}

#[cfg(test)]
mod tests;
