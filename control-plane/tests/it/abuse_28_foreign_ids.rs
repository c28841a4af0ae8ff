//! Abuse sentence 28: for every door that names an appointment, a patient, practitioner or clinic whom it does not
//! concern gets 404, as if it were not there. New doors of the table are walked by themselves.

use actix_web::http::Method;
use control_plane::admin::PersonRole;
use control_plane::authorize::role_may;
use control_plane::routes::{DOORS, Permission};
use protocol::Role;
use serde_json::json;

use crate::support::{Cast, Person, World, on_both, practitioner};

/// A body that each door of the walk understands: refusals must come from who asks, not from what is said.
fn body(path: &str, method: &Method) -> serde_json::Value {
    if path.ends_with("/guests") && method == Method::POST { json!({"name": "Ben"}) } else { json!({}) }
}

async fn strangers(world: &World, cast: &Cast) -> Vec<(Role, Person)> {
    let theirs = world.clinic("theirs").await;
    vec![
        (Role::Patient, world.person(&cast.clinic, PersonRole::Patient).await),
        (Role::Practitioner, world.person(&cast.clinic, practitioner()).await),
        (Role::Patient, world.named(&theirs, PersonRole::Patient, "A", "a@theirs.example").await),
        (Role::Practitioner, world.named(&theirs, practitioner(), "B", "b@theirs.example").await),
        (Role::Staff, world.named(&theirs, PersonRole::Staff, "C", "c@theirs.example").await),
        (Role::Admin, world.named(&theirs, PersonRole::Admin, "D", "d@theirs.example").await),
    ]
}

on_both! {
    async fn abuse_28_an_appointment_is_not_there_for_those_whom_it_does_not_concern(world) {
        let mut cast = Cast::new(&world).await;
        let visit = cast.booked().await;
        let id = visit["id"].as_str().unwrap();
        let guest =
            cast.patient.post(&format!("/api/appointments/{id}/guests"), json!({"name": "Ben"})).await;
        let guest = guest.expect_status(201).json()["id"].as_str().unwrap().to_owned();
        let mut walked = 0;

        for (role, person) in strangers(&world, &cast).await {
            let mut browser = world.browser().await;
            let clinic = if person.email.ends_with("theirs.example") { "theirs" } else { "ours" };
            let sign_in =
                json!({"email": person.email, "password": crate::support::PASSWORD, "clinic": clinic});
            let session = browser.post("/api/session", sign_in).await.expect_status(200).json();
            browser.csrf = session["csrf_token"].as_str().map(str::to_owned);
            for door in DOORS.iter().filter(|door| door.path.starts_with("/api/appointments/{id}")) {
                let Permission::To(action) = door.permission else { continue };
                let path = door.path.replace("{id}", id).replace("{guest_id}", &guest);
                let request = browser.change(door.method.clone(), &path, &body(door.path, &door.method));
                let answer = browser.send(request).await;
                if role_may(role, action) {
                    answer.expect_problem(404, "not-found");
                    walked += 1;
                } else {
                    answer.expect_problem(403, "forbidden");
                }
            }
        }

        assert!(walked >= 25, "only {walked} doors were walked");
        assert_eq!(
            cast.patient.get(&format!("/api/appointments/{id}")).await.expect_status(200).json()["state"],
            "booked"
        );
        let guests =
            cast.patient.get(&format!("/api/appointments/{id}/guests")).await.expect_status(200).json();
        assert_eq!((guests.as_array().unwrap().len(), &guests[0]["revoked"]), (1, &json!(false)));
        let refused = "select count(*) from audit where outcome = 'refused' and object_kind = 'appointment'";
        assert!(
            world.raw().await.number(refused).await >= 10,
            "reaching for somebody else's visit is recorded"
        );
    }

    async fn abuse_28_an_invitation_of_another_visit_is_not_there(world) {
        let mut cast = Cast::new(&world).await;
        let (first, second) = (cast.booked().await, cast.booked().await);
        let guests =
            |visit: &serde_json::Value| format!("/api/appointments/{}/guests", visit["id"].as_str().unwrap());
        let guest =
            cast.patient.post(&guests(&first), json!({"name": "Ben"})).await.expect_status(201).json();

        let path = format!("{}/{}", guests(&second), guest["id"].as_str().unwrap());
        cast.patient.delete(&path).await.expect_problem(404, "not-found");

        assert_eq!(cast.patient.get(&guests(&first)).await.expect_status(200).json()[0]["revoked"], false);
    }
}
