//! RTCP of a peer: how its streams are clocked, how it receives, and what it asks for (RFC 3550 §6, RFC 4585).
//!
//! A peer speaks about its own streams and its own lanes only. What it says about bandwidth moves what it gets itself, and
//! nobody else (abuse 54): transport-wide feedback, within bounds. REMB moves nothing.

use std::time::{Duration, Instant};

use protocol::signal::Kind;
use rtp::rtcp::{Compound, Nack, Packet, ReportBlock, ReportBlocks, SenderReport};
use rtp::{ClockRate, SeqNo, Ssrc};

use super::Core;
use crate::forward::Original;
use crate::keys::PeerKey;
use crate::packet::Layers;
use crate::peer::ingest::StreamRole;
use crate::quality::Direction;
use crate::send::bandwidth::Purpose;
use crate::send::rtx::Asker;

/// Numbers of one datagram's NACKs that are looked at: as many as a lane remembers answers for, twice.
const NACKED_PER_DATAGRAM_MAX: usize = 128;

/// More jitter than this is not believed: it would be a buffer that nobody waits for.
const JITTER_MAX: Duration = Duration::from_secs(1);

impl Core {
    pub(super) fn handle_rtcp(&mut self, now: Instant, key: PeerKey, datagram: &mut [u8]) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let Some(media) = &mut peer.media else {
            self.counters.dropped_unkeyed += 1;
            return;
        };
        let len = match media.opener.open_rtcp(datagram) {
            Ok(len) => len,
            Err(error) => return self.count_unopened(error),
        };
        self.counters.rtcp_received += 1;
        media.allowance.charge(datagram.len(), now);
        peer.handle_heard(now);
        let Some(Ok(compound)) = datagram.get(..len).map(Compound::parse) else {
            self.counters.dropped_malformed += 1;
            return;
        };
        let mut nacked_left = NACKED_PER_DATAGRAM_MAX;
        let mut has_feedback = false;
        // One that is malformed inside does not take its neighbours with it.
        for packet in compound.flatten() {
            match packet {
                Packet::SenderReport(report) => self.handle_sender_report(now, key, &report),
                Packet::ReceiverReport(report) => self.handle_report_blocks(now, key, report.blocks),
                Packet::Nack(nack) => self.handle_nack(now, key, &nack, &mut nacked_left),
                Packet::PictureLossIndication(loss) => self.handle_key_frame_wish(now, key, loss.media),
                Packet::FullIntraRequest(request) => {
                    for entry in request.entries() {
                        self.handle_key_frame_wish(now, key, entry.media);
                    }
                }
                Packet::TransportFeedback(feedback) => {
                    has_feedback = true;
                    if let Some(media) = self.peers.get_mut(key.0).and_then(|peer| peer.media.as_mut()) {
                        media.downlink.handle_feedback(now, &feedback);
                    }
                }
                Packet::SourceDescription(_)
                | Packet::Bye(_)
                | Packet::ReceiverEstimate(_)
                | Packet::Other { .. } => {}
            }
        }
        if has_feedback {
            self.look_at_downlink(now, key);
            self.schedule_downlink(key);
        }
    }

    fn handle_sender_report(&mut self, now: Instant, key: PeerKey, report: &SenderReport<'_>) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let stream = peer.ingest.find(report.sender).filter(|place| place.role == StreamRole::Media);
        if let (Some(place), Some(media)) = (stream, &mut peer.media)
            && let Some(track) = self.rooms.get_mut(peer.room.0).and_then(|room| room.track_mut(place.track))
            && let Some(layer) = track.layer_mut(place.layer)
            && let Some(receiving) = &mut layer.receiving
        {
            receiving.media.handle_sender_report(&report.info, &mut media.clock, now);
        }
        self.handle_report_blocks(now, key, report.blocks.clone());
    }

    fn handle_report_blocks(&mut self, now: Instant, key: PeerKey, blocks: ReportBlocks<'_>) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let room = self.rooms.get(peer.room.0);
        let mut worst = None;
        for block in blocks {
            let ReportBlock { ssrc, fraction_lost, jitter, .. } = block;
            let Some(lane) = peer.lanes.iter_mut().find(|lane| lane.sends(ssrc)) else { continue };
            let loss = lane.reported.take(&block);
            let rate = match lane.kind {
                Kind::Audio => ClockRate::OPUS,
                Kind::Video => ClockRate::VIDEO,
            };
            let jitter = rate.duration_of(u64::from(jitter)).min(JITTER_MAX);
            // What is uneven already when it comes from its publisher is not this path's.
            let came = lane.track.zip(lane.lane.current_layer());
            let came = came.and_then(|(track, layer)| room?.track(track)?.receiving_of(layer));
            let jitter = jitter.saturating_sub(came.map_or(Duration::ZERO, |one| one.media.jitter()));
            peer.watch.reported.handle_report(lane.kind, loss, jitter);
            if lane.kind == Kind::Audio {
                peer.redundancy.handle_loss(loss);
            }
            worst = worst.max(Some(fraction_lost));
            if let Some(trip) = self.clock.round_trip(&block, now) {
                peer.rtt = smooth(peer.rtt, trip);
                peer.quality.handle_round_trip(peer.rtt);
                if let Some(media) = &mut peer.media {
                    media.round_trips.note(trip, now);
                    media.downlink.handle_round_trip(peer.rtt);
                }
            }
        }
        if let Some(worst) = worst {
            // A report counts what its lanes' publishers lose, too.
            if peer.media.as_ref().is_none_or(|media| !media.downlink.is_told()) {
                peer.quality.handle_loss(Direction::Send, worst, now);
            }
            let estimate = peer.media.as_ref().and_then(|media| media.downlink.estimate());
            peer.redundancy.set_estimate(estimate);
            let depth = peer.redundancy.poll(now);
            peer.lanes.iter_mut().for_each(|lane| lane.lane.set_depth(depth));
        }
    }

    fn handle_nack(&mut self, now: Instant, key: PeerKey, nack: &Nack<'_>, left: &mut usize) {
        for number in nack.lost() {
            self.counters.nacks_received += 1;
            match left.checked_sub(1) {
                Some(less) => *left = less,
                None => {
                    self.counters.retransmit_refused += 1;
                    continue;
                }
            }
            if self.retransmit(now, key, nack.media, number).is_some() {
                self.counters.retransmitted += 1;
            } else {
                self.counters.retransmit_refused += 1;
            }
        }
    }

    fn retransmit(&mut self, now: Instant, key: PeerKey, media_ssrc: Ssrc, number: SeqNo) -> Option<()> {
        let peer = self.peers.get_mut(key.0)?;
        let path = peer.ice.selected()?;
        let room = self.rooms.get(peer.room.0)?;
        let media = peer.media.as_mut()?;
        if !media.downlink.may_retransmit(now) {
            return None;
        }
        let lane = peer.lanes.iter_mut().find(|lane| lane.sends(media_ssrc))?;
        let track = lane.track.and_then(|track| room.track(track))?;
        let mended =
            track.layers().fold(Layers::NONE, |all, layer| all.with(layer, lane.mends(track, layer)));
        let space = self.runs.space()?;
        let rate = media.downlink.retransmit_rate();
        let before = media.transport.next();
        let mut asker =
            Asker { budget: &mut media.rtx_budget, rate, transport: &mut media.transport, rtt: peer.rtt };
        let look_up = |original: &Original| {
            let is_wanted = track.id == original.track && mended.contains(original.layer);
            track.receiving_of(original.layer).filter(|_| is_wanted)?.cache.packet(original.sequence)
        };
        let len = lane.rtx.as_mut()?.answer(&lane.lane, number, look_up, &mut asker, now, space)?;
        let sealed = media.sealer.seal_rtp(space, len).ok()?;
        let number = media.transport.taken_since(before);
        media.downlink.handle_sent(now, number, sealed, Purpose::Retransmission);
        self.runs.commit_to(path, sealed);
        self.counters.datagrams_sent += 1;
        self.counters.bytes_sent += sealed as u64;
        Some(())
    }

    fn handle_key_frame_wish(&mut self, now: Instant, key: PeerKey, media: Ssrc) {
        self.counters.key_frame_requests_received += 1;
        let Some(peer) = self.peers.get(key.0) else { return };
        let lane = peer.lanes.iter().find(|lane| lane.sends(media));
        // What is shown is broken; or nothing is, and what is waited for is wished for once more.
        let layer = lane.and_then(|lane| lane.lane.current_layer().or(lane.lane.wanted_key_frame()));
        let shown = lane.and_then(|lane| lane.track).zip(layer);
        let room = self.rooms.get_mut(peer.room.0);
        if let (Some((shown, layer)), Some(room)) = (shown, room)
            && let Some(track) = room.track_mut(shown)
        {
            track.request_key_frame(layer);
            self.peer_timers.schedule(track.peer.0, now);
        }
    }
}

/// A new sample counts an eighth, as in RFC 6298 §2.
fn smooth(before: Duration, sample: Duration) -> Duration {
    if before.is_zero() { sample } else { (before * 7 + sample) / 8 }
}
