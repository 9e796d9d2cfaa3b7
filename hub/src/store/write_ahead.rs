//! SQLite's write-ahead log: how a connection comes to it, and how it is emptied.

use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection as _;
use diesel::result::{Error, QueryResult};

use super::{Database, StoreError};

/// How long a connection waits for another program's lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two attempts to bring a fresh database to its write-ahead log.
const PAUSE: Duration = Duration::from_millis(5);

/// Prepares a fresh connection: what is durable, how long it waits.
pub(super) fn prepare(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let patience = PATIENCE.as_millis();
    sqlite.batch_execute(&format!("PRAGMA busy_timeout = {patience}"))?;
    enter(sqlite)?;
    // FULL: a commit is on disk when it returns, also at power loss. Receipts rest on this.
    sqlite.batch_execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; \
         PRAGMA wal_autocheckpoint = 40000;",
    )
}

/// Brings the database to its write-ahead log. Of connections that meet on a fresh file SQLite lets one do so and
/// refuses the others at once, whatever their `busy_timeout`: each reads first and would then write, where two that
/// waited would wait for each other. So they ask again.
fn enter(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    let began = Instant::now();
    loop {
        match sqlite.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_locked(&error) && began.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// Whether SQLite said `SQLITE_BUSY`, whose code diesel does not hand on.
fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, what) if what.message() == "database is locked")
}

/// Moves committed pages from SQLite's write-ahead log into its file, as far as readers permit. Run beside the
/// writer, so that no commit pays for it; the automatic one is only a bound on the log's size.
pub fn checkpoint(connection: &mut Database) -> Result<(), StoreError> {
    if let Database::Sqlite(sqlite) = connection {
        sqlite.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use crate::store;

    #[test]
    fn connections_that_meet_on_a_fresh_file_all_open_it() -> std::io::Result<()> {
        const MEETING: usize = 6;
        let folder = tempfile::tempdir()?;
        for round in 0..60 {
            let path = folder.path().join(format!("{round}.db"));
            let url = path.to_string_lossy();
            let barrier = Barrier::new(MEETING);
            let open = || {
                barrier.wait();
                store::connect(&url).map(|_| ())
            };
            std::thread::scope(|scope| {
                let opening: Vec<_> = (0..MEETING).map(|_| scope.spawn(open)).collect();
                for one in opening {
                    let outcome = one.join();
                    assert!(matches!(outcome, Ok(Ok(()))), "round {round}: {outcome:?}");
                }
            });
        }
        Ok(())
    }
}
