//! One hub serves a destination at a time: on PostgreSQL a session's advisory lock says which, on SQLite there is
//! only one hub (its folder is locked).
//!
//! A killed hub's session ends with its connection, so another may take over at once; a session that is lost without
//! the hub noticing is caught by the epoch in `destinations`, which every write asks for.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{Database, StoreError, connect};

/// The first half of the lock's name: destinations.
const LOCKS: i32 = 7_303_016;

/// The right to serve one destination.
pub struct Throne {
    connection: Option<Database>,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

impl Throne {
    /// Takes the right, if no other hub has it.
    pub fn take(url: &str, ordinal: i64) -> Result<Option<Throne>, StoreError> {
        if !super::is_postgres(url) {
            return Ok(Some(Throne { connection: None }));
        }
        let mut connection = connect(url)?;
        let Database::Postgres(postgres) = &mut connection else {
            return Ok(Some(Throne { connection: None }));
        };
        let row: Taken = diesel::sql_query("SELECT pg_try_advisory_lock($1, $2) AS taken")
            .bind::<diesel::sql_types::Integer, _>(LOCKS)
            .bind::<diesel::sql_types::Integer, _>(ordinal as i32)
            .get_result(postgres)?;
        Ok(row.taken.then_some(Throne {
            connection: Some(connection),
        }))
    }

    /// Whether the session that holds the right is alive.
    pub fn holds(&mut self) -> bool {
        match &mut self.connection {
            Some(connection) => diesel::sql_query("SELECT 1").execute(connection).is_ok(),
            None => true,
        }
    }
}
