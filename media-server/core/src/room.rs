//! A room: its seats, their tracks, and the packets of the current batch. A consultation on the media plane.
//!
//! | file | what |
//! |---|---|
//! | `seat` | somebody's place, which outlives a connection |
//! | `track` | a published track |
//! | `layer` | a layer of one: its receive state and its cache |
//! | `asked` | which layers its publisher is asked to send |
//! | `lanes` | which track goes on which lane |
//! | `moderation` | what moderators have decided |
//! | `said` | what was said in writing |
//! | `ended` | rooms that are over |
//! | `condemned` | what is remembered of rooms that a fault has ended |
//! | `shedding` | what of it is left out while the worker is overloaded |
//!
//! Who may do what, and what everybody is told, is decided in `machine`, which sees peers too.

pub(crate) mod asked;
pub(crate) mod condemned;
pub(crate) mod ended;
pub(crate) mod lanes;
pub(crate) mod layer;
pub(crate) mod moderation;
pub(crate) mod said;
pub(crate) mod scalable;
pub(crate) mod seat;
pub(crate) mod shedding;
pub(crate) mod track;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use protocol::signal::{Kind, Participant, SeatQuality};
use protocol::{ClinicId, Generation, LogId, RoomId, SeatId};
use rtp::ExtSeqNo;
use slab::Slab;

use crate::api::SeatGrant;
use crate::cache::CacheSize;
use crate::keys::{PeerKey, TrackKey};
use crate::layers::Layer;
use crate::level::Speakers;
use crate::quality;
use crate::send::DATAGRAM_LEN_MAX;
use crate::shed::Shed;
use moderation::RoomModeration;
use said::Said;
use seat::Seat;
use shedding::Shedding;
use track::Track;

/// How long an empty room stays, so that everybody may leave and come back, as a page that reloads does.
pub(crate) const EMPTY_ROOM_KEPT: Duration = protocol::limits::SEAT_HELD;
/// Packets that wait for the end of a receive batch in one room; a fuller one is forwarded in between, and so is one that
/// holds as much of a layer as its cache does. They wait in that cache: none is run over before it is forwarded.
/// This many of the largest fit into that of a video track that is published once.
pub(crate) const BATCH_MAX: usize = 128;
const _: () = assert!((BATCH_MAX + 1) * DATAGRAM_LEN_MAX <= CacheSize::VIDEO.bytes);
const _: () = assert!(BATCH_MAX <= CacheSize::LOW.packets && BATCH_MAX <= CacheSize::AUDIO.packets);

/// A packet that waits for the end of its batch. It lies in its layer's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Batched {
    /// Audio before video, so that it never waits behind a key frame.
    pub(crate) is_video: bool,
    /// Packets of one layer of a track stand together, so that they form runs.
    pub(crate) track: TrackKey,
    pub(crate) layer: Layer,
    /// The order of arrival.
    pub(crate) order: u32,
    pub(crate) sequence: ExtSeqNo,
}

pub(crate) struct Room {
    pub(crate) clinic: ClinicId,
    pub(crate) id: RoomId,
    pub(crate) generation: Generation,
    /// Bounded by the limit of seats, and that of those who wait.
    pub(crate) seats: BTreeMap<SeatId, Seat>,
    /// Bounded by seats × [`protocol::limits::SEAT_TRACKS_MAX`], twice while connections are replaced.
    pub(crate) tracks: Slab<Track>,
    pub(crate) batch: Vec<Batched>,
    pub(crate) speakers: Speakers<SeatId>,
    pub(crate) moderation: RoomModeration,
    seats_opened: u64,
    /// Since when nobody has a seat.
    pub(crate) empty_since: Option<Instant>,
    pub(crate) told_quality: Vec<SeatQuality>,
    pub(crate) quality_due: Instant,
    /// When the connections were looked at last, and whether the next look is told.
    pub(crate) looked_at: Instant,
    pub(crate) tells_quality: bool,
    pub(crate) said: Said,
    pub(crate) shedding: Shedding,
}

impl Room {
    pub(crate) fn new(grant: &SeatGrant, log: LogId, shed: Shed, now: Instant) -> Self {
        Self {
            clinic: grant.clinic,
            id: grant.room,
            generation: grant.generation,
            seats: BTreeMap::new(),
            tracks: Slab::new(),
            batch: Vec::new(),
            speakers: Speakers::new(),
            moderation: RoomModeration::default(),
            seats_opened: 0,
            empty_since: Some(now),
            told_quality: Vec::new(),
            quality_due: now + quality::SAMPLE_EVERY,
            looked_at: now,
            tells_quality: false,
            said: Said::new(log),
            shedding: Shedding::new(shed),
        }
    }

    /// The number of a new seat: lanes are filled in the order in which people came.
    pub(crate) fn next_seat_order(&mut self) -> u64 {
        self.seats_opened += 1;
        self.seats_opened
    }

    /// Every peer, pending ones included, in the order of the seats' ids.
    pub(crate) fn peers(&self) -> impl Iterator<Item = PeerKey> {
        self.seats.values().flat_map(Seat::peers)
    }

    /// The peers of those who do not wait.
    pub(crate) fn peers_inside(&self) -> impl Iterator<Item = PeerKey> {
        self.seats.values().filter(|seat| !seat.is_waiting()).flat_map(Seat::peers)
    }

    pub(crate) fn track(&self, key: TrackKey) -> Option<&Track> {
        self.tracks.get(key.0)
    }

    pub(crate) fn track_mut(&mut self, key: TrackKey) -> Option<&mut Track> {
        self.tracks.get_mut(key.0)
    }

    /// Whether a track is shown to others: its peer is the one that its seat speaks through, and it does not wait.
    pub(crate) fn is_visible(&self, track: &Track) -> bool {
        let seat = self.seats.get(&track.seat);
        seat.is_some_and(|seat| seat.active == Some(track.peer) && !seat.is_waiting())
    }

    /// The tracks of a peer, visible or not, in the order of their publication.
    pub(crate) fn tracks_of(&self, peer: PeerKey) -> Vec<(TrackKey, &Track)> {
        let all = self.tracks.iter().map(|(key, track)| (TrackKey(key), track));
        let mut tracks: Vec<_> = all.filter(|(_, track)| track.peer == peer).collect();
        tracks.sort_by_key(|(_, track)| track.published);
        tracks
    }

    /// What a lane of this kind would show to somebody in `seat`, best first. What is on comes before what is off;
    /// then a shared screen before cameras, microphones before a screen's sound; then who came first.
    pub(crate) fn wanted(&self, seat: SeatId, kind: Kind) -> Vec<TrackKey> {
        if !self.seats.get(&seat).is_some_and(|seat| seat.may().subscribe && !seat.is_waiting()) {
            return Vec::new();
        }
        let mut wanted: Vec<_> = self
            .tracks
            .iter()
            .filter(|(_, track)| track.kind() == kind && track.seat != seat && self.is_visible(track))
            .map(|(key, track)| {
                let order = self.seats.get(&track.seat).map_or(u64::MAX, |seat| seat.order);
                ((!track.is_active, track.rank(), order, track.published), TrackKey(key))
            })
            .collect();
        wanted.sort_unstable();
        wanted.into_iter().map(|(_, key)| key).collect()
    }

    /// A seat as others see it.
    pub(crate) fn participant(&self, id: SeatId) -> Option<Participant> {
        let seat = self.seats.get(&id)?;
        let mut tracks: Vec<_> =
            self.tracks.iter().filter(|(_, track)| track.seat == id && self.is_visible(track)).collect();
        tracks.sort_unstable_by_key(|(_, track)| track.published);
        let tracks = tracks.into_iter().map(|(_, track)| track.describe()).collect();
        Some(Participant { seat: id, role: seat.role, connected: seat.active.is_some(), tracks })
    }

    /// Everybody whom `own` is told of, those who came first first: who waits knows of nobody else.
    pub(crate) fn participants(&self, own: SeatId) -> Vec<Participant> {
        let is_inside = self.seats.get(&own).is_some_and(|seat| !seat.is_waiting());
        let told = self.seats.iter().filter(|(id, seat)| **id == own || (is_inside && seat.is_listed()));
        let mut seats: Vec<_> = told.map(|(id, seat)| (seat.order, *id)).collect();
        seats.sort_unstable();
        seats.into_iter().filter_map(|(_, id)| self.participant(id)).collect()
    }

    /// Whether the room can go: empty for long enough.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.empty_since.is_some_and(|since| now.saturating_duration_since(since) >= EMPTY_ROOM_KEPT)
    }
}
