//! What people were told that is so, kept beside the program to be compared with what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use control_plane::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::http::NoAnswer;
use crate::support::{Answer, Browser, Dice};

/// The room holds eight: two seats are the patient's and the practitioner's.
const GUESTS_MAX: usize = 6;

/// A command with the key that makes it one, however often it is told.
#[derive(Clone, Debug)]
pub(super) struct Job {
    key: Uuid,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Book { practitioner: String, start: String, reason: String },
    Cancel { id: String },
    Invite { id: String, name: String },
}

impl Job {
    pub(super) fn book(practitioner: String, start: String) -> Self {
        let key = Uuid::new_v4();
        Self { key, what: What::Book { practitioner, start, reason: key.to_string() } }
    }

    /// Another booking of the same time.
    pub(super) fn rival(&self) -> Self {
        let What::Book { practitioner, start, .. } = &self.what else { panic!("{self:?} books nothing") };
        Self::book(practitioner.clone(), start.clone())
    }

    pub(super) fn cancel(id: String) -> Self {
        Self { key: Uuid::new_v4(), what: What::Cancel { id } }
    }

    pub(super) fn invite(id: String) -> Self {
        let key = Uuid::new_v4();
        Self { key, what: What::Invite { id, name: key.to_string() } }
    }

    pub(super) async fn tell(&self, patient: &mut Browser) -> Result<Answer, NoAnswer> {
        let (path, body) = match &self.what {
            What::Book { practitioner, start, reason } => (
                "/api/appointments".to_owned(),
                json!({ "practitioner_id": practitioner, "start": start, "time_zone": "Europe/Berlin", "reason": reason }),
            ),
            What::Cancel { id } => (format!("/api/appointments/{id}/cancel"), json!({})),
            What::Invite { id, name } => (format!("/api/appointments/{id}/guests"), json!({ "name": name })),
        };
        patient.post_again(self.key, &path, body).await
    }
}

/// A visit and its guests, by what people see of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Booked {
    state: String,
    practitioner: String,
    start: String,
    reason: String,
    /// Names by id.
    guests: BTreeMap<String, String>,
}

/// All visits, by id.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    visits: BTreeMap<String, Booked>,
    /// Of guests' links.
    secrets: Vec<String>,
    /// Starts that somebody was refused, and those that somebody got, in the flight that is being settled.
    refused: BTreeSet<String>,
    got: BTreeSet<String>,
}

/// What was asked for is no part of what is there.
impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        self.visits == other.visits
    }
}

impl Ledger {
    /// As the patient's list shows it, over all time that can be booked.
    pub(super) async fn read(patient: &mut Browser) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = Timestamp::from_us(i64::try_from(since.as_micros()).unwrap());
        let day = Duration::from_secs(24 * 3600);
        let path = format!("/api/appointments?from={}&until={}", now - day, now + 200 * day);
        let mut there = Self::default();
        for visit in patient.get(&path).await.expect(200).as_array().unwrap() {
            there.note(visit);
        }
        for (id, visit) in &mut there.visits {
            let guests = patient.get(&format!("/api/appointments/{id}/guests")).await.expect(200);
            visit.guests =
                guests.as_array().unwrap().iter().map(|one| (text(one, "id"), text(one, "name"))).collect();
        }
        there
    }

    /// Takes a visit as an answer shows it.
    pub(super) fn note(&mut self, visit: &Value) {
        let id = text(visit, "id");
        let guests = self.visits.remove(&id).map(|before| before.guests).unwrap_or_default();
        let booked = Booked {
            state: text(visit, "state"),
            practitioner: text(&visit["practitioner"], "id"),
            start: text(visit, "start"),
            reason: text(visit, "reason"),
            guests,
        };
        self.visits.insert(id, booked);
    }

    /// Ids of what can be called off; not this one.
    pub(super) fn to_come(&self, but: &Value) -> Vec<String> {
        let booked =
            self.visits.iter().filter(|(id, visit)| visit.state == "booked" && but["id"] != id.as_str());
        booked.map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn may_invite(&self, id: &str) -> bool {
        self.visits[id].guests.len() < GUESTS_MAX
    }

    /// The secret of somebody's link.
    pub(super) fn any_link(&self, dice: &mut Dice) -> Option<&str> {
        (!self.secrets.is_empty()).then(|| self.secrets[dice.below(self.secrets.len())].as_str())
    }

    /// Whether what the command asks for is there.
    pub(super) fn shows(&self, job: &Job) -> bool {
        match &job.what {
            What::Book { reason, .. } => self.visits.values().any(|visit| visit.reason == *reason),
            What::Cancel { id } => self.visits[id].state == "cancelled",
            What::Invite { id, name } => self.visits[id].guests.values().any(|guest| guest == name),
        }
    }

    /// Writes down what was acknowledged.
    pub(super) fn settle(&mut self, job: &Job, answer: Answer) {
        match &job.what {
            What::Book { start, .. } if answer.status == 409 => {
                answer.expect_problem(409, "slot-taken");
                assert!(self.refused.insert(start.clone()), "{start} is refused to both who want it");
            }
            What::Book { start, .. } => {
                self.note(&answer.expect(201));
                assert!(self.got.insert(start.clone()), "{start} is given to both who want it");
            }
            What::Cancel { .. } => self.note(&answer.expect(200)),
            What::Invite { id, .. } => {
                let guest = answer.expect(201);
                let guests = &mut self.visits.get_mut(id).unwrap().guests;
                guests.insert(text(&guest, "id"), text(&guest, "name"));
                self.secrets.push(text(&guest, "link").split_once('#').unwrap().1.to_owned());
            }
        }
    }

    /// Ends the settling of a flight: whoever was refused a time was refused it because the other one got it.
    pub(super) fn expect_no_time_refused_to_both(&mut self, jobs: &[Job]) {
        let got = std::mem::take(&mut self.got);
        for job in jobs {
            if let What::Book { start, .. } = &job.what {
                assert!(got.contains(start), "nobody got {start}");
            }
        }
        self.refused.clear();
    }
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_else(|| panic!("no {name} in {of}")).to_owned()
}
