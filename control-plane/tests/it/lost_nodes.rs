//! A node that is killed says nothing more: who was there is not shown as there for ever, and what its spool says after
//! the restart is recorded and does no harm.

use protocol::Generation;
use protocol::node::RoomEventKind;
use protocol::signal::{EndReason, LeaveReason};
use protocol::token::JoinClaims;
use serde_json::{Value, json};

use crate::support::{Browser, Node, Visit, on_both};

impl Visit {
    async fn patient_at(&mut self, node: &Node) -> JoinClaims {
        token(&mut self.cast.patient, &self.path, node).await
    }

    async fn practitioner_at(&mut self, node: &Node) -> JoinClaims {
        token(&mut self.cast.practitioner, &self.path, node).await
    }

    /// The practitioner's list and the visit's own page say the same: its state, and the roles of who is there.
    async fn seen(&mut self) -> (String, Vec<String>) {
        let list = self.cast.practitioner.get("/api/appointments").await.expect_status(200).json();
        let one = self.cast.practitioner.get(&self.path).await.expect_status(200).json();
        assert_eq!(list, json!([one]));
        let roles = one["presence"].as_array().unwrap().iter();
        let roles = roles.map(|present| present["role"].as_str().unwrap().to_owned()).collect();
        (one["state"].as_str().unwrap().to_owned(), roles)
    }
}

async fn token(browser: &mut Browser, visit: &str, node: &Node) -> JoinClaims {
    let join: Value = browser.post(&format!("{visit}/join"), json!({})).await.expect_status(200).json();
    node.verify(&join)
}

fn seen(state: &str, roles: &[&str]) -> (String, Vec<String>) {
    (state.to_owned(), roles.iter().map(|role| (*role).to_owned()).collect())
}

on_both! {
    async fn who_was_on_a_node_that_was_killed_and_started_again_is_not_there(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, practitioner) = (visit.patient_at(&node).await, visit.practitioner_at(&node).await);
        node.joined(&patient).await;
        node.joined(&practitioner).await;
        assert_eq!(visit.seen().await, seen("in_progress", &["patient", "practitioner"]));

        let mut node = node.restarted(&world, visit.plane.address).await;
        assert_eq!(visit.seen().await, seen("in_progress", &[]), "the node is alive, their room is not");
        let back = visit.patient_at(&node).await;

        assert_eq!((back.generation, back.seat), (Generation(2), patient.seat));
        assert_eq!(visit.seen().await, seen("in_progress", &[]), "a token is not a person");
        assert_eq!(world.raw().await.number("select count(*) from presence").await, 0, "nothing is left over");
        node.joined(&back).await;
        assert_eq!(visit.seen().await, seen("in_progress", &["patient"]));
        visit.plane.stopped().await;
    }

    async fn who_was_on_a_node_that_does_not_come_back_is_not_there(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let patient = visit.patient_at(&node).await;
        node.joined(&patient).await;
        assert_eq!(visit.seen().await, seen("booked", &["patient"]));

        node.disconnect();
        assert_eq!(visit.seen().await, seen("booked", &["patient"]), "its lease has not ended");
        world.raw().await.execute("update node set lease_until_us = 0").await.unwrap();

        assert_eq!(visit.seen().await, seen("booked", &[]));
        visit.plane.stopped().await;
    }

    async fn who_is_on_a_node_that_was_cut_off_is_there_again_with_its_next_beat(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let patient = visit.patient_at(&node).await;
        node.joined(&patient).await;
        node.disconnect();
        world.raw().await.execute("update node set lease_until_us = 0").await.unwrap();
        assert_eq!(visit.seen().await, seen("booked", &[]));

        node.connect(visit.plane.address).await.unwrap();
        node.long_lease(&world).await;

        assert_eq!(visit.seen().await, seen("booked", &["patient"]), "the same process: the room was there all along");
        assert_eq!(visit.practitioner_at(&node).await.generation, Generation(1));
        visit.plane.stopped().await;
    }

    async fn what_the_spool_says_after_the_restart_brings_nobody_back(world) {
        let (mut visit, node) = Visit::booked(&world).await;
        let patient = visit.patient_at(&node).await;

        let mut node = node.restarted(&world, visit.plane.address).await;
        node.joined(&patient).await;

        assert_eq!(visit.seen().await, seen("booked", &[]), "they had joined, and their node died");
        let kinds = "select kind from consultation_log order by recorded_us, id";
        assert_eq!(world.raw().await.texts(kinds).await, ["joined"]);
        visit.plane.stopped().await;
    }

    async fn what_the_spool_says_of_the_room_before_does_not_touch_who_is_there_now(world) {
        let (mut visit, node) = Visit::booked(&world).await;
        let (before, practitioner) = (visit.patient_at(&node).await, visit.practitioner_at(&node).await);
        let mut node = node.restarted(&world, visit.plane.address).await;
        let now = visit.patient_at(&node).await;
        node.joined(&now).await;

        node.joined(&before).await;
        node.joined(&practitioner).await;
        assert_eq!(visit.seen().await, seen("booked", &["patient"]), "they did not meet in this room");
        let left = RoomEventKind::Left { seat: before.seat, reason: LeaveReason::Left };
        node.report(&before, left).await;
        let ended = RoomEventKind::Ended { reason: EndReason::Empty, by: None };
        node.report(&before, ended).await;

        assert_eq!(visit.seen().await, seen("booked", &["patient"]));
        let kinds = "select kind from consultation_log order by recorded_us, id";
        assert_eq!(world.raw().await.texts(kinds).await, ["joined", "joined", "joined", "left", "ended"]);
        visit.plane.stopped().await;
    }

    /// The practitioner was told that it is over; a node that dies before it could say so does not undo that.
    async fn an_end_that_the_spool_kept_over_the_restart_ends_the_visit(world) {
        let (mut visit, mut node) = Visit::booked(&world).await;
        let (patient, practitioner) = (visit.patient_at(&node).await, visit.practitioner_at(&node).await);
        node.joined(&patient).await;
        node.joined(&practitioner).await;

        let mut node = node.restarted(&world, visit.plane.address).await;
        let ended = RoomEventKind::Ended { reason: EndReason::EndedByParticipant, by: Some(practitioner.seat) };
        node.report(&practitioner, ended).await;

        assert_eq!(visit.seen().await, seen("completed", &[]));
        let join = format!("{}/join", visit.path);
        visit.cast.patient.post(&join, json!({})).await.expect_problem(409, "appointment-ended");
        visit.plane.stopped().await;
    }
}
