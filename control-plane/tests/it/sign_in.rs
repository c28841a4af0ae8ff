//! Signing in, staying in, signing out.

use actix_web::http::Method;
use control_plane::accounts::session::COOKIE;
use control_plane::admin::PersonRole;
use serde_json::json;

use crate::support::{PASSWORD, on_both, practitioner};

on_both! {
    async fn somebody_signs_in_is_known_and_signs_out(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.named(&clinic, PersonRole::Patient, "Anna Nowak", "Anna@Example.org").await;
        let mut browser = world.browser().await;

        let signed = browser.sign_in(" anna@example.ORG ", PASSWORD).await.expect_status(200);
        let cookie = browser.cookie.clone().unwrap();
        let session = browser.get("/api/session").await.expect_status(200).json();

        let account = &signed.json()["account"];
        assert_eq!(account["id"], anna.created.account.to_string());
        assert_eq!((&account["name"], &account["email"]), (&json!("Anna Nowak"), &json!("Anna@Example.org")));
        assert_eq!(account["role"], "patient");
        assert_eq!(account["clinic"]["slug"], "ours");
        assert_eq!(&session["account"], account);
        assert_eq!(session["csrf_token"], signed.json()["csrf_token"]);
        assert!(cookie.http_only().unwrap() && cookie.path() == Some("/"));
        assert_eq!(cookie.same_site(), Some(actix_web::cookie::SameSite::Strict));

        browser.delete("/api/session").await.expect_status(204);
        assert!(browser.cookie.is_none(), "the browser forgets it");
        browser.cookie = Some(cookie);
        browser.get("/api/session").await.expect_problem(401, "not-signed-in");
    }

    async fn the_database_holds_no_secret_of_a_session(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let browser = world.signed_in(&anna).await;
        let secret = browser.cookie.unwrap().value().to_owned();

        let dump = world.raw().await.dump();

        assert!(!dump.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }

    async fn an_idle_session_ends_sooner_for_those_who_see_others_data(world) {
        let clinic = world.clinic("ours").await;
        let people = [
            (world.person(&clinic, PersonRole::Patient).await, 29, 31),
            (world.person(&clinic, practitioner()).await, 14, 16),
            (world.person(&clinic, PersonRole::Admin).await, 14, 16),
        ];
        let mut raw = world.raw().await;
        for (person, lives, dies) in people {
            let mut browser = world.signed_in(&person).await;
            for (minutes, status) in [(lives, 200), (dies, 401)] {
                let back = minutes * 60_000_000_i64;
                raw.execute(&format!("update session set seen_us = seen_us - {back}")).await.unwrap();
                browser.get("/api/session").await.expect_status(status);
            }
        }
    }

    /// A page that polls by itself says so; nobody is there because of it.
    async fn what_a_page_asks_by_itself_does_not_keep_a_session(world) {
        let clinic = world.clinic("ours").await;
        let elif = world.person(&clinic, practitioner()).await;
        let mut browser = world.signed_in(&elif).await;
        let mut raw = world.raw().await;
        let back = async |raw: &mut crate::support::Raw, minutes: i64| {
            raw.execute(&format!("update session set seen_us = seen_us - {minutes} * 60000000")).await.unwrap();
        };
        let seen = "select seen_us from session";

        back(&mut raw, 10).await;
        let before = raw.number(seen).await;
        browser.headers = vec![("X-Background".to_owned(), "1".to_owned())];
        let polled = browser.get("/api/session").await.expect_status(200).json();
        assert_eq!(raw.number(seen).await, before, "nobody did anything");
        let ends: jiff::Timestamp = polled["expires_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(ends.as_microsecond(), before + 15 * 60_000_000);
        browser.headers = Vec::new();
        browser.get("/api/session").await.expect_status(200);
        assert!(raw.number(seen).await > before, "somebody is there");

        back(&mut raw, 16).await;
        browser.headers = vec![("X-Background".to_owned(), "1".to_owned())];
        browser.get("/api/session").await.expect_problem(401, "not-signed-in");
    }

    async fn a_session_ends_after_twelve_hours_however_busy(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let mut raw = world.raw().await;
        let life = raw.number("select expires_us - created_us from session").await;

        raw.execute(&format!("update session set expires_us = expires_us - {life}")).await.unwrap();

        assert_eq!(life, 12 * 3_600_000_000);
        browser.get("/api/session").await.expect_problem(401, "not-signed-in");
    }

    async fn abuse_21_signing_in_again_gives_a_new_session_and_ends_the_old_one(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let old = browser.cookie.clone().unwrap();

        browser.sign_in(&anna.email, PASSWORD).await.expect_status(200);

        assert_ne!(browser.cookie.as_ref().unwrap().value(), old.value());
        let mut thief = browser.other();
        thief.cookie = Some(old);
        thief.get("/api/session").await.expect_problem(401, "not-signed-in");
    }

    async fn a_disabled_account_is_out_at_once_and_cannot_come_back(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;

        world.raw().await.execute("update account set disabled_us = 1").await.unwrap();

        browser.get("/api/session").await.expect_problem(401, "not-signed-in");
        browser.sign_in(&anna.email, PASSWORD).await.expect_problem(401, "bad-credentials");
    }

    /// Abuse sentence 18, counted instead of timed: a clock on a shared machine proves nothing.
    async fn abuse_18_an_unknown_account_answers_alike_and_costs_the_same(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.browser().await;
        let mut raw = world.raw().await;
        let mut answers = Vec::new();

        let attempts = [
            json!({"email": anna.email, "password": "not her password"}),
            json!({"email": "nobody@example.org", "password": "not her password"}),
            json!({"email": anna.email, "password": "not her password", "clinic": "nowhere"}),
        ];
        for body in attempts {
            let (hashes, rows) = (world.store.passwords.hashes(), raw.number("select count(*) from audit").await);
            let answer = browser.post("/api/session", body.clone()).await.expect_problem(401, "bad-credentials");
            assert_eq!(world.store.passwords.hashes() - hashes, 1, "{body}");
            let mut problem = answer.json();
            problem.as_object_mut().unwrap().remove("request_id");
            answers.push((problem, raw.number("select count(*) from audit").await - rows));
        }

        assert_eq!(answers[0], answers[1], "wrong password and unknown account");
        assert!(answers.iter().all(|(problem, _)| *problem == answers[0].0));
    }

    async fn guessing_at_one_account_is_stopped_and_others_still_sign_in(world) {
        let clinic = world.clinic("ours").await;
        let (anna, jonas) = (
            world.person(&clinic, PersonRole::Patient).await,
            world.person(&clinic, PersonRole::Patient).await,
        );
        let mut browser = world.browser().await;
        let started = std::time::Instant::now();
        let mut guesses = 0;
        let stopped = loop {
            let answer = browser.sign_in(&anna.email, "a wrong guess").await;
            if answer.status == 429 {
                break answer.expect_problem(429, "too-many-attempts");
            }
            answer.expect_problem(401, "bad-credentials");
            guesses += 1;
            // Ten at once, and one more each thirty seconds that this loop takes.
            assert!(guesses <= 11 + started.elapsed().as_secs() / 30, "guessing is not stopped");
        };
        browser.sign_in(&anna.email, PASSWORD).await.expect_problem(429, "too-many-attempts");

        let wait: u64 = stopped.header("retry-after").parse().unwrap();
        assert!((1..=31).contains(&wait), "{wait}");
        browser.sign_in(&jonas.email, PASSWORD).await.expect_status(200);
    }

    async fn signing_out_takes_the_cookie_away_also_when_nothing_can_be_stored(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        world.raw().await.execute("alter table audit rename to gone").await.unwrap();

        browser.delete("/api/session").await.expect_problem(500, "internal");

        assert!(browser.cookie.is_none(), "the browser forgets it");
    }

    /// Abuse sentence 19: whoever knows an address cannot keep its owner out.
    async fn abuse_19_guessing_from_one_place_does_not_keep_the_owner_out(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut stranger = world.browser().await;
        stranger.address = "203.0.113.9:40000".parse().unwrap();
        let mut own = stranger.other();
        own.address = "198.51.100.7:40000".parse().unwrap();

        for _ in 0..40 {
            if stranger.sign_in(&anna.email, "a wrong guess").await.status == 429 {
                break;
            }
        }
        stranger.sign_in(&anna.email, PASSWORD).await.expect_problem(429, "too-many-attempts");

        own.sign_in(&anna.email, PASSWORD).await.expect_status(200);
    }

    async fn abuse_13_guessing_is_counted_by_the_real_address(world) {
        let clinic = world.clinic("ours").await;
        world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.browser().await;
        let started = std::time::Instant::now();
        let mut attempts = 0;

        loop {
            browser.headers = vec![("X-Forwarded-For".to_owned(), format!("198.51.100.{attempts}"))];
            // An address of no form ends before an account's own limit would.
            let answer = browser.sign_in("no address", "x").await;
            if answer.status == 429 {
                break;
            }
            answer.expect_problem(401, "bad-credentials");
            attempts += 1;
            // Sixty at once, and one more each two seconds that this loop takes.
            assert!(attempts <= 61 + started.elapsed().as_secs() / 2, "a forged address counts as a new one");
        }

        assert!(attempts >= 60, "{attempts}");
    }

    async fn where_there_are_several_clinics_one_is_named(world) {
        let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
        let anna = world.named(&ours, PersonRole::Patient, "Anna", "anna@example.org").await;
        let other = world.named(&theirs, PersonRole::Staff, "Anna Two", "anna@example.org").await;
        let mut browser = world.browser().await;

        browser.sign_in(&anna.email, PASSWORD).await.expect_problem(400, "clinic-needed");
        for (clinic, person) in [("ours", &anna), ("theirs", &other)] {
            let body = json!({"email": person.email, "password": PASSWORD, "clinic": clinic});
            let answer = browser.post("/api/session", body).await.expect_status(200).json();
            assert_eq!(answer["account"]["id"], person.created.account.to_string());
        }
    }

    async fn a_session_opens_its_own_clinic_only(world) {
        let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
        let anna = world.person(&ours, PersonRole::Patient).await;
        let mut browser = world.browser().await;
        let body = json!({"email": anna.email, "password": PASSWORD, "clinic": "ours"});
        browser.post("/api/session", body).await.expect_status(200);
        let secret: control_plane::bearer::Bearer = browser.cookie.as_ref().unwrap().value().parse().unwrap();
        assert_eq!(secret.clinic(), ours.id);

        // The same random bytes under the other clinic's name.
        let text = secret.reveal();
        let forged_start = control_plane::bearer::Bearer::new(theirs.id).unwrap().reveal()[..20].to_owned();
        let forged = format!("{forged_start}{}", &text[20..]);
        browser.cookie = Some(actix_web::cookie::Cookie::new(COOKIE, forged));

        browser.get("/api/session").await.expect_problem(401, "not-signed-in");
    }

    async fn the_oldest_of_too_many_sessions_ends(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut first = world.signed_in(&anna).await;
        world.raw().await.execute("update session set seen_us = seen_us - 1000").await.unwrap();

        for _ in 0..16 {
            world.signed_in(&anna).await;
        }

        first.get("/api/session").await.expect_problem(401, "not-signed-in");
        assert_eq!(world.raw().await.number("select count(*) from session").await, 16);
    }

    async fn over_https_the_cookie_is_secure(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut state = world.state();
        state.http.public_origin = "https://clinic.example".to_owned();
        let mut browser = crate::support::Browser::open(actix_web::web::Data::new(state)).await;
        let body = json!({"email": anna.email, "password": PASSWORD});
        let request = browser
            .change(Method::POST, "/api/session", &body)
            .insert_header(("Origin", "https://clinic.example"));

        let answer = browser.send(request).await.expect_status(200);

        assert!(browser.cookie.unwrap().secure().unwrap());
        assert!(answer.header("strict-transport-security").contains("max-age=31536000"));
    }
}
