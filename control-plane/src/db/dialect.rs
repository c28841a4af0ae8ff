//! The few things the two databases cannot say alike, each with its name.

use sqlx::error::{DatabaseError, ErrorKind};
use uuid::Uuid;

use super::error::Refusal;

/// The database's clock in UTC microseconds. SQLite's ends at milliseconds.
pub(super) const SQLITE_NOW: &str = "select cast(unixepoch('now', 'subsec') * 1000 as integer) * 1000";
/// `clock_timestamp()` moves on within a transaction: a transaction that waited for a lock sees the time after.
/// Sets the clinic in the same round trip; `true` ends it with the transaction, so a pooled connection never
/// carries one request's clinic into the next.
pub(super) const POSTGRES_NOW: &str = "select set_config('bedside.clinic', $1, true), \
     (extract(epoch from clock_timestamp()) * 1000000)::bigint";

/// A list of ids as `$2`: SQLite takes it as JSON of their digits, PostgreSQL as an array.
macro_rules! sqlite_ids {
    () => {
        "(select unhex(value) from json_each($2))"
    };
}
macro_rules! postgres_ids {
    () => {
        "(select unnest($2))"
    };
}
pub(crate) use {postgres_ids, sqlite_ids};

/// For [`sqlite_ids`].
pub(crate) fn ids_as_json(ids: &[Uuid]) -> String {
    let digits: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", digits.join(","))
}

/// The message of the trigger that stands for PostgreSQL's exclusion constraint.
const SQLITE_OVERLAP: &str = "reservation_overlap";
/// The messages of the triggers that keep the audit record append-only, on both.
const APPEND_ONLY: &str = "append_only";

/// SQLite result codes (<https://www.sqlite.org/rescode.html>): the low byte is the primary code.
const SQLITE_BUSY: i32 = 5;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;

/// Which rule of the schema refused a statement, if one did.
pub(super) fn refusal(error: &dyn DatabaseError) -> Option<Refusal> {
    let message = error.message();
    if message.contains(SQLITE_OVERLAP) {
        return Some(Refusal::Overlap);
    }
    if message.contains(APPEND_ONLY) {
        return Some(Refusal::AppendOnly);
    }
    match error.kind() {
        ErrorKind::ExclusionViolation => Some(Refusal::Overlap),
        ErrorKind::UniqueViolation => Some(Refusal::Unique),
        ErrorKind::ForeignKeyViolation => Some(Refusal::Reference),
        ErrorKind::NotNullViolation | ErrorKind::CheckViolation => Some(Refusal::Check),
        _ => None,
    }
}

/// What the database says about itself, by its codes.
pub(super) enum Condition {
    /// It rolled back to let another through, or is busy: begin again.
    Transient,
    /// It ended the statement or the connection, or takes no more: later it may do it.
    Busy,
    /// It cannot write: full, read-only or failing disk.
    Storage,
    /// Something else.
    Other,
}

/// Reads a code: PostgreSQL's are five letters (SQLSTATE), SQLite's a number.
pub(super) fn condition(code: &str) -> Condition {
    match code {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => return Condition::Transient,
        // lock_not_available, query_canceled (our statement_timeout, or the operator), admin_shutdown, crash_shutdown,
        // cannot_connect_now, too_many_connections
        "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "53300" => return Condition::Busy,
        // disk_full, io_error, read_only_sql_transaction
        "53100" | "58030" | "25006" => return Condition::Storage,
        _ => {}
    }
    if code.len() == 5 {
        return Condition::Other;
    }
    match code.parse::<i32>().map(|code| code & 0xff) {
        Ok(SQLITE_BUSY) => Condition::Transient,
        // A file that is there, or that need not be: the process has as many open as it may.
        Ok(SQLITE_CANTOPEN) => Condition::Busy,
        Ok(SQLITE_READONLY | SQLITE_IOERR | SQLITE_FULL) => Condition::Storage,
        _ => Condition::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_descriptor_left_is_busy_and_a_full_disk_is_storage() {
        assert!(matches!(condition("14"), Condition::Busy), "SQLITE_CANTOPEN");
        assert!(matches!(condition("13"), Condition::Storage), "SQLITE_FULL");
        assert!(matches!(condition("778"), Condition::Storage), "SQLITE_IOERR_WRITE");
        assert!(matches!(condition("53300"), Condition::Busy), "too_many_connections");
    }
}
