//! A change of network that takes the WebSocket along, as when a phone leaves the Wi-Fi.

use std::time::Duration;

use client::ParticipantConfig;
use netsim::{LinkConfig, Loss, Random};

use super::{Simulation, call, ms, patient, practitioner, secs};

/// Silence after which a client restarts ICE, and how often it looks (`media-watch.ts`).
pub(crate) const SILENT_AFTER: u64 = 500;
const LOOK_EVERY: u64 = 200;

/// One change that takes the WebSocket along: both ways, how long nothing came, from the last packet by the old path to the
/// first by the new one.
pub(crate) fn change_of_network(seed: u64) -> [Duration; 2] {
    let mut random = Random::new(seed);
    let mut between = |low: u64, high: u64| low + random.next_u64() % (high - low + 1);
    // Round trips of 50 to 300 ms with up to 5 % lost; signalling takes the same way.
    let (latency, loss) = (ms(between(25, 150)), between(0, 5) as f64 / 100.0);
    let link = LinkConfig { latency, jitter: ms(5), loss: Loss::Random(loss), ..LinkConfig::default() };
    let late = ms(between(0, LOOK_EVERY));
    let mut room = Simulation::new(seed);
    let voices = |seat| ParticipantConfig { camera: None, video_lanes: 0, ..call(seat, 1) };
    room.join(practitioner(1), voices(1));
    let ben = room.join(patient(2), voices(2));
    room.run(secs(1));

    room.set_signalling(latency, loss);
    room.leave_network(ben, link, link);
    let is_silent = |room: &Simulation| {
        let heard = room.participant(ben).last_heard().unwrap();
        room.now() - heard >= ms(SILENT_AFTER)
    };
    assert!(room.run_until(secs(2), is_silent), "seed {seed}");
    room.run(late);
    room.notice_network(ben);
    let has_moved = |room: &Simulation| {
        room.participant(ben).path().is_some_and(|path| path.local.ip().to_string().starts_with("100.64."))
    };
    assert!(room.run_until(secs(20), has_moved), "seed {seed}");
    // What does not come until then counts on.
    room.run(ms(500));

    assert_eq!(room.core().load().peers, 2, "seed {seed}: the same peer, no handshake");
    assert_eq!(room.counters().reattached, 1, "seed {seed}");
    room.silences(ben)
}
