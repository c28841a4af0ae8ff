//! A clinic to try Bedside with. Only ever into an empty database, and only when asked for (`--demo`).

use crate::admin::{self, AdminError, NewClinic, NewPerson, PersonRole, Profession};
use crate::clinics;
use crate::store::Store;
use crate::time::ZoneName;

/// The demo clinic's slug.
pub const CLINIC: &str = "demo";
/// Monday to Sunday, from 00:00 until 24:00: "now" can be booked whenever somebody tries it.
const ALWAYS: [(i64, i64, i64); 7] =
    [(1, 0, 1440), (2, 0, 1440), (3, 0, 1440), (4, 0, 1440), (5, 0, 1440), (6, 0, 1440), (7, 0, 1440)];

/// Somebody of the demo clinic, with the password to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    /// As what.
    pub role: &'static str,
    /// Name.
    pub name: &'static str,
    /// Address.
    pub email: &'static str,
    /// Password.
    pub password: &'static str,
}

/// Everybody of the demo clinic.
pub const ACCOUNTS: [DemoAccount; 4] = [
    DemoAccount {
        role: "patient",
        name: "Anna Nowak",
        email: "patient@demo.example",
        password: "demo-patient-2026",
    },
    DemoAccount {
        role: "practitioner",
        name: "Elif Yılmaz",
        email: "doctor@demo.example",
        password: "demo-doctor-2026",
    },
    DemoAccount {
        role: "practitioner",
        name: "Jonas Weber",
        email: "therapist@demo.example",
        password: "demo-therapist-2026",
    },
    DemoAccount {
        role: "admin",
        name: "Sam Okafor",
        email: "admin@demo.example",
        password: "demo-admin-2026",
    },
];

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demo {
    /// Made now.
    Made,
    /// The demo clinic is there from an earlier start.
    There,
    /// The database is somebody's: nothing was done.
    NotEmpty,
}

/// Makes the demo clinic if the database is empty.
///
/// # Errors
/// When the database fails.
pub async fn fill(store: &Store) -> Result<Demo, AdminError> {
    if let Some(there) = look(store).await? {
        return Ok(there);
    }
    let zone = zone("Europe/Berlin")?;
    let new = NewClinic { name: "Demo Clinic".to_owned(), slug: CLINIC.to_owned(), time_zone: zone.clone() };
    let clinic = admin::create_clinic(store, new).await?;
    for person in ACCOUNTS {
        let role = match (person.role, person.email) {
            ("patient", _) => PersonRole::Patient,
            ("practitioner", "doctor@demo.example") => {
                PersonRole::Practitioner(profession("Dr.", "General practice"))
            }
            ("practitioner", _) => PersonRole::Practitioner(profession("", "Physiotherapy")),
            _ => PersonRole::Admin,
        };
        let new = NewPerson {
            clinic: clinic.id,
            role,
            name: person.name.to_owned().into(),
            email: person.email.to_owned().into(),
            password: person.password.to_owned().into(),
            time_zone: zone.clone(),
            language: "en".to_owned(),
        };
        admin::create(store, new).await?;
    }
    Ok(Demo::Made)
}

/// Whether the demo clinic or another is there; `None` when the database is empty.
///
/// # Errors
/// When the database fails.
pub async fn look(store: &Store) -> Result<Option<Demo>, AdminError> {
    let there = clinics::store::all(&mut store.db.read_system().await?).await?;
    Ok(match there.as_slice() {
        [] => None,
        there if there.iter().any(|clinic| clinic.slug == CLINIC) => Some(Demo::There),
        _ => Some(Demo::NotEmpty),
    })
}

fn zone(name: &'static str) -> Result<ZoneName, AdminError> {
    ZoneName::new(name)
        .map_err(|error| AdminError::Failed("the time zone data is incomplete", Box::new(error)))
}

fn profession(title: &str, specialty: &str) -> Profession {
    Profession {
        title: title.to_owned(),
        specialty: specialty.to_owned(),
        visit_minutes: 20,
        buffer_minutes: 0,
        hours: ALWAYS.to_vec(),
    }
}
