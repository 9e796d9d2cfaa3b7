//! One connection type over both engines.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either engine.
#[derive(diesel::MultiConnection)]
pub enum Database {
    /// Embedded.
    Sqlite(SqliteConnection),
    /// Production.
    Postgres(PgConnection),
}
