//! What is done and refused is in the audit record, and nobody's name is.

use control_plane::admin::PersonRole;
use serde_json::json;

use crate::support::{PASSWORD, on_both};

on_both! {
    async fn sign_ins_failures_and_changes_leave_a_row_each(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.named(&clinic, PersonRole::Patient, "Anna Nowak", "anna@example.org").await;
        let mut browser = world.browser().await;
        browser.sign_in("anna@example.org", "wrong").await.expect_status(401);
        browser.sign_in("nobody@example.org", "wrong").await.expect_status(401);
        let signed = browser.sign_in("anna@example.org", PASSWORD).await.expect_status(200);
        browser.patch("/api/me", json!({"language": "de"})).await.expect_status(200);
        browser.delete("/api/session").await.expect_status(204);
        let mut raw = world.raw().await;

        let rows = raw
            .texts("select actor_kind || ' ' || action || ' ' || object_kind || ' ' || outcome from audit order by id")
            .await;

        assert_eq!(
            rows,
            [
                "system account.create account allowed",
                "nobody session.start account refused",
                "nobody session.start clinic refused",
                "account session.start account allowed",
                "account profile.edit account allowed",
                "account session.end account allowed",
            ]
        );
        let request = raw.id(signed.header("x-request-id").parse().unwrap());
        let found = raw.number(&format!("select count(*) from audit where request = {request}")).await;
        assert_eq!(found, 1, "the answer's request id leads to its row");
        let classes = raw.texts("select distinct address_class from audit order by 1").await;
        assert_eq!(classes, ["loopback", "none"]);
        let account = raw.id(anna.created.account.0);
        assert_eq!(raw.number(&format!("select count(*) from audit where actor = {account}")).await, 3);
    }

    async fn what_was_undone_leaves_no_row_and_what_was_refused_leaves_one(world) {
        use control_plane::authorize::{Action, Actor, Object, Who};
        use control_plane::http::caller;
        use control_plane::http::origin::Origin;
        let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
        let anna = world.person(&ours, PersonRole::Patient).await;
        let state = world.state();
        let who = Who::Account { account: anna.created.account, patient: None, practitioner: None };
        let actor = Actor { clinic: ours.id, role: protocol::Role::Patient, who };
        let origin = Origin::local();

        let refused = caller::may(&actor, origin, Action::AppointmentList, &Object::Clinic(theirs.id)).unwrap_err();
        let control_plane::http::problem::ApiError::Refused(refused) = refused else { unreachable!() };
        let error = state.audit_refusal(refused.0, &refused.1).await;

        assert_eq!(error.problem().status, 404, "the other clinic is not admitted to be there");
        let mut raw = world.raw().await;
        let row = "select count(*) from audit where outcome = 'refused' and action = 'appointment.list' and clinic = ";
        let ours_id = raw.id(ours.id.0);
        assert_eq!(raw.number(&format!("{row}{ours_id}")).await, 1, "in the record of the actor's own clinic");
    }
}
