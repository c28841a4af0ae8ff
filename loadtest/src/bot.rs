//! One bot: joins, stays, comes back if it is planned to, leaves, and tells what it saw.

use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Client, ConnectError, Event, Network, Options, ParticipantConfig, Snapshot, VideoConfig};
use dtls::Identity;
use netsim::Random;
use protocol::signal::ServerMessage;
use protocol::{Role, RoomId, SeatId};
use rtp::Bitrate;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout_at};

use crate::live::{Live, Moment};
use crate::outcome::{Failure, Outcome, Step};
use crate::plan::BotPlan;
use crate::scenario::{MediaConfig, NetworkConfig};
use crate::token::Minter;

/// Each step of a join takes this long at most: whoever waits longer in front of a page has gone.
const STEP_WITHIN: Duration = Duration::from_secs(15);
/// Of so many packets a sink opens one.
const SINK_OPENS_ONE_IN: u32 = 16;
/// How often a bot tells how it is.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// Reports of the node on how speech sounds that are kept of one bot: one every two seconds, for an hour.
const MOS_MAX: usize = 1800;

/// What all bots share.
pub(crate) struct Shared {
    pub(crate) signal: String,
    pub(crate) minter: Minter,
    pub(crate) identity: Arc<Identity>,
    pub(crate) media: MediaConfig,
    pub(crate) networks: Vec<NetworkConfig>,
    pub(crate) rooms: Vec<RoomId>,
    pub(crate) live: Live,
    /// When the schedule began.
    pub(crate) started: Instant,
    /// Turns true when everybody is to leave at once.
    pub(crate) stop: watch::Receiver<bool>,
}

/// A bot on its way.
pub(crate) struct Bot {
    plan: BotPlan,
    shared: Arc<Shared>,
    outcome: Outcome,
}

impl Bot {
    /// Runs until it has left, whatever happens.
    pub(crate) async fn run(plan: BotPlan, shared: Arc<Shared>) -> Outcome {
        let mut bot = Self { plan, shared, outcome: Outcome::default() };
        let joins = bot.shared.started + bot.plan.joins;
        if bot.wait_until(joins).await == Asked::Stop {
            bot.outcome.is_cut = true;
            return bot.outcome;
        }
        bot.outcome.late = joins.elapsed();
        let live = &bot.shared.live;
        live.count(Moment::Joining, 1);
        let joined = bot.join().await;
        bot.shared.live.count(Moment::Joining, -1);
        match joined {
            Ok(client) => bot.stay(client).await,
            Err((step, error)) => bot.fail(step, &error),
        }
        bot.outcome
    }

    async fn join(&mut self) -> Result<Client, (Step, ConnectError)> {
        let began = Instant::now();
        let role = if self.plan.place == 0 { Role::Practitioner } else { Role::Patient };
        let room = self.shared.rooms[self.plan.room as usize];
        let had_pictures = self.shared.live.senders(self.plan.room) > 0;
        let token =
            self.shared.minter.mint(room, role).map_err(|error| (Step::Ticket, ConnectError::Url(error)))?;
        let ticket = Instant::now();
        let config = Options::new(self.config(), Arc::clone(&self.shared.identity));
        let options = Options { within: STEP_WITHIN, network: self.network(), ..config };
        let mut client = client::connect(&self.shared.signal, token, options)
            .await
            .map_err(|error| (Step::Signal, error))?;
        let answered = Instant::now();
        client.connected(STEP_WITHIN).await.map_err(|error| (Step::Media, error))?;
        let steps = &mut self.outcome.steps;
        steps.began = Some(began);
        steps.had_pictures = had_pictures;
        (steps.ticket, steps.signal) = (ticket - began, answered - ticket);
        (steps.media, steps.total) = (answered.elapsed(), began.elapsed());
        self.outcome.has_joined = true;
        Ok(client)
    }

    fn config(&self) -> ParticipantConfig {
        let mut random = Random::new(self.plan.seed);
        let mut seed = [0; 32];
        // ICE passwords come from it: on a real network they have to be new in each run.
        random.fill(&mut seed);
        let fresh = uuid::Uuid::new_v4().into_bytes();
        seed[..fresh.len()].copy_from_slice(&fresh);
        let config = ParticipantConfig::call(seed, self.plan.others as usize);
        let MediaConfig { camera_kbps, simulcast, microphone, .. } = self.shared.media;
        let max = Bitrate::from_kbps(camera_kbps.into());
        let camera =
            VideoConfig { max, ..if simulcast { VideoConfig::simulcast() } else { VideoConfig::default() } };
        ParticipantConfig {
            microphone: config.microphone.filter(|_| self.plan.sends && microphone),
            camera: Some(camera).filter(|_| self.plan.sends && camera_kbps > 0),
            opens_one_in: if self.plan.is_sink { SINK_OPENS_ONE_IN } else { 1 },
            ..config
        }
    }

    fn network(&self) -> Option<Network> {
        let link = self.shared.networks.get(self.plan.network?)?.link();
        Some(Network { up: link, down: link, seed: self.plan.seed })
    }

    async fn stay(&mut self, mut client: Client) {
        let shared = Arc::clone(&self.shared);
        let _present = shared.live.present(self.plan.room, self.plan.sends && shared.media.camera_kbps > 0);
        let since = Instant::now();
        if let Some(reconnects) = self.plan.reconnects
            && self.listen(&mut client, shared.started + reconnects).await == Stayed::Whole
        {
            self.reconnect(&mut client).await;
        }
        let stayed = match self.outcome.failures.is_empty() {
            true => self.listen(&mut client, shared.started + self.plan.leaves).await,
            false => Stayed::Ended,
        };
        self.outcome.is_cut = stayed == Stayed::Stopped;
        if let Some(snapshot) = client.snapshot().await {
            self.outcome.note(&snapshot, since.elapsed());
        }
        // Nobody waits for an answer that does not come.
        let _ = tokio::time::timeout(STEP_WITHIN, client.leave()).await;
    }

    /// Until then, or until there is a reason to go.
    async fn listen(&mut self, client: &mut Client, until: Instant) -> Stayed {
        let mut tells = Instant::now() + TELL_EVERY;
        loop {
            let mut stop = self.shared.stop.clone();
            let next = tells.min(until);
            let event = tokio::select! {
                event = timeout_at(next.into(), client.event()) => event,
                _ = stop.wait_for(|stop| *stop) => return Stayed::Stopped,
            };
            match event {
                Ok(Some(event)) => {
                    if self.handle(&event, client.seat()) == Stayed::Ended {
                        return Stayed::Ended;
                    }
                }
                Ok(None) => {
                    self.outcome.failures.push(Failure::ended("the connection is gone"));
                    return Stayed::Ended;
                }
                Err(_) if next == until => return Stayed::Whole,
                Err(_) => {
                    tells += TELL_EVERY;
                    if let Some(snapshot) = client.snapshot().await {
                        self.tell(&snapshot);
                    }
                }
            }
        }
    }

    fn handle(&mut self, event: &Event, seat: SeatId) -> Stayed {
        let why = match event {
            Event::Message(ServerMessage::Quality { quality }) => {
                let own = quality.iter().find(|one| one.seat == seat).and_then(|one| one.mos);
                if let Some(mos) = own.filter(|_| self.outcome.mos.len() < MOS_MAX) {
                    self.outcome.mos.push(mos);
                }
                return Stayed::Whole;
            }
            Event::Message(ServerMessage::Ended { reason }) => format!("{reason:?}"),
            Event::Lost(reason) => reason.to_string(),
            Event::SignalClosed { code } => format!("closed with {code:?}"),
            _ => return Stayed::Whole,
        };
        self.outcome.failures.push(Failure::ended(&why));
        Stayed::Ended
    }

    async fn reconnect(&mut self, client: &mut Client) {
        let began = Instant::now();
        client.drop_signalling().await;
        let back = async {
            client.resume().await?;
            client.connected(STEP_WITHIN).await
        };
        match back.await {
            Ok(()) => self.outcome.reconnected = Some(began.elapsed()),
            Err(error) => self.fail(Step::Reconnect, &error),
        }
    }

    fn tell(&mut self, snapshot: &Snapshot) {
        self.shared.live.tell(self.outcome.progress(snapshot));
    }

    fn fail(&mut self, step: Step, error: &ConnectError) {
        self.shared.live.count(Moment::Failed, 1);
        self.outcome.failures.push(Failure::of(step, error));
    }

    async fn wait_until(&self, at: Instant) -> Asked {
        let mut stop = self.shared.stop.clone();
        tokio::select! {
            () = sleep_until(at.into()) => Asked::GoOn,
            _ = stop.wait_for(|stop| *stop) => Asked::Stop,
        }
    }
}

#[derive(PartialEq, Eq)]
enum Asked {
    GoOn,
    Stop,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stayed {
    /// As long as was meant.
    Whole,
    /// Until everybody was to leave.
    Stopped,
    /// Until it was over.
    Ended,
}
