//! Whoever books "now" and joins is in their practitioner's list of the day as soon as the node's report is stored: also
//! among many at once, and when the report was repeated over a lost connection.

use actix_web::http::Method;
use control_plane::admin::PersonRole;
use futures_util::future::join_all;
use jiff::tz::TimeZone;
use protocol::node::{NodeMessage, RoomEvent, RoomEventKind};
use protocol::token::JoinClaims;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Browser, Node, PASSWORD, Plane, World, book, on_both, practitioner};

/// Patients and practitioners, one for the other.
const PAIRS: usize = 8;

struct Pair {
    patient: Browser,
    practitioner: Browser,
    practitioner_id: String,
}

impl Pair {
    async fn new(world: &World, clinic: &control_plane::clinics::Clinic, door: &Browser) -> Self {
        let (anna, elif) =
            (world.person(clinic, PersonRole::Patient).await, world.person(clinic, practitioner()).await);
        let (mut patient, mut practitioner) = (door.other(), door.other());
        patient.sign_in(&anna.email, PASSWORD).await.expect_status(200);
        practitioner.sign_in(&elif.email, PASSWORD).await.expect_status(200);
        Self { patient, practitioner, practitioner_id: elif.created.practitioner.unwrap().to_string() }
    }

    /// The patient books a visit that begins at this minute, and joins it.
    async fn joins(&mut self, node: &Node) -> JoinClaims {
        let now = json!({"practitioner_id": self.practitioner_id, "now": true, "time_zone": "Europe/Berlin"});
        let visit = book(&mut self.patient, &now).await.expect_status(201).json();
        let path = format!("/api/appointments/{}/join", visit["id"].as_str().unwrap());
        let request = self.patient.change(Method::POST, &path, &json!({}));
        node.verify(&self.patient.send(request).await.expect_status(200).json())
    }

    /// The practitioner's day in Berlin, as the page asks for it; who waits in it.
    async fn waiting(&mut self) -> Vec<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let today = jiff::Timestamp::now().to_zoned(zone).start_of_day().unwrap();
        let (from, until) = (today.timestamp(), today.tomorrow().unwrap().timestamp());
        let path = format!("/api/appointments?from={from}&until={until}");
        let list = self.practitioner.get(&path).await.expect_status(200).json();
        let visits = list.as_array().unwrap().iter();
        let present = visits.flat_map(|visit| visit["presence"].as_array().unwrap().clone());
        present.map(|present| present["seat"].as_str().unwrap().to_owned()).collect()
    }
}

/// Reports that somebody joined; `lost` times the connection breaks before the acknowledgement is read.
async fn report(
    node: &mut Node,
    plane: &Plane,
    world: &World,
    claims: &JoinClaims,
    number: u64,
    lost: usize,
) {
    let event = RoomEvent {
        id: Uuid::now_v7(),
        clinic: claims.clinic,
        room: claims.room,
        generation: claims.generation,
        at_us: 0,
        kind: RoomEventKind::Joined { seat: claims.seat, role: claims.role },
    };
    // It has not beaten meanwhile, and who is silent for ten seconds is sent away.
    reconnect(node, plane, world).await;
    for _ in 0..lost {
        node.say(&NodeMessage::Event { number, event: event.clone() }).await;
        reconnect(node, plane, world).await;
    }
    node.report_event(&event).await;
}

async fn reconnect(node: &mut Node, plane: &Plane, world: &World) {
    node.disconnect();
    node.connect(plane.address).await.unwrap();
    node.long_lease(world).await;
}

on_both! {
    async fn many_who_join_at_once_are_each_in_their_own_practitioners_list(world) {
        let plane = Plane::start(&world);
        let door = plane.browser().await;
        let clinic = world.clinic("ours").await;
        let mut node = Node::connected(&world, plane.address).await;
        let mut pairs = Vec::new();
        for _ in 0..PAIRS {
            pairs.push(Pair::new(&world, &clinic, &door).await);
        }

        let claims = join_all(pairs.iter_mut().map(|pair| pair.joins(&node))).await;
        for (number, claims) in claims.iter().enumerate() {
            let next = u64::try_from(number).unwrap() + 1;
            report(&mut node, &plane, &world, claims, next, number % 3).await;
            let waiting = pairs[number].waiting().await;
            assert_eq!(waiting, [claims.seat.to_string()], "pair {number}, right after the report");
        }
        let lists = join_all(pairs.iter_mut().map(Pair::waiting)).await;

        let seats: Vec<Vec<String>> = claims.iter().map(|claims| vec![claims.seat.to_string()]).collect();
        assert_eq!(lists, seats);
        plane.stopped().await;
    }
}
