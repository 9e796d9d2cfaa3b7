//! The thread that closes each day that has ended, at a set time of the next, in China; and looks again at the days
//! before whose books were open. A day that was missed is closed at the next start.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::document::{Document, Party};
use super::making::{self, CloseError, Closer};
use super::national::Asker;
use crate::app::App;
use crate::config::Config;
use crate::delivery::platform::PlatformKeys;
use crate::pipeline::Instant;
use crate::store::access::{self, Role};
use crate::store::{Database, closes, days};

/// How often the clock is looked at.
const PAUSE: Duration = Duration::from_secs(20);
/// Days that are looked at again.
const BACK: i64 = 31;

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
pub fn closer(app: &App, connection: &mut Database) -> anyhow::Result<Closer> {
    Ok(Closer {
        spec: app.spec,
        edition: app.config.spec.edition.clone(),
        national_edition: app.config.national.edition.clone(),
        origin: app.config.log.origin.clone(),
        seals: app.log_keys.seals()?,
        asker: asker(&app.config)?,
        sources: sources(connection)?,
    })
}

/// Who asks the national platform; none where there is no address of one.
/// Where its keys are configured, its answers must be signed.
pub fn asker(config: &Config) -> Result<Option<Asker>, crate::tlog::Error> {
    let national = &config.national;
    if national.url.is_empty() {
        return Ok(None);
    }
    let keys = PlatformKeys::parse(&national.keys)?;
    let timeout = Duration::from_millis(national.timeout_ms);
    Ok(Some(Asker::new(&national.url, keys, timeout)))
}

/// Sources that have a key: they have books also on a day on which they sent nothing.
pub fn sources(connection: &mut Database) -> Result<Vec<String>, crate::store::StoreError> {
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
    let closer = closer(app, &mut connection)?;
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
    let mut due = Vec::new();
    let mut missed = false;
    for date in days::before(&mut connection, &today, BACK)? {
        let last = closes::latest(&mut connection, &date, &Party::Hub.to_string())?;
        match last {
            None => {
                missed = true;
                due.push(date);
            }
            // Closed before it was over.
            Some(row) if !serde_json::from_str::<Document>(&row.document)?.ended => {
                missed = true;
                due.push(date);
            }
            Some(row) if row.open > 0 => due.push(date),
            Some(_) => {}
        }
    }
    drop(connection);
    // Days that are open are looked at once a day, together with the one that is new.
    if !missed {
        return Ok(());
    }
    for date in due.iter().rev() {
        let new = close(app, date)?;
        tracing::info!(date, new, "the day was closed");
    }
    Ok(())
}
