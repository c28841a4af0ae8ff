//! `PATCH /api/me`: one's own zone and language, and nothing else.

use control_plane::admin::PersonRole;
use serde_json::json;

use crate::support::on_both;

on_both! {
    async fn somebody_changes_what_is_given_and_keeps_the_rest(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;

        let changed = browser.patch("/api/me", json!({"time_zone": "Asia/Kathmandu"})).await.expect_status(200).json();
        assert_eq!((&changed["time_zone"], &changed["language"]), (&json!("Asia/Kathmandu"), &json!("en")));

        let changed = browser.patch("/api/me", json!({"language": "de"})).await.expect_status(200).json();
        assert_eq!((&changed["time_zone"], &changed["language"]), (&json!("Asia/Kathmandu"), &json!("de")));
        assert_eq!(browser.get("/api/session").await.json()["account"], changed);
    }

    async fn what_is_no_zone_and_no_language_is_refused(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;

        for body in [json!({"time_zone": "Mars/Olympus"}), json!({"language": "<script>"}), json!({"language": 7})] {
            browser.patch("/api/me", body).await.expect_problem(400, "bad-request");
        }
        assert_eq!(browser.get("/api/session").await.json()["account"]["language"], "en");
    }

    async fn abuse_27_privileged_members_are_refused_and_change_nothing(world) {
        let clinic = world.clinic("ours").await;
        let anna = world.person(&clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&anna).await;

        for member in ["role", "clinic", "clinic_id", "id", "email", "password_hash", "__proto__"] {
            let body = json!({"language": "de", member: "admin"});
            let refused = browser.patch("/api/me", body).await.expect_problem(400, "bad-request");
            assert!(!refused.text.contains("admin"), "the request is not quoted: {}", refused.text);
        }

        let account = browser.get("/api/session").await.json()["account"].clone();
        assert_eq!((&account["role"], &account["language"]), (&json!("patient"), &json!("en")));
        let body = json!({"email": anna.email, "password": crate::support::PASSWORD, "role": "admin"});
        browser.post("/api/session", body).await.expect_problem(400, "bad-request");
    }
}
