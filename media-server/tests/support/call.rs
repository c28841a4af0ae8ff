//! Participants with media, as browsers are.

use std::sync::Arc;
use std::time::SystemTime;

use client::{Client, Options, ParticipantConfig, connect};
use dtls::Identity;
use protocol::signal::Source;
use protocol::{Role, RoomId, SeatId};
use tokio::time::Instant;

use super::{DEADLINE, World};

pub(crate) async fn join(world: &World, room: RoomId, number: u8) -> Client {
    let identity = Arc::new(Identity::generate(SystemTime::now()).unwrap());
    let options = Options::new(ParticipantConfig::call([number; 32], 2), identity);
    let url = format!("ws://{}/signal", world.node.signal_address());
    let token = world.issuer.sign(&world.issuer.claims(room, Role::Practitioner));
    let mut client = connect(&url, token, options).await.unwrap();
    client.connected(DEADLINE).await.unwrap();
    client
}

/// Waits until `who` has received `packets` of the camera of `of`.
pub(crate) async fn sees(who: &Client, of: SeatId, packets: u64) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let snapshot = who.snapshot().await.unwrap();
        let received = snapshot.statistics.received_from(of, Source::Camera);
        if received.is_some_and(|received| received.packets >= packets && received.frames > 0) {
            return;
        }
        assert!(Instant::now() < deadline, "{received:?}");
        tokio::task::yield_now().await;
    }
}

/// Two people who see each other.
pub(crate) struct Call([Client; 2]);

impl Call {
    /// A call in a room of its own. The node must let programs in, which have no Origin.
    pub(crate) async fn start(world: &World) -> Self {
        let room = RoomId::new_v7();
        let call = Self([join(world, room, 101).await, join(world, room, 102).await]);
        call.goes_on().await;
        call
    }

    /// Waits until either has received a hundred more packets of the other's camera, and checks that all came.
    pub(crate) async fn goes_on(&self) {
        for (who, of) in [(&self.0[0], &self.0[1]), (&self.0[1], &self.0[0])] {
            let before = who.snapshot().await.unwrap().statistics.received_from(of.seat(), Source::Camera);
            sees(who, of.seat(), before.map_or(0, |before| before.packets) + 100).await;
            let snapshot = who.snapshot().await.unwrap();
            assert!(snapshot.is_connected);
            assert_eq!(snapshot.statistics.lanes.iter().map(|lane| lane.received.lost).sum::<u64>(), 0);
        }
    }
}
