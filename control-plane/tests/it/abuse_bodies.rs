//! Bodies made to hurt the reader.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::test::TestRequest;
use control_plane::admin::PersonRole;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::on_both;

/// A log that a test can read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Everything that any thread logs: SQLite's statements run on a thread of their own.
    fn of_this_process() -> Self {
        static LINES: OnceLock<Lines> = OnceLock::new();
        LINES
            .get_or_init(|| {
                let lines = Self::default();
                let log = tracing_subscriber::fmt()
                    .with_max_level(tracing::Level::TRACE)
                    .with_writer(lines.clone());
                tracing::subscriber::set_global_default(log.finish()).unwrap();
                lines
            })
            .clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

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

    async fn abuse_43_no_log_line_holds_a_name_an_address_or_a_secret(world) {
        let lines = Lines::of_this_process();
        let clinic = world.clinic("ours").await;
        let anna = world.named(&clinic, PersonRole::Patient, "Zerline Canary", "zerline@canary.example").await;
        let mut browser = world.browser().await;
        browser.address = "203.0.113.77:4000".parse().unwrap();

        browser.sign_in(&anna.email, "wrong canary password").await.expect_status(401);
        browser.sign_in(&anna.email, crate::support::PASSWORD).await.expect_status(200);
        let secrets = [browser.cookie.clone().unwrap().value().to_owned(), browser.csrf.clone().unwrap()];
        browser.patch("/api/me?canary=1", json!({"language": "de"})).await.expect_status(200);
        browser.patch("/api/me", json!({"language": "canary"})).await.expect_status(400);
        world.raw().await.execute("update account set name = email").await.unwrap();
        browser.get("/api/session").await.expect_status(500);

        let lines = lines.text();
        assert!(lines.contains("a request failed") && lines.contains("insert into account"), "the log is on: {lines}");
        let canaries = ["Zerline", "anary", "203.0.113.77", crate::support::PASSWORD, "$argon2id"];
        for canary in canaries.into_iter().chain(secrets.iter().map(String::as_str)) {
            let line = lines.lines().find(|line| line.contains(canary));
            assert_eq!(line, None, "{canary}");
        }
    }

    async fn a_method_that_a_url_does_not_take_is_told_which_it_takes(world) {
        let mut browser = world.browser().await;

        let answer = browser.send(TestRequest::put().uri("/api/session")).await;

        let answer = answer.expect_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), "POST, GET, DELETE");
    }
}
