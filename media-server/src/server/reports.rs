//! What workers report, on its way to the spool and the list of rooms.

use std::sync::Arc;
use std::time::Instant;

use protocol::node::{RoomEvent, RoomEventKind};
use protocol::signal::EndReason;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::clock::since_1970;
use crate::control::spool::Spool;
use crate::rooms::Rooms;
use crate::worker::Report;

/// Brings reports of workers to the spool and the list of rooms, until nobody reports any more.
pub(super) async fn take_reports(mut reports: mpsc::Receiver<Report>, spool: Spool, rooms: Arc<Rooms>) {
    while let Some(report) = reports.recv().await {
        match report {
            Report::RoomClosed { room, generation } => rooms.closed(room, generation, Instant::now()),
            Report::Event { clinic, room, generation, kind } => {
                match &kind {
                    RoomEventKind::Joined { .. } => rooms.opened(room, generation),
                    RoomEventKind::Ended { reason, .. } if *reason != EndReason::Empty => {
                        rooms.ended(room, generation, Instant::now());
                    }
                    _ => {}
                }
                let at_us = i64::try_from(since_1970().as_micros()).unwrap_or(i64::MAX);
                spool.record(RoomEvent { id: Uuid::now_v7(), clinic, room, generation, at_us, kind });
            }
        }
    }
}
