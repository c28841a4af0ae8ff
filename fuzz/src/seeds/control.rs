//! Messages of the node's control connection, one of each.

use protocol::node::{ControlMessage, NodeMessage, RoomCommand, RoomEvent, RoomEventKind, VERSION};
use protocol::quality::{Cause, Mos};
use protocol::signal::{EndReason, LeaveReason};
use protocol::timeline::{Stretch, Way};
use protocol::token::VerifyKey;
use protocol::{ClinicId, Epoch, Generation, NodeId, Role, RoomId, SeatId};
use serde::Serialize;
use uuid::Uuid;

use super::Seed;

const ID: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

pub(super) fn seeds() -> Vec<Seed> {
    let seat = SeatId(ID);
    let event = |kind| {
        let room = RoomId(ID);
        json(&NodeMessage::Event {
            number: 7,
            event: RoomEvent {
                id: ID,
                clinic: ClinicId(ID),
                room,
                generation: Generation(5),
                at_us: 1_800_000_000_000_000,
                kind,
            },
        })
    };
    let command = |command| {
        json(&ControlMessage::Command { id: ID, room: RoomId(ID), generation: Generation(5), command })
    };
    let keys =
        vec![VerifyKey { id: "k1".to_owned(), x: "6kqszrdhOrKqX4nzPMsUOyzhWFGfhaVMnhV4ugmQJ88".to_owned() }];
    vec![
        (
            "hello",
            json(&NodeMessage::Hello {
                version: VERSION,
                node: NodeId(ID),
                process: ID,
                signature: "A".repeat(86),
                region: "eu".to_owned(),
                url: "wss://media.clinic.example/signal".to_owned(),
                seats_max: 200,
            }),
        ),
        ("beat", json(&NodeMessage::Beat { rooms: 3, seats: 7, draining: false })),
        ("joined", event(RoomEventKind::Joined { seat, role: Role::Practitioner })),
        ("left", event(RoomEventKind::Left { seat, reason: LeaveReason::Lost })),
        ("ended", event(RoomEventKind::Ended { reason: EndReason::EndedByParticipant, by: Some(seat) })),
        ("token-reused", event(RoomEventKind::TokenReused { seat })),
        ("quality", event(RoomEventKind::Quality { seat, span_ms: 60_000, stretches: stretches() })),
        ("challenge", json(&ControlMessage::Challenge { nonce: "A".repeat(43) })),
        ("welcome", json(&ControlMessage::Welcome { epoch: Epoch(4), lease_ms: 6000, keys: keys.clone() })),
        ("ack", json(&ControlMessage::Ack { number: u64::MAX })),
        ("end", command(RoomCommand::End)),
        ("remove", command(RoomCommand::Remove { seat })),
        ("keys", json(&ControlMessage::Keys { keys })),
        ("refused", json(&ControlMessage::Refused { detail: "another key is enrolled".to_owned() })),
        ("deep", "[".repeat(200).into_bytes()),
    ]
}

/// One of which all is known, and one in which nobody was there.
fn stretches() -> Vec<Stretch> {
    let way = Way {
        bitrate_bps: 1_200_000,
        loss_permille: Some(12),
        jitter_ms_max: 9,
        rtt_ms: Some(48),
        frozen_ms: 700,
        layer_min: Some(1),
        mos_min: Some(Mos::from_tenths(39)),
    };
    let known = Stretch { seconds: 10, cause: Some(Cause::Downlink), receive: way, forward: way };
    vec![known, Stretch { seconds: 0, cause: None, receive: Way::default(), forward: Way::default() }]
}

fn json(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).expect("our messages have string keys only, so they are JSON")
}
