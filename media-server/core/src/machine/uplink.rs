//! Whether publishers' ways carry their pictures: what is seen of them, and what follows.

use std::time::{Duration, Instant};

use protocol::signal::Kind;

use super::Core;
use crate::keys::PeerKey;
use crate::packet::Layer;
use crate::receive::Stream;
use crate::receive::uplink::{Seen, part_missing};
use crate::room::track::Track;

/// Sender reports come once a second, and one of them may be lost.
const SIGN_GAP_MAX: Duration = Duration::from_secs(3);

impl Core {
    /// Takes what a publisher's reports of this second say.
    pub(super) fn look_at_uplink(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let (Some(media), Some(room)) = (&mut peer.media, self.rooms.get(peer.room.0)) else { return };
        let before = media.uplink.pictures();
        let mut seen = seen(peer.ingest.tracks().filter_map(|track| room.track(track)), now);
        // What waits in a queue makes the way there and back longer; a media clock that falls behind does not.
        let longer = media.round_trips.rise(now);
        seen.sound_late = seen.sound_late.min(longer.unwrap_or(Duration::MAX));
        media.uplink.look(now, &seen);
        if media.uplink.pictures() != before {
            self.follow_uplink(now, key);
        }
    }

    /// Looks in between, as long as pictures are tried: sound must not wait for the next report.
    pub(super) fn look_at_try(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let (Some(media), Some(room)) = (&mut peer.media, self.rooms.get(peer.room.0)) else { return };
        if !media.uplink.is_tried() {
            return;
        }
        media.uplink.look_at_try(now, &seen(peer.ingest.tracks().filter_map(|track| room.track(track)), now));
        if !media.uplink.is_tried() {
            self.follow_uplink(now, key);
        }
    }

    /// Has a publisher's pictures stopped, tried or let through, and tells everybody.
    fn follow_uplink(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let (room_key, pictures) = (peer.room, peer.pictures());
        let Some(room) = self.rooms.get_mut(room_key.0) else { return };
        for track in peer.ingest.tracks() {
            let Some(track) = room.track_mut(track) else { continue };
            if track.set_pictures(pictures) {
                self.counters.pictures_held_up += u64::from(track.is_held_up());
            }
        }
        self.settle_layers(now, room_key);
        self.tell_nothing_asked(key);
    }
}

fn seen<'a>(tracks: impl Iterator<Item = &'a Track>, now: Instant) -> Seen {
    let mut seen = Seen::default();
    for track in tracks {
        match track.kind() {
            Kind::Audio => seen.sound += track.rate(now),
            Kind::Video => {
                seen.pictures += track.rate(now);
                let is_recent = |sign| now.saturating_duration_since(sign) <= SIGN_GAP_MAX;
                seen.has_pictures |= last_sign(track).is_some_and(is_recent);
            }
        }
        if let Some(stream) = sound(track) {
            seen.sound_lost = seen.sound_lost.max(part_missing(stream.interval()));
            seen.sound_late = seen.sound_late.max(stream.late());
            seen.sound_queued = seen.sound_queued.max(stream.standing());
        }
        if track.can_stop() && track.is_active {
            seen.asked += track.usual_of_asked();
        }
    }
    seen
}

/// When a track's pictures last came, or were said to have been sent: of a queue that is always full only small packets come
/// out, such as sound and reports.
fn last_sign(track: &Track) -> Option<Instant> {
    let streams = track.layers.iter().filter_map(|layer| layer.receiving.as_deref());
    let said = streams.filter_map(|receiving| receiving.media.last_said()).max();
    track.flow().map(|flow| flow.last).max(said)
}

/// The stream of a track that is sound, and not muted.
fn sound(track: &Track) -> Option<&Stream> {
    let is_sound = track.kind() == Kind::Audio && track.is_active;
    track.receiving_of(Layer::BASE).filter(|_| is_sound).map(|receiving| &receiving.media)
}
