//! Whole rooms in virtual time: one core, its DTLS inline, and headless participants behind simulated networks.
//!
//! ```text
//!  participant ──link──▶ ┐                     ┌ ──link──▶ participant
//!  participant ◀──link── ┤ core ◀──▶ DTLS      ├ ◀──link── participant
//!        └───messages────┘ (endpoints, inline) └────messages──┘
//! ```
//!
//! Everything random comes from the seed, with one exception: the DTLS library draws the bytes of a handshake, and when
//! it repeats a lost flight, by itself. So networks become rough when media flows, and handshakes lose nothing, but in
//! the one test that says so.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what is not as a test needs it fails the test")]

mod change;
mod handshakes;
mod person;
mod signal_way;
mod simulation;
mod trace;

use std::time::Duration;

use client::{ParticipantConfig, VideoConfig};
use media_core::SeatGrant;
use netsim::{LinkConfig, Loss};
use protocol::{ClinicId, Generation, Permissions, Role, RoomId, SeatId};
use uuid::Uuid;

pub(crate) use change::{SILENT_AFTER, change_of_network};
pub(crate) use person::PersonId;
pub(crate) use simulation::{Simulation, refusals};

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A grant for a patient's seat of the usual room.
pub(crate) fn patient(seat: u128) -> SeatGrant {
    SeatGrant {
        clinic: ClinicId(Uuid::from_u128(1)),
        room: RoomId(Uuid::from_u128(2)),
        generation: Generation(5),
        seat: SeatId(Uuid::from_u128(seat)),
        role: Role::Patient,
        permissions: Permissions::of(Role::Patient),
    }
}

/// A grant for a practitioner's seat of the usual room.
pub(crate) fn practitioner(seat: u128) -> SeatGrant {
    SeatGrant { role: Role::Practitioner, permissions: Permissions::of(Role::Practitioner), ..patient(seat) }
}

/// Microphone, camera and lanes for `others`; the seat's own randomness.
pub(crate) fn call(seat: u128, others: usize) -> ParticipantConfig {
    let mut seed = [0x5e; 32];
    seed[..16].copy_from_slice(&seat.to_le_bytes());
    ParticipantConfig::call(seed, others)
}

/// As [`call`], with a camera in three layers that begins with all of them.
pub(crate) fn layered_call(seat: u128, others: usize) -> ParticipantConfig {
    let camera = VideoConfig::simulcast();
    ParticipantConfig { camera: Some(VideoConfig { start: camera.max, ..camera }), ..call(seat, others) }
}

/// As [`call`], with lanes that show several sizes of one stream.
pub(crate) fn showing_call(seat: u128, others: usize) -> ParticipantConfig {
    ParticipantConfig { shows_sizes: true, ..call(seat, others) }
}

/// As [`showing_call`], with a camera whose one stream holds three sizes, and begins with all of them.
pub(crate) fn scalable_call(seat: u128, others: usize) -> ParticipantConfig {
    let camera = VideoConfig::scalable();
    let camera = VideoConfig { start: camera.max, ..camera };
    ParticipantConfig { camera: Some(camera), ..showing_call(seat, others) }
}

/// As [`call`], with Opus that can be asked for again.
pub(crate) fn mended_call(seat: u128, others: usize) -> ParticipantConfig {
    ParticipantConfig { audio_repair: true, ..call(seat, others) }
}

/// A way of so many kbit/s, 25 ms long, with a queue of 300 ms.
pub(crate) fn path(kbps: u64) -> LinkConfig {
    let rate = kbps * 1000;
    LinkConfig {
        latency: ms(25),
        rate_bps: Some(rate),
        buffer_bytes: (rate * 3 / 80) as usize,
        ..LinkConfig::default()
    }
}

/// A good home network: 20 ms each way.
pub(crate) fn home() -> LinkConfig {
    LinkConfig { latency: ms(20), ..LinkConfig::default() }
}

/// 50 ms each way, a little jitter, 5 % lost, some packets overtaken and some doubled.
pub(crate) fn rough() -> LinkConfig {
    LinkConfig {
        latency: ms(50),
        jitter: ms(3),
        loss: Loss::Random(0.05),
        reorder: 0.01,
        reorder_by: ms(15),
        duplicate: 0.01,
        ..LinkConfig::default()
    }
}

/// The committed seeds, or with `BEDSIDE_TEST_LONG=1` as many from 1 on as `long` says.
pub(crate) fn seeds(committed: &[u64], long: u64) -> Vec<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long to look is asked of the environment, what happens is not"
    )]
    let is_long = std::env::var("BEDSIDE_TEST_LONG").is_ok_and(|value| value == "1");
    if is_long { (1..=long).collect() } else { committed.to_vec() }
}
