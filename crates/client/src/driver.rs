//! A participant over real sockets: WebSocket signalling, UDP, TCP or a relay for the media, the clock.
//!
//! ```text
//!  Client ──commands──▶ task: Participant ◀──▶ WebSocket
//!    ▲                        ▲
//!    └───────events───────────┘ ◀──▶ UDP sockets, timer
//! ```
//!
//! One task a participant and no thread of its own, so that one core drives hundreds.

mod impairment;
mod route;
mod run;
mod signalling;
mod sockets;
mod task;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use dtls::Identity;
use protocol::chat::Text;
use protocol::moderation::Moderation;
use protocol::signal::{ServerMessage, Source, ViewSize};
use protocol::{Problem, SeatId};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use self::impairment::Impairment;
pub use self::impairment::Network;
pub use self::route::{Relay, Route};
use self::signalling::Signalling;
use self::sockets::Sockets;
use self::task::{Command, Task};
use crate::config::{ParticipantConfig, Voice};
use crate::event::{Event, LostReason};
use crate::participant::Participant;
use crate::statistics::Statistics;
use crate::turn::TurnError;

/// Events that wait for the owner; what comes beyond is dropped, the oldest stay.
const EVENTS_MAX: usize = 4096;
/// Commands that wait for the task, which takes them at once.
const COMMANDS_MAX: usize = 16;

/// How to take part.
#[derive(Clone)]
pub struct Options {
    /// What is published and received.
    pub config: ParticipantConfig,
    /// The certificate; many participants can share one, which saves the making of keys.
    pub identity: Arc<Identity>,
    /// Which certificates of the node's WebSocket are trusted; the system's roots if `None`.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// The page's origin, as a browser names it; none, as a program does, if `None`.
    pub origin: Option<String>,
    /// Own addresses for media, preferred ones first; the one from which the node is reached if empty.
    pub local_ips: Vec<IpAddr>,
    /// Which way the media goes.
    pub route: Route,
    /// A bad network to send and receive over; none if `None`.
    pub network: Option<Network>,
    /// The node's answer to the first message takes this long at most.
    pub within: Duration,
}

impl Options {
    /// This participant, with everything else as usual.
    #[must_use]
    pub const fn new(config: ParticipantConfig, identity: Arc<Identity>) -> Self {
        let within = Duration::from_secs(10);
        Self {
            config,
            identity,
            tls: None,
            origin: None,
            local_ips: Vec::new(),
            route: Route::Udp,
            network: None,
            within,
        }
    }

    fn media_ips(&self, signalling: &Signalling) -> Vec<IpAddr> {
        if self.local_ips.is_empty() { vec![signalling.local_ip] } else { self.local_ips.clone() }
    }
}

/// Why somebody is not in the room.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Not a `ws:` or `wss:` URL with a host.
    #[error("not the URL of a WebSocket: {0}")]
    Url(String),
    /// No connection, or no socket.
    #[error("cannot reach the node: {0}")]
    Io(#[from] std::io::Error),
    /// The relay gives no address.
    #[error("relay: {0}")]
    Relay(#[from] TurnError),
    /// The WebSocket handshake failed, or the connection broke.
    #[error("WebSocket: {0}")]
    WebSocket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    /// The node refused, with its word and its sentence.
    #[error("refused: {problem} ({detail})")]
    Refused {
        /// The word.
        problem: Problem,
        /// The sentence.
        detail: String,
    },
    /// The node closed the connection, with its code if it gave one.
    #[error("the node closed the connection ({0:?})")]
    Closed(Option<u16>),
    /// The node's answer is of no use.
    #[error("{0}")]
    Lost(LostReason),
    /// Nothing for [`Options::within`].
    #[error("the node did not answer in time")]
    Timeout,
    /// There is no secret to come back with.
    #[error("nothing to resume")]
    NothingToResume,
}

/// Everything of a participant at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The own seat.
    pub seat: Option<SeatId>,
    /// Whether media can flow.
    pub is_connected: bool,
    /// Everybody in the room as the node says, oneself included.
    pub participants: Vec<protocol::signal::Participant>,
    /// Who speaks, loudest first.
    pub speakers: Vec<SeatId>,
    /// What was said of moderation.
    pub moderation: crate::participant::Moderation,
    /// What was counted.
    pub statistics: Statistics,
}

/// A participant in a room. Dropping it drops the connection without a word, as a closed laptop does.
pub struct Client {
    url: String,
    options: Options,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    /// What was written, and came while the answer to a resume or reattach was waited for: the node does not tell it again.
    put_by: VecDeque<Event>,
    seat: SeatId,
}

/// Joins with a token of the control plane. Returns when the node has let it in; media follows
/// ([`Client::connected`]).
///
/// # Errors
/// [`ConnectError`].
pub async fn connect(url: &str, token: String, options: Options) -> Result<Client, ConnectError> {
    let within = options.within;
    tokio::time::timeout(within, join(url, token, options)).await.map_err(|_| ConnectError::Timeout)?
}

async fn join(url: &str, token: String, options: Options) -> Result<Client, ConnectError> {
    let signalling = Signalling::open(url, &options).await?;
    let sockets = Sockets::open(&options.route, &options.media_ips(&signalling)).await?;
    let mut participant = Participant::new(
        options.config.clone(),
        Arc::clone(&options.identity),
        &sockets.addresses(),
        Instant::now(),
        SystemTime::now(),
    );
    participant.join(token);
    let (commands, commands_in) = mpsc::channel(COMMANDS_MAX);
    let (events_out, events) = mpsc::channel(EVENTS_MAX);
    let impairment = options.network.as_ref().map(Impairment::new);
    let task = Task::new(participant, signalling, (sockets, impairment), commands_in, events_out);
    tokio::spawn(task.run());
    let url = url.to_owned();
    let seat = SeatId(Default::default());
    let mut client = Client { url, options, commands, events, put_by: VecDeque::new(), seat };
    client.seat = client.let_in().await?;
    Ok(client)
}

impl Client {
    /// The own seat.
    #[must_use]
    pub const fn seat(&self) -> SeatId {
        self.seat
    }

    /// The next event; `None` when it is over.
    pub async fn event(&mut self) -> Option<Event> {
        match self.put_by.pop_front() {
            Some(event) => Some(event),
            None => self.events.recv().await,
        }
    }

    /// Waits for an event that `is_it`; what comes before is passed over.
    ///
    /// # Errors
    /// [`ConnectError::Timeout`], or [`ConnectError::Closed`] when it is over before.
    pub async fn wait_for(
        &mut self,
        within: Duration,
        mut is_it: impl FnMut(&Event) -> bool,
    ) -> Result<Event, ConnectError> {
        let wait = async {
            while let Some(event) = self.event().await {
                if is_it(&event) {
                    return Ok(event);
                }
            }
            Err(ConnectError::Closed(None))
        };
        tokio::time::timeout(within, wait).await.map_err(|_| ConnectError::Timeout)?
    }

    /// Waits until media flows.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub async fn connected(&mut self, within: Duration) -> Result<(), ConnectError> {
        self.wait_for(within, |event| *event == Event::Connected).await.map(drop)
    }

    /// Everything of it now; `None` when it is over.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        let (reply, snapshot) = oneshot::channel();
        self.commands.send(Command::Snapshot(reply)).await.ok()?;
        snapshot.await.ok()
    }

    /// Switches a published track on or off.
    pub async fn set_active(&self, source: Source, is_active: bool) {
        self.command(Command::SetActive(source, is_active)).await;
    }

    /// Shows somebody's track at this size from now on; nothing happens where it is on no lane.
    pub async fn set_view(&self, seat: SeatId, source: Source, size: ViewSize) {
        self.command(Command::SetView(seat, source, size)).await;
    }

    /// Acts on others or on the room, where the seat may.
    pub async fn moderate(&self, order: Moderation) {
        self.command(Command::Moderate(order)).await;
    }

    /// Says no to what a moderator asks for.
    pub async fn decline(&self, source: Source) {
        self.command(Command::Decline(source)).await;
    }

    /// What the microphone hears from now on.
    pub async fn set_voice(&self, voice: Voice) {
        self.command(Command::SetVoice(voice)).await;
    }

    /// Writes something to everybody: now, or as soon as the data channel is open.
    pub async fn say(&self, text: Text) {
        self.command(Command::Say(text)).await;
    }

    /// Moves to new sockets at these addresses, as a phone that changes networks; the old sockets are closed. Returns
    /// the new addresses.
    ///
    /// # Errors
    /// [`ConnectError::Io`].
    pub async fn migrate(&self, local_ips: &[IpAddr]) -> Result<Vec<SocketAddr>, ConnectError> {
        let sockets = Sockets::bind(local_ips).await?;
        let addresses = sockets.addresses();
        self.command(Command::Migrate(sockets)).await;
        Ok(addresses)
    }

    /// Moves to new sockets at these addresses by an ICE restart: the transport goes on over the path that is found. Returns
    /// the new addresses.
    ///
    /// # Errors
    /// [`ConnectError::Io`].
    pub async fn restart_ice(&self, local_ips: &[IpAddr]) -> Result<Vec<SocketAddr>, ConnectError> {
        let sockets = Sockets::bind(local_ips).await?;
        let addresses = sockets.addresses();
        self.command(Command::RestartIce(sockets)).await;
        Ok(addresses)
    }

    /// Drops the WebSocket without a word; the media goes on.
    pub async fn drop_signalling(&self) {
        self.command(Command::DropSignalling).await;
    }

    /// Which way the media goes from the next [`Self::resume`] on.
    pub fn set_route(&mut self, route: Route) {
        self.options.route = route;
    }

    /// Goes on over a new WebSocket with the transport as it is.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn reattach(&mut self) -> Result<(), ConnectError> {
        let within = self.options.within;
        let reattach = async {
            let signalling = Signalling::open(&self.url, &self.options).await?;
            let (reply, has_secret) = oneshot::channel();
            self.command(Command::Reattach(Box::new(signalling), reply)).await;
            if !has_secret.await.unwrap_or(false) {
                return Err(ConnectError::NothingToResume);
            }
            self.let_in().await.map(drop)
        };
        tokio::time::timeout(within, reattach).await.map_err(|_| ConnectError::Timeout)?
    }

    /// Comes back to the seat over a new WebSocket with a new transport.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn resume(&mut self) -> Result<(), ConnectError> {
        let within = self.options.within;
        let resume = async {
            let signalling = Signalling::open(&self.url, &self.options).await?;
            let sockets = Sockets::open(&self.options.route, &self.options.media_ips(&signalling)).await?;
            let (reply, has_secret) = oneshot::channel();
            self.command(Command::Resume(Box::new((signalling, sockets)), reply)).await;
            if !has_secret.await.unwrap_or(false) {
                return Err(ConnectError::NothingToResume);
            }
            self.let_in().await.map(drop)
        };
        tokio::time::timeout(within, resume).await.map_err(|_| ConnectError::Timeout)?
    }

    /// Ends the consultation for all, where the seat may.
    pub async fn end(&self) {
        self.command(Command::End).await;
    }

    /// Gives up the seat, and returns when the node has been told.
    pub async fn leave(mut self) {
        self.command(Command::Leave).await;
        while self.events.recv().await.is_some() {}
    }

    async fn command(&self, command: Command) {
        // A task that is over needs no command.
        let _ = self.commands.send(command).await;
    }

    /// Waits for the node's answer to a join, resume or reattach. What was written meanwhile is for the owner.
    async fn let_in(&mut self) -> Result<SeatId, ConnectError> {
        while let Some(event) = self.events.recv().await {
            match event {
                Event::Joined { seat } => return Ok(seat),
                Event::Reattached => return Ok(self.seat),
                Event::Message(ServerMessage::Refused { problem, detail }) => {
                    return Err(ConnectError::Refused { problem, detail });
                }
                Event::SignalClosed { code } => return Err(ConnectError::Closed(code)),
                Event::Lost(reason @ LostReason::Answer(_)) => return Err(ConnectError::Lost(reason)),
                Event::Chat(_) if self.put_by.len() < EVENTS_MAX => self.put_by.push_back(event),
                _ => {}
            }
        }
        Err(ConnectError::Closed(None))
    }
}
