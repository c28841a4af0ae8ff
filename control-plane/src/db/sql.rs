//! The macros that run one SQL text on whichever database a transaction belongs to.
//!
//! ```text
//! let n    = execute!(tx, "update node set draining = $1 where id = $2", true, node.0);
//! let row  = fetch_optional!(tx, AccountRow, "select … from account where clinic = $1 and id = $2", …);
//! let rows = fetch_all!(tx, AccountRow, "select … where clinic = $1", clinic);
//! ```
//!
//! Each yields a `Result<_, DbError>` and awaits inside. The text must be a constant, so no request can become
//! part of it, and a `const` assertion compares its highest `$n` with the number of binds. Binds must not
//! borrow the transaction: take `tx.clinic()` and `tx.now()` into variables first.

/// The highest `$n` in `sql`, outside of quotes and of comments.
pub(crate) const fn placeholders(sql: &str) -> usize {
    let text = sql.as_bytes();
    let mut highest = 0;
    let mut i = 0;
    let mut quoted = false;
    while i < text.len() {
        if text[i] == b'\'' {
            quoted = !quoted;
        }
        if text[i] == b'$' && !quoted {
            let mut n = 0;
            while i + 1 < text.len() && text[i + 1].is_ascii_digit() {
                n = n * 10 + (text[i + 1] - b'0') as usize;
                i += 1;
            }
            if n > highest {
                highest = n;
            }
        }
        i += 1;
    }
    highest
}

/// How many expressions there are, as a constant.
macro_rules! count {
    () => { 0 };
    ($head:expr $(, $tail:expr)*) => { 1 + $crate::db::sql::count!($($tail),*) };
}

/// Runs a query that yields rows of type `$row`, and ends it by `$finish`.
macro_rules! rows {
    ($tx:expr, $row:ty, $sql:expr, [$($bind:expr),*], $finish:ident) => {{
        const {
            assert!(
                $crate::db::sql::placeholders($sql) == $crate::db::sql::count!($($bind),*),
                "the number of binds is not the highest $n of the statement"
            );
        }
        match &mut $tx.inner {
            $crate::db::Inner::Sqlite(tx) => sqlx::query_as::<sqlx::Sqlite, $row>($sql)
                $(.bind($bind))*
                .$finish(&mut **tx)
                .await
                .map_err($crate::db::DbError::from),
            $crate::db::Inner::Postgres(tx) => sqlx::query_as::<sqlx::Postgres, $row>($sql)
                $(.bind($bind))*
                .$finish(&mut **tx)
                .await
                .map_err($crate::db::DbError::from),
        }
    }};
}

/// Runs a statement; yields how many rows it changed.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        const {
            assert!(
                $crate::db::sql::placeholders($sql) == $crate::db::sql::count!($($bind),*),
                "the number of binds is not the highest $n of the statement"
            );
        }
        match &mut $tx.inner {
            $crate::db::Inner::Sqlite(tx) => sqlx::query::<sqlx::Sqlite>($sql)
                $(.bind($bind))*
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected())
                .map_err($crate::db::DbError::from),
            $crate::db::Inner::Postgres(tx) => sqlx::query::<sqlx::Postgres>($sql)
                $(.bind($bind))*
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected())
                .map_err($crate::db::DbError::from),
        }
    }};
}

/// Reads one row or none.
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::sql::rows!($tx, $row, $sql, [$($bind),*], fetch_optional)
    };
}

/// Reads all rows. The statement says its `limit`.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::sql::rows!($tx, $row, $sql, [$($bind),*], fetch_all)
    };
}

/// Reads all rows whose id is in a list. The statement ends before the list, which is `$2` and which the two databases
/// write differently ([`crate::db::dialect`]); `$1` is the clinic.
macro_rules! fetch_all_of {
    ($tx:expr, $row:ty, $sql:literal, $clinic:expr, $ids:expr $(,)?) => {
        match &mut $tx.inner {
            $crate::db::Inner::Sqlite(tx) => {
                sqlx::query_as::<sqlx::Sqlite, $row>(concat!($sql, $crate::db::dialect::sqlite_ids!()))
                    .bind($clinic)
                    .bind($crate::db::dialect::ids_as_json($ids))
                    .fetch_all(&mut **tx)
                    .await
                    .map_err($crate::db::DbError::from)
            }
            $crate::db::Inner::Postgres(tx) => {
                sqlx::query_as::<sqlx::Postgres, $row>(concat!($sql, $crate::db::dialect::postgres_ids!()))
                    .bind($clinic)
                    .bind($ids.as_slice())
                    .fetch_all(&mut **tx)
                    .await
                    .map_err($crate::db::DbError::from)
            }
        }
    };
}

pub(crate) use {count, execute, fetch_all, fetch_all_of, fetch_optional, rows};

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn the_highest_placeholder_counts_wherever_it_stands() {
        assert_eq!(placeholders("select 1"), 0);
        assert_eq!(placeholders("select $1, $3 where a = $2"), 3);
        assert_eq!(placeholders("select $12"), 12);
        assert_eq!(placeholders("select $1, $1"), 1);
        assert_eq!(placeholders("select '$9' where a = $1"), 1);
    }
}
