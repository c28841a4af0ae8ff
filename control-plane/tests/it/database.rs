//! How transactions behave on each database.

use std::cell::Cell;

use control_plane::admin::PersonRole;
use control_plane::db::{Db, DbError};
use control_plane::seal::{Keyring, Owner, SealError};
use control_plane::store::Store;

use crate::support::{Kind, Raw, World, on_both};

/// More than anything here takes on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

on_both! {
    async fn what_is_not_committed_has_not_happened(world) {
        let clinic = world.clinic("ours").await;
        let keys = "select count(*) from data_key";
        let mut tx = world.store.db.begin(clinic.id).await.unwrap();
        world.store.keyring.owner(&mut tx, Owner::Clinic).await.unwrap();

        drop(tx);
        let failed: Result<(), SealError> = world
            .store
            .db
            .transaction(clinic.id, async |tx| {
                world.store.keyring.owner(tx, Owner::Clinic).await?;
                Err(SealError::Destroyed)
            })
            .await;

        assert!(matches!(failed, Err(SealError::Destroyed)));
        assert_eq!(world.raw().await.number(keys).await, 0);
    }

    async fn a_reading_transaction_cannot_write(world) {
        let clinic = world.clinic("ours").await;
        let mut tx = world.store.db.read(clinic.id).await.unwrap();

        let written = world.store.keyring.owner(&mut tx, Owner::Clinic).await;

        assert!(matches!(written.err(), Some(SealError::Db(DbError::Storage(_)))));
    }

    async fn the_databases_clock_is_utc_and_moves_on(world) {
        let clinic = world.clinic("ours").await;
        let first = world.store.db.begin(clinic.id).await.unwrap().now();
        let second = world.store.db.read(clinic.id).await.unwrap().now();

        let ours = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let apart = i128::from(first.as_us()) - i128::try_from(ours.as_micros()).unwrap();

        assert!(second >= first);
        assert!(apart.abs() < 60_000_000, "{apart} µs apart on one machine");
    }

    async fn transient_refusals_are_tried_again_but_not_for_ever(world) {
        let clinic = world.clinic("ours").await;
        let tries = Cell::new(0);
        let transient = || DbError::Transient(sqlx::Error::WorkerCrashed);

        let second: Result<u32, DbError> = world
            .store
            .db
            .transaction(clinic.id, async |_| {
                tries.set(tries.get() + 1);
                if tries.get() < 2 { Err(transient()) } else { Ok(tries.get()) }
            })
            .await;
        assert_eq!(second.unwrap(), 2);

        tries.set(0);
        let never: Result<(), DbError> = world
            .store
            .db
            .transaction(clinic.id, async |_| {
                tries.set(tries.get() + 1);
                Err(transient())
            })
            .await;
        assert!(matches!(never, Err(DbError::Transient(_))));
        assert_eq!(tries.get(), 4);
    }

    async fn a_hundred_writers_at_once_all_get_their_turn(world) {
        let clinic = world.clinic("ours").await;
        let (db, keyring) = (&world.store.db, &world.store.keyring);

        let writers = (0..100).map(|_| async {
            let mut tx = db.begin(clinic.id).await?;
            keyring.owner(&mut tx, Owner::Clinic).await?;
            tx.commit().await?;
            Ok::<_, SealError>(())
        });

        for outcome in futures_util::future::join_all(writers).await {
            outcome.unwrap();
        }
        assert_eq!(world.raw().await.number("select count(*) from data_key").await, 1, "one key for one owner");
    }
}

#[actix_web::test]
async fn an_embedded_database_has_one_process() {
    let world = World::new(Kind::Sqlite).await;

    let second = Db::open(&world.config.database).await.err().unwrap();

    assert!(
        second.to_string().contains("bedside.sqlite.lock: another control plane uses this database"),
        "{second}"
    );
}

/// A clinic that has calls does not end them to give somebody an account.
#[actix_web::test]
async fn beside_the_control_plane_of_an_embedded_database_accounts_are_made() {
    let world = World::new(Kind::Sqlite).await;
    let clinic = world.clinic("ours").await;

    let beside = Store::open_beside(&world.config).await.unwrap();
    let making = world.beside(beside);
    let anna = making.named(&clinic, PersonRole::Patient, "Anna Nowak", "anna@example.org").await;
    let write = async |db: &Db, keyring: &Keyring, nth: usize| {
        let owner = Owner::Account(control_plane::ids::AccountId::new_v7());
        let written: Result<_, SealError> =
            db.transaction(clinic.id, async |tx| keyring.owner(tx, owner).await).await;
        written.unwrap_or_else(|error| panic!("{nth}: {error:?}"));
    };
    let writers = (0..50).map(|nth| {
        let store = if nth % 2 == 0 { &world.store } else { &making.store };
        write(&store.db, &store.keyring, nth)
    });
    futures_util::future::join_all(writers).await;
    making.store.db.close().await;

    world.signed_in(&anna).await.get("/api/session").await.expect_status(200);
}

#[actix_web::test]
async fn beside_a_control_plane_of_an_older_version_nothing_is_changed() {
    let world = World::new(Kind::Sqlite).await;
    let mut raw = world.raw().await;
    let latest = "select max(version) from _sqlx_migrations";
    let version = raw.number(latest).await;
    raw.execute(&format!("delete from _sqlx_migrations where version = {version}")).await.unwrap();

    let refused = Store::open_beside(&world.config).await.err().unwrap().to_string();

    assert!(
        refused.contains("bedside.sqlite: the control plane that uses this database is of an older"),
        "{refused}"
    );
    assert_eq!(raw.number(latest).await, version - 1);
}

/// The first accounts are made before anything runs; and a command does not keep the control plane from starting.
#[actix_web::test]
async fn a_command_makes_a_database_and_does_not_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = control_plane::db::Address::Sqlite(folder.path().join("new/bedside.sqlite"));

    let command = Db::open_beside(&file).await.unwrap();
    let plane = Db::open(&file).await.unwrap();

    command.ping().await.unwrap();
    plane.ping().await.unwrap();
}

#[actix_web::test]
async fn an_embedded_database_that_cannot_be_made_names_its_place() {
    let file = control_plane::db::Address::Sqlite("/proc/bedside/bedside.sqlite".into());

    let error = Db::open(&file).await.err().unwrap();

    assert!(
        error.to_string().starts_with("/proc/bedside/bedside.sqlite.lock: cannot make the folder"),
        "{error}"
    );
}

#[actix_web::test]
async fn two_control_planes_start_on_one_empty_postgresql_and_share_it() {
    let world = World::new(Kind::Postgres).await;
    let mut raw = world.raw().await;
    raw.execute("drop schema public cascade; create schema public authorization bedside").await.unwrap();

    let (one, two) =
        futures_util::future::join(Db::open(&world.config.database), Db::open(&world.config.database)).await;
    let (_one, two) = (one.unwrap(), two.unwrap());
    let clinic = world.clinic("ours").await;
    world.person(&clinic, PersonRole::Admin).await;
    let mut tx = two.begin(clinic.id).await.unwrap();

    world.store.keyring.owner(&mut tx, Owner::Clinic).await.unwrap();
    tx.commit().await.unwrap();
}

/// One machine after the other is brought to a new version: the old program may start again meanwhile.
#[actix_web::test]
async fn yesterdays_program_starts_on_todays_schema() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let World { config, store, folder: _folder, .. } = World::new(kind).await;
        store.db.close().await;
        drop(store);
        let mut raw = Raw::open(&config.database).await;
        let checksum = raw.bytes(&[7; 48]);
        let flag = if kind == Kind::Sqlite { "1" } else { "true" };
        raw.execute(&format!(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (9999, 'of tomorrow', {flag}, {checksum}, 0)"
        ))
        .await
        .unwrap();

        let opened = Db::open(&config.database).await;

        opened.unwrap_or_else(|error| panic!("{kind:?}: {error:?}")).ping().await.unwrap();
    }
}

/// A migration of a large table takes its time. Whoever starts beside it waits, longer than a request ever would.
#[actix_web::test]
async fn a_control_plane_that_starts_during_a_long_migration_waits_for_it() {
    let world = World::new(Kind::Postgres).await;
    let (mut migrating, mut watching) = (world.raw().await, world.raw().await);
    migrating.execute("begin; lock table _sqlx_migrations in access exclusive mode").await.unwrap();

    let (opened, waited_us) = futures_util::future::join(Db::open(&world.config.database), async {
        let waiting =
            "select coalesce(max(extract(epoch from clock_timestamp() - query_start) * 1000000), 0)::bigint
             from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        let until = std::time::Instant::now() + PATIENCE;
        let mut waited_us = 0;
        // The lock timeout of requests is 5 s, and the open gives up then if it is its own, too.
        while waited_us < 5_500_000 && std::time::Instant::now() < until {
            let now = watching.number(waiting).await;
            if now < waited_us {
                break;
            }
            waited_us = now;
        }
        migrating.execute("commit").await.unwrap();
        waited_us
    })
    .await;

    opened.unwrap().ping().await.unwrap();
    assert!(waited_us >= 5_500_000, "{waited_us} µs");
}

/// What PostgreSQL ends, because it took too long or because its operator said so, may be tried again.
#[actix_web::test]
async fn a_request_that_postgresql_ends_is_told_to_come_back() {
    let world = World::new(Kind::Postgres).await;
    let clinic = world.clinic("ours").await;
    let admin = world.person(&clinic, PersonRole::Admin).await;
    let mut browser = world.signed_in(&admin).await;
    let (mut holding, mut operator) = (world.raw().await, world.raw().await);

    for end in ["pg_cancel_backend", "pg_terminate_backend"] {
        holding.execute("begin; lock table session in access exclusive mode").await.unwrap();
        let (answer, ()) = futures_util::future::join(browser.get("/api/session"), async {
            let sql = format!(
                "select count({end}(pid)) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and usename = 'bedside'"
            );
            let until = std::time::Instant::now() + PATIENCE;
            while operator.number(&sql).await == 0 {
                assert!(std::time::Instant::now() < until, "no request waits");
            }
        })
        .await;
        holding.execute("rollback").await.unwrap();

        let answer = answer.expect_problem(503, "unavailable");
        assert!(!answer.header("retry-after").is_empty(), "{end}");
        browser.get("/api/session").await.expect_status(200);
    }
}

/// Two transactions that take the same two rows in opposite order: PostgreSQL ends one of them (40P01), which then
/// begins again and succeeds.
#[actix_web::test]
async fn a_deadlock_is_begun_again() {
    let world = World::new(Kind::Postgres).await;
    let clinic = world.clinic("ours").await;
    let people =
        [world.person(&clinic, PersonRole::Staff).await, world.person(&clinic, PersonRole::Staff).await];
    let owners = people.map(|person| Owner::Account(person.created.account));
    let both_hold_one = tokio::sync::Barrier::new(2);
    let begun = Cell::new(0);

    let take = async |first: Owner, second: Owner| {
        let met = Cell::new(false);
        world
            .store
            .db
            .transaction(clinic.id, async |tx| {
                begun.set(begun.get() + 1);
                world.store.keyring.destroy(tx, first).await?;
                if !met.replace(true) {
                    both_hold_one.wait().await;
                }
                world.store.keyring.destroy(tx, second).await
            })
            .await
    };
    let (one, two): (Result<(), SealError>, Result<(), SealError>) =
        futures_util::future::join(take(owners[0], owners[1]), take(owners[1], owners[0])).await;

    one.unwrap();
    two.unwrap();
    assert!(begun.get() > 2, "there was a deadlock to survive");
}

/// Whatever the folder and the umask are, and whatever an older version left.
#[actix_web::test]
async fn the_embedded_databases_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut config = control_plane::Config::load(None, &|_| None).unwrap();
    config.master_key = folder.path().join("master.key");
    config.database = control_plane::db::Address::Sqlite(folder.path().join("bedside.sqlite"));
    let modes = || -> std::collections::BTreeMap<String, u32> {
        let files = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        files
            .map(|file| {
                let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                (file.file_name().into_string().unwrap(), mode)
            })
            .collect()
    };
    let are_private = |modes: &std::collections::BTreeMap<String, u32>| {
        ["bedside.sqlite", "bedside.sqlite-wal", "bedside.sqlite-shm"]
            .iter()
            .all(|file| modes.get(*file) == Some(&0o600))
    };

    let store = control_plane::store::Store::open(&config).await.unwrap();
    let made = modes();
    assert!(are_private(&made) && made.values().all(|mode| *mode == 0o600), "{made:?}");
    for file in made.keys().filter(|file| file.contains("sqlite")) {
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(folder.path().join(file), open).unwrap();
    }
    drop(store);
    let _again = control_plane::store::Store::open(&config).await.unwrap();
    assert!(are_private(&modes()), "{:?}", modes());
}
