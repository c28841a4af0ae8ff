//! The task of one participant: whatever happens next goes in, whatever comes of it goes out.

use std::time::{Duration, Instant};

use protocol::SeatId;
use protocol::chat::Text;
use protocol::moderation::Moderation;
use protocol::signal::{Source, ViewSize};
use tokio::sync::{mpsc, oneshot};

use super::Snapshot;
use super::impairment::Impairment;
use super::run::Run;
use super::signalling::{Signal, Signalling};
use super::sockets::{Received, Sockets};
use crate::config::Voice;
use crate::event::Event;
use crate::participant::Participant;

/// The longest run of datagrams that the kernel hands over.
const RUN_MAX: usize = 65_536;
/// Runs taken in one turn, before what they cause is sent.
const BATCH_MAX: usize = 16;
/// Without anything to wait for, the task looks around this often.
const IDLE: Duration = Duration::from_secs(60);

/// What the owner asks for.
pub(super) enum Command {
    Snapshot(oneshot::Sender<Snapshot>),
    SetActive(Source, bool),
    SetView(SeatId, Source, ViewSize),
    SetVoice(Voice),
    Say(Text),
    Moderate(Moderation),
    Decline(Source),
    Migrate(Sockets),
    RestartIce(Sockets),
    DropSignalling,
    Reattach(Box<Signalling>, oneshot::Sender<bool>),
    Resume(Box<(Signalling, Sockets)>, oneshot::Sender<bool>),
    End,
    Leave,
}

/// One participant with its sockets.
pub(super) struct Task {
    participant: Participant,
    signalling: Option<Signalling>,
    sockets: Sockets,
    /// Between both.
    impairment: Option<Impairment>,
    /// What leaves together; empty between two turns.
    run: Run,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
}

impl Task {
    pub(super) fn new(
        participant: Participant,
        signalling: Signalling,
        (sockets, impairment): (Sockets, Option<Impairment>),
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            participant,
            signalling: Some(signalling),
            sockets,
            impairment,
            run: Run::default(),
            commands,
            events,
        }
    }

    /// Until it has left, the consultation has ended, or the owner is gone.
    pub(super) async fn run(mut self) {
        let mut buffer = vec![0; RUN_MAX];
        loop {
            self.flush().await;
            if self.participant.is_over() {
                break;
            }
            let due = self.poll_timeout().unwrap_or_else(|| Instant::now() + IDLE);
            tokio::select! {
                received = self.sockets.receive(&mut buffer) => {
                    self.take(received, &mut buffer);
                    self.drain(&mut buffer);
                }
                () = tokio::time::sleep_until(due.into()) => {}
                signal = next_signal(&mut self.signalling) => self.handle_signal(signal),
                command = self.commands.recv() => match command {
                    Some(command) => self.handle_command(command),
                    // The owner is gone: so is the participant, without a word.
                    None => return,
                },
            }
            self.deliver();
            // Media that is due does not wait for a flood of datagrams to end.
            if self.participant.poll_timeout().is_some_and(|due| due <= Instant::now()) {
                self.participant.handle_timeout(Instant::now());
            }
        }
        if let Some(signalling) = self.signalling {
            signalling.close().await;
        }
    }

    fn drain(&mut self, buffer: &mut [u8]) {
        for _ in 0..BATCH_MAX {
            let Some(received) = self.sockets.try_receive(buffer) else { break };
            self.take(received, buffer);
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let impairment = self.impairment.as_ref().and_then(Impairment::poll_timeout);
        self.participant.poll_timeout().into_iter().chain(impairment).min()
    }

    /// Takes what came from the network, or puts it on its way.
    fn take(&mut self, Received { path, len, stride }: Received, buffer: &mut [u8]) {
        let now = Instant::now();
        for datagram in buffer[..len].chunks_mut(stride) {
            match &mut self.impairment {
                Some(impairment) => impairment.receive(now, path, datagram),
                None => self.participant.handle_datagram(now, path, datagram),
            }
        }
    }

    /// What has come through the bad network.
    fn deliver(&mut self) {
        let Some(impairment) = &mut self.impairment else { return };
        while let Some((path, mut datagram)) = impairment.poll_received(Instant::now()) {
            self.participant.handle_datagram(Instant::now(), path, &mut datagram);
        }
        while let Some(transmit) = impairment.poll_sent(Instant::now()) {
            self.run.push(&transmit);
            self.sockets.send(&mut self.run);
        }
    }

    fn handle_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Message(message) => self.participant.handle_signal(Instant::now(), *message),
            Signal::Closed(code) => {
                self.lose_signalling();
                self.tell(Event::SignalClosed { code });
            }
        }
    }

    fn handle_command(&mut self, command: Command) {
        let now = Instant::now();
        let participant = &mut self.participant;
        match command {
            Command::Snapshot(reply) => {
                let snapshot = Snapshot {
                    seat: participant.seat(),
                    is_connected: participant.is_connected(),
                    participants: participant.participants().cloned().collect(),
                    speakers: participant.speakers().to_vec(),
                    moderation: participant.moderation().clone(),
                    statistics: participant.statistics(),
                };
                // Who asked may have gone.
                let _ = reply.send(snapshot);
            }
            Command::SetActive(source, is_active) => participant.set_active(now, source, is_active),
            Command::SetView(seat, source, size) => {
                participant.set_view(seat, source, size);
            }
            Command::SetVoice(voice) => participant.set_voice(voice),
            Command::Say(text) => participant.say(now, text),
            Command::Moderate(order) => participant.moderate(order),
            Command::Decline(source) => participant.decline(source),
            Command::Migrate(sockets) => {
                participant.set_local_addresses(now, &sockets.addresses());
                self.sockets = sockets;
            }
            Command::RestartIce(sockets) => {
                if participant.restart_ice(&sockets.addresses()) {
                    self.sockets = sockets;
                }
            }
            Command::DropSignalling => self.lose_signalling(),
            Command::Reattach(signalling, reply) => {
                let is_reattaching = participant.reattach();
                if is_reattaching {
                    self.signalling = Some(*signalling);
                }
                let _ = reply.send(is_reattaching);
            }
            Command::Resume(fresh, reply) => {
                let (signalling, sockets) = *fresh;
                let is_resuming = participant.resume(now, &sockets.addresses());
                if is_resuming {
                    (self.signalling, self.sockets) = (Some(signalling), sockets);
                }
                let _ = reply.send(is_resuming);
            }
            Command::End => participant.end(),
            Command::Leave => participant.leave(),
        }
    }

    /// Sends everything that waits.
    async fn flush(&mut self) {
        while let Some(transmit) = self.participant.poll_datagram() {
            match &mut self.impairment {
                Some(impairment) => impairment.send(Instant::now(), &transmit),
                None if self.run.push(&transmit) => {}
                None => {
                    self.sockets.send(&mut self.run);
                    self.run.push(&transmit);
                }
            }
        }
        self.sockets.send(&mut self.run);
        while let Some(message) = self.participant.poll_signal() {
            if let Some(signalling) = &mut self.signalling
                && !signalling.send(&message).await
            {
                self.lose_signalling();
                self.tell(Event::SignalClosed { code: None });
            }
        }
        while let Some(event) = self.participant.poll_event() {
            self.tell(event);
        }
    }

    fn lose_signalling(&mut self) {
        self.signalling = None;
        self.participant.handle_signal_lost();
    }

    fn tell(&self, event: Event) {
        // An owner that does not listen misses what is new.
        let _ = self.events.try_send(event);
    }
}

/// Never, where there is no connection.
async fn next_signal(signalling: &mut Option<Signalling>) -> Signal {
    match signalling {
        Some(signalling) => signalling.receive().await,
        None => std::future::pending().await,
    }
}
