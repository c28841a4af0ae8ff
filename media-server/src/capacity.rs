//! Whether the node takes new rooms. Probes and the control plane are told one level before any is refused, and a little before a
//! limit is reached: rooms are then placed elsewhere, and nobody is turned away.

use media_core::{CoreLimits, Shed};

use crate::worker::{Inbox, Snapshot};

/// Of a limit so much may be taken. What is on its way when it is reached finds the rest.
const TAKEN_PERCENT_MAX: usize = 95;

/// What workers take, and how much of it is left.
#[derive(Clone)]
pub(crate) struct Capacity {
    workers: Vec<Inbox>,
    limits: CoreLimits,
}

impl Capacity {
    pub(crate) const fn new(workers: Vec<Inbox>, limits: CoreLimits) -> Self {
        Self { workers, limits }
    }

    /// Why no new room should come; any worker may be the one that it would come to.
    pub(crate) fn shortage(&self) -> Option<&'static str> {
        self.workers.iter().find_map(|worker| shortage(&worker.snapshot(), &self.limits))
    }
}

fn shortage(snapshot: &Snapshot, limits: &CoreLimits) -> Option<&'static str> {
    if snapshot.shed >= Shed::Video {
        return Some("a worker is overloaded");
    }
    let is_taken = |count: usize, max: usize| count * 100 >= max * TAKEN_PERCENT_MAX;
    if is_taken(snapshot.load.rooms, limits.rooms_max) {
        return Some("a worker has almost all the rooms it takes");
    }
    is_taken(snapshot.load.peers, limits.peers_max).then_some("a worker has almost all the peers it takes")
}

#[cfg(test)]
mod tests {
    use media_core::Load;

    use super::*;

    const LIMITS: CoreLimits = CoreLimits {
        rooms_max: 100,
        peers_max: 200,
        room_seats_max: 8,
        peer_bps_max: 8_000_000,
        peer_packets_per_second_max: 1500,
    };

    fn of(shed: Shed, rooms: usize, peers: usize) -> Option<&'static str> {
        let load = Load { rooms, seats: peers, peers, waiting: 0 };
        shortage(&Snapshot { shed, load, ..Snapshot::default() }, &LIMITS)
    }

    #[test]
    fn it_is_told_one_level_before_rooms_are_refused() {
        let ready = Shed::ALL.map(|shed| of(shed, 0, 0).is_none());

        assert_eq!(ready, [true, true, false, false]);
        assert_eq!(Shed::Video.next(), Some(Shed::Full), "where the core refuses");
    }

    #[test]
    fn it_is_told_before_a_limit_is_reached() {
        assert_eq!(of(Shed::Nothing, 94, 189), None);
        assert!(of(Shed::Nothing, 95, 0).is_some_and(|why| why.contains("rooms")));
        assert!(of(Shed::Nothing, 0, 190).is_some_and(|why| why.contains("peers")));
    }
}
