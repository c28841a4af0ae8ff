//! The people of most stories: a patient and a practitioner of one clinic, each with a browser.

use actix_web::http::Method;
use control_plane::admin::PersonRole;
use control_plane::clinics::Clinic;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answered, Browser, PASSWORD, Person, Plane, World, practitioner};

pub(crate) struct Cast {
    pub(crate) clinic: Clinic,
    pub(crate) anna: Person,
    pub(crate) elif: Person,
    pub(crate) patient: Browser,
    pub(crate) practitioner: Browser,
}

impl Cast {
    /// In a clinic of their own, each at a control plane of their own.
    pub(crate) async fn new(world: &World) -> Self {
        let mut cast = Self::of(world, world.browser().await).await;
        cast.practitioner = world.signed_in(&cast.elif).await;
        cast
    }

    /// Both at one control plane that runs.
    pub(crate) async fn at(world: &World, plane: &Plane) -> Self {
        Self::of(world, plane.browser().await).await
    }

    async fn of(world: &World, browser: Browser) -> Self {
        let clinic = world.clinic("ours").await;
        let anna = world.named(&clinic, PersonRole::Patient, "Anna Nowak", "anna@example.org").await;
        let elif = world.named(&clinic, practitioner(), "Elif Yilmaz", "elif@example.org").await;
        let (mut patient, mut practitioner) = (browser.other(), browser.other());
        patient.sign_in(&anna.email, PASSWORD).await.expect_status(200);
        practitioner.sign_in(&elif.email, PASSWORD).await.expect_status(200);
        Self { clinic, anna, elif, patient, practitioner }
    }

    pub(crate) fn practitioner_id(&self) -> String {
        self.elif.created.practitioner.unwrap().to_string()
    }

    /// What the patient sends to book the first free time from the `nth` on.
    pub(crate) async fn booking(&mut self, nth: usize) -> Value {
        let practitioner = self.practitioner_id();
        let start = first_slot(&mut self.patient, &practitioner, nth).await;
        json!({
            "practitioner_id": practitioner, "start": start, "now": false,
            "time_zone": "America/New_York", "reason": "canary: a cough at night",
        })
    }

    /// An appointment soon: its window is open.
    pub(crate) async fn booked(&mut self) -> Value {
        let booking = self.booking(0).await;
        book(&mut self.patient, &booking).await.expect_status(201).json()
    }
}

/// Books with a key of its own.
pub(crate) async fn book(browser: &mut Browser, booking: &Value) -> Answered {
    let request = browser.change(Method::POST, "/api/appointments", booking);
    browser.send(request.insert_header(("Idempotency-Key", Uuid::new_v4().to_string()))).await
}

/// The start of the `nth` free time of the next two days that is still free in a minute.
pub(crate) async fn first_slot(browser: &mut Browser, practitioner: &str, nth: usize) -> String {
    let slots = slots(browser, practitioner).await;
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(6);
    let starts = slots["slots"].as_array().unwrap().iter().map(|slot| slot["start"].as_str().unwrap());
    let mut lasting = starts.filter(|start| start.parse::<jiff::Timestamp>().unwrap() > soon);
    lasting.nth(nth).expect("a practitioner who is always there has free times").to_owned()
}

pub(crate) async fn slots(browser: &mut Browser, practitioner: &str) -> Value {
    let now = jiff::Timestamp::now();
    let until = now + jiff::SignedDuration::from_hours(48);
    let path = format!("/api/practitioners/{practitioner}/slots?from={now}&until={until}");
    browser.get(&path).await.expect_status(200).json()
}
