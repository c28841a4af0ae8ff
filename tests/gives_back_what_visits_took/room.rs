//! One visit and those who are in its room: what may happen there, and what they count.

use std::ops::Add;

use client::{Client, Event};
use protocol::SeatId;
use protocol::signal::Source;
use serde_json::{Value, json};

use crate::support::room::{enter, let_in};
use crate::support::{Browser, DEADLINE, Dice, join, until};

/// Besides the patient and the practitioner.
const GUESTS: usize = 2;
/// `UDP_MAX_SEGMENTS` of the kernel is 128; the node sends this many at once.
const RUN_MAX: u64 = 64;
/// Packets of a microphone: a fifth of a second.
const SOME: u64 = 10;

/// A visit.
pub(super) struct Room {
    path: String,
    patient: Browser,
    practitioner: Browser,
    /// Of the guests' links.
    secrets: Vec<String>,
    dice: Dice,
    /// Patient, practitioner, guests; a guest may be out.
    inside: [Option<Client>; 2 + GUESTS],
    pub(super) loss: Loss,
}

/// What those who took part missed, and how much they got. Frames out of order are not counted: another page in the same seat
/// counts its frames from 0 again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    packets: u64,
    lost: u64,
    recovered: u64,
    corrupt: u64,
    picture_id_breaks: u64,
    unauthentic: u64,
    malformed: u64,
}

impl Add for Loss {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            lost: self.lost + other.lost,
            recovered: self.recovered + other.recovered,
            corrupt: self.corrupt + other.corrupt,
            picture_id_breaks: self.picture_id_breaks + other.picture_id_breaks,
            unauthentic: self.unauthentic + other.unauthentic,
            malformed: self.malformed + other.malformed,
        }
    }
}

impl Loss {
    /// Nothing is missing but for what the kernel itself says that it dropped, because a reader was not given the time to take
    /// it: on an idle machine, nothing at all. One such drop is a whole run of datagrams, forwarded to all others.
    pub(super) fn expect_none(self, dropped_by_the_kernel: u64) {
        assert!(self.packets > 0);
        let excused = dropped_by_the_kernel * RUN_MAX * (1 + GUESTS as u64);
        assert!(self.lost <= excused, "{self:?}, though the kernel dropped {dropped_by_the_kernel}");
        let Self { corrupt, picture_id_breaks, unauthentic, malformed, .. } = self;
        assert_eq!([corrupt, picture_id_breaks, unauthentic, malformed], [0; 4], "{self:?}");
    }
}

impl Room {
    /// Of a visit that was booked, with its guests invited.
    pub(super) async fn of(booked: &Value, mut patient: Browser, practitioner: Browser, dice: Dice) -> Self {
        let path = format!("/api/appointments/{}", booked["id"].as_str().unwrap());
        let mut secrets = Vec::new();
        for guest in 0..GUESTS {
            let named = json!({ "name": format!("Guest {guest}") });
            let link = patient.post(&format!("{path}/guests"), named).await.expect(201);
            secrets.push(link["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned());
        }
        Self { path, patient, practitioner, secrets, dice, inside: Default::default(), loss: Loss::default() }
    }

    pub(super) async fn seen(&mut self) -> Value {
        self.patient.get(&self.path).await.expect(200)
    }

    pub(super) fn people(&self) -> usize {
        self.inside.iter().flatten().count()
    }

    /// The patient, the practitioner and some guests, in any order.
    pub(super) async fn everybody_comes(&mut self) {
        let mut coming: Vec<usize> = (0..2 + self.dice.below(GUESTS + 1)).collect();
        self.dice.shuffle(&mut coming);
        for who in coming {
            self.comes(who).await;
        }
        self.all_meet().await;
    }

    pub(super) async fn everybody_leaves(&mut self) {
        for who in 0..self.inside.len() {
            self.leaves(who).await;
        }
    }

    /// The practitioner ends it for all, and all are told.
    pub(super) async fn is_ended(&mut self) {
        for who in 0..self.inside.len() {
            self.count(who).await;
        }
        let inside = std::mem::take(&mut self.inside);
        inside[1].as_ref().unwrap().end().await;
        for mut client in inside.into_iter().flatten() {
            let closed = |event: &Event| matches!(event, Event::SignalClosed { .. });
            // Who was told of the end may hang up first.
            let _ = client.wait_for(DEADLINE, closed).await;
        }
    }

    /// Something happens, and then all hear and see each other.
    pub(super) async fn step(&mut self) {
        let inside: Vec<usize> = (0..self.inside.len()).filter(|who| self.inside[*who].is_some()).collect();
        let who = inside[self.dice.below(inside.len())];
        match self.dice.below(6) {
            0 => self.falls_out_and_resumes(who).await,
            1 => self.resumes(who).await,
            2 => {
                self.leaves(who).await;
                self.comes(who).await;
            }
            3 => self.comes_again_elsewhere(who).await,
            4 => {
                let guest = 2 + self.dice.below(GUESTS);
                if self.inside[guest].is_some() { self.leaves(guest).await } else { self.comes(guest).await }
            }
            _ => self.is_dark_for_a_while(who).await,
        }
        self.all_meet().await;
    }

    async fn comes(&mut self, who: usize) {
        let client = match who {
            0 => join(&mut self.patient, &self.path, None).await,
            1 => join(&mut self.practitioner, &self.path, None).await,
            guest => {
                let mut browser = self.patient.stranger();
                let secret = &self.secrets[guest - 2];
                let place = browser.post("/api/guest/join", json!({ "secret": secret })).await.expect(200);
                enter(&place, &browser.origin, None).await.unwrap()
            }
        };
        self.inside[who] = Some(client);
    }

    async fn leaves(&mut self, who: usize) {
        self.count(who).await;
        let Some(client) = self.inside[who].take() else { return };
        let seat = client.seat();
        client.leave().await;
        // Whoever comes again at once could overtake what they said on their way out.
        for other in self.inside.iter().flatten() {
            until("the others are told who left", async || {
                let there = other.snapshot().await.expect("it takes part").participants;
                there.iter().all(|one| one.seat != seat).then_some(())
            })
            .await;
        }
    }

    async fn falls_out_and_resumes(&mut self, who: usize) {
        self.inside[who].as_ref().unwrap().drop_signalling().await;
        self.resumes(who).await;
    }

    async fn resumes(&mut self, who: usize) {
        let client = self.inside[who].as_mut().unwrap();
        client.resume().await.unwrap();
        client.connected(DEADLINE).await.unwrap();
    }

    /// A page on another device takes the seat; the one before falls silent without a word.
    async fn comes_again_elsewhere(&mut self, who: usize) {
        self.count(who).await;
        let before = self.inside[who].take();
        self.comes(who).await;
        drop(before);
    }

    async fn is_dark_for_a_while(&mut self, who: usize) {
        let seat = self.inside[who].as_ref().unwrap().seat();
        self.inside[who].as_ref().unwrap().set_active(Source::Camera, false).await;
        for other in self.inside.iter().flatten().filter(|other| other.seat() != seat) {
            sees(other, seat, false).await;
        }
        self.inside[who].as_ref().unwrap().set_active(Source::Camera, true).await;
    }

    /// Waits until everybody gets sound and picture of everybody.
    async fn all_meet(&self) {
        if let Some(practitioner) = &self.inside[1] {
            for guest in self.inside[2..].iter().flatten() {
                let_in(practitioner, guest).await;
            }
        }
        let before = self.heard_and_seen().await;
        until("everybody gets everybody", async || {
            let now = self.heard_and_seen().await;
            let grew =
                now.iter().zip(&before).all(|(now, before)| now.0 >= before.0 + SOME && now.1 > before.1);
            grew.then_some(())
        })
        .await;
    }

    /// Packets of the microphone and frames of the camera, for each two of them.
    async fn heard_and_seen(&self) -> Vec<(u64, u64)> {
        let mut counts = Vec::new();
        for who in self.inside.iter().flatten() {
            let got = who.snapshot().await.expect("it takes part").statistics;
            for of in self.inside.iter().flatten().filter(|of| of.seat() != who.seat()) {
                let from = |source| got.received_from(of.seat(), source);
                let heard = from(Source::Microphone).map_or(0, |got| got.packets);
                counts.push((heard, from(Source::Camera).map_or(0, |got| got.frames)));
            }
        }
        counts
    }

    /// Adds what somebody counted, before they go.
    async fn count(&mut self, who: usize) {
        let Some(client) = &self.inside[who] else { return };
        let statistics = client.snapshot().await.expect("it takes part").statistics;
        let transport = statistics.transport;
        let mut loss =
            Loss { unauthentic: transport.unauthentic, malformed: transport.malformed, ..Loss::default() };
        for received in statistics.lanes.iter().map(|lane| &lane.received) {
            loss.packets += received.packets;
            loss.lost += received.lost;
            loss.recovered += received.recovered;
            loss.corrupt += received.corrupt;
            loss.picture_id_breaks += received.picture_id_breaks;
        }
        self.loss = self.loss + loss;
    }
}

/// Waits until the node has told `who` whether the camera of `of` is on.
async fn sees(who: &Client, of: SeatId, is_on: bool) {
    until("the camera's state is told", async || {
        let snapshot = who.snapshot().await.expect("it takes part");
        let told = snapshot.participants.iter().find(|one| one.seat == of)?;
        told.tracks.iter().any(|track| track.source == Source::Camera && track.active == is_on).then_some(())
    })
    .await;
}
