//! Who is in the worker's rooms, as reported: so that after a fault everybody can be reported as lost.

use std::collections::BTreeMap;

use protocol::node::RoomEventKind;
use protocol::signal::LeaveReason;
use protocol::{ClinicId, Generation, RoomId, SeatId};

use super::Report;

/// Seats that were reported as joined and not as left. Bounded by the core's limits on rooms and seats.
#[derive(Debug, Default)]
pub(super) struct Presence {
    rooms: BTreeMap<RoomId, Room>,
}

#[derive(Debug)]
struct Room {
    clinic: ClinicId,
    generation: Generation,
    seats: Vec<SeatId>,
}

impl Presence {
    /// Notes a report of the core.
    pub(super) fn note(&mut self, report: &Report) {
        match *report {
            Report::Event { clinic, room, generation, kind: RoomEventKind::Joined { seat, .. } } => {
                let entry = self.rooms.entry(room).or_insert(Room { clinic, generation, seats: Vec::new() });
                entry.generation = generation;
                if !entry.seats.contains(&seat) {
                    entry.seats.push(seat);
                }
            }
            Report::Event { room, kind: RoomEventKind::Left { seat, .. }, .. } => {
                if let Some(entry) = self.rooms.get_mut(&room) {
                    entry.seats.retain(|one| *one != seat);
                }
            }
            Report::RoomClosed { room, .. } => {
                self.rooms.remove(&room);
            }
            Report::Event { .. } => {}
        }
    }

    /// Forgets everybody, with the reports that say so.
    pub(super) fn everybody_lost(&mut self) -> Vec<Report> {
        let mut reports = Vec::new();
        for (room, Room { clinic, generation, seats }) in std::mem::take(&mut self.rooms) {
            for seat in seats {
                let kind = RoomEventKind::Left { seat, reason: LeaveReason::Lost };
                reports.push(Report::Event { clinic, room, generation, kind });
            }
            reports.push(Report::RoomClosed { room, generation });
        }
        reports
    }
}
