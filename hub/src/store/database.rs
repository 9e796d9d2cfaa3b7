//! One connection type over both engines.

use diesel::{PgConnection, SqliteConnection};

/// Runs a statement on the engine's own connection. Through [`Database`] every statement would be built and
/// prepared anew; this way it stays prepared, which is most of the cost of a small one.
macro_rules! on {
    ($connection:expr, $own:ident => $statement:expr) => {
        match $connection {
            $crate::store::Database::Sqlite($own) => $statement,
            $crate::store::Database::Postgres($own) => $statement,
        }
    };
}
pub(super) use on;

/// A connection to either engine.
#[derive(diesel::MultiConnection)]
pub enum Database {
    /// Embedded.
    Sqlite(SqliteConnection),
    /// Production.
    Postgres(PgConnection),
}
