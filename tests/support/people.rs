//! The people of most stories: the demo clinic's patient and practitioner, and a visit of theirs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use control_plane::availability::free::NOTICE;
use control_plane::demo::{ACCOUNTS, DemoAccount};
use control_plane::time::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Browser, Serve};

/// The demo account with this address: `patient`, `doctor`, `therapist` or `admin`.
pub(crate) fn demo(who: &str) -> DemoAccount {
    let email = format!("{who}@demo.example");
    *ACCOUNTS.iter().find(|account| account.email == email).unwrap()
}

/// Somebody of the demo clinic, signed in at this browser.
pub(crate) async fn signed_in(mut browser: Browser, who: &str) -> Browser {
    let account = demo(who);
    browser.sign_in(account.email, account.password).await.expect(200);
    browser
}

/// A visit that was booked for now, and the two whom it concerns.
pub(crate) struct Visit {
    pub(crate) patient: Browser,
    pub(crate) practitioner: Browser,
    /// `/api/appointments/<id>`
    pub(crate) path: String,
    pub(crate) booked: Value,
}

impl Visit {
    /// Booked by the demo patient with the demo doctor.
    pub(crate) async fn now(serve: &Serve) -> Self {
        Self::between(signed_in(serve.browser(), "patient").await, signed_in(serve.browser(), "doctor").await)
            .await
    }

    pub(crate) async fn between(mut patient: Browser, practitioner: Browser) -> Self {
        let doctor = practitioner_id(&mut patient, "General practice").await;
        let booked = book_now(&mut patient, &doctor).await.expect(201);
        let path = format!("/api/appointments/{}", booked["id"].as_str().unwrap());
        Self { patient, practitioner, path, booked }
    }

    /// As the patient sees it.
    pub(crate) async fn seen(&mut self) -> Value {
        self.patient.get(&self.path).await.expect(200)
    }

    pub(crate) async fn state(&mut self) -> String {
        self.seen().await["state"].as_str().unwrap().to_owned()
    }

    /// Roles of those who are in the room.
    pub(crate) async fn present(&mut self) -> Vec<String> {
        let seen = self.seen().await;
        let roles = seen["presence"].as_array().unwrap().iter();
        let mut roles: Vec<String> = roles.map(|one| one["role"].as_str().unwrap().to_owned()).collect();
        roles.sort_unstable();
        roles
    }
}

/// The id of the practitioner with this specialty, as the list shows it.
pub(crate) async fn practitioner_id(browser: &mut Browser, specialty: &str) -> String {
    let list = browser.get("/api/practitioners").await.expect(200);
    let found = list.as_array().unwrap().iter().find(|one| one["specialty"] == specialty);
    found.unwrap_or_else(|| panic!("{specialty}: {list}"))["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn book_now(patient: &mut Browser, practitioner: &str) -> Answer {
    let booking = json!({ "practitioner_id": practitioner, "now": true, "time_zone": "Europe/Berlin", "reason": "a cough" });
    patient.post("/api/appointments", booking).await
}

pub(crate) async fn book_at(patient: &mut Browser, practitioner: &str, start: &str) -> Answer {
    let booking = json!({ "practitioner_id": practitioner, "start": start, "time_zone": "Europe/Berlin", "reason": "a cough" });
    patient.post("/api/appointments", booking).await
}

/// Starts of all free times of the next days that can still be booked a minute later: a visit begins some time after it is
/// booked, so the first may be refused by the time it is asked for.
pub(crate) async fn free_times(browser: &mut Browser, practitioner: &str, days: u64) -> Vec<String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_us(i64::try_from(since.as_micros()).unwrap());
    let until = now + Duration::from_secs(days * 24 * 3600);
    let from = now + NOTICE + Duration::from_secs(60);
    let path = format!("/api/practitioners/{practitioner}/slots?from={from}&until={until}");
    let slots = browser.get(&path).await.expect(200);
    let starts =
        slots["slots"].as_array().unwrap().iter().map(|slot| slot["start"].as_str().unwrap().to_owned());
    starts.collect()
}
