//! The database: one code path over SQLite (embedded) and PostgreSQL (production).
//!
//! Nothing outside this module knows diesel. One file per table family. There is one writer
//! ([`crate::pipeline::writer`]); readers take a connection from the pool.

pub mod access;
mod among;
pub mod attachments;
pub mod backlog;
pub mod batches;
pub mod body;
pub mod books;
pub mod checkpoints;
pub mod closes;
pub mod commitments;
pub mod contradictions;
mod database;
pub mod days;
pub mod deliveries;
pub mod destinations;
pub mod erasures;
pub mod exchange;
pub mod forwarded;
pub mod history;
pub mod insert;
pub mod lookup_keys;
pub mod masters;
pub mod onboarding;
pub mod outbox;
pub mod outcome_parts;
pub mod owing;
pub mod packet_bytes;
pub mod packets;
pub mod past;
pub mod progress;
pub mod pull;
pub mod records;
pub mod refusals;
pub mod refused;
pub mod replays;
pub mod replies;
pub mod schema;
pub mod sealed;
pub mod sequence;
pub mod settled;
pub mod signers;
pub mod standing;
pub mod submissions;
pub mod throne;
pub mod totals;
pub mod transaction;
pub mod trouble;
mod turns;
pub mod waiting;
pub mod ways;
mod words;
mod write_ahead;

pub use database::Database;
use database::on;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool, PooledConnection, R2D2Connection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
pub use write_ahead::checkpoint;

/// The destination that every hub has: the national platform.
pub const NATIONAL: &str = "national";

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached.
    #[error("the database cannot be reached")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A statement failed.
    #[error("a database statement failed")]
    Query(#[from] diesel::result::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date: {0}")]
    Migrate(String),
    /// What was to be logged is no leaf.
    #[error("the log cannot take this")]
    Leaf(#[from] crate::leaf::LeafError),
    /// A job gave itself up, before anything of it was kept.
    #[error("given up: {0}")]
    Abandoned(String),
    /// What is stored contradicts itself.
    #[error("the store is damaged at {place}: {what}")]
    Damaged {
        /// Table and row.
        place: String,
        /// What is wrong there.
        what: String,
    },
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        StoreError::Connect(Box::new(error))
    }
}

impl From<diesel::r2d2::PoolError> for StoreError {
    fn from(error: diesel::r2d2::PoolError) -> Self {
        StoreError::Connect(Box::new(error))
    }
}

/// Whether a URL names PostgreSQL; anything else is a path to an SQLite file.
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// The URL of a schema beside the others in a PostgreSQL database, which is made when it is not there.
pub fn schema_beside(url: &str, schema: &str) -> Result<String, StoreError> {
    let mut connection = connect(url)?;
    diesel::sql_query(format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))
        .execute(&mut connection)?;
    let between = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{between}options=-csearch_path%3D{schema}"))
}

/// Opens one connection.
pub fn connect(url: &str) -> Result<Database, StoreError> {
    if is_postgres(url) {
        return Ok(Database::Postgres(PgConnection::establish(url)?));
    }
    let mut sqlite = SqliteConnection::establish(url)?;
    write_ahead::prepare(&mut sqlite)?;
    Ok(Database::Sqlite(sqlite))
}

/// Brings the schema up to date, all of it or nothing. Of programs that start together on one database, one does so
/// and the others wait for it. Where nothing is to do, nobody waits for the writer.
pub fn migrate(connection: &mut Database) -> Result<(), StoreError> {
    let outcome = match connection {
        Database::Sqlite(sqlite) => sqlite_migrations(sqlite),
        Database::Postgres(postgres) => postgres.transaction(|postgres| {
            diesel::sql_query("SELECT pg_advisory_xact_lock(7303002)").execute(postgres)?;
            postgres.run_pending_migrations(POSTGRES).map(|_| ())
        }),
    };
    outcome.map_err(|error| StoreError::Migrate(error.to_string()))
}

fn sqlite_migrations(
    sqlite: &mut SqliteConnection,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if sqlite.has_pending_migration(SQLITE)? {
        // Asked again under the lock: meanwhile another program may have done it.
        sqlite.immediate_transaction(|sqlite| sqlite.run_pending_migrations(SQLITE).map(|_| ()))?;
    }
    Ok(())
}

/// Makes connections for the pool.
#[derive(Debug)]
pub struct Manager {
    url: String,
}

impl ManageConnection for Manager {
    type Connection = Database;
    type Error = StoreError;

    fn connect(&self) -> Result<Database, StoreError> {
        connect(&self.url)
    }

    fn is_valid(&self, connection: &mut Database) -> Result<(), StoreError> {
        // A server may have gone since; a file has not.
        if let Database::Postgres(postgres) = connection {
            diesel::sql_query("SELECT 1").execute(postgres)?;
        }
        Ok(())
    }

    fn has_broken(&self, connection: &mut Database) -> bool {
        match connection {
            Database::Sqlite(sqlite) => sqlite.is_broken(),
            Database::Postgres(postgres) => postgres.is_broken(),
        }
    }
}

/// Connections for readers and for the delivery loops.
#[derive(Clone)]
pub struct Readers {
    pool: Pool<Manager>,
}

impl Readers {
    /// Opens a pool of at most `size` connections.
    pub fn open(url: &str, size: u32) -> Result<Self, StoreError> {
        let manager = Manager {
            url: url.to_owned(),
        };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(std::time::Duration::from_secs(5))
            .test_on_check_out(is_postgres(url))
            .build(manager)?;
        Ok(Readers { pool })
    }

    /// Takes a connection.
    pub fn take(&self) -> Result<PooledConnection<Manager>, StoreError> {
        Ok(self.pool.get()?)
    }
}

/// How a verdict is stored.
pub const fn verdict_number(verdict: spec::Verdict) -> i32 {
    match verdict {
        spec::Verdict::Accepted => 0,
        spec::Verdict::AcceptedWithWarnings => 1,
        spec::Verdict::Parked => 2,
        spec::Verdict::Duplicate => 3,
        spec::Verdict::Rejected => 4,
    }
}
