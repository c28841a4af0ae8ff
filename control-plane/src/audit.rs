//! What was done, read and refused: a row in the same transaction as what it records, so that neither is without
//! the other; a read has its row before its answer leaves. Ids only. The table only grows: triggers refuse `update` and `delete` on both databases.
//!
//! The hash chain over these rows comes later, in a table of its own, so that bookings never queue for its head.

use std::collections::HashSet;
use std::time::Duration;

use uuid::Uuid;

use crate::authorize::{Action, Actor, Object, Who};
use crate::db::sql::{execute, fetch_all};
use crate::db::text::text_enum;
use crate::db::{DbError, Tx};
use crate::http::origin::Origin;
use crate::ids::AuditId;

text_enum! {
    /// How it went.
    pub enum Outcome {
        /// Done.
        Allowed = "allowed",
        /// Not allowed, and not done.
        Refused = "refused",
        /// Allowed, and not done.
        Failed = "failed",
    }
}

/// Who a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// Somebody known.
    Actor(Actor),
    /// A media node.
    Node(protocol::NodeId),
    /// Bedside itself: a command line, a sweeper.
    System,
    /// Somebody not signed in.
    Nobody,
}

impl Agent {
    fn columns(&self) -> (&'static str, Option<Uuid>, Option<&'static str>) {
        match self {
            Self::Actor(Actor { who: Who::Account { account, .. }, role, .. }) => {
                ("account", Some(account.0), Some(role.as_str()))
            }
            Self::Actor(Actor { who: Who::Guest { guest, .. }, role, .. }) => {
                ("guest", Some(guest.0), Some(role.as_str()))
            }
            Self::Node(node) => ("node", Some(node.0), None),
            Self::System => ("system", None, None),
            Self::Nobody => ("nobody", None, None),
        }
    }
}

/// One row to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub agent: Agent,
    /// What.
    pub action: Action,
    /// To what.
    pub object: Object,
    /// How it went.
    pub outcome: Outcome,
    /// Why, from a closed set of words, never free text.
    pub reason: Option<&'static str>,
    /// Over which request, from what kind of address.
    pub origin: Origin,
}

impl Entry {
    /// Whose record the row is in: the actor's clinic, for a refused reach into another one too.
    #[must_use]
    pub fn clinic(&self) -> protocol::ClinicId {
        match &self.agent {
            Agent::Actor(actor) => actor.clinic,
            _ => self.object.clinic(),
        }
    }
}

/// A page that polls reads the same visits every few seconds. While the same actor goes on, one row stands for this long.
pub const READ_STANDS: Duration = Duration::from_secs(5 * 60);
/// Rows of one actor's reads in that time: a clinic's whole day, many times over.
const READS_MAX: i64 = 20_000;

/// Those of an actor's reads that no row of the last [`READ_STANDS`] stands for.
///
/// # Errors
/// When the database fails.
pub async fn not_recorded_lately(
    tx: &mut Tx,
    actor: &Actor,
    mut reads: Vec<(Action, Object)>,
) -> Result<Vec<(Action, Object)>, DbError> {
    if reads.is_empty() {
        return Ok(reads);
    }
    let (clinic, since) = (tx.clinic(), tx.now() - READ_STANDS);
    let (_, who, _) = Agent::Actor(*actor).columns();
    let rows = fetch_all!(
        tx,
        (String, Uuid),
        "select distinct action, object from audit
         where clinic = $1 and at_us > $2 and actor = $3 and outcome = 'allowed' and object is not null limit $4",
        clinic,
        since,
        who,
        READS_MAX
    )?;
    let known: HashSet<(String, Uuid)> = rows.into_iter().collect();
    reads.retain(|(action, object)| !known.contains(&(action.as_str().to_owned(), object.name().1)));
    Ok(reads)
}

/// Writes the row.
///
/// # Errors
/// When the database fails; what was to be recorded must then not happen either.
pub async fn record(tx: &mut Tx, entry: &Entry) -> Result<(), DbError> {
    let (clinic, now) = (tx.clinic(), tx.now());
    let (actor_kind, actor, role) = entry.agent.columns();
    let (object_kind, object) = entry.object.name();
    execute!(
        tx,
        "insert into audit (id, clinic, at_us, actor_kind, actor, role, action, object_kind, object, patient,
             outcome, reason, request, address_class)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        AuditId::new_v7(),
        clinic,
        now,
        actor_kind,
        actor,
        role,
        entry.action.as_str(),
        object_kind,
        object,
        entry.object.patient(),
        entry.outcome.as_str(),
        entry.reason,
        entry.origin.request,
        entry.origin.class().as_str()
    )?;
    Ok(())
}
