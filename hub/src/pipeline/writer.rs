//! The one writer: gathers jobs, commits them in groups, answers after the commit.
//!
//! Concurrent senders share a transaction, and with it one flush to disk. A job sees what the jobs before
//! it in the same group wrote. A job that fails as a whole (database lost, disk full) fails the group:
//! nobody is answered with success for what is not on disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::time::Duration;

use super::seal::Seal;
use crate::store::transaction::begin;
use crate::store::{self, Database, StoreError};
use crate::tlog::{Entry, Span};

pub use crate::store::transaction::{Numbers, Transaction};

/// Most jobs in one commit: bounds how long a group can take.
const GROUP: usize = 256;

/// A group of more jobs than this means that many send at once.
const CROWD: usize = 4;

/// Why a job is refused that finds the queue full.
const BUSY: &str = "too many jobs are waiting";

/// How long a group may gather then; a fraction of what a flush to disk costs.
const GATHER: Duration = Duration::from_millis(1);

type Job = Box<dyn FnOnce(Result<&mut Transaction<'_>, &str>) -> Result<Answer, StoreError> + Send>;
/// A job in the queue.
struct Queued {
    job: Job,
    /// It takes long, or may give itself up: it has a transaction of its own.
    alone: bool,
}
/// Sends the answer once the outcome of the commit is known.
type Answer = Box<dyn FnOnce(Result<&Arc<Seal>, &str>) + Send>;
/// Is told of each commit: the index of the first entry that it appended to the log, and these.
type Committed<'c> = dyn Fn(u64, Vec<Entry>) + 'c;

/// Figures of the writer, for metrics and the bench.
#[derive(Debug, Default)]
pub struct Figures {
    /// Commits made.
    pub commits: AtomicU64,
    /// Jobs committed.
    pub jobs: AtomicU64,
}

/// A handle to the writer.
#[derive(Clone)]
pub struct Writer {
    queue: SyncSender<Queued>,
    /// Figures since start.
    pub figures: Arc<Figures>,
}

/// The job was not committed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The queue is full.
    #[error("too many jobs are waiting")]
    Busy,
    /// The commit failed; nothing of the job was kept.
    #[error("{0}")]
    Failed(String),
}

impl Writer {
    /// Starts the writer's thread. `committed` is told of each commit, before its jobs are answered.
    pub fn start(
        url: &str,
        committed: impl Fn(u64, Vec<Entry>) + Send + 'static,
    ) -> Result<Writer, StoreError> {
        let connection = store::connect(url)?;
        let (queue, jobs) = sync_channel(4096);
        let (tidy, commits) = channel();
        let figures = Arc::new(Figures::default());
        let writer = Writer {
            queue,
            figures: Arc::clone(&figures),
        };
        let mut thread = Thread {
            url: url.to_owned(),
            connection: Some(connection),
            figures,
        };
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                thread.serve(&jobs, &|first, entries| {
                    committed(first, entries);
                    // The receiver is gone only when the process ends.
                    let _ = tidy.send(());
                });
            })
            .map_err(|error| StoreError::Connect(Box::new(error)))?;
        let mut beside = store::connect(url)?;
        if matches!(beside, Database::Sqlite(_)) {
            std::thread::Builder::new()
                .name("checkpointer".to_owned())
                .spawn(move || checkpoint(&mut beside, &commits))
                .map_err(|error| StoreError::Connect(Box::new(error)))?;
        }
        Ok(writer)
    }

    /// Queues a job; `done` is called with its result and the commit's seal after the commit, or with why nothing
    /// was kept.
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<(T, Arc<Seal>), WriteError>) + Send + 'static,
    ) {
        self.queue(job, done, false);
    }

    /// The same for a job that takes long, or may give itself up: nobody shares its transaction.
    pub fn submit_alone<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<(T, Arc<Seal>), WriteError>) + Send + 'static,
    ) {
        self.queue(job, done, true);
    }

    fn queue<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<(T, Arc<Seal>), WriteError>) + Send + 'static,
        alone: bool,
    ) {
        let boxed: Job = Box::new(move |transaction| match transaction {
            Err(why) => {
                done(Err(if why == BUSY {
                    WriteError::Busy
                } else {
                    WriteError::Failed(why.to_owned())
                }));
                Ok(Box::new(|_| ()))
            }
            Ok(transaction) => match job(transaction) {
                Ok(value) => Ok(Box::new(move |outcome: Result<&Arc<Seal>, &str>| {
                    done(
                        outcome
                            .map(|seal| (value, Arc::clone(seal)))
                            .map_err(|why| WriteError::Failed(why.to_owned())),
                    );
                })),
                Err(error) => {
                    done(Err(WriteError::Failed(error.to_string())));
                    Err(error)
                }
            },
        });
        let queued = Queued { job: boxed, alone };
        if let Err(TrySendError::Full(queued) | TrySendError::Disconnected(queued)) =
            self.queue.try_send(queued)
        {
            drop((queued.job)(Err(BUSY)));
        }
    }

    /// Runs a job and waits for its commit. Not for async code.
    pub fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (send, receive) = sync_channel(1);
        self.submit(job, move |result| {
            drop(send.send(result.map(|(value, _)| value)));
        });
        receive
            .recv()
            .unwrap_or_else(|_| Err(WriteError::Failed("the writer has stopped".to_owned())))
    }
}

/// Commits after which pages are moved into the database file.
const COMMITS: usize = 64;

/// Moves committed pages into the database file, beside the writer.
fn checkpoint(connection: &mut Database, commits: &Receiver<()>) {
    while commits.recv().is_ok() {
        for _ in 1..COMMITS {
            // A pause is a good moment too.
            if commits.recv_timeout(Duration::from_secs(1)).is_err() {
                break;
            }
        }
        if let Err(error) = store::checkpoint(connection) {
            tracing::warn!(%error, "the write-ahead log was not checkpointed");
        }
    }
}

struct Thread {
    url: String,
    connection: Option<Database>,
    figures: Arc<Figures>,
}

impl Thread {
    fn serve(&mut self, jobs: &Receiver<Queued>, committed: &Committed<'_>) {
        let mut crowd = 0;
        let mut held = None;
        while let Some(first) = held.take().or_else(|| jobs.recv().ok()) {
            if first.alone {
                self.commit(vec![first.job], committed);
                continue;
            }
            // Where many send at once, a short sleep lets more of them share the flush; who sends alone never waits.
            // Waiting for each job in turn would wake this thread once a job.
            if crowd > CROWD {
                std::thread::sleep(GATHER);
            }
            let mut group = vec![first.job];
            while group.len() < GROUP
                && held.is_none()
                && let Ok(next) = jobs.try_recv()
            {
                if next.alone {
                    held = Some(next);
                } else {
                    group.push(next.job);
                }
            }
            crowd = group.len();
            self.commit(group, committed);
        }
    }

    fn commit(&mut self, group: Vec<Job>, committed: &Committed<'_>) {
        let mut jobs = group.into_iter();
        let mut answers = Vec::new();
        let outcome = self.attempt(&mut jobs, &mut answers);
        let sealed = match outcome {
            Ok((first, entries)) => {
                self.figures.commits.fetch_add(1, Ordering::Relaxed);
                self.figures
                    .jobs
                    .fetch_add(answers.len() as u64, Ordering::Relaxed);
                let hashes = entries.iter().map(|entry| entry.hash).collect();
                committed(first, entries);
                Ok(Arc::new(Seal::new(Span::new(first, hashes))))
            }
            Err(error) => {
                tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "commit failed");
                // A connection that failed may be lost; the next group opens another.
                self.connection = None;
                Err(error.to_string())
            }
        };
        for answer in answers {
            answer(sealed.as_ref().map_err(String::as_str));
        }
        let text = sealed.err();
        for job in jobs {
            drop(job(Err(text
                .as_deref()
                .unwrap_or("the group was not committed"))));
        }
    }

    fn attempt(
        &mut self,
        jobs: &mut std::vec::IntoIter<Job>,
        answers: &mut Vec<Answer>,
    ) -> Result<(u64, Vec<Entry>), StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(store::connect(&self.url)?),
        };
        let mut transaction = begin(connection)?;
        for job in jobs {
            answers.push(job(Ok(&mut transaction))?);
        }
        let (first, entries) = transaction.commit()?;
        Ok((first as u64, entries))
    }
}
