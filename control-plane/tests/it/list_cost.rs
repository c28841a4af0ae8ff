//! A list that a page polls asks the database for what it shows, and in few questions.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use control_plane::admin::PersonRole;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use crate::support::{Cast, Kind, World, book, on_both};

/// Statements as sqlx logs them, by their text.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<HashMap<String, usize>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if matches!(field.name(), "summary" | "db.statement") {
            write!(self.0, "{value:?} ").unwrap();
        }
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut text = Text(String::new());
            event.record(&mut text);
            *self.0.lock().unwrap().entry(text.0).or_default() += 1;
        }
    }
}

impl Statements {
    fn about(&self, word: &str) -> usize {
        let statements = self.0.lock().unwrap();
        statements.iter().filter(|(text, _)| text.contains(word)).map(|(_, count)| count).sum()
    }
}

/// On PostgreSQL: its driver works, and logs, in the task that asks.
#[actix_web::test]
async fn the_names_of_a_long_list_are_opened_with_one_question_for_their_keys() {
    let world = World::new(Kind::Postgres).await;
    let mut cast = Cast::new(&world).await;
    for nth in 0..6 {
        let patient = world.person(&cast.clinic, PersonRole::Patient).await;
        let mut browser = world.signed_in(&patient).await;
        let booking = cast.booking(nth).await;
        book(&mut browser, &booking).await.expect_status(201);
    }
    let staff = world.person(&cast.clinic, PersonRole::Staff).await;
    // A control plane of its own: it has opened no key yet.
    let mut browser = world.signed_in(&staff).await;
    let statements = Statements::default();
    let logging = tracing::subscriber::set_default(Registry::default().with(statements.clone()));

    let list = browser.get("/api/appointments").await.expect_status(200).json();

    drop(logging);
    assert_eq!(list.as_array().unwrap().len(), 6);
    assert!(list.as_array().unwrap().iter().all(|visit| visit["practitioner"]["name"] == "Elif Yilmaz"));
    assert!(statements.about("from appointment") >= 1, "statements are seen");
    assert_eq!(statements.about("data_key"), 1, "{:?}", statements.0.lock().unwrap());
}

on_both! {
    async fn an_actors_own_rows_of_the_record_are_found_by_an_index(world) {
        let clinic = world.clinic("ours").await;
        let mut raw = world.raw().await;
        let (ours, id) = (raw.id(clinic.id.0), raw.id(uuid::Uuid::now_v7()));
        let (numbers, any) = match world.kind {
            Kind::Sqlite => ("with recursive s (n) as (select 1 union all select n + 1 from s where n < 5000)", "randomblob(16)"),
            Kind::Postgres => ("with s (n) as (select generate_series(1, 5000))", "gen_random_uuid()"),
        };
        raw.execute(&format!(
            "insert into audit (id, clinic, at_us, actor_kind, actor, action, object_kind, object, outcome, address_class)
             {numbers} select {any}, {ours}, 1000000, 'account', {any}, 'appointment.read', 'appointment', {any},
                 'allowed', 'private' from s"
        ))
        .await
        .unwrap();

        let plan = raw
            .plan(&format!(
                "select distinct action, object from audit
                 where clinic = {ours} and at_us > 5 and actor = {id} and outcome = 'allowed' and object is not null"
            ))
            .await;

        assert!(plan.contains("audit_actor"), "{plan}");
    }
}
