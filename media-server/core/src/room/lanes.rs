//! Which track is on which lane of a subscriber. One rule, without state: what is there stays as long as it is among
//! the most wanted; what is new takes the first free lane.
//!
//! ```text
//!  wanted, best first   A B C D      lanes before   B  –  E     (E is no longer wanted)
//!  places               3            lanes after    B  A  C     (D finds no place)
//! ```

use crate::keys::TrackKey;

/// The lanes after a change. `lanes` are those of one media kind; `wanted` are the tracks for them, best first.
pub(crate) fn assign(lanes: &[Option<TrackKey>], wanted: &[TrackKey]) -> Vec<Option<TrackKey>> {
    let shown = &wanted[..wanted.len().min(lanes.len())];
    let mut after: Vec<_> = lanes.iter().map(|lane| lane.filter(|track| shown.contains(track))).collect();
    for track in shown {
        if after.contains(&Some(*track)) {
            continue;
        }
        if let Some(free) = after.iter_mut().find(|lane| lane.is_none()) {
            *free = Some(*track);
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[usize]) -> Vec<TrackKey> {
        keys.iter().map(|key| TrackKey(*key)).collect()
    }

    fn lanes(lanes: &[usize]) -> Vec<Option<TrackKey>> {
        lanes.iter().map(|key| (*key != 0).then_some(TrackKey(*key))).collect()
    }

    #[test]
    fn tracks_fill_lanes_in_order() {
        assert_eq!(assign(&lanes(&[0, 0, 0]), &keys(&[5, 6])), lanes(&[5, 6, 0]));
    }

    #[test]
    fn who_leaves_frees_a_lane_and_nobody_else_moves() {
        assert_eq!(assign(&lanes(&[5, 6, 7]), &keys(&[5, 7])), lanes(&[5, 0, 7]));
        assert_eq!(assign(&lanes(&[5, 0, 7]), &keys(&[5, 7, 8])), lanes(&[5, 8, 7]));
    }

    #[test]
    fn the_less_wanted_make_room_for_the_more_wanted() {
        assert_eq!(assign(&lanes(&[5, 6]), &keys(&[9, 5, 6])), lanes(&[5, 9]));
    }

    #[test]
    fn without_lanes_nothing_is_shown() {
        assert_eq!(assign(&[], &keys(&[1, 2])), []);
    }
}
