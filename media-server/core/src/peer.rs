//! A peer: one transport of a seat, from its offer to its last packet.
//!
//! | file | what |
//! |---|---|
//! | `negotiation` | what an offer comes to: tracks, lanes, the answer's m-lines |
//! | `ingest` | which track an incoming stream belongs to |
//! | `lane` | a lane with its retransmissions |
//! | `signalling` | what its client is told and has told, across connections |
//! | `media` | what there is once the handshake is through: keys, counts, clocks |

pub(crate) mod ingest;
pub(crate) mod lane;
pub(crate) mod media;
pub(crate) mod negotiation;
pub(crate) mod signalling;

use std::time::{Duration, Instant};

use protocol::SeatId;
use protocol::signal::{Kind, LaneState};
use rtp::Ssrc;
use rtp::extension::ExtensionMap;

use crate::api::{PeerFingerprint, PeerId};
use crate::ice::IceAgent;
use crate::keys::{RoomKey, TrackKey};
use crate::packet::Codecs;
use crate::quality::Quality;
use crate::quality::watch::Watch;
use crate::rate::Bucket;
use crate::receive::uplink::Pictures;
use crate::room::Room;
use crate::send::redundancy::Redundancy;
use ingest::Ingest;
use lane::PeerLane;
use media::Media;
use signalling::Signalling;

/// From the answer to keys: ICE and DTLS take a second; behind a bad network several. A browser gives up after 15 to 30.
pub(crate) const SETUP_MAX: Duration = Duration::from_secs(30);
/// A peer without signalling that is silent for this long is gone: browsers check consent every 5 seconds at the
/// latest (RFC 7675 §5.1). With signalling the consent of 30 seconds counts, because it may be changing networks.
pub(crate) const SILENT_WITHOUT_SIGNAL_MAX: Duration = Duration::from_secs(8);
/// DTLS datagrams of one peer that are handed on per flush; a handshake has flights of at most four.
pub(crate) const DTLS_PER_FLUSH_MAX: u32 = 8;

pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) room: RoomKey,
    pub(crate) seat: SeatId,
    pub(crate) signalling: Signalling,
    pub(crate) began: Instant,
    /// When something authentic came last.
    pub(crate) heard: Instant,
    pub(crate) ice: IceAgent,
    pub(crate) fingerprints: Vec<PeerFingerprint>,
    pub(crate) handshake: Handshake,
    pub(crate) dtls_in_flush: u32,
    /// After the handshake.
    pub(crate) media: Option<Media>,
    pub(crate) ingest: Ingest,
    pub(crate) extensions: ExtensionMap,
    /// In the order of the offer.
    pub(crate) lanes: Vec<PeerLane>,
    /// The lane that shows a track, by the track's place in the room.
    pub(crate) lane_of: Vec<Option<u8>>,
    /// What it can show, wherever it can show video.
    pub(crate) decodes: Codecs,
    pub(crate) reduced_size: bool,
    /// The lanes as the client was told last.
    pub(crate) described: Option<Vec<LaneState>>,
    /// SSRCs given to lanes so far; none is ever given twice.
    pub(crate) streams_given: usize,
    /// The stream that reports when no lane does.
    pub(crate) node_ssrc: Ssrc,
    pub(crate) session_id: u64,
    pub(crate) session_version: u64,
    pub(crate) quality: Quality,
    /// What is kept of its connection from second to second.
    pub(crate) watch: Watch,
    /// How much of its audio is sent twice.
    pub(crate) redundancy: Redundancy,
    /// To the peer and back; zero while unknown.
    pub(crate) rtt: Duration,
    /// Whether it is told what is said in writing.
    pub(crate) hearing: Hearing,
    /// How often it asks for that.
    pub(crate) hears: Bucket,
}

/// Whether a peer is told what is said in writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// It has not asked, or its channel is closed.
    No,
    /// It has asked, and waits to be let in.
    Waits,
    Hears,
}

/// How far the handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// No DTLS has come yet.
    Waiting,
    /// The handshake thread has it.
    Started,
    /// Keys are here. The handshake thread still answers late retransmissions and hears of the end.
    Done,
}

impl Peer {
    /// The tracks on the lanes of one kind, in order.
    pub(crate) fn shown(&self, kind: Kind) -> Vec<Option<TrackKey>> {
        self.lanes.iter().filter(|lane| lane.kind == kind).map(|lane| lane.track).collect()
    }

    /// The lane that shows a track.
    #[inline]
    pub(crate) fn lane_of(&self, track: TrackKey) -> Option<usize> {
        self.lane_of.get(track.0).copied().flatten().map(usize::from)
    }

    /// Rebuilds the look-up from tracks to lanes.
    pub(crate) fn index_lanes(&mut self) {
        self.lane_of.clear();
        for (at, lane) in self.lanes.iter().enumerate() {
            let Some(track) = lane.track else { continue };
            if self.lane_of.len() <= track.0 {
                self.lane_of.resize(track.0 + 1, None);
            }
            self.lane_of[track.0] = u8::try_from(at).ok();
        }
    }

    /// Every lane, as the client is told.
    pub(crate) fn describe_lanes(&self, room: &Room) -> Vec<LaneState> {
        let lane = |lane: &PeerLane| {
            let track = lane.track.and_then(|key| room.track(key));
            LaneState {
                mid: lane.mid.clone(),
                track: track.map(|track| track.id),
                seat: track.map(|track| track.seat),
                paused: track.filter(|track| track.is_active).and_then(|track| lane.pause_of(track)),
            }
        };
        self.lanes.iter().map(lane).collect()
    }

    /// Whether a signalling connection is attached.
    pub(crate) const fn has_signal(&self) -> bool {
        self.signalling.connection().is_some()
    }

    /// What pictures its way to the node is thought to carry.
    pub(crate) fn pictures(&self) -> Pictures {
        self.media.as_ref().map(|media| media.uplink.pictures()).unwrap_or_default()
    }

    /// Something authentic came.
    pub(crate) const fn handle_heard(&mut self, now: Instant) {
        self.heard = now;
        self.quality.handle_heard(now);
    }
}
