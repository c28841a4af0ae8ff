//! The schedule: who joins which room when, leaves, and comes back. From the scenario and its seed alone, before anything
//! starts: the same seed gives the same schedule.

use std::time::Duration;

use netsim::Random;

use crate::scenario::{Load, NetworkConfig, Scenario};

/// Within so many seconds of a visit's begin its people arrive, whoever is first: as at an appointment.
const ARRIVE_WITHIN_S: f64 = 2.0;
/// Of a visit's length this much is cut at random, at most, so that visits do not end in step.
const LEAVE_EARLIER: f64 = 0.1;
/// A visit that follows another begins so long after it.
const BETWEEN_VISITS: Duration = Duration::from_millis(500);

/// What everybody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which they join.
    pub bots: Vec<BotPlan>,
    /// Rooms, over the whole time.
    pub rooms: u32,
    /// When everybody has left.
    pub ends: Duration,
}

/// What one does; times count from the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BotPlan {
    /// Which room, from 0.
    pub room: u32,
    /// The first in a room is the practitioner.
    pub place: u32,
    /// How many others are in the room at most.
    pub others: u32,
    /// Whether it has a camera and a microphone; else it only receives.
    pub sends: bool,
    /// Whether it opens few of the packets that it receives.
    pub is_sink: bool,
    /// When it begins to join.
    pub joins: Duration,
    /// When it leaves.
    pub leaves: Duration,
    /// When it loses everything and comes back to its seat.
    pub reconnects: Option<Duration>,
    /// Which of the scenario's networks it is behind.
    pub network: Option<usize>,
    /// For everything else that it leaves to chance.
    pub seed: u64,
}

impl Plan {
    /// The schedule of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut planner = Planner {
            random: Random::new(scenario.seed),
            networks: &scenario.networks,
            sinks_share: scenario.media.sinks_share,
            bots: Vec::new(),
            rooms: 0,
        };
        match scenario.load {
            Load::Consultations { consultations, participants, ramp_s, hold_s, visit_s } => {
                planner.consultations(consultations, participants, (ramp_s, hold_s, visit_s));
            }
            Load::Round { publishers, subscribers, ramp_s, hold_s } => {
                planner.round(publishers, subscribers, ramp_s, hold_s);
            }
            Load::ClinicDay { day_s, visits_per_minute, visit_s, no_show_share, reconnect_share } => {
                planner.day(f64::from(day_s), visits_per_minute, visit_s, no_show_share, reconnect_share);
            }
        }
        let Planner { mut bots, rooms, .. } = planner;
        bots.sort_by_key(|bot| bot.joins);
        let ends = bots.iter().map(|bot| bot.leaves).max().unwrap_or_default();
        Self { bots, rooms, ends }
    }
}

struct Planner<'a> {
    random: Random,
    networks: &'a [NetworkConfig],
    sinks_share: f64,
    bots: Vec<BotPlan>,
    rooms: u32,
}

impl Planner<'_> {
    fn consultations(
        &mut self,
        count: u32,
        [least, most]: [u32; 2],
        (ramp_s, hold_s, visit_s): (u32, u32, u32),
    ) {
        let ends = secs(f64::from(ramp_s + hold_s));
        for number in 0..count {
            let mut begins = secs(f64::from(ramp_s) * f64::from(number) / f64::from(count));
            while begins < ends {
                let is_last = visit_s == 0 || begins + secs(f64::from(visit_s)) >= ends;
                let until = if is_last { ends } else { begins + secs(f64::from(visit_s)) };
                let participants = least + self.random.below(u64::from(most - least + 1)) as u32;
                // Those who last until the end are all there when the ramp is over.
                let arrive_s = if visit_s == 0 { 0.0 } else { ARRIVE_WITHIN_S };
                self.visit(participants, begins, until, arrive_s);
                begins = if is_last { ends } else { until + BETWEEN_VISITS };
            }
        }
    }

    fn visit(&mut self, participants: u32, begins: Duration, until: Duration, arrive_s: f64) {
        let room = self.room();
        let len = (until - begins).as_secs_f64();
        for place in 0..participants {
            let joins = begins + secs(self.random.unit() * arrive_s.min(len / 2.0));
            let earlier = if arrive_s > 0.0 { self.random.unit() * LEAVE_EARLIER * len } else { 0.0 };
            self.bot(BotPlan { joins, leaves: until - secs(earlier), ..bot(room, place, participants - 1) });
        }
    }

    fn round(&mut self, publishers: u32, subscribers: u32, ramp_s: u32, hold_s: u32) {
        let room = self.room();
        let leaves = secs(f64::from(ramp_s + hold_s));
        for place in 0..publishers {
            self.bot(BotPlan { leaves, ..bot(room, place, publishers - 1) });
        }
        for number in 0..subscribers {
            let joins = secs(f64::from(ramp_s) * f64::from(number + 1) / f64::from(subscribers));
            let place = publishers + number;
            self.bot(BotPlan { joins, leaves, sends: false, ..bot(room, place, publishers) });
        }
    }

    fn day(&mut self, day_s: f64, visits_per_minute: f64, visit_s: f64, no_show: f64, reconnect: f64) {
        let mut begins = 0.0;
        loop {
            begins += self.exponential(60.0 / visits_per_minute);
            if begins >= day_s {
                break;
            }
            let len = self.exponential(visit_s).clamp(visit_s / 10.0, visit_s * 4.0);
            let (room, is_missed) = (self.room(), self.random.chance(no_show));
            for place in 0..if is_missed { 1 } else { 2 } {
                let joins = begins + self.random.unit() * ARRIVE_WITHIN_S.min(len / 2.0);
                let leaves = begins + if is_missed { len / 2.0 } else { len };
                let comes_back = self.random.chance(reconnect);
                let reconnects = comes_back.then(|| joins + (leaves - joins) * self.random.unit());
                self.bot(BotPlan {
                    joins: secs(joins),
                    leaves: secs(leaves),
                    reconnects: reconnects.map(secs),
                    ..bot(room, place, 1)
                });
            }
        }
    }

    const fn room(&mut self) -> u32 {
        self.rooms += 1;
        self.rooms - 1
    }

    fn bot(&mut self, plan: BotPlan) {
        let mut dice = self.random.unit();
        let network = self.networks.iter().position(|network| {
            let is_it = dice < network.share;
            dice -= network.share;
            is_it
        });
        let is_sink = !plan.sends && self.random.chance(self.sinks_share);
        let seed = self.random.next_u64();
        self.bots.push(BotPlan { network, is_sink, seed, ..plan });
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.random.unit()).ln()
    }
}

const fn bot(room: u32, place: u32, others: u32) -> BotPlan {
    BotPlan {
        room,
        place,
        others,
        sends: true,
        is_sink: false,
        joins: Duration::ZERO,
        leaves: Duration::ZERO,
        reconnects: None,
        network: None,
        seed: 0,
    }
}

fn secs(secs: f64) -> Duration {
    Duration::from_secs_f64(secs.max(0.0))
}

#[cfg(test)]
mod tests;
