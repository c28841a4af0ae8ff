//! What the schema itself guards, whatever the program does: seen from outside the program, by plain SQL.

use protocol::ClinicId;
use uuid::Uuid;

use crate::support::{Kind, Raw, World, on_both};

/// The tables that belong to no clinic.
const SYSTEM: [&str; 4] = ["clinic", "node", "node_command", "signing_key"];

async fn reserve(
    raw: &mut Raw,
    clinic: ClinicId,
    resource: Uuid,
    from: i64,
    until: i64,
) -> Result<(), String> {
    let sql = format!(
        "insert into reservation (id, clinic, resource_kind, resource, from_us, until_us, created_us)
         values ({}, {}, 'practitioner', {}, {from}, {until}, 0)",
        raw.id(Uuid::now_v7()),
        raw.id(clinic.0),
        raw.id(resource),
    );
    raw.execute(&sql).await.map_err(|error| error.to_string())
}

on_both! {
    async fn reserved_times_of_one_resource_never_overlap(world) {
        let (ours, theirs) = (world.clinic("ours").await.id, world.clinic("theirs").await.id);
        let mut raw = world.raw().await;
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        reserve(&mut raw, ours, one, 100, 200).await.unwrap();

        for (from, until) in [(100, 200), (150, 160), (50, 101), (199, 300), (50, 300), (100, 101)] {
            let error = reserve(&mut raw, ours, one, from, until).await.unwrap_err();
            assert!(error.contains("overlap"), "{from}..{until}: {error}");
        }
        for (from, until) in [(200, 300), (50, 100)] {
            reserve(&mut raw, ours, one, from, until).await.expect("times that only touch");
        }
        reserve(&mut raw, ours, other, 100, 200).await.expect("another resource");
        reserve(&mut raw, theirs, one, 100, 200).await.expect("another clinic");
        assert!(reserve(&mut raw, ours, other, 400, 400).await.is_err(), "no time at all");
    }

    async fn a_reserved_time_cannot_be_moved_onto_another(world) {
        let ours = world.clinic("ours").await.id;
        let mut raw = world.raw().await;
        let one = Uuid::now_v7();
        reserve(&mut raw, ours, one, 100, 200).await.unwrap();
        reserve(&mut raw, ours, one, 200, 300).await.unwrap();

        let moved = raw.execute("update reservation set from_us = 150 where from_us = 200").await;

        assert!(moved.unwrap_err().to_string().contains("overlap"));
        raw.execute("update reservation set until_us = 350 where from_us = 200").await.expect("into free time");
    }

    async fn the_audit_record_only_grows(world) {
        let clinic = world.clinic("ours").await;
        world.person(&clinic, control_plane::admin::PersonRole::Staff).await;
        let mut raw = world.raw().await;
        let before = raw.number("select count(*) from audit").await;
        assert!(before > 0, "making an account is recorded");

        for sql in ["update audit set outcome = 'failed'", "delete from audit"] {
            let error = raw.execute(sql).await.unwrap_err().to_string();
            assert!(error.contains("append_only"), "{sql}: {error}");
        }
        if world.kind == Kind::Postgres {
            assert!(raw.execute("truncate audit").await.unwrap_err().to_string().contains("append_only"));
        }
        assert_eq!(raw.number("select count(*) from audit").await, before);
    }

    async fn a_row_cannot_point_into_another_clinic(world) {
        let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
        let person = world.person(&theirs, control_plane::admin::PersonRole::Staff).await;
        let mut raw = world.raw().await;

        let sql = format!(
            "insert into session (id, clinic, account, token_sha256, created_us, seen_us, expires_us)
             values ({}, {}, {}, {}, 0, 0, 0)",
            raw.id(Uuid::now_v7()),
            raw.id(ours.id.0),
            raw.id(person.created.account.0),
            raw.bytes(&[0; 32]),
        );

        assert!(raw.execute(&sql).await.unwrap_err().to_string().to_lowercase().contains("foreign key"));
    }

    async fn words_outside_an_enum_are_refused(world) {
        let clinic = world.clinic("ours").await;
        world.person(&clinic, control_plane::admin::PersonRole::Staff).await;
        let mut raw = world.raw().await;

        let error = raw.execute("update account set role = 'root'").await.unwrap_err().to_string().to_lowercase();

        assert!(error.contains("check"), "{error}");
    }

    async fn every_table_says_its_clinic(world) {
        let mut raw = world.raw().await;
        for table in raw.tables().await {
            let columns = raw.columns(&table).await;
            let has_clinic = columns.iter().any(|column| column == "clinic");
            assert_eq!(has_clinic, !SYSTEM.contains(&table.as_str()), "{table}: {columns:?}");
        }
    }
}

#[actix_web::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (World::new(Kind::Sqlite).await, World::new(Kind::Postgres).await);
    let (mut sqlite, mut postgres) = (sqlite.raw().await, postgres.raw().await);

    let tables = sqlite.tables().await;
    assert_eq!(tables, postgres.tables().await);
    assert!(tables.len() >= 18, "{tables:?}");
    for table in tables {
        assert_eq!(sqlite.columns(&table).await, postgres.columns(&table).await, "{table}");
    }
}

#[actix_web::test]
async fn row_level_security_is_forced_on_every_table_of_a_clinic() {
    let world = World::new(Kind::Postgres).await;
    let mut raw = world.raw().await;

    let open = raw
        .texts(
            "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic'
             where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not
                 (c.relrowsecurity and c.relforcerowsecurity
                  and exists (select 1 from pg_policy p where p.polrelid = c.oid))",
        )
        .await;

    assert_eq!(open, Vec::<String>::new());
}

/// Abuse sentence 29: a statement that forgets its `where clinic = …` still sees one clinic.
#[actix_web::test]
async fn abuse_29_a_transaction_of_one_clinic_sees_and_writes_no_row_of_another() {
    use sqlx::{Connection, PgConnection};
    let world = World::new(Kind::Postgres).await;
    let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
    world.person(&ours, control_plane::admin::PersonRole::Staff).await;
    world.person(&theirs, control_plane::admin::PersonRole::Staff).await;
    let control_plane::db::Address::Postgres(url) = &world.config.database else { unreachable!() };
    let mut connection = PgConnection::connect(url.expose()).await.unwrap();
    let count = "select count(*) from account";

    let without: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    sqlx::query("select set_config('bedside.clinic', $1, true)")
        .bind(ours.id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    let within: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
    let foreign = sqlx::query(
        "insert into data_key (id, clinic, owner_kind, owner, version, wrapped, created_us)
         values ($1, $2, 'clinic', $2, 1, '', 0)",
    )
    .bind(Uuid::now_v7())
    .bind(theirs.id.0)
    .execute(&mut *tx)
    .await;

    assert_eq!((without, within), (0, 1));
    assert!(foreign.unwrap_err().to_string().contains("row-level security"));
}
