//! The checkpoints of the log that were published: the one place where hubs that share a database agree on them.

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::prelude::*;

use super::schema::checkpoints;
use super::turns::Turn;
use super::{Database, StoreError};

/// A published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = checkpoints)]
pub struct Published {
    /// Size of the log.
    pub size: i64,
    /// Its root.
    pub root: Vec<u8>,
    /// When it was published, milliseconds since 1970 UTC; never before the one before it.
    pub at: i64,
    /// The signed note.
    pub note: String,
}

/// What writing a checkpoint down showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreed {
    /// It is the next one, or known already: it may be published.
    Yes {
        /// By how many milliseconds the clock stands before the last checkpoint, if it does.
        clock_back: Option<i64>,
    },
    /// Another hub, or an earlier run, published another root for this size: the log would fork.
    Forked {
        /// The root that was published.
        root: Vec<u8>,
    },
}

/// The last checkpoint.
pub fn last(connection: &mut Database) -> Result<Option<Published>, StoreError> {
    let newest = checkpoints::table.order(checkpoints::size.desc());
    Ok(newest
        .select(Published::as_select())
        .first(connection)
        .optional()?)
}

/// The checkpoint of a size, if it was kept.
pub fn of_size(connection: &mut Database, size: i64) -> Result<Option<Published>, StoreError> {
    Ok(checkpoints::table
        .find(size)
        .select(Published::as_select())
        .first(connection)
        .optional()?)
}

/// The last checkpoint that was published before an instant.
pub fn before(connection: &mut Database, at: i64) -> Result<Option<Published>, StoreError> {
    Ok(checkpoints::table
        .filter(checkpoints::at.lt(at))
        .order(checkpoints::size.desc())
        .select(Published::as_select())
        .first(connection)
        .optional()?)
}

/// Checkpoints closer together than this are thinned out.
const SPACING: i64 = 60_000;

/// Writes a checkpoint down before it is published, unless another hub wrote another root for its size.
pub fn agree(connection: &mut Database, next: &Published) -> Result<Agreed, StoreError> {
    let _turn = match &mut *connection {
        Database::Sqlite(sqlite) => Turn::begin(sqlite)?,
        Database::Postgres(postgres) => {
            AnsiTransactionManager::begin_transaction(postgres)?;
            diesel::sql_query("SELECT pg_advisory_xact_lock(7303002)").execute(postgres)?;
            Turn::default()
        }
    };
    let agreed = within(connection, next);
    let end = |commit: bool, connection: &mut Database| match (connection, commit) {
        (Database::Sqlite(c), true) => AnsiTransactionManager::commit_transaction(c),
        (Database::Sqlite(c), false) => AnsiTransactionManager::rollback_transaction(c),
        (Database::Postgres(c), true) => AnsiTransactionManager::commit_transaction(c),
        (Database::Postgres(c), false) => AnsiTransactionManager::rollback_transaction(c),
    };
    end(matches!(agreed, Ok(Agreed::Yes { .. })), connection)?;
    agreed
}

fn within(connection: &mut Database, next: &Published) -> Result<Agreed, StoreError> {
    let before = last(connection)?;
    let clock_back = before.as_ref().map(|before| before.at - next.at);
    let clock_back = clock_back.filter(|back| *back > 0);
    match before {
        Some(before) if before.size >= next.size => {
            // A hub that is behind passes sizes that nobody wrote down; those that were must be the same.
            let known = of_size(connection, next.size)?;
            if let Some(known) = known.filter(|known| known.root != next.root) {
                return Ok(Agreed::Forked { root: known.root });
            }
        }
        before => {
            let at = next
                .at
                .max(before.as_ref().map_or(next.at, |before| before.at));
            let next = Published { at, ..next.clone() };
            diesel::insert_into(checkpoints::table)
                .values(&next)
                .execute(connection)?;
            if let Some(before) = before.filter(|before| before.at / SPACING == at / SPACING) {
                diesel::delete(checkpoints::table.find(before.size)).execute(connection)?;
            }
        }
    }
    Ok(Agreed::Yes { clock_back })
}
