//! A world per test: an empty database of its own, the store on it, and browsers that talk to the application.

mod browser;
mod cast;
mod node;
mod plane;
mod postgres;
mod raw;
mod visit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::web;
use control_plane::Config;
use control_plane::accounts::attempts::Attempts;
use control_plane::admin::{self, Created, NewClinic, NewPerson, PersonRole, Profession};
use control_plane::app::{HttpMetrics, HttpSettings, State};
use control_plane::clinics::Clinic;
use control_plane::db::Address;
use control_plane::nodes::Connections;
use control_plane::seal::Keyring;
use control_plane::store::Store;
use control_plane::time::ZoneName;
use telemetry::metrics::Metrics;
use tempfile::TempDir;

pub(crate) use browser::{Answered, Browser};
pub(crate) use cast::{Cast, book, first_slot, slots};
pub(crate) use node::{Node, Refused, nobodys_clinic};
pub(crate) use plane::Plane;
pub(crate) use raw::Raw;
pub(crate) use visit::Visit;

/// Tells a story once on each database.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($world:ident) $body:block)+) => {$(
        $(#[$doc])*
        async fn $name($world: $crate::support::World) $body

        mod $name {
            #[actix_web::test]
            async fn sqlite() {
                super::$name($crate::support::World::new($crate::support::Kind::Sqlite).await).await;
            }

            #[actix_web::test]
            async fn postgres() {
                super::$name($crate::support::World::new($crate::support::Kind::Postgres).await).await;
            }
        }
    )+};
}
pub(crate) use on_both;

/// The page's origin in every test.
pub(crate) const ORIGIN: &str = "http://localhost:8080";
/// Everybody's password, unless a test is about passwords.
pub(crate) const PASSWORD: &str = "a long enough password";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// An empty, migrated database and what runs on it.
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) folder: Arc<TempDir>,
    people: AtomicU32,
}

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) created: Created,
}

impl World {
    pub(crate) async fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::load(None, &|_| None).unwrap();
        config.listen.set_port(0);
        config.metrics_listen.set_port(0);
        config.master_key = folder.path().join("master.key");
        config.database = match kind {
            Kind::Sqlite => Address::Sqlite(folder.path().join("bedside.sqlite")),
            Kind::Postgres => Address::Postgres(postgres::new_database().await.into()),
        };
        let store = Store::open(&config).await.unwrap();
        Self { kind, config, store, folder: Arc::new(folder), people: AtomicU32::new(0) }
    }

    /// The same world through another process's store.
    pub(crate) fn beside(&self, store: Store) -> Self {
        let (config, folder) = (self.config.clone(), self.folder.clone());
        Self { kind: self.kind, config, store, folder, people: AtomicU32::new(1000) }
    }

    /// Another view of the database, beside the application: nothing stands between.
    pub(crate) async fn raw(&self) -> Raw {
        Raw::open(&self.config.database).await
    }

    pub(crate) async fn clinic(&self, slug: &str) -> Clinic {
        let time_zone = ZoneName::new("Europe/Berlin").unwrap();
        let new = NewClinic { name: format!("Clinic {slug}"), slug: slug.to_owned(), time_zone };
        admin::create_clinic(&self.store, new).await.unwrap()
    }

    pub(crate) async fn person(&self, clinic: &Clinic, role: PersonRole) -> Person {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        self.named(clinic, role, &format!("Person {number}"), &format!("person{number}@example.org")).await
    }

    pub(crate) async fn named(&self, clinic: &Clinic, role: PersonRole, name: &str, email: &str) -> Person {
        let new = NewPerson {
            clinic: clinic.id,
            role,
            name: name.to_owned().into(),
            email: email.to_owned().into(),
            password: PASSWORD.to_owned().into(),
            time_zone: ZoneName::new("Europe/Berlin").unwrap(),
            language: "en".to_owned(),
        };
        let created = admin::create(&self.store, new).await.unwrap();
        Person { email: email.to_owned(), created }
    }

    /// The application's state; a test changes what it is about before it opens a browser.
    pub(crate) fn state(&self) -> State {
        State {
            db: self.store.db.clone(),
            keyring: Keyring::new(self.store.keyring.master().clone()),
            passwords: self.store.passwords.clone(),
            attempts: Attempts::default(),
            nodes: Connections::default(),
            http: HttpSettings { public_origin: ORIGIN.to_owned(), ..HttpSettings::default() },
            turn: None,
            metrics: HttpMetrics::new(Metrics::new()).unwrap(),
        }
    }

    /// A browser at the application, signed in as nobody.
    pub(crate) async fn browser(&self) -> Browser {
        Browser::open(web::Data::new(self.state())).await
    }

    /// A browser signed in as somebody.
    pub(crate) async fn signed_in(&self, person: &Person) -> Browser {
        let mut browser = self.browser().await;
        browser.sign_in(&person.email, PASSWORD).await.expect_status(200);
        browser
    }
}

pub(crate) fn practitioner() -> PersonRole {
    PersonRole::Practitioner(Profession {
        title: "Dr.".to_owned(),
        specialty: "General practice".to_owned(),
        visit_minutes: 20,
        buffer_minutes: 0,
        hours: (1..=7).map(|weekday| (weekday, 0, 1440)).collect(),
    })
}
