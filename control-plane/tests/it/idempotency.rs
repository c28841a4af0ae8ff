//! A command told twice happens once.

use actix_web::http::{Method, StatusCode};
use control_plane::admin::PersonRole;
use control_plane::app::Answer;
use control_plane::db::DbError;
use control_plane::http::problem::Problem;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answered, Browser, on_both};

async fn patch(browser: &mut Browser, key: Uuid, body: &Value) -> Answered {
    let request = browser.change(Method::PATCH, "/api/me", body);
    browser.send(request.insert_header(("Idempotency-Key", key.to_string()))).await
}

on_both! {
    async fn abuse_34_the_same_key_and_body_have_one_effect_and_one_answer(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let key = Uuid::now_v7();
        let first = patch(&mut browser, key, &json!({"language": "de"})).await.expect_status(200);
        browser.patch("/api/me", json!({"language": "fr"})).await.expect_status(200);

        let second = patch(&mut browser, key, &json!({"language": "de"})).await.expect_status(200);

        assert_eq!(second.text, first.text, "the answer of then");
        assert_eq!(browser.get("/api/session").await.json()["account"]["language"], "fr", "no second effect");
    }

    async fn abuse_34_the_same_key_with_another_body_is_a_conflict(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let key = Uuid::now_v7();
        patch(&mut browser, key, &json!({"language": "de"})).await.expect_status(200);

        patch(&mut browser, key, &json!({"language": "fr"})).await.expect_problem(409, "idempotency-key-reused");

        assert_eq!(browser.get("/api/session").await.json()["account"]["language"], "de");
    }

    async fn a_key_is_its_accounts_own(world) {
        let clinic = world.clinic("ours").await;
        let (anna, jonas) = (
            world.person(&clinic, PersonRole::Patient).await,
            world.person(&clinic, PersonRole::Patient).await,
        );
        let key = Uuid::now_v7();
        patch(&mut world.signed_in(&anna).await, key, &json!({"language": "de"})).await.expect_status(200);

        let other = patch(&mut world.signed_in(&jonas).await, key, &json!({"language": "fr"})).await.expect_status(200);

        assert_eq!(other.json()["id"], jonas.created.account.to_string());
    }

    async fn a_refused_command_may_be_told_again_with_its_key(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let key = Uuid::now_v7();

        patch(&mut browser, key, &json!({"language": "?"})).await.expect_problem(400, "bad-request");
        patch(&mut browser, key, &json!({"language": "de"})).await.expect_status(200);
        let request = browser.change(Method::PATCH, "/api/me", &json!({"language": "de"}));
        browser.send(request.insert_header(("Idempotency-Key", "seven"))).await.expect_problem(400, "bad-request");
    }

    async fn an_answer_is_kept_for_three_days(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let (old, new) = (Uuid::now_v7(), Uuid::now_v7());
        patch(&mut browser, old, &json!({"language": "de"})).await.expect_status(200);
        let mut raw = world.raw().await;
        let back = 3 * 24 * 3600 * 1_000_000_i64;

        raw.execute(&format!("update idempotency set created_us = created_us - {back} - 1")).await.unwrap();
        patch(&mut browser, new, &json!({"language": "fr"})).await.expect_status(200);

        assert_eq!(raw.number("select count(*) from idempotency").await, 1);
    }

    /// A conflict is an answer too: told again with its key, the command is not tried again, and what it did before
    /// it met the conflict is undone.
    async fn a_conflict_is_kept_as_the_answer(world) {
        use control_plane::http::caller::Caller;
        use control_plane::http::command::Command;
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let (state, caller) = (world.state(), caller(&clinic, &anna));
        let command = Command { body: (), key: Some(Uuid::now_v7()), sha256: [7; 32] };
        let tries = std::cell::Cell::new(0);
        let book = async |caller: &Caller, command: &Command<()>| {
            state
                .once(caller, command, async |tx| {
                    tries.set(tries.get() + 1);
                    let own = control_plane::authorize::Object::Account { clinic: clinic.id, account: caller.account };
                    caller.record(tx, control_plane::authorize::Action::ProfileEdit, own).await?;
                    if tries.get() > 1 {
                        return Answer::new(StatusCode::OK, &"free by now");
                    }
                    Err(Problem::new(StatusCode::CONFLICT, "slot-taken", "Taken").into())
                })
                .await
        };
        let rows = world.raw().await.number("select count(*) from audit").await;

        let first = book(&caller, &command).await.unwrap();
        let second = book(&caller, &command).await.unwrap();

        assert_eq!((first.status(), second.status(), tries.get()), (StatusCode::CONFLICT, StatusCode::CONFLICT, 1));
        assert_eq!(world.raw().await.number("select count(*) from audit").await, rows, "its effects are undone");
    }

    /// A failure of ours is no answer: told again with its key, the command is tried again.
    async fn a_failure_is_not_kept_as_the_answer(world) {
        use control_plane::http::command::Command;
        use control_plane::http::problem::ApiError;
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let (state, caller) = (world.state(), caller(&clinic, &anna));
        let command = Command { body: (), key: Some(Uuid::now_v7()), sha256: [7; 32] };
        let no_node = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no-media-node", "None");
        let mut failures = vec![
            ApiError::from(no_node),
            ApiError::Internal("a fault"),
            ApiError::from(DbError::Other(sqlx::Error::WorkerCrashed)),
        ];
        let mut told = async || {
            let failure = failures.pop();
            let failure = std::cell::RefCell::new(failure);
            state
                .once(&caller, &command, async |_| match failure.take() {
                    Some(failure) => Err(failure),
                    None => Answer::new(StatusCode::OK, &"done"),
                })
                .await
        };

        for status in [500, 500, 503] {
            assert_eq!(told().await.unwrap_err().problem().status.as_u16(), status);
            assert_eq!(world.raw().await.number("select count(*) from idempotency").await, 0);
        }
        assert_eq!(told().await.unwrap().status(), StatusCode::OK);
        assert_eq!(world.raw().await.number("select status from idempotency").await, 200);
    }

    async fn the_same_command_told_twenty_times_at_once_happens_once(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let browser = world.signed_in(&anna).await;
        let key = Uuid::now_v7();
        let edits = "select count(*) from audit where action = 'profile.edit'";

        let told = (0..20).map(|_| {
            let mut browser = browser.clone();
            async move { patch(&mut browser, key, &json!({"language": "de"})).await }
        });
        let answers = futures_util::future::join_all(told).await;

        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK && answer.text == answers[0].text));
        assert_eq!(world.raw().await.number(edits).await, 1);
    }
}

fn caller(
    clinic: &control_plane::clinics::Clinic,
    person: &crate::support::Person,
) -> control_plane::http::caller::Caller {
    use control_plane::accounts::session::Session;
    use control_plane::authorize::{Actor, Who};
    use control_plane::http::origin::Origin;
    let (account, patient) = (person.created.account, person.created.patient);
    let session = Session {
        id: control_plane::ids::SessionId::new_v7(),
        clinic: clinic.id,
        account,
        role: protocol::Role::Patient,
        patient,
        practitioner: None,
        ends: control_plane::time::Timestamp::from_us(0),
    };
    let who = Who::Account { account, patient, practitioner: None };
    let actor = Actor { clinic: clinic.id, role: protocol::Role::Patient, who };
    control_plane::http::caller::Caller { actor, account, session, origin: Origin::local() }
}
