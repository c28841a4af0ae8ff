//! The node's outgoing WebSocket to the control plane (`protocol::node`): it proves its key, beats, delivers events until they
//! are confirmed, and carries commands to workers. Lost, it is dialled again; media never waits for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use media_core::Command;
use protocol::node::{ControlMessage, NodeMessage, RoomCommand, VERSION, proof};
use protocol::signal::EndReason;
use protocol::{Generation, NodeId, RoomId, limits};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tracing::{info, warn};
use url::Url;
use uuid::Uuid;

use super::backoff::Backoff;
use super::keys::VerifyKeys;
use super::node_key::NodeKey;
use super::spool::Spool;
use crate::capacity::Capacity;
use crate::clock::since_1970;
use crate::rooms::Rooms;
use crate::worker::{Inbox, Input, Owed};

/// Dialling, and each step of the greeting.
const STEP_WITHIN: Duration = Duration::from_secs(10);
/// A control plane from which nothing comes, not even an answer to a ping, for this long is gone.
const SILENT_MAX: Duration = Duration::from_secs(10);
/// Events sent and not confirmed. Enough to fill a second between continents; few enough to send again.
const IN_FLIGHT_MAX: usize = 256;
/// At the end of the program: how long the last events may take to be confirmed. They are on disk anyway.
const LAST_EVENTS_WITHIN: Duration = Duration::from_secs(2);
/// The pause before a worker that takes nothing is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// Commands that wait for busy workers. The control plane repeats what it ordered on each new connection.
const COMMANDS_WAITING_MAX: usize = 1024;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Who the node says it is.
pub struct Greeting {
    /// Its id.
    pub node: NodeId,
    /// Its key.
    pub key: NodeKey,
    /// This process.
    pub process: Uuid,
    /// Where it stands.
    pub region: String,
    /// Its signalling address.
    pub url: String,
    /// Seats it can hold.
    pub seats_max: u32,
}

/// How the connection fares, for probes and metrics.
#[derive(Debug, Default)]
pub struct Status {
    connected: AtomicBool,
    connects: AtomicU64,
    failures: AtomicU64,
    epoch: AtomicU64,
}

impl Status {
    /// Whether the control plane has welcomed the node and is still there.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Welcomes so far.
    #[must_use]
    pub fn connects(&self) -> u64 {
        self.connects.load(Ordering::Relaxed)
    }

    /// Connections that failed or were lost.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// The epoch of the last welcome.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }
}

/// Everything the connection needs.
pub struct Control {
    /// `/nodes/connect` of the control plane.
    pub url: Url,
    /// For `wss:`.
    pub tls: Arc<ClientConfig>,
    /// Who calls.
    pub greeting: Greeting,
    /// Events to deliver.
    pub spool: Spool,
    /// Keys to keep.
    pub keys: Arc<VerifyKeys>,
    /// Where rooms are.
    pub rooms: Arc<Rooms>,
    /// Workers by number.
    pub workers: Vec<Inbox>,
    /// Whether they take new rooms.
    pub(crate) capacity: Capacity,
    /// How it fares.
    pub status: Arc<Status>,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("cannot be reached: {0}")]
    Dial(Box<tokio_tungstenite::tungstenite::Error>),
    #[error("{0}")]
    Stream(Box<tokio_tungstenite::tungstenite::Error>),
    #[error("closed the connection")]
    Closed,
    #[error("did not answer in time")]
    Silent,
    #[error("sent something that is not understood")]
    NotUnderstood,
    #[error("refused this node: {0}")]
    Refused(String),
}

/// What a connection keeps in mind.
struct Session {
    stream: Stream,
    /// The last event sent on this connection.
    sent: u64,
    in_flight: VecDeque<u64>,
    /// Commands that busy workers did not take yet.
    waiting: Owed,
    heard: Instant,
}

impl Control {
    /// Stays connected until `stopping`; then the last events get a moment.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut backoff = Backoff::default();
        loop {
            let lost = match self.greet(&mut stopping).await {
                Ok(Some(session)) => {
                    backoff.reset();
                    self.status.connected.store(true, Ordering::Relaxed);
                    let ended = self.serve(session, &mut stopping).await;
                    self.status.connected.store(false, Ordering::Relaxed);
                    ended
                }
                Ok(None) => Ok(()),
                Err(lost) => Err(lost),
            };
            match lost {
                Ok(()) => return,
                Err(lost) => {
                    self.status.failures.fetch_add(1, Ordering::Relaxed);
                    warn!(reason = %lost, "the control plane is away; calls go on");
                }
            }
            let wait = backoff.next(&mut rand::rng());
            tokio::select! {
                () = sleep(wait) => {}
                () = stopped(&mut stopping) => return,
            }
        }
    }

    /// Dials and greets; `None` when the program ends meanwhile.
    async fn greet(&self, stopping: &mut watch::Receiver<bool>) -> Result<Option<Session>, Lost> {
        tokio::select! {
            session = self.connect() => session.map(Some),
            () = stopped(stopping) => Ok(None),
        }
    }

    async fn connect(&self) -> Result<Session, Lost> {
        let config = WebSocketConfig::default()
            .max_frame_size(Some(limits::NODE_FRAME_BYTES_MAX))
            .max_message_size(Some(limits::NODE_FRAME_BYTES_MAX));
        let connector = Connector::Rustls(Arc::clone(&self.tls));
        let dial = connect_async_tls_with_config(self.url.as_str(), Some(config), true, Some(connector));
        let (stream, _) = timeout(STEP_WITHIN, dial)
            .await
            .map_err(|_| Lost::Silent)?
            .map_err(|error| Lost::Dial(Box::new(error)))?;
        let mut session = Session {
            stream,
            sent: 0,
            in_flight: VecDeque::new(),
            waiting: Owed::default(),
            heard: Instant::now(),
        };

        let ControlMessage::Challenge { nonce } = session.next_message().await? else {
            return Err(Lost::NotUnderstood);
        };
        let greeting = &self.greeting;
        session
            .send(&NodeMessage::Hello {
                version: VERSION,
                node: greeting.node,
                process: greeting.process,
                signature: greeting.key.sign(&proof(&nonce, greeting.node)),
                region: greeting.region.clone(),
                url: greeting.url.clone(),
                seats_max: greeting.seats_max,
            })
            .await?;
        match session.next_message().await? {
            ControlMessage::Welcome { epoch, keys, .. } => {
                self.take_keys(keys);
                self.status.epoch.store(epoch.0, Ordering::Relaxed);
                self.status.connects.fetch_add(1, Ordering::Relaxed);
                info!(epoch = epoch.0, "connected to the control plane");
                Ok(session)
            }
            ControlMessage::Refused { detail } => Err(Lost::Refused(detail)),
            _ => Err(Lost::NotUnderstood),
        }
    }

    /// Serves a welcomed connection. `Ok` at the end of the program.
    async fn serve(&self, mut session: Session, stopping: &mut watch::Receiver<bool>) -> Result<(), Lost> {
        let mut beat = interval(limits::NODE_BEAT_EVERY);
        // After a pause of the whole machine one beat says all; many at once would break the control plane's bound.
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_call: Option<Instant> = None;
        session.deliver(&self.spool).await?;
        loop {
            if last_call.is_some_and(|until| self.spool.counts().pending == 0 || Instant::now() >= until) {
                let _ = timeout(STEP_WITHIN, session.stream.close(None)).await;
                return Ok(());
            }
            let until = last_call.unwrap_or_else(|| Instant::now() + limits::NODE_LEASE);
            tokio::select! {
                frame = session.stream.next() => {
                    if let Some(message) = session.understand(frame)? {
                        self.obey(&mut session, message).await?;
                    }
                }
                () = self.spool.news() => session.deliver(&self.spool).await?,
                _ = beat.tick() => {
                    if session.heard.elapsed() > SILENT_MAX {
                        return Err(Lost::Silent);
                    }
                    session.send(&self.beat(last_call.is_some())).await?;
                    // Answered by every WebSocket, so that silence means that nobody is there.
                    session.write(Message::Ping(Vec::new().into())).await?;
                }
                () = stopped(stopping), if last_call.is_none() => {
                    last_call = Some(Instant::now() + LAST_EVENTS_WITHIN);
                    session.send(&self.beat(true)).await?;
                }
                () = sleep(BUSY_PAUSE), if !session.waiting.is_empty() => session.waiting.offer_to(&self.workers),
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    fn beat(&self, is_leaving: bool) -> NodeMessage {
        let loads = self.workers.iter().map(|worker| worker.snapshot().load);
        let (rooms, seats) =
            loads.fold((0, 0), |(rooms, seats), load| (rooms + load.rooms, seats + load.seats));
        NodeMessage::Beat {
            rooms: u32::try_from(rooms).unwrap_or(u32::MAX),
            seats: u32::try_from(seats).unwrap_or(u32::MAX),
            draining: is_leaving || self.capacity.shortage().is_some(),
        }
    }

    async fn obey(&self, session: &mut Session, message: ControlMessage) -> Result<(), Lost> {
        match message {
            ControlMessage::Ack { number } => {
                self.spool.ack(number);
                while session.in_flight.front().is_some_and(|sent| *sent <= number) {
                    session.in_flight.pop_front();
                }
                session.deliver(&self.spool).await
            }
            ControlMessage::Command { room, generation, command, .. } => {
                self.command(session, room, generation, &command);
                Ok(())
            }
            ControlMessage::Keys { keys } => {
                self.take_keys(keys);
                Ok(())
            }
            ControlMessage::Refused { detail } => Err(Lost::Refused(detail)),
            ControlMessage::Challenge { .. } | ControlMessage::Welcome { .. } => Err(Lost::NotUnderstood),
        }
    }

    fn take_keys(&self, keys: Vec<protocol::token::VerifyKey>) {
        if let Err(error) = self.keys.replace(keys) {
            warn!(%error, "the control plane's public keys are not used; the old ones stay");
        }
    }

    fn command(&self, session: &mut Session, room: RoomId, generation: Generation, command: &RoomCommand) {
        let now = std::time::Instant::now();
        match command {
            RoomCommand::End => {
                info!(room.id = %room, "the control plane ends a room");
                self.rooms.ended(room, generation, now);
            }
            RoomCommand::Remove { seat } => {
                info!(room.id = %room, seat.id = %seat, "the control plane removes a seat");
                self.rooms.removed(room, generation, *seat, since_1970().as_secs(), now);
            }
        }
        let Some(worker) = self.rooms.worker_of(room) else { return };
        if session.waiting.len() >= COMMANDS_WAITING_MAX {
            return warn!(room.id = %room, worker, "the worker takes no commands; one waits for the next connection");
        }
        let input = Input::Command(match command {
            RoomCommand::End => Command::EndRoom { room, generation, reason: EndReason::EndedByClinic },
            RoomCommand::Remove { seat } => Command::Remove { room, generation, seat: *seat },
        });
        session.waiting.push(worker, input);
        session.waiting.offer_to(&self.workers);
    }
}

impl Session {
    /// Sends events up to the bound of what may be unconfirmed.
    async fn deliver(&mut self, spool: &Spool) -> Result<(), Lost> {
        for entry in spool.after(self.sent, IN_FLIGHT_MAX.saturating_sub(self.in_flight.len())) {
            self.sent = entry.number;
            self.in_flight.push_back(entry.number);
            self.send(&NodeMessage::Event { number: entry.number, event: entry.event }).await?;
        }
        Ok(())
    }

    /// The next message of the greeting.
    async fn next_message(&mut self) -> Result<ControlMessage, Lost> {
        let next = async {
            loop {
                let frame = self.stream.next().await;
                if let Some(message) = self.understand(frame)? {
                    return Ok(message);
                }
            }
        };
        timeout(STEP_WITHIN, next).await.map_err(|_| Lost::Silent)?
    }

    fn understand(
        &mut self,
        frame: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Result<Option<ControlMessage>, Lost> {
        self.heard = Instant::now();
        match frame {
            Some(Ok(Message::Text(text))) => {
                serde_json::from_str(&text).map(Some).map_err(|_| Lost::NotUnderstood)
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Close(_))) | None => Err(Lost::Closed),
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => Err(Lost::NotUnderstood),
            Some(Err(error)) => Err(Lost::Stream(Box::new(error))),
        }
    }

    async fn send(&mut self, message: &NodeMessage) -> Result<(), Lost> {
        let text =
            serde_json::to_string(message).expect("our messages have string keys only, so they are JSON");
        self.write(Message::Text(text.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Lost> {
        timeout(STEP_WITHIN, self.stream.send(message))
            .await
            .map_err(|_| Lost::Silent)?
            .map_err(|error| Lost::Stream(Box::new(error)))
    }
}

/// Completes when the node stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone means that the program ends: as good as a stop.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

#[cfg(test)]
mod tests;
