//! Which node a room goes to: of two at random the one with less to do.
//!
//! Two choices keep the fullest node within a constant of the average however many rooms come at once (Mitzenmacher,
//! 2001), while always taking the emptiest would send everybody who comes on the hour to the same one.

use rand::{Rng, RngExt};
use uuid::Uuid;

/// Who meets at least: a room for which a node has no room for both goes elsewhere.
pub const ROOM_SEATS_EXPECTED: i64 = 2;

/// A node that takes rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Candidate {
    /// Id.
    pub id: Uuid,
    /// Its life.
    pub epoch: i64,
    /// Seats taken, and expected since its last beat.
    pub seats: i64,
    /// Seats it can hold.
    pub seats_max: i64,
}

impl Candidate {
    fn has_room(&self) -> bool {
        self.seats + ROOM_SEATS_EXPECTED <= self.seats_max
    }

    /// Less loaded by share, compared without dividing.
    fn is_emptier_than(&self, other: &Self) -> bool {
        i128::from(self.seats) * i128::from(other.seats_max)
            < i128::from(other.seats) * i128::from(self.seats_max)
    }
}

/// One of the candidates with room; `None` when there is none.
pub fn choose(candidates: &[Candidate], random: &mut impl Rng) -> Option<Candidate> {
    let open: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.has_room()).collect();
    if open.len() < 2 {
        return open.first().map(|only| **only);
    }
    let first = random.random_range(0..open.len());
    // One of the others, each alike.
    let second = (first + random.random_range(1..open.len())) % open.len();
    let (first, second) = (open[first], open[second]);
    Some(if second.is_emptier_than(first) { *second } else { *first })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn node(number: u128, seats: i64, seats_max: i64) -> Candidate {
        Candidate { id: Uuid::from_u128(number), epoch: 1, seats, seats_max }
    }

    fn random() -> StdRng {
        StdRng::seed_from_u64(7)
    }

    #[test]
    fn a_node_without_room_for_two_is_not_chosen() {
        assert_eq!(choose(&[], &mut random()), None);
        assert_eq!(choose(&[node(1, 9, 10), node(2, 10, 10)], &mut random()), None);
        assert_eq!(choose(&[node(1, 9, 10), node(2, 8, 10)], &mut random()), Some(node(2, 8, 10)));
    }

    #[test]
    fn of_two_the_emptier_by_share_is_chosen() {
        let (small, large) = (node(1, 10, 20), node(2, 30, 100));

        for _ in 0..50 {
            assert_eq!(choose(&[small, large], &mut random()), Some(large), "30 % beats 50 %");
        }
    }

    #[test]
    fn the_fullest_is_never_chosen_and_all_others_are() {
        let nodes: Vec<Candidate> = (0..5).map(|i| node(i, i64::try_from(i).unwrap() * 10, 100)).collect();
        let mut random = random();

        let chosen: Vec<Candidate> = (0..500).map(|_| choose(&nodes, &mut random).unwrap()).collect();

        for (i, node) in nodes.iter().enumerate() {
            assert_eq!(chosen.contains(node), i != 4, "node {i}");
        }
    }

    /// The reason for two choices: rooms that come at once spread evenly.
    #[test]
    fn a_thousand_rooms_at_once_spread_over_ten_nodes() {
        let mut nodes: Vec<Candidate> = (0..10).map(|i| node(i, 0, 10_000)).collect();
        let mut random = random();

        for _ in 0..1_000 {
            let chosen = choose(&nodes, &mut random).unwrap();
            let at = nodes.iter().position(|node| node.id == chosen.id).unwrap();
            nodes[at].seats += ROOM_SEATS_EXPECTED;
        }

        let (least, most) = (nodes.iter().map(|n| n.seats).min(), nodes.iter().map(|n| n.seats).max());
        assert!(most.unwrap() - least.unwrap() <= 10, "between {least:?} and {most:?} seats");
    }
}
