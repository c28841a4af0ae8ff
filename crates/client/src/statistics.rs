//! What a participant has counted, all of it at one moment.

use std::time::Duration;

use protocol::signal::{Kind, Source, ViewSize};
use protocol::{SeatId, TrackId};
use rtp::{Bitrate, Ssrc};

use crate::receive::{LaneStatistics, SenderStatistics};
use crate::send::{SentLayer, SentStatistics};
use crate::stamp::SeatTag;

/// Everything.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// The transport, resumes included.
    pub transport: TransportStatistics,
    /// What the bit rate of all video may be.
    pub target: Bitrate,
    /// To the node and back, by the node's last report on what is sent, or else by a connectivity check.
    pub round_trip: Option<Duration>,
    /// Published tracks.
    pub tracks: Vec<TrackReport>,
    /// Receiving m-lines, in the order of the offer.
    pub lanes: Vec<LaneReport>,
}

impl Statistics {
    /// What was received of a seat's track, over all lanes; `None` when nothing was.
    #[must_use]
    pub fn received_from(&self, seat: SeatId, source: Source) -> Option<SenderStatistics> {
        let tag = SeatTag::from(seat);
        let mut all = self.lanes.iter().filter_map(|lane| lane.received.senders.get(&(tag, source)));
        let first = *all.next()?;
        Some(all.fold(first, |sum, one| SenderStatistics {
            packets: sum.packets + one.packets,
            frames: sum.frames + one.frames,
            key_frames: sum.key_frames + one.key_frames,
            first_at: sum.first_at.min(one.first_at),
            first_frame_at: sum.first_frame_at.into_iter().chain(one.first_frame_at).min(),
            last_at: sum.last_at.max(one.last_at),
        }))
    }

    /// Everybody of whom anything was received, each once.
    #[must_use]
    pub fn heard_or_seen(&self) -> Vec<SeatTag> {
        let mut tags: Vec<_> =
            self.lanes.iter().flat_map(|lane| lane.received.senders.keys().map(|(tag, _)| *tag)).collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }

    /// A published track.
    #[must_use]
    pub fn track(&self, source: Source) -> Option<&TrackReport> {
        self.tracks.iter().find(|track| track.source == source)
    }
}

/// Datagrams, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct TransportStatistics {
    pub datagrams_received: u64,
    pub bytes_received: u64,
    pub datagrams_sent: u64,
    pub bytes_sent: u64,
    pub rtp_received: u64,
    pub rtcp_received: u64,
    /// Came twice, or too late to tell: refused by SRTP.
    pub replayed: u64,
    /// Media that came before the keys: the node's last flight was lost, or is late.
    pub unkeyed: u64,
    /// No valid tag.
    pub unauthentic: u64,
    /// Of a stream that no lane has.
    pub unknown_stream: u64,
    /// Not of any protocol that shares the port, or broken inside.
    pub malformed: u64,
}

/// A published track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackReport {
    /// `a=mid` of its m-line.
    pub mid: String,
    /// Where it comes from.
    pub source: Source,
    /// Whether it is on.
    pub is_active: bool,
    /// Its stream, once the node has agreed to it.
    pub ssrc: Option<Ssrc>,
    /// What was sent, in all layers.
    pub sent: SentStatistics,
    /// The layers of a video track, lowest first.
    pub layers: Vec<SentLayer>,
}

/// A receiving m-line.
#[derive(Clone, Debug)]
pub struct LaneReport {
    /// `a=mid`.
    pub mid: String,
    /// Audio or video.
    pub kind: Kind,
    /// Its stream, once the node has named it.
    pub ssrc: Option<Ssrc>,
    /// The track on it now, as the node says.
    pub track: Option<TrackId>,
    /// Whose it is, as the node says.
    pub seat: Option<SeatId>,
    /// At what size it is shown.
    pub view: ViewSize,
    /// What came.
    pub received: LaneStatistics,
}
