//! Ways in besides HTTP. Each ends in [`crate::pipeline`], with the same promises and limits.

mod database;
pub mod folder;
pub mod kafka;
mod problem;
mod stop;
mod wait;
pub mod ways;

use std::sync::Arc;

pub use stop::Stop;
pub use wait::Backoff;
pub use ways::{Way, Ways};

use crate::app::App;

/// A way in could not be started.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A source that the configuration names has no profile, or does not use this way.
    #[error("{place} is read for source `{source_id}`, {why}")]
    Source {
        /// Topic or query.
        place: String,
        /// The source.
        source_id: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// The client refuses its configuration.
    #[error("the Kafka client refuses its configuration: {0}")]
    Client(String),
    /// The broker does not take what is sent.
    #[error("the broker does not take it: {0}")]
    Broker(String),
    /// A file with a secret cannot be read.
    #[error("{file} cannot be read")]
    Secret {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A thread cannot be started.
    #[error("a thread cannot be started")]
    Thread(#[from] std::io::Error),
}

/// The running ways in. Dropping it stops them, after what is in flight is kept.
pub struct Intake {
    stop: Stop,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Intake {
    /// Starts every way in that is configured.
    pub fn start(app: &Arc<App>) -> Result<Intake, IntakeError> {
        let mut intake = Intake {
            stop: Stop::default(),
            threads: Vec::new(),
        };
        intake.threads.extend(kafka::start(app, &intake.stop)?);
        intake.threads.extend(database::start(app, &intake.stop)?);
        Ok(intake)
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.stop.ask();
        for thread in self.threads.drain(..) {
            // A panic in it was reported there.
            drop(thread.join());
        }
    }
}

/// Sees that a source has a profile which names this way.
fn permitted(app: &App, way: &str, place: &str, source: &str) -> Result<(), IntakeError> {
    let why = match app.sources.get(source) {
        None => "but that source has no profile".to_owned(),
        Some(found) if !found.profile.ways.iter().any(|known| known == way) => {
            format!("but its profile does not name `{way}` among its ways: add it there")
        }
        Some(_) => return Ok(()),
    };
    Err(IntakeError::Source {
        place: place.to_owned(),
        source_id: source.to_owned(),
        why,
    })
}
