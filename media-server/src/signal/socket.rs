//! One participant's WebSocket, from its first message to its close.

use std::ops::ControlFlow;
use std::time::{Duration, Instant as StdInstant};

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use media_core::{Bucket, Command, PeerId, Rate};
use protocol::signal::{ClientMessage, Numbered, ServerMessage};
use protocol::{Problem, close, limits};
use tokio::io::AsyncReadExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval, sleep, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Signal;
use super::admission::{Opening, check_session};
use super::prefixes::Place;
use super::rate::Metered;
use crate::worker::{Busy, Inbox, Input, OUTBOX, Outgoing, Unsent};

/// A client that takes nothing for this long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// After a close frame the socket is read on for a moment: closing with unread bytes would reset the connection, and the
/// client would not see why.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes read and thrown away while lingering.
const LINGER_BYTES_MAX: usize = 1 << 20;
/// Bytes a socket may send at once: a join offer, one more, and frame headers.
const BYTES_BURST: u32 = 2 * 64 * 1024 + 8 * 1024;
/// Read at once. Messages are small; only offers are longer.
const READ_BUFFER: usize = 8 * 1024;
/// The pause before a worker that takes nothing is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// A message waits this long for a busy worker, and the socket is not read meanwhile. Then the client comes again, and says
/// it again.
const BUSY_MAX: Duration = Duration::from_secs(1);

/// A close code; the socket ends with it.
type End = u16;
/// RFC 6455 §7.4.1: the payload is not UTF-8.
const NOT_UTF8: u16 = 1007;
/// RFC 6455 §7.4.1: the framing is wrong.
const PROTOCOL_ERROR: u16 = 1002;
/// RFC 6455 §7.4.1: an ordinary end.
const NORMAL: u16 = 1000;

/// What a socket may send, in bytes,
const BYTES: Rate = Rate { per_second: limits::SIGNAL_BYTES_PER_SECOND, burst: BYTES_BURST };
/// and in messages.
const MESSAGES: Rate =
    Rate { per_second: limits::SIGNAL_MESSAGES_PER_SECOND, burst: limits::SIGNAL_MESSAGES_BURST };

struct Socket<'a> {
    signal: &'a Signal,
    stream: WebSocketStream<Metered<TokioIo<Upgraded>>>,
    messages: Bucket,
    heard: Instant,
    /// The highest number of the client that a worker has been given.
    taken: u64,
    /// A write failed: nobody reads any more.
    is_cut: bool,
}

/// Serves an upgraded connection until it ends. `deadline` is for the first message.
pub(super) async fn run(upgraded: TokioIo<Upgraded>, mut place: Place, signal: &Signal, deadline: Instant) {
    let now = StdInstant::now();
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_frame_size(Some(limits::SIGNAL_FRAME_BYTES_MAX))
        .max_message_size(Some(limits::SIGNAL_FRAME_BYTES_MAX))
        .write_buffer_size(0)
        .max_write_buffer_size(2 * limits::SIGNAL_FRAME_BYTES_MAX);
    let metered = Metered::new(upgraded, BYTES, now);
    let stream = WebSocketStream::from_raw_socket(metered, Role::Server, Some(config)).await;
    let messages = Bucket::full(MESSAGES, now);
    let mut socket = Socket { signal, stream, messages, heard: Instant::now(), taken: 0, is_cut: false };

    let end = match socket.first_message(deadline).await {
        Ok(opening) => socket.seated(opening, &mut place).await,
        Err(end) => end,
    };
    socket.close(end).await;
}

impl<'a> Socket<'a> {
    /// Waits for `join`, `resume` or `reattach`. Half-open sockets hear of a stop, too.
    async fn first_message(&mut self, deadline: Instant) -> Result<Opening<'a>, End> {
        let mut stopping = self.signal.stopping.clone();
        let message = loop {
            let frame = tokio::select! {
                frame = timeout_at(deadline, self.stream.next()) => frame.map_err(|_| close::FIRST_MESSAGE_TIMEOUT)?,
                () = stopped(&mut stopping) => return Err(close::GOING_AWAY),
            };
            if let Some(frame) = self.understand(frame).await? {
                break frame;
            }
        };
        match self.signal.admit(message.message) {
            Ok(opening) => Ok(opening),
            Err(problem) => {
                self.refuse(problem).await?;
                Err(close::code_of(problem))
            }
        }
    }

    /// Serves a socket whose first message is for a worker.
    async fn seated(&mut self, opening: Opening<'_>, place: &mut Place) -> End {
        let Opening { peer, worker, command, token } = opening;
        let (outbox, mut messages) = mpsc::channel(OUTBOX);
        if worker.send(Input::Open { peer, outbox, command }).is_err() {
            // Busy is not full: whoever comes again in a moment finds a place.
            self.signal.take_back(token);
            return close::IDLE;
        }
        let end = self.converse((peer, worker), &mut messages, place).await;
        if self.is_cut {
            let _ = timeout(LINGER, self.hear_out(peer, worker)).await;
        }
        // Without this the core would keep talking to nobody until its outbox fails.
        insist(worker, || Command::SignalLost { peer }).await;
        end
    }

    /// Whoever leaves or ends the visit may hang up at once. That we cannot say any more what we had to say must not keep us from
    /// hearing it: it has arrived before the connection broke.
    async fn hear_out(&mut self, peer: PeerId, worker: &Inbox) {
        while let Some(Ok(frame)) = self.stream.next().await {
            if !self.messages.take(MESSAGES, StdInstant::now()) {
                return;
            }
            let Message::Text(text) = frame else { continue };
            // Without its number: what came before it may be lost, and nothing comes after it.
            match serde_json::from_str::<Numbered<ClientMessage>>(&text).map(|frame| frame.message) {
                Ok(ClientMessage::Leave) => insist(worker, || Command::Leave { peer }).await,
                Ok(ClientMessage::End) => insist(worker, || Command::End { peer }).await,
                // Everything else is for somebody who is there.
                Ok(_) | Err(_) => {}
            }
        }
    }

    async fn converse(
        &mut self,
        (peer, worker): (PeerId, &Inbox),
        outbox: &mut mpsc::Receiver<Outgoing>,
        place: &mut Place,
    ) -> End {
        let mut ping = interval(limits::SIGNAL_PING_EVERY);
        self.heard = Instant::now();
        loop {
            let step = tokio::select! {
                frame = self.stream.next() => match self.understand(frame).await {
                    Ok(Some(frame)) => self.obey(peer, worker, frame).await,
                    Ok(None) => Ok(()),
                    Err(end) => Err(end),
                },
                outgoing = outbox.recv() => match outgoing {
                    Some(Outgoing::Message(message)) => {
                        // Only now: what was shown is judged by the worker, and a stranger can show anything.
                        let opens = |message| {
                            matches!(message, &(ServerMessage::Joined { .. } | ServerMessage::Reattached { .. }))
                        };
                        if opens(&message.message) {
                            place.seated();
                        }
                        self.say(message).await
                    }
                    Some(Outgoing::Close(code)) => Err(code),
                    None => Err(self.dropped()),
                },
                _ = ping.tick() => self.keep_alive().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// The worker dropped the outbox: the client did not read, the worker failed, or the node stops. But for the last, a
    /// reattach or resume finds the seat, or hears that a new token is needed.
    fn dropped(&self) -> End {
        if *self.signal.stopping.borrow() { close::GOING_AWAY } else { close::IDLE }
    }

    /// Takes what the stream gave: a message, nothing of interest, or an end.
    async fn understand(
        &mut self,
        frame: Option<Result<Message, Error>>,
    ) -> Result<Option<Numbered<ClientMessage>>, End> {
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Err(self.end_of(&error)),
            None => return Err(NORMAL),
        };
        self.heard = Instant::now();
        // Control frames count as messages: a flood of pings is a flood.
        if !self.messages.take(MESSAGES, StdInstant::now()) {
            self.signal.counts.note_problem(Problem::TooFast);
            return Err(close::POLICY);
        }
        let text = match frame {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(None),
            Message::Close(_) => return Err(NORMAL),
            Message::Binary(_) | Message::Frame(_) => {
                self.refuse(Problem::BadMessage).await?;
                return Err(close::POLICY);
            }
        };
        // The parser goes 128 levels deep and no further; 64 KiB bound the rest (abuse sentence 4).
        match serde_json::from_str::<Numbered<ClientMessage>>(&text) {
            Ok(frame) if frame.seq.is_some() == frame.message.is_numbered() => Ok(Some(frame)),
            _ => {
                self.refuse(Problem::BadMessage).await?;
                Err(close::POLICY)
            }
        }
    }

    fn end_of(&self, error: &Error) -> End {
        if self.stream.get_ref().is_exceeded() {
            self.signal.counts.note_problem(Problem::TooFast);
            return close::POLICY;
        }
        match error {
            Error::Capacity(_) => {
                self.signal.counts.note_problem(Problem::BadMessage);
                close::TOO_BIG
            }
            Error::Utf8(_) => NOT_UTF8,
            Error::Protocol(_) => PROTOCOL_ERROR,
            _ => NORMAL,
        }
    }

    /// Does what a seated participant asks.
    async fn obey(
        &mut self,
        peer: PeerId,
        worker: &Inbox,
        frame: Numbered<ClientMessage>,
    ) -> Result<(), End> {
        let command = match frame.message {
            ClientMessage::Ping { id, seen } => {
                if seen > 0 {
                    // A busy worker hears it with the next ping.
                    let _ = worker.send(Input::Command(Command::Seen { peer, seen }));
                }
                let heard = self.taken;
                return self.say(Numbered::without(ServerMessage::Pong { id, heard })).await;
            }
            ClientMessage::Join { .. } | ClientMessage::Resume { .. } | ClientMessage::Reattach { .. } => {
                self.refuse(Problem::BadMessage).await?;
                return Err(close::POLICY);
            }
            ClientMessage::Offer { offer, tracks } => match check_session(&offer, &tracks) {
                Ok(()) => Command::Offer { peer, offer, tracks },
                // The worker refuses it in its turn, so that its number is taken.
                Err(problem) => {
                    self.signal.counts.note_problem(problem);
                    Command::Offer { peer, offer: String::new(), tracks: Vec::new() }
                }
            },
            ClientMessage::Track { mid, active } => Command::Track { peer, mid, active },
            ClientMessage::View { lanes } => Command::View { peer, lanes },
            ClientMessage::Moderate { order } => Command::Moderate { peer, order },
            ClientMessage::Decline { source } => Command::Decline { peer, source },
            ClientMessage::Device { limited } => Command::Device { peer, limited },
            ClientMessage::Leave => Command::Leave { peer },
            ClientMessage::End => Command::End { peer },
        };
        let Some(seq) = frame.seq else { return Ok(()) };
        give(worker, Command::Numbered { peer, seq, command: Box::new(command) }).await?;
        self.taken = self.taken.max(seq);
        Ok(())
    }

    /// Pings by the protocol's own frame, which a browser answers even in a background tab whose timers sleep.
    async fn keep_alive(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > limits::SIGNAL_IDLE_MAX {
            return Err(close::IDLE);
        }
        self.write(Message::Ping(Vec::new().into())).await
    }

    async fn refuse(&mut self, problem: Problem) -> Result<(), End> {
        self.signal.counts.note_problem(problem);
        let refused = ServerMessage::Refused { problem, detail: problem.to_string() };
        self.say(Numbered::without(refused)).await
    }

    async fn say(&mut self, frame: Numbered<ServerMessage>) -> Result<(), End> {
        if let ServerMessage::Refused { problem, .. } = &frame.message {
            tracing::debug!(?problem, "refused");
        }
        let text =
            serde_json::to_string(&frame).expect("our messages have string keys only, so they are JSON");
        self.write(Message::Text(text.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_WITHIN, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            // Gone, or as good as gone: nobody will read the code.
            Ok(Err(_)) => {
                self.is_cut = true;
                Err(close::IDLE)
            }
            Err(_) => Err(close::IDLE),
        }
    }

    /// Says why, and lets the client read it.
    async fn close(mut self, code: End) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason(code).into() };
        if !matches!(timeout(LINGER, self.stream.close(Some(frame))).await, Ok(Ok(()))) {
            return;
        }
        let raw = self.stream.get_mut().inner();
        let _ = timeout(LINGER, drain(raw)).await;
    }
}

/// Gives a worker what must not be lost. A busy one is waited for, for a moment.
async fn give(worker: &Inbox, command: Command) -> Result<(), End> {
    let deadline = Instant::now() + BUSY_MAX;
    let mut input = Input::Command(command);
    loop {
        match worker.offer(input) {
            Ok(()) => return Ok(()),
            Err(Unsent::Full(back)) if Instant::now() < deadline => input = *back,
            Err(_) => return Err(close::IDLE),
        }
        sleep(BUSY_PAUSE).await;
    }
}

/// Tells a worker that may be busy for a moment.
async fn insist(worker: &Inbox, command: impl Fn() -> Command) {
    while worker.send(Input::Command(command())) == Err(Busy) && worker.is_alive() {
        sleep(BUSY_PAUSE).await;
    }
}

/// Completes when the node stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone means that the program ends: as good as a stop.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn drain(raw: &mut TokioIo<Upgraded>) {
    let mut buffer = [0; 4096];
    let mut left = LINGER_BYTES_MAX;
    let mut flow = ControlFlow::Continue(());
    while flow.is_continue() {
        flow = match raw.read(&mut buffer).await {
            Ok(read) if read > 0 && left > read => {
                left -= read;
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(()),
        };
    }
}

/// For a developer's console; the code is what programs read.
fn reason(code: u16) -> &'static str {
    match code {
        close::ENDED => "the room has ended",
        close::UNAUTHORIZED => "not authorized",
        close::REPLACED => "connected elsewhere",
        close::REMOVED => "removed, or not allowed",
        close::FULL => "full",
        close::GOING_AWAY => "ask for a new place",
        close::RESUME => "resume with an offer",
        close::FIRST_MESSAGE_TIMEOUT => "no valid first message in time",
        close::IDLE => "silent for too long, or the node was busy",
        close::POLICY => "too fast, or not understood",
        close::TOO_BIG => "frame too big",
        _ => "",
    }
}
