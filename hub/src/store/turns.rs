//! Who writes next in SQLite. SQLite lets whoever asks first after a commit write, and makes the others ask again after
//! pauses of up to a tenth of a second: a writer that commits one group after the other shuts out everybody else, be it
//! the sequencer beside it or `hub close` in another process. So they queue.
//!
//! The queue is a courtesy and not what keeps the database right: where its files cannot be had, SQLite's own lock
//! stands alone.

use std::fs::File;
use std::io::ErrorKind;

use diesel::connection::AnsiTransactionManager;
use diesel::prelude::*;
use diesel::sql_types::Text;

/// Holds the place of the writer until it is dropped; the system lets go of it, too, when the process ends.
#[derive(Debug, Default)]
pub struct Turn {
    _held: Option<File>,
}

impl Turn {
    /// Begins a transaction that writes, when nobody else who queues is writing.
    pub fn begin(sqlite: &mut SqliteConnection) -> QueryResult<Turn> {
        let held = path(sqlite).and_then(|path| queue(&path));
        AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        Ok(Turn { _held: held })
    }
}

/// Waits for the turn. Only one waits for that; the others wait to be the next, he who has just written among them.
fn queue(path: &str) -> Option<File> {
    let _next = locked(&format!("{path}-next"))?;
    locked(&format!("{path}-turn"))
}

/// The file of a database; a database in memory has none, and nobody to share it with.
fn path(sqlite: &mut SqliteConnection) -> Option<String> {
    #[derive(QueryableByName)]
    struct Main {
        #[diesel(sql_type = Text)]
        file: String,
    }
    let asked = "SELECT file FROM pragma_database_list WHERE name = 'main'";
    let main: Main = diesel::sql_query(asked).get_result(sqlite).ok()?;
    (!main.file.is_empty()).then_some(main.file)
}

/// Waits for the lock of a file.
fn locked(path: &str) -> Option<File> {
    let mut options = File::options();
    let file = options.create(true).append(true).open(path).ok()?;
    loop {
        match file.lock() {
            Ok(()) => return Some(file),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use std::time::Duration;

    use crate::store::{self, StoreError, transaction};

    /// Commits of one who never pauses while another waits for its turn: at most the one under way and one before the
    /// other stood in the queue.
    #[test]
    fn who_commits_without_pause_shuts_nobody_out() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("hub.db").to_string_lossy().into_owned();
        let mut other = store::connect(&url)?;
        store::migrate(&mut other)?;
        let (commits, done) = (AtomicU32::new(0), AtomicBool::new(false));
        let restless = || -> Result<(), StoreError> {
            let mut connection = store::connect(&url)?;
            while !done.load(Ordering::Relaxed) {
                let transaction = transaction::begin(&mut connection)?;
                std::thread::sleep(Duration::from_millis(3));
                transaction.commit()?;
                commits.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        };
        let mut waited = Vec::new();
        let outcome = std::thread::scope(|scope| {
            let restless = scope.spawn(restless);
            let mut rounds = || -> Result<(), StoreError> {
                for _ in 0..21 {
                    let asked = commits.load(Ordering::Relaxed);
                    let turn = transaction::begin(&mut other)?;
                    waited.push(commits.load(Ordering::Relaxed) - asked);
                    turn.commit()?;
                    std::thread::sleep(Duration::from_millis(10));
                }
                Ok(())
            };
            let outcome = rounds();
            done.store(true, Ordering::Relaxed);
            assert!(matches!(restless.join(), Ok(Ok(()))), "the other goes on");
            outcome
        });
        outcome?;
        waited.sort_unstable();
        let median = waited.get(waited.len() / 2);
        assert!(median.is_some_and(|median| *median <= 2), "{waited:?}");
        Ok(())
    }
}
