//! It should bring what people write to everybody in the room, over data channels between real sockets: in order, once, and
//! across reconnects; and a peer that abuses its channel loses that and no more.

use std::sync::Arc;
use std::time::SystemTime;

use client::{Client, Event, Options, ParticipantConfig, connect};
use dtls::Identity;
use protocol::chat::{NodeChat, SAYS_BURST, Text};
use protocol::{Problem, Role, RoomId};

use crate::support::{DEADLINE, World};

async fn world() -> World {
    World::start_with(|config| config.signal.allow_absent_origin = true).await
}

pub(crate) async fn join(world: &World, room: RoomId, number: u8) -> Client {
    let identity = Arc::new(Identity::generate(SystemTime::now()).unwrap());
    let config = ParticipantConfig { camera: None, chat: true, ..ParticipantConfig::call([number; 32], 2) };
    let url = format!("ws://{}/signal", world.node.signal_address());
    let token = world.issuer.sign(&world.issuer.claims(room, Role::Practitioner));
    connect(&url, token, Options::new(config, identity)).await.unwrap()
}

pub(crate) async fn say(who: &Client, text: &str) {
    who.say(Text::new(text).unwrap()).await;
}

/// The next text that comes, with who says it is `own`.
pub(crate) async fn reads(who: &mut Client) -> (String, bool) {
    let said = |event: &Event| matches!(event, Event::Chat(NodeChat::Said { .. }));
    match who.wait_for(DEADLINE, said).await {
        Ok(Event::Chat(NodeChat::Said { seat, text, id, .. })) => {
            assert_eq!(id.is_some(), seat == who.seat());
            (text.as_str().to_owned(), seat == who.seat())
        }
        other => panic!("{other:?}"),
    }
}

/// Once its channel is open and the node has said where the log stands.
pub(crate) async fn hears(who: &mut Client) {
    let hearing = |event: &Event| matches!(event, Event::Chat(NodeChat::Hearing { .. }));
    who.wait_for(DEADLINE, hearing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_what_anybody_writes_and_who_is_late_reads_it_too() {
    let world = world().await;
    let room = RoomId::new_v7();
    let (mut anna, mut ben) = (join(&world, room, 1).await, join(&world, room, 2).await);
    hears(&mut anna).await;
    hears(&mut ben).await;

    say(&anna, "good morning").await;
    assert_eq!(reads(&mut ben).await, ("good morning".to_owned(), false));
    say(&ben, "<b>hello</b> 🙂").await;

    assert_eq!(reads(&mut anna).await, ("good morning".to_owned(), true));
    assert_eq!(reads(&mut anna).await, ("<b>hello</b> 🙂".to_owned(), false));
    let mut carla = join(&world, room, 3).await;
    assert_eq!(reads(&mut carla).await.0, "good morning");
    assert_eq!(reads(&mut carla).await.0, "<b>hello</b> 🙂");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_reads_what_it_missed_once_and_what_it_wrote_meanwhile_is_told_once() {
    let world = world().await;
    let room = RoomId::new_v7();
    let (mut anna, mut ben) = (join(&world, room, 1).await, join(&world, room, 2).await);
    hears(&mut anna).await;
    hears(&mut ben).await;
    for number in 0..5 {
        say(&anna, &format!("before {number}")).await;
        say(&ben, &format!("mine {number}")).await;
    }

    ben.resume().await.unwrap();
    say(&anna, "after").await;
    say(&ben, "mine after").await;

    for who in [&mut anna, &mut ben] {
        let mut all = Vec::new();
        for _ in 0..12 {
            all.push(reads(who).await.0);
        }
        let of = |start: &str| -> Vec<String> {
            all.iter().filter(|text| text.starts_with(start)).cloned().collect()
        };
        let five =
            |start: &str| -> Vec<String> { (0..5).map(|number| format!("{start} {number}")).collect() };
        assert_eq!(of("before"), five("before"));
        assert_eq!(of("mine")[..5], five("mine"));
        assert_eq!(of("after"), ["after"]);
        assert_eq!(of("mine after"), ["mine after"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_texts_is_refused_and_the_call_goes_on() {
    let world = world().await;
    let room = RoomId::new_v7();
    let (mut anna, mut ben) = (join(&world, room, 1).await, join(&world, room, 2).await);
    hears(&mut anna).await;
    hears(&mut ben).await;
    let long = "x".repeat(1000);

    for _ in 0..60 {
        say(&anna, &long).await;
    }

    let too_fast =
        |event: &Event| matches!(event, Event::Chat(NodeChat::Refused { problem: Problem::TooFast, .. }));
    anna.wait_for(DEADLINE, too_fast).await.unwrap();
    for _ in 0..SAYS_BURST {
        assert_eq!(reads(&mut ben).await.0, long);
    }
    say(&ben, "are you still there?").await;
    loop {
        if reads(&mut anna).await.0 == "are you still there?" {
            break;
        }
    }
    assert!(anna.snapshot().await.unwrap().is_connected);
}
