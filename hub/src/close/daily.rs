//! The thread that closes each day that has ended, at a set time of the next, in China; and looks again at the days
//! before whose books were open. A day that was missed is closed at the next start.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use spec::Spec;

use super::asker::Asker;
use super::document::{Books, Document, Party};
use super::making::{self, CloseError, Closer};
use crate::app::{self, App};
use crate::config::Config;
use crate::delivery::service;
use crate::pipeline::Instant;
use crate::sources::Sources;
use crate::store::access::{self, Role};
use crate::store::{Database, StoreError, closes, contradictions, days, replays};
use crate::tlog::Seals;

/// How often the clock is looked at.
const PAUSE: Duration = Duration::from_secs(20);
/// Days that are looked at again.
const BACK: i64 = 31;
/// Of these, days of which a platform is asked again that did not answer: a long week-end. Some never will.
const ASKED_AGAIN: usize = 4;

/// A running thread. Dropping it stops it.
pub struct Daily {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Daily {
    /// Starts it, unless the configuration names no time of day.
    pub fn start(app: Arc<App>) -> std::io::Result<Option<Daily>> {
        let Some(at) = app.config.close.time() else {
            return Ok(None);
        };
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new()
            .name("daily close".to_owned())
            .spawn(move || {
                loop {
                    if let Err(error) = once(&app, at, Instant::now()) {
                        tracing::error!(%error, "the day was not closed; trying again later");
                    }
                    match stopped.recv_timeout(PAUSE) {
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                    }
                }
            })?;
        Ok(Some(Daily {
            stop: Some(stop),
            thread: Some(thread),
        }))
    }
}

impl Drop for Daily {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// What makes closes for a hub.
pub fn closer(
    config: &Config,
    specification: &'static Spec,
    known: &Sources,
    seals: Seals,
    connection: &mut Database,
) -> anyhow::Result<Closer> {
    let platforms = service::platforms(config, specification, known)?;
    Ok(Closer {
        spec: specification,
        edition: config.spec.edition.clone(),
        origin: config.log.origin.clone(),
        seals,
        platforms: platforms.into_iter().map(Asker::from).collect(),
        sources: sources(connection)?,
        folder: app::spool_folder(config),
    })
}

/// Sources that have a key: they have books also on a day on which they sent nothing.
pub fn sources(connection: &mut Database) -> Result<Vec<String>, StoreError> {
    let keys = access::list(connection)?.into_iter();
    let keys = keys.filter(|key| key.role == Role::Source && key.retired_at.is_none());
    let mut names: Vec<String> = keys.map(|key| key.name).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Closes a day in a serving hub; how many closes are new.
pub fn close(app: &App, date: &str) -> anyhow::Result<usize> {
    let mut connection = app.readers.take()?;
    let seals = app.log_keys.seals()?;
    let closer = closer(&app.config, app.spec, &app.sources, seals, &mut connection)?;
    let drafts = closer.draft(&mut connection, date)?;
    drop(connection);
    let new = drafts.0.len();
    if new == 0 {
        return Ok(0);
    }
    let first = app
        .writer
        .run(move |transaction| making::commit(transaction, &drafts))
        .map_err(|error| CloseError::Commit(error.to_string()))?;
    Ok(if first { new } else { 0 })
}

/// Closes what is due, the oldest day first.
fn once(app: &App, at: jiff::civil::Time, now: Instant) -> anyhow::Result<()> {
    if now.civil.time() < at {
        return Ok(());
    }
    let today = now.civil.date().to_string();
    let mut connection = app.readers.take()?;
    let due = due(&mut connection, &today)?;
    drop(connection);
    for date in due.iter().rev() {
        let new = close(app, date)?;
        tracing::info!(date, new, "the day was closed");
    }
    Ok(())
}

/// The days to be closed now, the newest first: with a day that has no close of its end, all before it that may say
/// something new. Days that are open are looked at once a day, together with the one that is new.
fn due(connection: &mut Database, today: &str) -> anyhow::Result<Vec<String>> {
    let mut due = Vec::new();
    let mut missed = false;
    for (back, date) in days::before(connection, today, BACK)?
        .into_iter()
        .enumerate()
    {
        let last = closes::latest(connection, &date, &Party::Hub.to_string())?;
        let ended = match &last {
            None => false,
            Some(row) => serde_json::from_str::<Document>(&row.document)?.ended,
        };
        missed |= !ended;
        let moved = match &last {
            Some(row) if ended => {
                row.open > 0
                    || moved_since(connection, &date, row.at)?
                    || back < ASKED_AGAIN && was_silent(connection, &date)?
            }
            // Never closed, or before it was over.
            _ => true,
        };
        if moved {
            due.push(date);
        }
    }
    Ok(if missed { due } else { Vec::new() })
}

/// Whether a platform has yet to be compared with: it did not answer when the day was closed.
fn was_silent(connection: &mut Database, date: &str) -> anyhow::Result<bool> {
    let mut silent = BTreeMap::new();
    for row in closes::of_day(connection, date)? {
        if row.party.starts_with("destination/") {
            let document: Document = serde_json::from_str(&row.document)?;
            let waits = match &document.books {
                Books::Destination(books) => {
                    books.platform.as_ref().is_some_and(|one| !one.compared())
                }
                Books::Source(_) | Books::Hub(_) => false,
            };
            silent.insert(row.party, waits);
        }
    }
    Ok(silent.into_values().any(|waits| waits))
}

/// Whether something of a settled day was sent again, or contradicted, since an instant.
fn moved_since(connection: &mut Database, date: &str, at: i64) -> Result<bool, StoreError> {
    let Some(span) = days::span(connection, date)? else {
        return Ok(false);
    };
    let contradicted = contradictions::last_at(connection, &span)?;
    Ok(contradicted.is_some_and(|last| last >= at)
        || replays::went_on_since(connection, at, span.from.delivery)?)
}
