//! Publishes the log: takes committed leaves in order, integrates them into tiles, signs a checkpoint.
//!
//! A leaf gets its index in the transaction that commits it, so this is only a cursor: it can stop anywhere
//! and resumes from the checkpoint on disk. Ed25519 signs deterministically, so hubs that share a database
//! publish the same bytes.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::store::{Readers, StoreError, submissions};
use crate::tlog::{self, Entry, Log, Signer};

/// Leaves taken at once.
const BATCH: i64 = 8192;

/// The log could not be published.
#[derive(Debug, thiserror::Error)]
pub enum SequenceError {
    /// The folder of the log is wrong or cannot be written.
    #[error("the log cannot be published")]
    Log(#[from] tlog::Error),
    /// The leaves cannot be read.
    #[error("the leaves cannot be read")]
    Store(#[from] StoreError),
    /// The log holds what the database does not.
    #[error(
        "the published log holds {published} leaves, the database only {committed}: wrong database or lost rows"
    )]
    Ahead {
        /// Size of the published log.
        published: u64,
        /// Leaves in the database.
        committed: u64,
    },
}

/// Entries that the writer of this process committed and the log does not hold yet, from index `first` on: what is
/// here need not be read back. It is never more than a shortcut; the database is the truth.
#[derive(Debug, Default)]
struct Handed {
    first: u64,
    entries: Vec<Entry>,
}

impl Handed {
    fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Takes the entries from an index on, if the first of them is here.
    fn take(&mut self, index: u64) -> Vec<Entry> {
        let published = index
            .saturating_sub(self.first)
            .min(self.next() - self.first);
        self.entries.drain(..published as usize);
        self.first += published;
        if self.first == index {
            self.first = self.next();
            std::mem::take(&mut self.entries)
        } else {
            Vec::new()
        }
    }
}

/// A handle to the published log.
#[derive(Clone)]
pub struct LogHandle {
    log: Arc<Mutex<Log>>,
    handed: Arc<Mutex<Handed>>,
    readers: Readers,
    wake: Sender<()>,
    fault: Arc<Mutex<Option<String>>>,
}

impl LogHandle {
    /// Opens the log of a folder and catches up with the database.
    pub fn open(
        folder: &Path,
        origin: &str,
        signer: Signer,
        readers: Readers,
    ) -> Result<(LogHandle, Receiver<()>), SequenceError> {
        let log = Log::open(folder, origin, signer)?;
        let (wake, woken) = channel();
        let handle = LogHandle {
            log: Arc::new(Mutex::new(log)),
            handed: Arc::default(),
            readers,
            wake,
            fault: Arc::new(Mutex::new(None)),
        };
        handle.catch_up()?;
        Ok((handle, woken))
    }

    /// Starts the thread that publishes: soon after each commit, at most one checkpoint per interval.
    pub fn start(&self, woken: Receiver<()>, interval: Duration) -> std::io::Result<()> {
        let handle = self.clone();
        std::thread::Builder::new()
            .name("sequencer".to_owned())
            .spawn(move || handle.serve(&woken, interval))?;
        Ok(())
    }

    /// Says that entries were committed, of which the first has index `first`.
    pub fn committed(&self, first: u64, entries: Vec<Entry>) {
        let mut handed = self.handed.lock().unwrap_or_else(PoisonError::into_inner);
        // Another hub may have committed in between, or publishing may be in trouble: then the rows will be read.
        if handed.next() != first || handed.entries.len() > BATCH as usize {
            *handed = Handed {
                first,
                entries: Vec::new(),
            };
        }
        handed.entries.extend(entries);
        drop(handed);
        // The receiver is gone only when the process ends.
        let _ = self.wake.send(());
    }

    /// Why publishing stopped, if it did.
    pub fn fault(&self) -> Option<String> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The log, for reading.
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, woken: &Receiver<()>, interval: Duration) {
        loop {
            // Another hub on the same database commits without waking this one: look now and then.
            match woken.recv_timeout(Duration::from_secs(1)) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while woken.try_recv().is_ok() {}
            let started = std::time::Instant::now();
            let outcome = self.catch_up();
            let text = outcome.as_ref().err().map(|error| {
                tracing::error!(error = %error, cause = ?std::error::Error::source(error), "the log was not published");
                error.to_string()
            });
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = text;
            if matches!(outcome, Err(SequenceError::Ahead { .. })) {
                // Fatal: a log that disagrees with its database must not go on.
                return;
            }
            if let Some(rest) = interval.checked_sub(started.elapsed()) {
                std::thread::sleep(rest);
            }
        }
    }

    /// Integrates everything that is committed.
    pub fn catch_up(&self) -> Result<(), SequenceError> {
        loop {
            let first = self.log().size();
            let handed = self
                .handed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(first);
            if !handed.is_empty() {
                self.log().integrate(first, &handed)?;
                continue;
            }
            let mut connection = self.readers.take()?;
            // The last published leaf is read again: a database that lacks it is not the log's.
            let from = first.saturating_sub(1);
            let rows = submissions::leaves_from(&mut connection, from as i64, BATCH)?;
            drop(connection);
            if first > 0 && rows.first().is_none_or(|(index, _)| *index != from as i64) {
                return Err(SequenceError::Ahead {
                    published: first,
                    committed: rows.len() as u64,
                });
            }
            let leaves: Vec<Entry> = rows
                .into_iter()
                .filter(|(index, _)| *index >= first as i64)
                .map(|(_, body)| Entry::from(body))
                .collect();
            if leaves.is_empty() {
                return Ok(());
            }
            self.log().integrate(first, &leaves)?;
        }
    }
}
