//! What a node reports becomes who is there, how far the visit is, and a log that nobody changes.

use protocol::node::{ControlMessage, RoomCommand, RoomEvent, RoomEventKind};
use protocol::signal::{EndReason, LeaveReason};
use protocol::token::JoinClaims;
use protocol::{Generation, SeatId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Browser, Cast, Node, Plane, World, book, nobodys_clinic, on_both};

struct Meeting {
    plane: Plane,
    cast: Cast,
    node: Node,
    visit: Value,
    patient: JoinClaims,
    practitioner: JoinClaims,
}

impl Meeting {
    /// Both have their tokens; nobody has entered.
    async fn new(world: &World) -> Self {
        let plane = Plane::start(world);
        let mut cast = Cast::at(world, &plane).await;
        let node = Node::connected(world, plane.address).await;
        let visit = cast.booked().await;
        let path = format!("/api/appointments/{}/join", visit["id"].as_str().unwrap());
        let patient = node.verify(&cast.patient.post(&path, json!({})).await.expect_status(200).json());
        let practitioner =
            node.verify(&cast.practitioner.post(&path, json!({})).await.expect_status(200).json());
        Self { plane, cast, node, visit, patient, practitioner }
    }

    async fn seen(&mut self) -> Value {
        let browser: &mut Browser = &mut self.cast.practitioner;
        browser
            .get(&format!("/api/appointments/{}", self.visit["id"].as_str().unwrap()))
            .await
            .expect_status(200)
            .json()
    }

    async fn patient_present(&mut self) -> Vec<String> {
        let seen = self.seen().await;
        seen["presence"].as_array().unwrap().iter().map(|p| p["role"].as_str().unwrap().to_owned()).collect()
    }

    async fn both_enter(&mut self) {
        self.node.joined(&self.patient).await;
        self.node.joined(&self.practitioner).await;
    }

    async fn ended(&mut self, reason: EndReason) {
        let by = (reason == EndReason::EndedByParticipant).then_some(self.practitioner.seat);
        self.node.report(&self.practitioner, RoomEventKind::Ended { reason, by }).await;
    }
}

on_both! {
    async fn a_patient_alone_waits_and_with_the_practitioner_the_visit_is_in_progress(world) {
        let mut meeting = Meeting::new(&world).await;

        meeting.node.joined(&meeting.patient).await;
        let waiting = meeting.seen().await;
        meeting.node.joined(&meeting.practitioner).await;
        let meets = meeting.seen().await;

        assert_eq!((&waiting["state"], waiting["presence"].as_array().unwrap().len()), (&json!("booked"), 1));
        let there = &waiting["presence"][0];
        assert_eq!(
            (&there["role"], &there["name"], &there["seat"]),
            (&json!("patient"), &json!("Anna Nowak"), &json!(meeting.patient.seat))
        );
        assert!(there["since"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert_eq!(
            (&meets["state"], meets["presence"].as_array().unwrap().len()),
            (&json!("in_progress"), 2)
        );
        meeting.plane.stopped().await;
    }

    /// Midnight passes: the visit began yesterday, and the page asks for today.
    async fn who_began_to_wait_before_the_day_that_is_asked_for_is_in_its_list(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.node.joined(&meeting.patient).await;
        let mut raw = world.raw().await;
        let earlier = 3_600_000_000_i64;
        raw.execute(&format!("update appointment set start_us = start_us - {earlier}, end_us = end_us - {earlier}"))
            .await
            .unwrap();
        let now = jiff::Timestamp::now();
        let (midnight, evening) =
            (now - jiff::SignedDuration::from_mins(5), now + jiff::SignedDuration::from_hours(24));
        let today = format!("/api/appointments?from={midnight}&until={evening}");
        let tomorrow = format!("/api/appointments?from={evening}");
        let visits = async |browser: &mut Browser, path: &str| {
            let list = browser.get(path).await.expect_status(200).json();
            list.as_array().unwrap().iter().map(|visit| visit["presence"].as_array().unwrap().len()).collect()
        };

        let waiting: Vec<usize> = visits(&mut meeting.cast.practitioner, &today).await;
        let elsewhere: Vec<usize> = visits(&mut meeting.cast.practitioner, &tomorrow).await;
        meeting.ended(EndReason::Empty).await;
        let gone: Vec<usize> = visits(&mut meeting.cast.practitioner, &today).await;

        assert_eq!((waiting, elsewhere, gone), (vec![1], vec![], vec![]));
        meeting.plane.stopped().await;
    }

    async fn who_leaves_is_not_there_and_may_come_back(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.both_enter().await;

        meeting
            .node
            .report(
                &meeting.patient,
                RoomEventKind::Left { seat: meeting.patient.seat, reason: LeaveReason::Lost },
            )
            .await;
        assert_eq!(meeting.patient_present().await, ["practitioner"]);
        meeting.node.joined(&meeting.patient).await;

        assert_eq!(meeting.patient_present().await.len(), 2);
        assert_eq!(meeting.seen().await["state"], "in_progress");
        meeting.plane.stopped().await;
    }

    async fn when_the_practitioner_ends_it_the_visit_is_over_and_the_rest_of_its_time_is_free(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.both_enter().await;

        meeting.ended(EndReason::EndedByParticipant).await;

        let seen = meeting.seen().await;
        assert_eq!(
            (&seen["state"], &seen["join"]["problem"], &seen["presence"]),
            (&json!("completed"), &json!("ended"), &json!([]))
        );
        let path = format!("/api/appointments/{}/join", meeting.visit["id"].as_str().unwrap());
        meeting.cast.patient.post(&path, json!({})).await.expect_problem(409, "appointment-ended");
        let again = json!({
            "practitioner_id": meeting.cast.practitioner_id(), "start": meeting.visit["start"], "time_zone": "UTC",
        });
        book(&mut meeting.cast.patient, &again).await.expect_status(201);
        meeting.plane.stopped().await;
    }

    async fn a_room_that_empties_before_the_agreed_end_may_be_come_back_to(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.both_enter().await;

        meeting.ended(EndReason::Empty).await;

        let seen = meeting.seen().await;
        assert_eq!((&seen["state"], &seen["join"]["open"]), (&json!("in_progress"), &json!(true)));
        let path = format!("/api/appointments/{}/join", meeting.visit["id"].as_str().unwrap());
        let back =
            meeting.node.verify(&meeting.cast.patient.post(&path, json!({})).await.expect_status(200).json());
        assert_eq!((back.generation, back.seat), (Generation(2), meeting.patient.seat));
        meeting.plane.stopped().await;
    }

    async fn a_room_that_empties_after_the_agreed_end_ends_the_visit(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.both_enter().await;
        world
            .raw()
            .await
            .execute("update appointment set start_us = start_us - 3600000000, end_us = end_us - 3600000000")
            .await
            .unwrap();

        meeting.ended(EndReason::Empty).await;

        assert_eq!(meeting.seen().await["state"], "completed");
        meeting.plane.stopped().await;
    }

    async fn a_patient_who_waited_in_vain_leaves_the_visit_booked(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.node.joined(&meeting.patient).await;
        world
            .raw()
            .await
            .execute("update appointment set start_us = start_us - 3600000000, end_us = end_us - 3600000000")
            .await
            .unwrap();

        meeting.ended(EndReason::Empty).await;

        assert_eq!(meeting.seen().await["state"], "booked");
        meeting.plane.stopped().await;
    }

    /// Compliance C3: an active call counts as activity. Its page asks for the visit every few seconds.
    async fn a_call_of_an_hour_signs_nobody_out(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.both_enter().await;
        let mut raw = world.raw().await;

        for _ in 0..5 {
            raw.execute("update session set seen_us = seen_us - 14 * 60000000").await.unwrap();
            assert_eq!(meeting.patient_present().await.len(), 2, "and the practitioner is signed in");
        }
        raw.execute("update session set seen_us = seen_us - 15 * 60000000").await.unwrap();

        let path = format!("/api/appointments/{}", meeting.visit["id"].as_str().unwrap());
        meeting.cast.practitioner.get(&path).await.expect_problem(401, "not-signed-in");
        meeting.plane.stopped().await;
    }

    async fn an_event_that_arrives_twice_has_no_second_effect(world) {
        let mut meeting = Meeting::new(&world).await;
        let joined = meeting.node.joined(&meeting.patient).await;
        meeting
            .node
            .report(
                &meeting.patient,
                RoomEventKind::Left { seat: meeting.patient.seat, reason: LeaveReason::Left },
            )
            .await;

        meeting.node.report_event(&joined).await;

        assert_eq!(meeting.patient_present().await, Vec::<String>::new(), "they did not come back");
        let mut raw = world.raw().await;
        assert_eq!(
            raw.texts("select kind from consultation_log order by recorded_us, id").await,
            ["joined", "left"]
        );
        assert_eq!(raw.number("select count(*) from audit where action = 'seat.take'").await, 1);
        meeting.plane.stopped().await;
    }

    /// A node that was cut off goes on with its old room and reports it once it is back.
    async fn what_an_old_generation_reports_is_recorded_and_changes_nothing(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.node.joined(&meeting.patient).await;
        world.raw().await.execute("update node set lease_until_us = 0").await.unwrap();
        let mut second = Node::connected(&world, meeting.plane.address).await;
        let path = format!("/api/appointments/{}/join", meeting.visit["id"].as_str().unwrap());
        let moved =
            second.verify(&meeting.cast.patient.post(&path, json!({})).await.expect_status(200).json());
        second.joined(&moved).await;

        meeting.ended(EndReason::EndedByParticipant).await;

        let seen = meeting.seen().await;
        assert_eq!((&seen["state"], seen["presence"].as_array().unwrap().len()), (&json!("booked"), 1));
        let log = world.raw().await.texts("select kind from consultation_log order by recorded_us, id").await;
        assert_eq!(log, ["joined", "joined", "ended"]);
        meeting.plane.stopped().await;
    }

    /// The practitioner ended the visit on a node that was cut off. Its room has a new place, but nobody is there yet.
    async fn an_end_that_arrives_late_ends_the_visit_unless_somebody_is_in_its_new_room(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.both_enter().await;
        world.raw().await.execute("update node set lease_until_us = 0").await.unwrap();
        let mut second = Node::connected(&world, meeting.plane.address).await;
        let path = format!("/api/appointments/{}/join", meeting.visit["id"].as_str().unwrap());
        let moved =
            second.verify(&meeting.cast.patient.post(&path, json!({})).await.expect_status(200).json());
        assert_eq!(moved.generation, Generation(2));

        meeting.ended(EndReason::EndedByParticipant).await;

        assert_eq!(meeting.seen().await["state"], "completed");
        let told = second.hear().await.unwrap();
        assert!(
            matches!(told, ControlMessage::Command { room, generation: Generation(2), command: RoomCommand::End, .. }
                if room == moved.room),
            "whoever comes with a token that was given before is sent away: {told:?}"
        );
        meeting.cast.patient.post(&path, json!({})).await.expect_problem(409, "appointment-ended");
        meeting.plane.stopped().await;
    }

    /// Family and interpreters may come before the patient does.
    async fn a_guest_and_the_practitioner_are_not_the_visit(world) {
        let mut meeting = Meeting::new(&world).await;
        let path = format!("/api/appointments/{}", meeting.visit["id"].as_str().unwrap());
        let body = json!({"name": "Ben", "relation": "interpreter"});
        let guest = meeting.cast.practitioner.post(&format!("{path}/guests"), body).await.expect_status(201);
        let secret = guest.json()["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let mut ben = meeting.plane.browser().await;
        let join = ben.post("/api/guest/join", json!({"secret": secret})).await.expect_status(200).json();
        let ben = meeting.node.verify(&join);

        meeting.node.joined(&ben).await;
        meeting.node.joined(&meeting.practitioner).await;

        assert_eq!(meeting.seen().await["state"], "booked");
        meeting.node.joined(&meeting.patient).await;
        assert_eq!(meeting.seen().await["state"], "in_progress");
        meeting.plane.stopped().await;
    }

    async fn a_node_cannot_report_about_rooms_it_was_never_given(world) {
        let mut meeting = Meeting::new(&world).await;
        let mut other = Node::connected(&world, meeting.plane.address).await;
        let mut event = RoomEvent {
            id: Uuid::now_v7(),
            clinic: meeting.patient.clinic,
            room: meeting.patient.room,
            generation: meeting.patient.generation,
            at_us: 0,
            kind: RoomEventKind::Ended { reason: EndReason::EndedByParticipant, by: None },
        };

        other.report_event(&event).await;
        event.generation = Generation(7);
        other.report_event(&event).await;
        event.clinic = nobodys_clinic();
        other.report_event(&event).await;
        event.clinic = meeting.patient.clinic;
        event.room = protocol::RoomId::new_v7();
        other.report_event(&event).await;

        assert_eq!(meeting.seen().await["state"], "booked");
        assert_eq!(world.raw().await.number("select count(*) from consultation_log").await, 0);
        meeting.plane.stopped().await;
    }

    async fn a_seat_that_was_never_given_is_nobody(world) {
        let mut meeting = Meeting::new(&world).await;
        let mut stranger = meeting.patient.clone();
        stranger.seat = SeatId::new_v7();

        meeting.node.joined(&stranger).await;

        assert_eq!(meeting.seen().await["presence"], json!([]));
        meeting.plane.stopped().await;
    }

    async fn abuse_14_a_token_shown_twice_is_in_the_audit_record(world) {
        let mut meeting = Meeting::new(&world).await;

        meeting
            .node
            .report(&meeting.patient, RoomEventKind::TokenReused { seat: meeting.patient.seat })
            .await;

        let rows = world
            .raw()
            .await
            .texts("select actor_kind || ' ' || action || ' ' || outcome from audit where reason = 'token_reused'")
            .await;
        assert_eq!(rows, ["node appointment.join refused"]);
        assert_eq!(meeting.seen().await["presence"], json!([]));
        meeting.plane.stopped().await;
    }

    /// An event is acknowledged after it is stored, so what was acknowledged is there after the control plane is not.
    async fn what_was_acknowledged_survives_the_control_plane(world) {
        let mut meeting = Meeting::new(&world).await;
        meeting.both_enter().await;
        let Meeting { plane, mut node, .. } = meeting;
        plane.stopped().await;
        let said = node.hear().await.unwrap_err().0;
        assert_eq!(said, "closed");

        let mut raw = world.raw().await;
        assert_eq!(raw.number("select count(*) from presence").await, 2);
        assert_eq!(raw.texts("select state from appointment").await, ["in_progress"]);
    }
}
