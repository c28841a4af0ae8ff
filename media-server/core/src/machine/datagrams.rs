//! Datagrams: what each is, whose it is, and what it says (RFC 7983, RFC 5764 §5.1.2).
//!
//! ```text
//!             ┌ STUN ─▶ user fragment, rate, MESSAGE-INTEGRITY ─▶ path validated, answered
//!  datagram ──┤
//!             └ else ─▶ path validated? ─┬ DTLS ─▶ handshake thread
//!                          no: dropped   ├ SRTP ─▶ within its limit? opened ─▶ stream ─▶ cache ─▶ batch of the room
//!                                        └ SRTCP ▶ likewise ─▶ feedback
//! ```

use std::time::Instant;

use protocol::signal::Kind;
use rtp::codec::{FrameFacts, h264, vp8};
use rtp::demux::{Protocol, classify};
use rtp::extension::ExtensionValues;
use rtp::{ExtSeqNo, RtpPacket};
use srtp::{OpenError, OpenedRtp};

use super::Core;
use super::containment::Work;
use super::trap::Point;
use crate::api::{HandshakeOrder, Output, Path};
use crate::cache::Stored;
use crate::keys::{PeerKey, RoomKey};
use crate::packet::{AUDIO_FRAME, Codec, Dependency, Layer, PacketFacts};
use crate::peer::ingest::{Place, StreamRole};
use crate::peer::{DTLS_PER_FLUSH_MAX, Handshake};
use crate::receive::{Received, rtx};
use crate::room::track::Meaning;
use crate::room::{BATCH_MAX, Batched};

/// DTLS datagrams of all peers together that are handed on per flush: the handshake thread's ring is bounded too.
const DTLS_PER_FLUSH_ALL_MAX: u32 = 64;

impl Core {
    /// Takes one datagram of a receive batch; GRO is split already. Opens it in place. What it causes to be
    /// forwarded waits for [`Core::flush`].
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        self.work = Work::Stranger;
        self.counters.received += 1;
        let Some(kind) = classify(datagram) else {
            self.counters.dropped_unknown_kind += 1;
            return;
        };
        if kind == Protocol::Stun {
            return self.handle_stun(now, path, datagram);
        }
        let Some(key) = self.index.peer_of_path(path) else {
            self.counters.dropped_unvalidated += 1;
            return;
        };
        self.work = self.work_for(key);
        match kind {
            Protocol::Dtls => self.handle_dtls(key, datagram),
            Protocol::Rtp | Protocol::Rtcp if !self.has_room(now, key) => {
                self.drop_over_limit(key, kind, datagram);
            }
            Protocol::Rtp => self.handle_rtp(now, key, datagram),
            Protocol::Rtcp => self.handle_rtcp(now, key, datagram),
            Protocol::Stun | Protocol::TurnChannel => self.counters.dropped_unknown_kind += 1,
        }
    }

    fn handle_dtls(&mut self, key: PeerKey, datagram: &[u8]) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        if peer.dtls_in_flush >= DTLS_PER_FLUSH_MAX || self.dtls_in_flush >= DTLS_PER_FLUSH_ALL_MAX {
            self.counters.dropped_dtls_rate += 1;
            return;
        }
        if peer.dtls_in_flush == 0 {
            self.scratch.dtls_peers.push(key);
        }
        peer.dtls_in_flush += 1;
        self.dtls_in_flush += 1;
        self.counters.dtls_received += 1;
        let id = peer.id;
        if peer.handshake == Handshake::Waiting {
            peer.handshake = Handshake::Started;
            let fingerprints = peer.fingerprints.clone();
            self.output(Output::Handshake { peer: id, order: HandshakeOrder::Start { fingerprints } });
        }
        let order = HandshakeOrder::Datagram(datagram.to_vec());
        self.output(Output::Handshake { peer: id, order });
    }

    fn handle_rtp(&mut self, now: Instant, key: PeerKey, datagram: &mut [u8]) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let Some(media) = &mut peer.media else {
            self.counters.dropped_unkeyed += 1;
            return;
        };
        let opened = match media.opener.open_rtp(datagram) {
            Ok(opened) => opened,
            Err(error) => return self.count_unopened(error),
        };
        self.counters.rtp_received += 1;
        media.allowance.charge(datagram.len(), now);
        peer.handle_heard(now);
        let Ok(packet) = RtpPacket::parse(&datagram[..opened.len]) else {
            self.counters.dropped_malformed += 1;
            return;
        };
        let values = peer.extensions.read(packet.header().extensions());
        if let (Some(sequence), Some(media)) = (values.transport_sequence, &mut peer.media) {
            media.twcc.handle_packet(sequence, now);
            if let Some(due) = media.twcc.poll_timeout() {
                self.peer_timers.schedule(key.0, due);
            }
        }
        let Some(room) = self.rooms.get(peer.room.0) else { return };
        let known = peer.ingest.find(opened.ssrc).or_else(|| {
            let payload_type = packet.header().payload_type();
            peer.ingest.bind(room, opened.ssrc, payload_type, &values)
        });
        let Some(place) = known else {
            self.counters.dropped_unknown_stream += 1;
            return;
        };
        let room = peer.room;
        self.take_packet(now, room, place, &opened, &packet, &values);
    }

    /// Takes an authentic packet of a track: noted, cached, and put into the batch.
    fn take_packet(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        place: Place,
        opened: &OpenedRtp,
        packet: &RtpPacket<'_>,
        values: &ExtensionValues,
    ) {
        let Some(payload) = self.take_earlier(now, room_key, place, opened, packet, values) else { return };
        let descriptor = values.dependency_descriptor.and_then(|at| at.data(packet.header().as_bytes()));
        let received =
            self.receive_packet(now, room_key, place, opened, (packet, payload, descriptor), values);
        let Some((facts, payload)) = received else { return };
        let Some(track) = self.rooms.get_mut(room_key.0).and_then(|room| room.track_mut(place.track)) else {
            return;
        };
        let has_many = track.layers.len() > 1;
        let Some(layer) = track.layer_mut(place.layer) else { return };
        if place.role == StreamRole::Media {
            layer.ssrc = Some(opened.ssrc);
        }
        self.make_room(now, room_key, place);
        let has_other_sizes = self.note_sizes(now, room_key, place, &facts, opened.len);
        if has_other_sizes {
            self.limit_tracks(room_key);
        }
        if (self.note_packet(now, room_key, place, opened.len) && has_many) || has_other_sizes {
            // Before its first packet is forwarded, so that a key frame at its beginning is not missed.
            self.settle_layers(now, room_key);
        }
        let brought_by = (place.role == StreamRole::Media).then_some(facts.sequence);
        let descriptor = descriptor.filter(|_| facts.dependency.is_some()).unwrap_or_default();
        self.keep_packet(now, room_key, place, &facts, (descriptor, payload), brought_by);
    }

    /// Counts a packet for the sizes that want it; whether there are others with it.
    fn note_sizes(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        place: Place,
        facts: &PacketFacts,
        len: usize,
    ) -> bool {
        let Some(dependency) = facts.dependency else { return false };
        let track = self.rooms.get_mut(room_key.0).and_then(|room| room.track_mut(place.track));
        let Some(scalable) = track.and_then(|track| track.scalable.as_mut()) else { return false };
        scalable.note_packet(dependency.wanted_by, len, now);
        scalable.take_changed(now)
    }

    /// Forwards what waits in a layer's cache, where another packet could run over it.
    fn make_room(&mut self, now: Instant, room_key: RoomKey, place: Place) {
        let track = self.rooms.get(room_key.0).and_then(|room| room.track(place.track));
        if track.and_then(|track| track.receiving_of(place.layer)).is_none_or(|one| !one.has_room()) {
            self.flush_room(now, room_key);
        }
    }

    /// Puts a packet that is new into its layer's cache and into the batch. `brought_by` as in [`Receiving::hears`].
    ///
    /// [`Receiving::hears`]: crate::room::layer::Receiving::hears
    pub(super) fn keep_packet(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        place: Place,
        facts: &PacketFacts,
        (descriptor, payload): (&[u8], &[u8]),
        brought_by: Option<ExtSeqNo>,
    ) {
        self.make_room(now, room_key, place);
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        let Some(track) = room.track_mut(place.track) else { return };
        let (is_active, seat, publisher) = (track.is_active && !track.is_waiting, track.seat, track.peer);
        let is_video = track.kind() == Kind::Video;
        let Some(layer) = track.layer_mut(place.layer) else { return };
        let Some(receiving) = &mut layer.receiving else { return };
        if facts.frame.key && facts.frame.start && is_video {
            layer.keyframes.handle_key_frame();
            receiving.nack.handle_key_frame(facts.sequence);
        } else {
            layer.keyframes.handle_packet();
        }
        let gave_up = receiving.nack.take_needs_key_frame();
        // What was said while muted is kept nowhere: it could be asked for, or come with what is said later.
        let is_heard = receiving.hears(facts.sequence, brought_by, is_active);
        let stored =
            if is_heard { Some(receiving.cache.insert_with(facts, descriptor, payload)) } else { None };
        if stored == Some(Stored::New) {
            receiving.handle_batched(descriptor.len() + payload.len());
        }
        if gave_up {
            track.request_key_frame(place.layer);
        }
        // Most packets leave nothing to ask for.
        if let Some(due) = track.poll_timeout(now) {
            self.peer_timers.schedule(publisher.0, due);
        }
        match stored {
            Some(Stored::New) => {}
            Some(_) => {
                self.counters.dropped_replayed += 1;
                return;
            }
            None => {
                self.counters.dropped_no_media += 1;
                return;
            }
        }
        if let Some(level) = facts.audio_level {
            room.speakers.handle_level(seat, level, now);
            if let Some(due) = room.speakers.poll_timeout() {
                self.room_timers.schedule(room_key.0, due);
            }
        }
        self.spring(room_key, Point::Packet);
        self.batch(now, room_key, place, facts);
    }

    /// Finds the packet's place in its layer, and what is known about it. `None`, counted, for what is nothing new.
    fn receive_packet<'p>(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        place: Place,
        opened: &OpenedRtp,
        (packet, payload, descriptor): (&RtpPacket<'p>, &'p [u8], Option<&[u8]>),
        values: &ExtensionValues,
    ) -> Option<(PacketFacts, &'p [u8])> {
        let track = self.rooms.get_mut(room_key.0)?.track_mut(place.track)?;
        let header = packet.header();
        let (id, meaning) = (track.id, track.meaning(header.payload_type()));
        let dependency = match meaning {
            Some(Meaning::Media(codec) | Meaning::Retransmission(codec))
                if codec.is_scalable() && !payload.is_empty() =>
            {
                // Without the structure before it a packet says nothing. It is as if it had not come: it can be asked for.
                let Some(read) = track.read_dependency(descriptor, now) else {
                    self.counters.dropped_malformed += 1;
                    return None;
                };
                Some(read)
            }
            _ => None,
        };
        let receiving = track.begin_receiving(place.layer, now)?;
        let (received, codec, payload) = match (place.role, meaning) {
            (StreamRole::Media, Some(Meaning::Media(codec) | Meaning::Redundant(codec))) => {
                let received = receiving.media.handle_packet(opened.sequence, header.timestamp(), now);
                let Some(received) = received else {
                    self.counters.dropped_replayed += 1;
                    return None;
                };
                (received, codec, payload)
            }
            (StreamRole::Retransmission, Some(Meaning::Retransmission(codec))) => {
                // Without an original it is a probe, or came after all.
                let Some(restored) = rtx::restore(&mut receiving.media, packet) else {
                    self.counters.dropped_no_media += 1;
                    return None;
                };
                (restored.received, codec, restored.payload)
            }
            _ => {
                self.counters.dropped_unknown_stream += 1;
                return None;
            }
        };
        receiving.nack.handle_packet(received.sequence, now);
        let of = (id, place.layer);
        let facts = facts_of(of, (codec, dependency), received, header.marker(), payload, values);
        Some((facts, payload))
    }

    /// Notes that something of a layer came; whether it begins to run with it.
    fn note_packet(&mut self, now: Instant, room_key: RoomKey, place: Place, len: usize) -> bool {
        let track = self.rooms.get_mut(room_key.0).and_then(|room| room.track_mut(place.track));
        track.and_then(|track| track.layer_mut(place.layer)).is_some_and(|layer| layer.note_packet(len, now))
    }

    fn batch(&mut self, now: Instant, room_key: RoomKey, place: Place, facts: &PacketFacts) {
        if self.rooms.get(room_key.0).is_some_and(|room| room.batch.len() >= BATCH_MAX) {
            self.flush_room(now, room_key);
        }
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        if room.batch.is_empty() {
            self.dirty.push(room_key);
        }
        let order = room.batch.len() as u32;
        let is_video = facts.codec != Codec::Opus;
        let Place { track, layer, .. } = place;
        room.batch.push(Batched { is_video, track, layer, order, sequence: facts.sequence });
        self.counters.media_taken += 1;
    }

    pub(super) const fn count_unopened(&mut self, error: OpenError) {
        match error {
            OpenError::Malformed => self.counters.dropped_malformed += 1,
            OpenError::Replayed | OpenError::TooOld => self.counters.dropped_replayed += 1,
            OpenError::TooManySsrcs => self.counters.dropped_unknown_stream += 1,
            OpenError::Unencrypted | OpenError::BadTag => self.counters.dropped_unauthentic += 1,
        }
    }

    /// Puts one datagram, as it is, among what is to be sent.
    pub(super) fn transmit(&mut self, path: Path, datagram: &[u8]) {
        let Some(space) = self.runs.space().and_then(|space| space.get_mut(..datagram.len())) else {
            self.counters.transmits_dropped += 1;
            return;
        };
        space.copy_from_slice(datagram);
        self.runs.commit_to(path, datagram.len());
        self.counters.datagrams_sent += 1;
        self.counters.bytes_sent += datagram.len() as u64;
    }
}

/// What is known about a packet, from its header and its codec's clear header. Where that is not readable, as under
/// end-to-end encryption, the packet goes on without facts.
pub(super) fn facts_of(
    (track, layer): (protocol::TrackId, Layer),
    (codec, dependency): (Codec, Option<(Dependency, FrameFacts)>),
    received: Received,
    marker: bool,
    payload: &[u8],
    values: &ExtensionValues,
) -> PacketFacts {
    let frame = match codec {
        Codec::Opus => AUDIO_FRAME,
        Codec::Vp8 => vp8::frame_facts(payload, marker).unwrap_or_default(),
        Codec::H264 => h264::frame_facts(payload, marker).unwrap_or_default(),
        Codec::Vp9 | Codec::Av1 => dependency.map(|(_, frame)| frame).unwrap_or_default(),
    };
    let vp8 = match codec {
        Codec::Vp8 => vp8::Descriptor::parse(payload).ok().map(|(descriptor, _)| descriptor),
        Codec::Opus | Codec::H264 | Codec::Vp9 | Codec::Av1 => None,
    };
    PacketFacts {
        track,
        layer,
        codec,
        sequence: received.sequence,
        time: received.time,
        marker,
        frame,
        audio_level: values.audio_level,
        orientation: values.video_orientation,
        vp8,
        dependency: dependency.map(|(dependency, _)| dependency),
    }
}
