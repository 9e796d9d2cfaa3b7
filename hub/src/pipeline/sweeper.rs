//! The thread that looks now and then for records whose time to wait is over.
//!
//! Several hubs over one database may sweep at once: they take turns, and the second finds nothing.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Instant;
use super::expiry::{Deadlines, sweep};
use crate::app::App;

/// Most records in one transaction: others must get their turn.
const MOST: i64 = 500;

/// A running sweeper. Dropping it stops it.
pub struct Sweeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    /// Starts sweeping, at once and then every so often.
    pub fn start(app: Arc<App>) -> std::io::Result<Sweeper> {
        let (stop, stopped) = channel::<()>();
        let pause = Duration::from_millis(app.config.waiting.sweep_ms);
        let thread = std::thread::Builder::new()
            .name("sweeper".to_owned())
            .spawn(move || {
                loop {
                    once(&app);
                    match stopped.recv_timeout(pause) {
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                    }
                }
            })?;
        Ok(Sweeper {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Rejects everything that is overdue now.
fn once(app: &App) {
    loop {
        let deadlines = Deadlines::new(app.spec, app.config.waiting.days);
        let swept = app.writer.run(move |transaction| {
            let now = Instant::now();
            sweep(transaction, &deadlines, now, now, MOST)
        });
        match swept {
            Ok(expired) => {
                if !expired.is_empty() {
                    tracing::info!(records = expired.len(), "waited too long and are rejected");
                }
                if (expired.len() as i64) < MOST {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "the waiting room could not be swept; trying again later");
                return;
            }
        }
    }
}
