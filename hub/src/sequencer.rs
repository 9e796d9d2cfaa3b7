//! Publishes the log: takes committed leaves in order, integrates them into tiles, signs a checkpoint.
//!
//! A leaf gets its index in the transaction that commits it, so this is only a cursor: it can stop anywhere
//! and resumes from the checkpoint on disk. Each checkpoint is written down in the database before it is published;
//! there hubs that share it would notice that they disagree, and an earlier run that the folder or the database was
//! put back. Signatures are deterministic, so that such hubs publish the same bytes.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::leaf;
use crate::pipeline::Instant;
use crate::store::checkpoints::{self, Agreed, Published};
use crate::store::transaction::begin;
use crate::store::{Database, Readers, StoreError, submissions};
use crate::tlog::hash::hex;
use crate::tlog::storage::{Content, WITNESSED};
use crate::tlog::{self, Entry, Keys as _, Log, Note, Proof, Seals};

/// Leaves taken at once.
const BATCH: i64 = 8192;

/// How far the clock may stand back before it is noted, in milliseconds: time servers correct by less.
const TOLERANCE: i64 = 2_000;

/// The log could not be published.
#[derive(Debug, thiserror::Error)]
pub enum SequenceError {
    /// The folder of the log is wrong or cannot be written.
    #[error("the log cannot be published")]
    Log(#[from] tlog::Error),
    /// The leaves cannot be read.
    #[error("the leaves cannot be read")]
    Store(#[from] StoreError),
    /// The folder does not hold what was published.
    #[error(
        "the log in the folder has root {found} at size {size}, but {published} was published: the folder or the \
         database was put back, changed, or belongs to another hub"
    )]
    Forked {
        /// Size of the log.
        size: u64,
        /// Root of the folder, hexadecimal.
        found: String,
        /// Root that was published, hexadecimal.
        published: String,
    },
    /// What is to be logged is no leaf.
    #[error("this cannot be logged")]
    Leaf(#[from] leaf::LeafError),
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
    /// The clock stood before the last checkpoint when it was looked at last.
    clock_back: Arc<AtomicBool>,
    /// The newest checkpoint that enough witnesses cosigned: its size, and the signed note.
    witnessed: Arc<Mutex<Option<(u64, String)>>>,
    /// Who is told of each new checkpoint.
    followers: Arc<Mutex<Vec<Sender<()>>>>,
}

impl LogHandle {
    /// Opens the log of a folder and catches up with the database.
    pub fn open(
        folder: &Path,
        origin: &str,
        seals: Seals,
        readers: Readers,
    ) -> Result<(LogHandle, Receiver<()>), SequenceError> {
        let log = Log::open(folder, origin, seals)?;
        let (wake, woken) = channel();
        let handle = LogHandle {
            log: Arc::new(Mutex::new(log)),
            handed: Arc::default(),
            readers,
            wake,
            fault: Arc::new(Mutex::new(None)),
            clock_back: Arc::default(),
            witnessed: Arc::default(),
            followers: Arc::default(),
        };
        handle.check_published()?;
        handle.read_witnessed()?;
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

    /// Tells of each new checkpoint.
    pub fn followed(&self) -> Receiver<()> {
        let (tell, told) = channel();
        let mut followers = self
            .followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        followers.push(tell);
        told
    }

    /// Whether the clock stands before the last published checkpoint.
    pub fn clock_back(&self) -> bool {
        self.clock_back.load(Ordering::Relaxed)
    }

    /// Signs the published checkpoint with other keys, which a leaf of it announced.
    pub fn reseal(&self, seals: Seals) -> Result<(), SequenceError> {
        Ok(self.log().reseal(seals)?)
    }

    /// Keeps a checkpoint that enough witnesses cosigned, and shows the cosignatures where it is still the newest.
    pub fn witnessed_by(&self, size: u64, note: &Note) -> Result<(), SequenceError> {
        let mut log = self.log();
        let kept = Content {
            path: WITNESSED.to_owned(),
            bytes: note.to_string().into_bytes(),
        };
        log.storage().write(&[kept])?;
        log.cosigned(note)?;
        drop(log);
        let mut witnessed = self
            .witnessed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *witnessed = Some((size, note.to_string()));
        Ok(())
    }

    /// The proof of a leaf: under the newest checkpoint that enough witnesses cosigned, if that covers it.
    pub fn proof(&self, index: u64) -> Result<Proof, SequenceError> {
        let witnessed = self
            .witnessed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let witnessed = witnessed.clone().filter(|(size, _)| index < *size);
        let log = self.log();
        Ok(match witnessed {
            Some((size, note)) => log.proof_under(index, size, &note)?,
            None => log.proof(index)?,
        })
    }

    fn read_witnessed(&self) -> Result<(), SequenceError> {
        let log = self.log();
        let Some(bytes) = log.storage().read_witnessed()? else {
            return Ok(());
        };
        // What cannot be opened by the keys of this log is of no use, and comes again.
        if let Ok(checkpoint) = log.ring().open(&bytes)
            && checkpoint.size <= log.size()
        {
            let note = String::from_utf8_lossy(&bytes).into_owned();
            let mut witnessed = self
                .witnessed
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *witnessed = Some((checkpoint.size, note));
        }
        Ok(())
    }

    /// The folder is what the database says was published: not older, not newer, not another log.
    fn check_published(&self) -> Result<(), SequenceError> {
        let mut connection = self.readers.take()?;
        let Some(last) = checkpoints::last(&mut connection)? else {
            return Ok(());
        };
        let log = self.log();
        let size = log.size();
        let published = checkpoints::of_size(&mut connection, size as i64)?;
        let (found, published) = match published {
            Some(published) => (log.root(), published),
            // Behind: the entries will be integrated again, and come to the same root, or not.
            None if size < last.size as u64 => return Ok(()),
            None => (log.root_at(last.size as u64)?, last),
        };
        if found.as_bytes().as_slice() != published.root || published.size as u64 != size {
            return Err(SequenceError::Forked {
                size: published.size as u64,
                found: found.to_hex(),
                published: hex(&published.root),
            });
        }
        Ok(())
    }

    /// Publishes entries, the first of which has index `first`: written down in the database first.
    fn publish(&self, first: u64, entries: &[Entry]) -> Result<(), SequenceError> {
        let mut connection = self.readers.take()?;
        // Another hub may be ahead: its checkpoint is one to come to exactly.
        let ahead = checkpoints::last(&mut connection)?.map_or(0, |last| last.size as u64);
        let most = ahead.checked_sub(first).filter(|most| *most > 0);
        let count = most.map_or(entries.len(), |most| entries.len().min(most as usize));
        let entries = entries.get(..count).unwrap_or_default();
        let step = self.log().prepare(first, entries)?;
        let now = Instant::now();
        let next = Published {
            size: step.checkpoint().size as i64,
            root: step.checkpoint().root.as_bytes().to_vec(),
            at: now.millis,
            note: step.signed().to_owned(),
        };
        // The log can be read meanwhile: a large commit of somebody else may have to be waited for.
        match checkpoints::agree(&mut connection, &next)? {
            Agreed::Forked { root } => {
                return Err(SequenceError::Forked {
                    size: next.size as u64,
                    found: hex(&next.root),
                    published: hex(&root),
                });
            }
            Agreed::Yes { clock_back } => {
                self.log().publish(step)?;
                self.notice_clock(&mut connection, clock_back, now)?;
            }
        }
        let mut followers = self
            .followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        followers.retain(|follower| follower.send(()).is_ok());
        Ok(())
    }

    /// Notes in the log, once each time, that the clock went back: what is dated around it is to be read with care.
    fn notice_clock(
        &self,
        connection: &mut Database,
        back: Option<i64>,
        now: Instant,
    ) -> Result<(), SequenceError> {
        let back = back.filter(|back| *back > TOLERANCE);
        if self.clock_back.swap(back.is_some(), Ordering::Relaxed) {
            return Ok(());
        }
        let Some(back) = back else { return Ok(()) };
        tracing::error!(
            milliseconds = back,
            "the clock stands before the last checkpoint: 系统时钟倒退，请校时"
        );
        let leaf = leaf::encode(&leaf::Operator {
            action: leaf::operator::Action::ClockMoved,
            by: "hub".to_owned(),
            about: "clock".to_owned(),
            facts: [("back_ms".to_owned(), back.to_string())].into(),
            at: now.text(),
        })?;
        let mut transaction = begin(connection)?;
        transaction.append_leaf(leaf)?;
        transaction.commit()?;
        Ok(())
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
            if matches!(
                outcome,
                Err(SequenceError::Ahead { .. } | SequenceError::Forked { .. })
            ) {
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
                self.publish(first, &handed)?;
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
            self.publish(first, &leaves)?;
        }
    }
}
