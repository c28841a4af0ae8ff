//! RTCP to a peer: what arrived from it, what its lanes sent, what is missing, and key frames that are wanted.
//!
//! | what | when |
//! |---|---|
//! | NACK | when reordering would have brought it, then once a round trip |
//! | PLI | at once, then at most once a second a layer |
//! | transport-wide feedback | every 50 ms while packets come |
//! | sender and receiver reports | every second |

use std::time::Instant;

use arrayvec::ArrayVec;
use protocol::signal::Kind;
use rtp::rtcp::{ReportBlock, SenderInfo, Writer};
use rtp::{Bitrate, Ssrc};

use super::Core;
use crate::keys::{PeerKey, TrackKey};
use crate::packet::Layer;
use crate::quality::Direction;
use crate::sdp::CNAME;
use crate::send::report::{self, REPORT_INTERVAL, REPORT_LEN_MAX};

/// Feedback datagrams of one look: each holds a feedback on 128 packets, or a NACK of 256.
const FEEDBACK_DATAGRAMS_MAX: usize = 8;
/// Lanes and tracks that a peer's reports speak of; the m-lines of an offer bound them.
const REPORTED_MAX: usize = protocol::limits::SDP_MEDIA_MAX;
/// Report datagrams of one look: sender reports of all lanes, some twenty to a datagram.
const REPORT_DATAGRAMS_MAX: usize = 8;

impl Core {
    /// Sends a peer what it is due by `now`.
    pub(super) fn send_feedback(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let tracks: ArrayVec<TrackKey, REPORTED_MAX> = peer.ingest.tracks().take(REPORTED_MAX).collect();
        let room_key = peer.room;
        let Some(room) = self.rooms.get(room_key.0) else { return };
        let media =
            tracks.iter().find_map(|track| room.track(*track)?.layers.iter().find_map(|layer| layer.ssrc));
        for _ in 0..FEEDBACK_DATAGRAMS_MAX {
            if !self.send_transport_feedback(now, key, media) {
                break;
            }
        }
        for track in tracks.iter().copied() {
            let Some(room) = self.rooms.get(room_key.0) else { return };
            let layers = room.track(track).map_or(0, |track| track.layers.len());
            for layer in (0..layers as u8).map(Layer) {
                self.send_requests(now, key, (track, layer));
            }
        }
    }

    /// One transport-wide feedback, if it is due.
    fn send_transport_feedback(&mut self, now: Instant, key: PeerKey, about: Option<Ssrc>) -> bool {
        let Some(peer) = self.peers.get_mut(key.0) else { return false };
        let sender = peer.node_ssrc;
        let is_compound = !peer.reduced_size;
        let Some(media) = &mut peer.media else { return false };
        if media.twcc.poll_timeout().is_none_or(|due| now < due) {
            return false;
        }
        let mut buffer = [0; REPORT_LEN_MAX];
        let mut writer = begin(&mut buffer, sender, is_compound);
        let written = media.twcc.poll(now, sender, about.unwrap_or(sender), &mut writer);
        let len = writer.finish();
        if written != Ok(true) {
            return false;
        }
        self.send_rtcp(key, &buffer, len);
        true
    }

    /// NACK and PLI for one layer of a track, in one datagram.
    fn send_requests(&mut self, now: Instant, key: PeerKey, (track, at): (TrackKey, Layer)) {
        let Some(peer) = self.peers.get(key.0) else { return };
        if peer.media.is_none() {
            return;
        }
        let Some(track) = self.rooms.get_mut(peer.room.0).and_then(|room| room.track_mut(track)) else {
            return;
        };
        let (has_nack, kind) = (track.has_nack(), track.kind());
        let Some(layer) = track.layer_mut(at) else { return };
        let Some(ssrc) = layer.ssrc else { return };
        let mut missing = ArrayVec::new();
        if has_nack && let Some(receiving) = &mut layer.receiving {
            receiving.nack.poll(now, peer.rtt, &mut missing);
            if receiving.nack.take_needs_key_frame() && kind == Kind::Video {
                layer.keyframes.request();
            }
        }
        let wants_key_frame = layer.keyframes.poll(now);
        if missing.is_empty() && !wants_key_frame {
            return;
        }
        let mut buffer = [0; REPORT_LEN_MAX];
        let mut writer = begin(&mut buffer, peer.node_ssrc, !peer.reduced_size);
        // 256 numbers fill 1036 bytes at most, so both fit.
        let _ = writer.nack(peer.node_ssrc, ssrc, missing.iter().copied());
        if wants_key_frame {
            let _ = writer.picture_loss(peer.node_ssrc, ssrc);
            self.counters.key_frame_requests_sent += 1;
        }
        self.counters.nacks_sent += missing.len() as u64;
        let len = writer.finish();
        self.send_rtcp(key, &buffer, len);
    }

    /// Sender reports of the lanes and receiver reports on the tracks, if they are due.
    pub(super) fn send_reports(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let Some(room) = self.rooms.get_mut(peer.room.0) else { return };
        let Some(media) = &mut peer.media else { return };
        if now < media.report_due {
            return;
        }
        media.report_due = now + REPORT_INTERVAL;
        media.twcc.set_way_back(media.downlink.estimate().unwrap_or(Bitrate::MAX));
        let mut blocks: ArrayVec<ReportBlock, REPORTED_MAX> = ArrayVec::new();
        for track in peer.ingest.tracks().take(REPORTED_MAX) {
            let Some(track) = room.track_mut(track) else { continue };
            for layer in &mut track.layers {
                let block = layer.ssrc.zip(layer.receiving.as_mut());
                let block = block.and_then(|(ssrc, receiving)| receiving.media.report(ssrc, now));
                // A seat has fewer tracks than there is room for.
                let _ = block.map(|block| blocks.try_push(block));
            }
        }
        if let Some(worst) = blocks.iter().map(|block| block.fraction_lost).max() {
            peer.quality.handle_loss(Direction::Receive, worst, now);
        }
        let mut lanes: ArrayVec<(Ssrc, SenderInfo), REPORTED_MAX> = ArrayVec::new();
        for lane in peer.lanes.iter().take(REPORTED_MAX) {
            let anchor = lane
                .track
                .zip(lane.lane.current_layer())
                .and_then(|(track, layer)| room.track(track)?.receiving_of(layer))
                .and_then(|receiving| receiving.media.anchor());
            let info = anchor.and_then(|anchor| report::sender_info(&lane.lane, &anchor, &self.clock, now));
            lanes.extend(info.map(|info| (lane.lane.ssrc(), info)));
        }
        let node = peer.node_ssrc;
        self.look_at_uplink(now, key);
        let (mut lanes, mut blocks) = (lanes.as_slice(), blocks.as_slice());
        for _ in 0..REPORT_DATAGRAMS_MAX {
            let mut buffer = [0; REPORT_LEN_MAX];
            let Ok(written) = report::write(&mut buffer, node, CNAME.as_bytes(), lanes, blocks) else {
                return;
            };
            self.send_rtcp(key, &buffer, written.len);
            (lanes, blocks) = (&lanes[written.lanes..], &blocks[written.blocks..]);
            if lanes.is_empty() && blocks.is_empty() {
                return;
            }
        }
    }

    pub(super) fn send_rtcp(&mut self, key: PeerKey, plain: &[u8], len: usize) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let (Some(path), Some(media)) = (peer.ice.selected(), &mut peer.media) else { return };
        let sealed = self.runs.space().and_then(|space| {
            space.get_mut(..len)?.copy_from_slice(plain.get(..len)?);
            media.sealer.seal_rtcp(space, len).ok()
        });
        match sealed {
            Some(sealed) => {
                media.heartbeat.handle_report();
                self.runs.commit_to(path, sealed);
                self.counters.datagrams_sent += 1;
                self.counters.bytes_sent += sealed as u64;
            }
            None => self.counters.transmits_dropped += 1,
        }
    }
}

/// Begins a datagram of feedback. Without `a=rtcp-rsize` it must be a compound (RFC 5506 §3.4.1).
fn begin(buffer: &mut [u8; REPORT_LEN_MAX], sender: Ssrc, is_compound: bool) -> Writer<'_> {
    let mut writer = Writer::new(buffer);
    if is_compound {
        let _ = writer.receiver_report(sender, &[]);
        let _ = writer.cname(sender, CNAME.as_bytes());
    }
    writer
}
