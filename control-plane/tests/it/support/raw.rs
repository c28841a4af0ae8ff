//! The database as its operator sees it, or somebody who stole it: no application, no row-level security.

use std::path::PathBuf;
use std::process::Command;

use control_plane::db::Address;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::postgres;

pub(crate) enum Raw {
    Sqlite(SqliteConnection, PathBuf),
    Postgres(PgConnection, String),
}

impl Raw {
    pub(crate) async fn open(address: &Address) -> Self {
        match address {
            Address::Sqlite(file) => {
                let options = SqliteConnectOptions::new().filename(file).foreign_keys(true);
                Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap(), file.clone())
            }
            Address::Postgres(url) => {
                let url = postgres::as_owner(url.expose());
                Self::Postgres(PgConnection::connect(&url).await.unwrap(), url)
            }
        }
    }

    /// An id as this database writes it in a statement.
    pub(crate) fn id(&self, id: Uuid) -> String {
        match self {
            Self::Sqlite(..) => format!("x'{}'", id.simple()),
            Self::Postgres(..) => format!("'{id}'"),
        }
    }

    /// Bytes as this database writes them in a statement.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        match self {
            Self::Sqlite(..) => format!("x'{hex}'"),
            Self::Postgres(..) => format!("'\\x{hex}'"),
        }
    }

    pub(crate) async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let text = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection, _) => sqlx::raw_sql(text).execute(connection).await.map(drop),
            Self::Postgres(connection, _) => sqlx::raw_sql(text).execute(connection).await.map(drop),
        }
    }

    /// One number.
    pub(crate) async fn number(&mut self, sql: &str) -> i64 {
        let text = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection, _) => sqlx::query_scalar(text).fetch_one(connection).await.unwrap(),
            Self::Postgres(connection, _) => sqlx::query_scalar(text).fetch_one(connection).await.unwrap(),
        }
    }

    /// One column of text, top to bottom.
    pub(crate) async fn texts(&mut self, sql: &str) -> Vec<String> {
        let text = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection, _) => sqlx::query_scalar(text).fetch_all(connection).await.unwrap(),
            Self::Postgres(connection, _) => sqlx::query_scalar(text).fetch_all(connection).await.unwrap(),
        }
    }

    /// How the database would go about a query, with what it knows of the tables now.
    pub(crate) async fn plan(&mut self, sql: &str) -> String {
        match self {
            Self::Sqlite(connection, _) => {
                let rows: Vec<(i64, i64, i64, String)> =
                    sqlx::query_as(AssertSqlSafe(format!("explain query plan {sql}")))
                        .fetch_all(connection)
                        .await
                        .unwrap();
                rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
            }
            Self::Postgres(..) => {
                self.execute("analyze").await.unwrap();
                self.texts(&format!("explain {sql}")).await.join("\n")
            }
        }
    }

    /// Everything a thief of the database gets: file and log of SQLite, `pg_dump` of PostgreSQL.
    pub(crate) fn dump(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(_, file) => {
                let mut bytes = std::fs::read(file).unwrap();
                bytes.extend(std::fs::read(format!("{}-wal", file.display())).unwrap_or_default());
                bytes
            }
            Self::Postgres(_, url) => {
                let out = Command::new(postgres::binary("pg_dump")).arg(url).output().unwrap();
                assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
                out.stdout
            }
        }
    }

    /// Names of a table's columns, in order.
    pub(crate) async fn columns(&mut self, table: &str) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(..) => format!("select name from pragma_table_info('{table}') order by cid"),
            Self::Postgres(..) => format!(
                "select column_name::text from information_schema.columns where table_name = '{table}' \
                 order by ordinal_position"
            ),
        };
        self.texts(&sql).await
    }

    /// Names of all tables of ours.
    pub(crate) async fn tables(&mut self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(..) => {
                "select name from sqlite_master where type = 'table' and name not like '%sqlx%' order by 1"
            }
            Self::Postgres(..) => {
                "select tablename::text from pg_tables where schemaname = 'public' and tablename not like '%sqlx%' order by 1"
            }
        };
        self.texts(sql).await
    }
}
