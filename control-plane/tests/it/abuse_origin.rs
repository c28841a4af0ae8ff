//! Requests that another site's page makes a browser send.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use control_plane::admin::PersonRole;
use serde_json::json;

use crate::support::{ORIGIN, on_both};

on_both! {
    async fn abuse_9_a_change_without_the_page_token_is_refused_and_changes_nothing(world) {
        let clinic = world.clinic("ours").await;
        let (anna, jonas) = (
            world.person(&clinic, PersonRole::Patient).await,
            world.person(&clinic, PersonRole::Patient).await,
        );
        let foreign_token = world.signed_in(&jonas).await.csrf;
        let mut browser = world.signed_in(&anna).await;
        let cookie = browser.cookie.clone().unwrap().value().to_owned();

        for token in [None, Some(String::new()), Some("AAAA".to_owned()), foreign_token, Some(cookie)] {
            let own = std::mem::replace(&mut browser.csrf, token.clone());
            browser.patch("/api/me", json!({"language": "de"})).await.expect_problem(403, "csrf");
            browser.delete("/api/session").await.expect_problem(403, "csrf");
            browser.csrf = own;
        }

        assert_eq!(browser.get("/api/session").await.json()["account"]["language"], "en");
        browser.patch("/api/me", json!({"language": "de"})).await.expect_status(200);
    }

    async fn abuse_9_a_change_from_another_origin_is_refused_even_with_the_token(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let body = json!({"language": "de"});

        for origin in ["https://evil.example", "null", "http://localhost:8081", "http://localhost:8080.evil.example"] {
            let request = browser.change(Method::PATCH, "/api/me", &body).insert_header(("Origin", origin));
            browser.send(request).await.expect_problem(403, "foreign-origin");
        }

        assert_eq!(browser.get("/api/session").await.json()["account"]["language"], "en");
    }

    async fn abuse_9_a_form_of_another_site_cannot_sign_a_victim_in(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.browser().await;
        let text = json!({"email": anna.email, "password": crate::support::PASSWORD}).to_string();

        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let request = TestRequest::post().uri("/api/session").insert_header(("Content-Type", kind));
            browser.send(request.set_payload(text.clone())).await.expect_problem(415, "not-json");
        }
        let foreign = TestRequest::post()
            .uri("/api/session")
            .insert_header(("Content-Type", "application/json"))
            .insert_header(("Origin", "https://evil.example"));
        browser.send(foreign.set_payload(text.clone())).await.expect_problem(403, "foreign-origin");
        assert!(browser.cookie.is_none());
    }

    /// The upgrade itself belongs to the nodes' door; the gate stands before it as before every other.
    async fn abuse_8_an_upgrade_from_a_foreign_origin_is_refused(world) {
        let mut browser = world.browser().await;
        let upgrade = TestRequest::get()
            .uri("/api/session")
            .insert_header(("Connection", "Upgrade"))
            .insert_header(("Upgrade", "websocket"))
            .insert_header(("Origin", "https://evil.example"));

        browser.send(upgrade).await.expect_problem(403, "foreign-origin");
    }

    async fn abuse_10_no_origin_is_ever_allowed_to_read_across(world) {
        let mut browser = world.browser().await;

        for origin in [ORIGIN, "https://evil.example", "null"] {
            let request = TestRequest::get().uri("/api/openapi.json").insert_header(("Origin", origin));
            let answer = browser.send(request).await;
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
}
