//! One node's connection: frames in, one after the other; commands out as they come up.
//!
//! The node cannot make it hold much: a frame is bounded, the next is read when the one before is stored, and beats have
//! a rate. Whatever goes wrong, the connection closes and the node dials again; its events are in its spool.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::web;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use protocol::node::{ControlMessage, NodeMessage};
use protocol::{Epoch, NodeId, limits};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use uuid::Uuid;

use super::commands;
use super::door::Place;
use super::events::{self, Stored};
use super::greeting::{self, Unwelcome, Welcomed};
use super::store::{self, Load};
use crate::app::State;
use crate::db::DbError;
use crate::http::problem::causes;

/// A node that takes nothing for this long is not there.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// Five beats missed: the lease is long gone.
const SILENT_MAX: Duration = Duration::from_secs(10);
/// Messages other than events, each second and at once: a beat every two seconds, a ping with each, and what a network
/// held back.
const MESSAGES_PER_SECOND: u32 = 4;
const MESSAGES_BURST: u32 = 20;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the node closed the connection")]
    Closed,
    #[error("nothing came from the node for too long")]
    Silent,
    #[error("the node does not take what it is sent")]
    Stuck,
    #[error("this control plane stops")]
    Stopping,
    #[error("the node was refused: {0}")]
    Refused(String),
    #[error("the database failed")]
    Db(#[source] DbError),
    #[error("the greeting failed")]
    Greeting(#[source] crate::seal::SealError),
}

impl From<DbError> for End {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Serves a connection until it ends, and says in the log how.
pub(super) async fn serve(
    state: web::Data<State>,
    session: Session,
    frames: AggregatedMessageStream,
    place: Place,
) {
    let mut socket = Socket { session, frames, rate: rate() };
    let end = match greet(&state, &mut socket).await {
        Ok(welcomed) => {
            drop(place);
            let (node, epoch) = (welcomed.node, welcomed.epoch);
            tracing::info!(node.id = %node, epoch = epoch.0, "node connected");
            let end = Connection { state: &state, node, epoch, sent: HashSet::new() }.run(&mut socket).await;
            match &end {
                End::Db(error) => {
                    tracing::error!(node.id = %node, error = causes(error), "node sent away: what it reports cannot be stored");
                }
                end => tracing::info!(node.id = %node, epoch = epoch.0, reason = %end, "node disconnected"),
            }
            end
        }
        Err(end) => {
            tracing::warn!(reason = causes(&end), "a connection to /nodes/connect was not welcomed");
            end
        }
    };
    socket.close(&end).await;
}

async fn greet(state: &State, socket: &mut Socket) -> Result<Welcomed, End> {
    let nonce = greeting::nonce().map_err(End::Greeting)?;
    socket.send(&ControlMessage::Challenge { nonce: nonce.clone() }).await?;
    let mut stopping = state.nodes.stopping();
    let hello = tokio::select! {
        hello = timeout(limits::FIRST_MESSAGE_WITHIN, socket.next()) => hello.map_err(|_| End::Silent)??,
        _ = stopping.wait_for(|stopping| *stopping) => return Err(End::Stopping),
    };
    let welcomed = greeting::welcome(state, &nonce, hello).await.map_err(|unwelcome| match unwelcome {
        Unwelcome::Refused(detail) => End::Refused(detail),
        Unwelcome::Failed(error) => End::Greeting(error),
    })?;
    socket.send(&welcomed.message).await?;
    Ok(welcomed)
}

/// A node that proved who it is.
struct Connection<'a> {
    state: &'a State,
    node: NodeId,
    epoch: Epoch,
    /// Commands sent on this connection, as far as they are still due.
    sent: HashSet<Uuid>,
}

impl Connection<'_> {
    async fn run(mut self, socket: &mut Socket) -> End {
        let (mut news, mut stopping) = (self.state.nodes.news(), self.state.nodes.stopping());
        let mut outcome = self.send_commands(socket).await;
        while outcome.is_ok() {
            outcome = tokio::select! {
                message = timeout(SILENT_MAX, socket.next()) => match message {
                    Ok(Ok(message)) => self.handle(socket, message).await,
                    Ok(Err(end)) => Err(end),
                    Err(_) => Err(End::Silent),
                },
                // The sender lives in the state, as long as this does.
                _ = news.changed() => self.send_commands(socket).await,
                _ = stopping.wait_for(|stopping| *stopping) => Err(End::Stopping),
            };
        }
        outcome.err().unwrap_or(End::Closed)
    }

    async fn handle(&mut self, socket: &mut Socket, message: NodeMessage) -> Result<(), End> {
        match message {
            NodeMessage::Hello { .. } => Err(End::Refused("hello was said before".to_owned())),
            NodeMessage::Beat { rooms, seats, draining } => {
                socket.spend()?;
                self.beat(Load { rooms, seats, draining }).await?;
                // Commands that another control plane wrote are seen with the beat.
                self.send_commands(socket).await
            }
            NodeMessage::Event { number, event } => {
                match events::store(&self.state.db, self.node, &event).await {
                    Ok(Stored::Unknown) => {
                        tracing::warn!(node.id = %self.node, room.id = %event.room, "an event of a room not given to it");
                    }
                    Ok(Stored::NeverThere) => {
                        tracing::warn!(
                            node.id = %self.node,
                            room.id = %event.room,
                            generation = event.generation.0,
                            "dropped: how connections were in a room where this node reported nobody at that time"
                        );
                    }
                    Ok(Stored::Late) => self.state.nodes.tell(),
                    Ok(_) => {}
                    // Told again it would be refused again, and hold up all behind it.
                    Err(error) if error.refusal().is_some() => {
                        tracing::error!(node.id = %self.node, event.id = %event.id, %error, "an event cannot be stored");
                    }
                    Err(error) => return Err(error.into()),
                }
                socket.send(&ControlMessage::Ack { number }).await
            }
        }
    }

    async fn beat(&self, load: Load) -> Result<(), End> {
        let mut tx = self.state.db.system().await?;
        let alive = store::renew(&mut tx, self.node, self.epoch, load).await?;
        tx.commit().await?;
        if alive {
            return Ok(());
        }
        Err(End::Refused("another process of this node has taken its place, or it was revoked".to_owned()))
    }

    async fn send_commands(&mut self, socket: &mut Socket) -> Result<(), End> {
        let mut tx = self.state.db.read_system().await?;
        let due = commands::due(&mut tx, self.node).await?;
        drop(tx);
        let still_due: HashSet<Uuid> = due.iter().map(|command| command.id).collect();
        self.sent.retain(|id| still_due.contains(id));
        for command in due {
            if self.sent.insert(command.id) {
                socket.send(&command.message).await?;
            }
        }
        Ok(())
    }
}

/// The WebSocket, in messages of the protocol.
struct Socket {
    session: Session,
    frames: AggregatedMessageStream,
    rate: DefaultDirectRateLimiter,
}

fn rate() -> DefaultDirectRateLimiter {
    let (sustained, burst) = (NonZeroU32::new(MESSAGES_PER_SECOND), NonZeroU32::new(MESSAGES_BURST));
    let quota = Quota::per_second(sustained.expect("a rate above zero"));
    RateLimiter::direct(quota.allow_burst(burst.expect("a burst above zero")))
}

impl Socket {
    /// The next message; pings are answered on the way.
    async fn next(&mut self) -> Result<NodeMessage, End> {
        loop {
            match self.frames.recv().await {
                Some(Ok(AggregatedMessage::Text(text))) => {
                    return serde_json::from_str(&text)
                        .map_err(|_| End::Refused("a message is not understood".to_owned()));
                }
                Some(Ok(AggregatedMessage::Ping(bytes))) => {
                    self.spend()?;
                    done(timeout(SEND_WITHIN, self.session.pong(&bytes)).await)?;
                }
                Some(Ok(AggregatedMessage::Pong(_))) => self.spend()?,
                Some(Ok(AggregatedMessage::Binary(_))) => {
                    return Err(End::Refused("binary frames are not understood".to_owned()));
                }
                Some(Err(_)) => {
                    return Err(End::Refused("a frame breaks the protocol or its limit".to_owned()));
                }
                Some(Ok(AggregatedMessage::Close(_))) | None => return Err(End::Closed),
            }
        }
    }

    fn spend(&self) -> Result<(), End> {
        self.rate.check().map_err(|_| End::Refused("too many messages".to_owned()))
    }

    async fn send(&mut self, message: &ControlMessage) -> Result<(), End> {
        let text =
            serde_json::to_string(message).expect("our messages have string keys only, so they are JSON");
        done(timeout(SEND_WITHIN, self.session.text(text)).await)
    }

    async fn close(mut self, end: &End) {
        let code = match end {
            End::Refused(detail) => {
                // As far as it goes: the connection is closed next.
                let _ = self.send(&ControlMessage::Refused { detail: detail.clone() }).await;
                CloseCode::Policy
            }
            End::Stopping => CloseCode::Away,
            End::Db(_) | End::Greeting(_) => CloseCode::Error,
            End::Closed | End::Silent | End::Stuck => CloseCode::Normal,
        };
        let _ = timeout(SEND_WITHIN, self.session.close(Some(CloseReason::from(code)))).await;
    }
}

fn done(sent: Result<Result<(), actix_ws::Closed>, Elapsed>) -> Result<(), End> {
    sent.map_err(|_| End::Stuck)?.map_err(|_| End::Closed)
}
