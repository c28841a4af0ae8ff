//! Bodies made to hurt the reader.

use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::test::TestRequest;
use control_plane::admin::PersonRole;
use serde_json::json;

use crate::support::on_both;

on_both! {
    async fn abuse_4_nesting_and_length_are_bounded(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;
        let cases = [
            ("10 000 levels of arrays", format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), 400),
            ("10 000 levels inside a member", format!("{{\"language\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000)), 400),
            ("10 000 levels of objects", "{\"a\":".repeat(10_000), 400),
            ("1 000 000 items", format!("[{}1]", "1,".repeat(1_000_000)), 413),
            ("30 000 items", format!("[{}1]", "1,".repeat(30_000)), 400),
            ("64 KiB and a byte", format!("\"{}\"", "x".repeat(64 * 1024 - 1)), 413),
            ("a member twice", "{\"language\":\"de\",\"language\":\"fr\"}".to_owned(), 400),
            ("no JSON", "{\"language\":".to_owned(), 400),
            ("bytes that are no text", "\u{0}\u{1}".to_owned(), 400),
        ];
        for (what, body, status) in cases {
            let request = browser
                .change(Method::PATCH, "/api/me", &json!({}))
                .set_payload(body)
                .insert_header(("Content-Type", "application/json"));
            let started = Instant::now();

            let answer = browser.send(request).await;

            assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
            // A hundred times the work of an honest request at most; the sentence's 50 ms are for a quiet machine.
            assert!(started.elapsed() < Duration::from_secs(2), "{what}");
        }
        assert_eq!(browser.get("/api/session").await.json()["account"]["language"], "en");
    }

    async fn abuse_44_errors_hold_an_id_and_nothing_from_inside(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.named(&clinic, PersonRole::Patient, "Zerline Canary", "zerline@canary.example").await;
        let mut browser = world.signed_in(&anna).await;
        let mut texts = vec![
            browser.get("/api/nothing").await.expect_problem(404, "not-found").text,
            browser.patch("/api/me", json!({"language": "Zerline Canary"})).await.expect_status(400).text,
            browser.patch("/api/me", json!({"zerline@canary.example": 1})).await.expect_status(400).text,
        ];
        // The session's account loses its name: a fault inside, of the kind that names tables and keys.
        let mut raw = world.raw().await;
        raw.execute("update account set name = email").await.unwrap();
        let broken = browser.get("/api/session").await.expect_problem(500, "internal");
        assert!(!broken.header("x-request-id").is_empty());
        texts.push(broken.text);
        raw.execute("alter table account rename to moved").await.unwrap();
        texts.push(browser.get("/api/session").await.expect_problem(500, "internal").text);

        for text in texts {
            for inside in ["Zerline", "canary", "select", "account", "sqlx", "src/", "table"] {
                assert!(!text.contains(inside), "{inside} in {text}");
            }
            assert!(text.contains("request_id"), "{text}");
        }
    }

    async fn a_method_that_a_url_does_not_take_is_told_which_it_takes(world) {
        let mut browser = world.browser().await;

        let answer = browser.send(TestRequest::put().uri("/api/session")).await;

        let answer = answer.expect_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), "POST, GET, DELETE");
    }
}
