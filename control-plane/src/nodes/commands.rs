//! What nodes are told: rows that any control plane writes, and the one that the node is connected to sends.
//!
//! A command is sent once on each connection until its row is too old: a node that missed it, because it was away or
//! died on the way, gets it when it is back. Twice does no harm: a room ends once, a seat that is gone stays gone.

use std::time::Duration;

use protocol::node::{ControlMessage, RoomCommand};
use protocol::{Generation, NodeId, RoomId, SeatId};
use uuid::Uuid;

use crate::db::sql::{execute, fetch_all};
use crate::db::text::text_enum;
use crate::db::{DbError, SystemTx, Tx};
use crate::rooms::store::Placement;

/// No room lives this long: its visit's window is four and a half hours.
const KEEP: Duration = Duration::from_secs(24 * 3600);
/// Cancelled visits and revoked guests of a day whose rooms were open on one node.
const DUE_MAX: i64 = 5_000;

text_enum! {
    /// Kinds of command.
    pub enum CommandKind {
        /// End the room for all.
        End = "end",
        /// Take a seat out.
        Remove = "remove",
    }
}

/// Writes a command for the node of a placement, in the transaction of its cause. [`super::Connections::tell`] after the
/// commit makes it fast.
///
/// # Errors
/// When the database fails.
pub(crate) async fn order(tx: &mut Tx, to: &Placement, command: &RoomCommand) -> Result<(), DbError> {
    let now = tx.now();
    execute!(tx, "delete from node_command where node = $1 and created_us < $2", to.node, now - KEEP)?;
    let (kind, seat) = match command {
        RoomCommand::End => (CommandKind::End, None),
        RoomCommand::Remove { seat } => (CommandKind::Remove, Some(seat.0)),
    };
    execute!(
        tx,
        "insert into node_command (id, node, room, generation, kind, seat, created_us)
         values ($1, $2, $3, $4, $5, $6, $7)",
        Uuid::now_v7(),
        to.node,
        to.room,
        to.generation,
        kind.as_str(),
        seat,
        now
    )
    .map(drop)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    room: Uuid,
    generation: i64,
    #[sqlx(try_from = "String")]
    kind: CommandKind,
    seat: Option<Uuid>,
}

/// A command ready to send.
pub(crate) struct Due {
    pub(crate) id: Uuid,
    pub(crate) message: ControlMessage,
}

/// All commands for a node that are not too old, the oldest first.
///
/// # Errors
/// When the database fails.
pub(crate) async fn due(tx: &mut SystemTx, node: NodeId) -> Result<Vec<Due>, DbError> {
    let since = tx.now() - KEEP;
    let rows = fetch_all!(
        tx,
        Row,
        "select id, room, generation, kind, seat from node_command
         where node = $1 and created_us >= $2 order by created_us, id limit $3",
        node.0,
        since,
        DUE_MAX
    )?;
    Ok(rows.into_iter().filter_map(Row::ready).collect())
}

impl Row {
    fn ready(self) -> Option<Due> {
        let command = match (self.kind, self.seat) {
            (CommandKind::End, _) => RoomCommand::End,
            (CommandKind::Remove, Some(seat)) => RoomCommand::Remove { seat: SeatId(seat) },
            (CommandKind::Remove, None) => return None,
        };
        let generation = Generation(u64::try_from(self.generation).ok()?);
        let message = ControlMessage::Command { id: self.id, room: RoomId(self.room), generation, command };
        Some(Due { id: self.id, message })
    }
}
