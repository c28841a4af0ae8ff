//! The embedded database as it lies on the disk, looked at beside the program that uses it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

/// `iChange` of the WAL index's header (sqlite.org/walformat.html §2.1): rises by one with each transaction.
const COMMITS_AT: u64 = 8;

/// What is true of a whole database, each as a count of what breaks it.
const BREACHES: [(&str, &str); 9] = [
    ("pages or indices that are damaged", "select count(*) from pragma_integrity_check where integrity_check <> 'ok'"),
    ("rows that point nowhere", "select count(*) from pragma_foreign_key_check"),
    (
        "times that are taken twice",
        "select count(*) from reservation a join reservation b on a.resource = b.resource and a.id < b.id
         and a.from_us < b.until_us and b.from_us < a.until_us",
    ),
    (
        "visits whose time is not taken from both",
        "select count(*) from appointment a where a.state in ('booked', 'in_progress') and 2 <>
         (select count(*) from reservation r where r.appointment = a.id and r.from_us = a.start_us)",
    ),
    (
        "visits that were called off and still take time",
        "select count(*) from appointment a join reservation r on r.appointment = a.id where a.state = 'cancelled'",
    ),
    (
        "bookings without exactly one record of them",
        "select count(*) from appointment a where 1 <>
         (select count(*) from audit u where u.object = a.id and u.action = 'appointment.book' and u.outcome = 'allowed')",
    ),
    (
        "cancellations without exactly one record of them",
        "select count(*) from appointment a where (a.state = 'cancelled') <>
         (select count(*) from audit u where u.object = a.id and u.action = 'appointment.cancel' and u.outcome = 'allowed')",
    ),
    (
        "guests without a record of their invitation",
        "select count(*) from appointment a where (select count(*) from guest g where g.appointment = a.id) <>
         (select count(*) from audit u where u.object = a.id and u.action = 'guest.invite' and u.outcome = 'allowed')",
    ),
    ("commands that were kept without an answer", "select count(*) from idempotency where status is null"),
];

/// The database of the control plane that `bedside serve` runs on a data folder.
pub(crate) struct Database {
    file: PathBuf,
}

impl Database {
    pub(crate) fn of(data: &Path) -> Self {
        Self { file: data.join("control-plane/bedside.sqlite") }
    }

    /// Transactions committed; only the difference of two looks says something.
    pub(crate) fn commits(&self) -> u32 {
        let index = File::open(format!("{}-shm", self.file.display())).unwrap();
        let mut counter = [0; 4];
        index.read_exact_at(&mut counter, COMMITS_AT).unwrap();
        u32::from_ne_bytes(counter)
    }

    /// Checks that nothing in it is broken or half done.
    pub(crate) async fn expect_whole(&self) {
        let options = SqliteConnectOptions::new().filename(&self.file).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        for (what, sql) in BREACHES {
            let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await.unwrap();
            assert_eq!(count, 0, "{what}");
        }
        connection.close().await.unwrap();
    }
}
