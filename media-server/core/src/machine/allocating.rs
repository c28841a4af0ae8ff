//! Which layers fit into what a subscriber's path carries.
//!
//! ```text
//!  an estimate that falls: at once ────┐
//!  one that rises: soon                ├─ allocate ─┬─▶ each lane its grant   (PeerLane::cap, then settle_targets)
//!  a view, a track, a layer that comes ┤            ├─▶ pauses, told to the client
//!  every second                        ┘            └─▶ what to probe for, and how fast to send
//! ```
//!
//! Down goes at once, up only with headroom and not soon after a step down. A picture is paused when its lowest layer does not
//! fit and the path shows it: as long as it passes, an estimate that is too low harms nobody.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use protocol::Role;
use protocol::signal::{Kind, ServerMessage, Source};
use rtp::Bitrate;

use super::Core;
use crate::keys::{PeerKey, RoomKey, TrackKey};
use crate::packet::{LAYERS_MAX, Layer};
use crate::peer::Peer;
use crate::peer::lane::Grant;
use crate::room::Room;
use crate::room::track::Track;
use crate::send::allocate::{Importance, WISHES_MAX, Wish, allocate, wanted};

/// What fits is looked at again after this, since rates of layers change.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// And after this where the estimate has risen: at the start it does so several times a second.
const RISEN_AFTER: Duration = Duration::from_millis(200);
/// An estimate that fell by more than this, in percent, is obeyed at once.
const FALLEN_BELOW: u32 = 90;
/// One that rose by more than this is looked at soon.
const RISEN_ABOVE: u32 = 120;
/// After a step down, or a pause, a lane gets no more for this long.
const HOLD: Duration = Duration::from_secs(3);
/// A picture whose lowest layer does not quite fit is paused when it has not fitted for this long,
const PAUSE_AFTER: Duration = Duration::from_secs(1);
/// or at once, when the estimate is less than this part of what is needed, in percent.
const PAUSE_AT_ONCE_BELOW: u32 = 60;
/// A voice, with its headers: kept for those who may speak, measured or not.
const VOICE: Bitrate = Bitrate::from_kbps(40);
/// Measured is what publishers send. Packets of sound are so small that what is added to each of them counts: a tag, and
/// header extensions.
const AUDIO_OVERHEAD: (u32, u32) = (5, 4);

/// What was decided last for a subscriber.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decided {
    budget: Option<Bitrate>,
    at: Option<Instant>,
    /// Since when the lowest layers do not fit.
    unfit_since: Option<Instant>,
    /// When to decide again.
    pub(crate) due: Option<Instant>,
}

/// A lane that shows something, and what it could get.
struct Asking {
    lane: usize,
    wish: Wish,
    /// Its best, whether or not it may have it now.
    best: Wish,
}

type AskingLanes = ArrayVec<Asking, WISHES_MAX>;

impl Core {
    /// Decides again, if it is time to.
    pub(super) fn allocate_if_due(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(key.0) else { return };
        let Some(media) = &peer.media else { return };
        let room = peer.room;
        let is_due = media.decided.due.is_some_and(|due| due <= now);
        if (is_due || has_moved(&media.decided, media.downlink.budget(now), now))
            && self.allocate(now, room, key)
        {
            self.settle_targets(now, room);
            self.tell_lanes(room, key);
        }
    }

    /// Decides what each lane of a subscriber gets; whether that is something else than before.
    pub(super) fn allocate(&mut self, now: Instant, room_key: RoomKey, key: PeerKey) -> bool {
        let (Some(peer), Some(room)) = (self.peers.get_mut(key.0), self.rooms.get_mut(room_key.0)) else {
            return false;
        };
        if peer.media.is_none() {
            return false;
        }
        measure(peer, room, now);
        let audio = audio(peer, room, now);
        let asking = asking(peer, room, now);
        let Some(media) = &mut peer.media else { return false };
        let floors: Bitrate =
            asking.iter().filter_map(|one| one.wish.current.and(one.wish.floor_rate())).sum();
        let budget = media.downlink.budget(now);
        let (kept, passes) = (audio + floors, media.downlink.passes(now));
        let granted = budget.map_or(Bitrate::MAX, |budget| media.decided.granted(budget, kept, passes, now));
        media.decided.budget = budget;
        media.decided.at = Some(now);
        media.decided.due = (!asking.is_empty()).then_some(now + AGAIN_AFTER);

        let wishes: ArrayVec<Wish, WISHES_MAX> = asking.iter().map(|one| one.wish).collect();
        let best: ArrayVec<Wish, WISHES_MAX> = asking.iter().map(|one| one.best).collect();
        let got = allocate(granted, audio, &wishes);
        let video: Bitrate = wishes.iter().zip(&got).filter_map(|(wish, got)| wish.rate_of((*got)?)).sum();
        let wanted = if best.is_empty() { Bitrate::ZERO } else { wanted(audio, &best) };
        media.downlink.set_use(now, audio + video, wanted);

        let mut grants: ArrayVec<Grant, WISHES_MAX> =
            peer.lanes.iter().map(|_| Grant::Free).take(WISHES_MAX).collect();
        for (one, got) in asking.iter().zip(got) {
            grants[one.lane] = match got {
                None => Grant::Nothing,
                Some(_) if budget.is_none() => Grant::Free,
                Some(layer) => Grant::UpTo(layer),
            };
        }
        let mut shown = [None; WISHES_MAX];
        for one in &asking {
            shown[one.lane] = one.best.best_layer();
        }
        let mut is_other = false;
        for (at, (lane, grant)) in peer.lanes.iter_mut().zip(grants).enumerate() {
            if lane.grant == grant {
                continue;
            }
            is_other = true;
            let is_short = shown.get(at).copied().flatten().is_some_and(|cap| grant < Grant::UpTo(cap));
            // What was never limited has taken no step.
            if is_short && grant < lane.grant && lane.grant != Grant::Free {
                lane.held_until = Some(now + HOLD);
            }
            if grant == Grant::Nothing {
                self.counters.pictures_paused += 1;
            }
            lane.grant = grant;
        }
        is_other
    }

    /// Tells a client of its lanes, if they are not as it was told last.
    pub(super) fn tell_lanes(&mut self, room_key: RoomKey, key: PeerKey) {
        let (Some(room), Some(peer)) = (self.rooms.get(room_key.0), self.peers.get_mut(key.0)) else {
            return;
        };
        let lanes = peer.describe_lanes(room);
        // Who has not been told anything is told by the answer.
        if peer.described.as_ref().is_some_and(|told| *told != lanes) {
            peer.described = Some(lanes.clone());
            self.signal(key, ServerMessage::Lanes { lanes });
        }
    }
}

impl Decided {
    /// What is shared out: the budget, or `kept` for what is shown already, while nothing or little speaks against it.
    fn granted(&mut self, budget: Bitrate, kept: Bitrate, passes: bool, now: Instant) -> Bitrate {
        if budget >= kept || passes {
            self.unfit_since = None;
            return budget.max(kept);
        }
        let since = *self.unfit_since.get_or_insert(now);
        let is_over = now.saturating_duration_since(since) >= PAUSE_AFTER;
        if is_over || budget < kept.scaled(PAUSE_AT_ONCE_BELOW, 100) { budget } else { kept }
    }
}

/// Whether the budget is so much another that it is time to decide again.
fn has_moved(decided: &Decided, budget: Option<Bitrate>, now: Instant) -> bool {
    let (Some(before), Some(budget), Some(at)) = (decided.budget, budget, decided.at) else {
        return decided.at.is_some() && decided.budget != budget;
    };
    let has_risen = budget > before.scaled(RISEN_ABOVE, 100);
    budget < before.scaled(FALLEN_BELOW, 100)
        || (has_risen && now.saturating_duration_since(at) >= RISEN_AFTER)
}

fn shown_tracks(peer: &Peer, kind: Kind) -> impl Iterator<Item = TrackKey> {
    peer.lanes.iter().filter(move |lane| lane.kind == kind).filter_map(|lane| lane.track)
}

/// Brings what is known of the layers' rates up to date.
fn measure(peer: &Peer, room: &mut Room, now: Instant) {
    for track in shown_tracks(peer, Kind::Video) {
        if let Some(track) = room.track_mut(track) {
            track.measure(now);
        }
    }
}

/// What the sound on a subscriber's lanes takes, that which is sent twice included.
fn audio(peer: &Peer, room: &Room, now: Instant) -> Bitrate {
    let mut all = Bitrate::ZERO;
    let mut has_some = false;
    for lane in peer.lanes.iter().filter(|lane| lane.kind == Kind::Audio) {
        let Some(track) = lane.track.and_then(|track| room.track(track)).filter(|track| track.is_active)
        else {
            continue;
        };
        has_some = true;
        let (by, of) = AUDIO_OVERHEAD;
        let rate = track.bitrate(Layer::BASE, now).map_or(VOICE, |rate| rate.scaled(by, of));
        all += rate.scaled(1 + lane.lane.depth() as u32, 1);
    }
    if has_some { all.max(VOICE) } else { all }
}

fn asking(peer: &Peer, room: &Room, now: Instant) -> AskingLanes {
    let viewer = room.seats.get(&peer.seat).map(|seat| seat.role);
    let lanes = peer.lanes.iter().enumerate().filter(|(_, lane)| lane.kind == Kind::Video);
    let ask = |(at, lane): (usize, &crate::peer::lane::PeerLane)| {
        let track = room.track(lane.track?)?;
        let cap = lane.view_cap(track)?;
        let up_to_cap = |layer: usize| Some(Layer(layer as u8)).filter(|layer| *layer <= cap);
        let best = std::array::from_fn(|layer| track.at_best(up_to_cap(layer)?));
        let current = match lane.grant {
            Grant::Nothing => None,
            Grant::UpTo(layer) => Some(layer.min(cap)),
            Grant::Free => Some(cap),
        };
        let is_held = lane.held_until.is_some_and(|until| now < until);
        let may_have = |layer: usize| !is_held || current.is_some_and(|current| layer <= current.index());
        let rates: [_; LAYERS_MAX] =
            std::array::from_fn(|layer| track.expected(up_to_cap(layer).filter(|_| may_have(layer))?));
        let importance = importance(viewer, room, track);
        let wish = Wish { importance, rates, current };
        Some(Asking { lane: at, wish, best: Wish { rates: best, ..wish } })
    };
    lanes.filter_map(ask).take(WISHES_MAX).collect()
}

/// The patient for who treats them, and a shared screen for everybody, come first.
fn importance(viewer: Option<Role>, room: &Room, track: &Track) -> Importance {
    let shows = room.seats.get(&track.seat).map(|seat| seat.role);
    let is_patient = viewer == Some(Role::Practitioner) && shows == Some(Role::Patient);
    if is_patient || track.source == Source::Screen { Importance::Subject } else { Importance::Other }
}
