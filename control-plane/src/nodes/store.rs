//! SQL of nodes: enrolment, epoch and lease. Nodes belong to no clinic.

use protocol::{Epoch, NodeId, limits};
use uuid::Uuid;

use crate::db::sql::{execute, fetch_optional};
use crate::db::{DbError, SystemTx};
use crate::time::Timestamp;

/// What is known of a node before it says anything.
#[derive(sqlx::FromRow)]
pub(crate) struct Enrolled {
    pub(crate) public_key: Vec<u8>,
    pub(crate) revoked_us: Option<Timestamp>,
}

/// Without effect when the node is known.
pub(crate) async fn insert(
    tx: &mut SystemTx,
    node: NodeId,
    public_key: &[u8],
    region: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    execute!(
        tx,
        "insert into node (id, public_key, region, url, enrolled_us) values ($1, $2, $3, '', $4)
         on conflict (id) do nothing",
        node.0,
        public_key,
        region,
        now
    )
    .map(drop)
}

pub(crate) async fn enrolled(tx: &mut SystemTx, node: NodeId) -> Result<Option<Enrolled>, DbError> {
    fetch_optional!(tx, Enrolled, "select public_key, revoked_us from node where id = $1", node.0)
}

/// What a node says of itself.
pub(crate) struct Process<'a> {
    pub(crate) node: NodeId,
    pub(crate) process: Uuid,
    pub(crate) region: &'a str,
    pub(crate) url: &'a str,
    pub(crate) seats_max: u32,
}

/// Gives a process of a node its lease and its epoch: the same when it comes back, the next when it is a new one.
/// `None` when the node was revoked.
pub(crate) async fn welcome(tx: &mut SystemTx, process: &Process<'_>) -> Result<Option<Epoch>, DbError> {
    let lease_until = tx.now() + limits::NODE_LEASE;
    let row = fetch_optional!(
        tx,
        (i64,),
        "update node
         set epoch = case when process = $1 then epoch else epoch + 1 end, process = $1, region = $2, url = $3,
             seats_max = $4, lease_until_us = $5
         where id = $6 and revoked_us is null
         returning epoch",
        process.process,
        process.region,
        process.url,
        i64::from(process.seats_max),
        lease_until,
        process.node.0
    )?;
    Ok(row.map(|(epoch,)| Epoch(u64::try_from(epoch).unwrap_or(0))))
}

/// What a beat says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) rooms: u32,
    pub(crate) seats: u32,
    pub(crate) draining: bool,
}

/// Renews the lease of one life of a node. `false` when that life is over: another process has taken its place, or it
/// was revoked.
pub(crate) async fn renew(
    tx: &mut SystemTx,
    node: NodeId,
    epoch: Epoch,
    load: Load,
) -> Result<bool, DbError> {
    let lease_until = tx.now() + limits::NODE_LEASE;
    let renewed = execute!(
        tx,
        "update node set lease_until_us = $1, rooms = $2, seats = $3, draining = $4
         where id = $5 and epoch = $6 and revoked_us is null",
        lease_until,
        i64::from(load.rooms),
        i64::from(load.seats),
        load.draining,
        node.0,
        i64::try_from(epoch.0).unwrap_or(i64::MAX)
    )?;
    Ok(renewed == 1)
}
