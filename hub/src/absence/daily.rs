//! The thread that commits to every day that has ended, in China.
//!
//! A day without a commitment is caught up with at the next start, as of its end. Before the first submission there is
//! nothing to commit to. Hubs that share a database may both commit to a day; either commitment is good.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::commit;
use crate::app::App;
use crate::error::Error;
use crate::pipeline::Instant;
use crate::store::commitments;

const DAY_MS: i64 = 86_400_000;
/// Offset of the clock in China.
const CHINA_MS: i64 = 8 * 3_600_000;
/// How long after midnight what was received before may still be on its way into the store.
const SETTLE_MS: i64 = 120_000;
/// How often the clock is looked at.
const PAUSE: Duration = Duration::from_secs(30);

/// A running thread. Dropping it stops it.
pub struct Daily {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Daily {
    /// Starts it.
    pub fn start(app: Arc<App>) -> std::io::Result<Daily> {
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new()
            .name("daily commitment".to_owned())
            .spawn(move || {
                loop {
                    if let Err(error) = once(&app, Instant::now().millis) {
                        tracing::error!(%error, "the day was not committed to; trying again later");
                    }
                    match stopped.recv_timeout(PAUSE) {
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                    }
                }
            })?;
        Ok(Daily {
            stop: Some(stop),
            thread: Some(thread),
        })
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

/// The end of the last day in China that can be committed to at an instant.
fn last_end(now: i64) -> i64 {
    let local = now - SETTLE_MS + CHINA_MS;
    local - local.rem_euclid(DAY_MS) - CHINA_MS
}

fn once(app: &App, now: i64) -> Result<(), Error> {
    let until = last_end(now);
    let mut connection = app.readers.take()?;
    let done = commitments::latest(&mut connection, i64::MAX)?;
    let first = commitments::first_received(&mut connection)?;
    let (Some(first), false) = (first, done.is_some_and(|row| row.until >= until)) else {
        return Ok(());
    };
    if first >= until {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Error::Internal(error.to_string()))?;
    let ready = runtime.block_on(commit::prepare(&mut connection, app.spec, &app.raw, until))?;
    let place = app
        .writer
        .run(move |transaction| commit::write(transaction, ready))
        .map_err(|error| Error::NotKept(error.to_string()))?;
    tracing::info!(leaf = place, "the day was committed to");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::last_end;

    #[test]
    fn a_day_ends_at_midnight_in_china_and_two_minutes_are_waited() {
        let at = |text: &str| {
            let instant: Result<jiff::Timestamp, _> = text.parse();
            instant.map_or(0, jiff::Timestamp::as_millisecond)
        };
        let midnight = at("2026-11-22T00:00:00+08:00");
        assert_eq!(last_end(at("2026-11-22T00:02:00+08:00")), midnight);
        assert_eq!(last_end(at("2026-11-22T23:59:59+08:00")), midnight);
        assert_eq!(
            last_end(at("2026-11-22T00:01:59+08:00")),
            at("2026-11-21T00:00:00+08:00")
        );
    }
}
