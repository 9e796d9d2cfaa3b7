//! Forwarding to destinations: each a cursor over what was committed, that can crash anywhere.
//!
//! What kind of destination it is, only its [`wire`] knows. One hub at a time serves it ([`desk`]). Open deliveries are read in order, gathered by lane (one deal) into batches, and each batch is written
//! down with the bytes of its packet *before* it is sent. After a crash the same number goes out with the
//! same bytes, which the destination answers idempotently. A 2xx is "sent"; only the business answer makes
//! a record "acknowledged". One coordinator decides ([`run`]), workers make one request at a time
//! ([`worker`]); the tables are the only memory that counts.
//!
//! Never: two batches of one lane under way, a full scan of the deliveries, a request that is not backed
//! by a row.

mod answer;
pub mod board;
pub mod breaker;
pub mod client;
pub mod condition;
mod contradiction;
pub mod description;
mod desk;
pub mod event;
mod fill;
mod flight;
mod gather;
pub mod holding;
pub mod kafka;
mod keeping;
mod lanes;
mod ledger;
pub mod national;
pub mod orders;
pub mod pace;
pub mod packet;
mod parcel;
pub mod platform;
pub mod platforms;
pub mod present;
pub mod projection;
pub mod pushed;
mod reading;
pub mod replayer;
pub mod retry;
mod run;
pub mod service;
#[cfg(test)]
mod tests;
mod values;
mod webhook;
pub mod wire;
mod worker;
#[cfg(test)]
pub(crate) mod world;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::keys::Masters;
use crate::pipeline::RawStore;
use crate::pipeline::writer::Writer;
use crate::store::{Readers, StoreError};
use breaker::{BreakerState, Thresholds};
use client::Timeouts;
use keeping::Keeping;
use pace::Window;
pub use packet::Signer;
use present::Present;
use retry::{Allowance, Backoff, Common};
use wire::Wire;

/// How a destination is served.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the destination in the tables.
    pub destination: String,
    /// Most records in a batch.
    pub batch: usize,
    /// Most batches that are not settled.
    pub in_flight: usize,
    /// Time limits of a request.
    pub timeouts: Timeouts,
    /// Waits between attempts at the same batch.
    pub backoff: Backoff,
    /// Waits before a record goes into another batch.
    pub record_backoff: Backoff,
    /// Attempts at a batch before it is given up as exhausted.
    pub attempts: i32,
    /// Batches that carry a record before it is refused for its order.
    pub record_attempts: i32,
    /// How long the business answer may take before the batch is given up as exhausted.
    pub answer_within: Duration,
    /// How often the store is looked at, and the business answer asked for.
    pub poll: Duration,
    /// When the breaker opens.
    pub breaker: Thresholds,
    /// How many retries are allowed.
    pub retries: Allowance,
    /// When records may be delivered; none: always. What is urgent is delivered at any hour.
    pub window: Option<Window>,
    /// Records a second; 0: as many as it takes. What is urgent is not held back.
    pub rate: u32,
}

/// Where a delivery finds its work.
#[derive(Clone)]
pub struct Place {
    /// Connections of its own.
    pub readers: Readers,
    /// The one writer.
    pub writer: Writer,
    /// Where the bytes of packets are kept.
    pub raw: RawStore,
    /// What they are encrypted under.
    pub masters: Arc<Masters>,
    /// File or URL of the database.
    pub database: String,
    /// Whether the specification projects a data set, by its number.
    pub projects: Arc<dyn Fn(i32) -> bool + Send + Sync>,
    /// The budget of retries that all destinations of this hub share.
    pub retries: Common,
    /// The time.
    pub present: Arc<dyn Present>,
}

impl Settings {
    /// The defaults for a destination of this name.
    pub fn new(destination: &str) -> Self {
        Settings {
            destination: destination.to_owned(),
            batch: 200,
            in_flight: 4,
            timeouts: Timeouts {
                connect: Duration::from_secs(5),
                request: Duration::from_secs(30),
            },
            backoff: Backoff {
                base: Duration::from_millis(500),
                max: Duration::from_mins(1),
            },
            record_backoff: Backoff {
                base: Duration::from_millis(500),
                max: Duration::from_mins(5),
            },
            attempts: 500,
            record_attempts: 8,
            answer_within: Duration::from_hours(24),
            poll: Duration::from_millis(200),
            breaker: Thresholds {
                failures: 5,
                open_for: Duration::from_secs(5),
            },
            retries: Allowance {
                share: 0.2,
                floor: 1.0,
                saved: 100.0,
            },
            window: None,
            rate: 0,
        }
    }
}

impl From<&crate::config::National> for Settings {
    fn from(national: &crate::config::National) -> Self {
        let defaults = Settings::new(crate::store::NATIONAL);
        Settings {
            batch: national.batch,
            in_flight: national.concurrency,
            timeouts: Timeouts {
                request: Duration::from_millis(national.timeout_ms),
                ..defaults.timeouts
            },
            backoff: Backoff {
                base: Duration::from_millis(national.backoff_base_ms),
                max: Duration::from_millis(national.backoff_max_ms),
            },
            attempts: i32::try_from(national.attempts).unwrap_or(i32::MAX),
            poll: Duration::from_millis(national.poll_ms),
            // The configuration was checked when it was read.
            window: national.hours().ok().flatten(),
            rate: national.rate,
            breaker: Thresholds {
                failures: national.breaker_failures,
                open_for: Duration::from_millis(national.breaker_ms),
            },
            ..defaults
        }
    }
}

/// What a delivery is doing, for health, metrics and tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// Whether this hub serves the destination; another one may.
    pub reigns: bool,
    /// What the breaker says.
    pub breaker: BreakerState,
    /// Times that the breaker opened since the start.
    pub opened: u64,
    /// Batches that are not settled.
    pub in_flight: usize,
    /// Requests that were made since the start.
    pub requests: u64,
    /// Requests that repeated one that had failed.
    pub retries: u64,
    /// Deliveries read and waiting for their turn; more may be in the store.
    pub waiting: usize,
    /// Retries that its own budget allows now.
    pub retry_budget: u32,
    /// What became of records since the start.
    pub tally: board::Tally,
}

/// A running delivery. Dropping it stops it.
pub struct Handle {
    events: Sender<Event>,
    rung: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
    status: Arc<Mutex<Status>>,
    coordinator: Option<JoinHandle<()>>,
}

/// What the coordinator waits for.
#[derive(Debug)]
enum Event {
    /// Something was committed, or the delivery is to stop.
    Wake,
    /// A worker has finished a task about a batch.
    Outcome(i64, worker::Outcome),
    /// A worker has made a batch, or could not.
    Made(i64, Result<gather::Gathered, gather::GatherError>),
}

/// Starts serving one destination. Any number of hubs on one database may; one of them does at a time.
pub fn start(settings: Settings, place: Place, wire: Arc<dyn Wire>) -> Result<Handle, StoreError> {
    let (events, inbox) = channel();
    let stopped = Arc::new(AtomicBool::new(false));
    let status = Arc::new(Mutex::new(Status::default()));
    let rung = Arc::new(AtomicBool::new(false));
    let name = format!("deliver-{}", settings.destination);
    let unkept = |error: std::io::Error| StoreError::Connect(Box::new(error));
    let keeping = Keeping::new(place.raw.clone(), Arc::clone(&place.masters)).map_err(unkept)?;
    let parts = run::Parts {
        settings,
        place,
        keeping,
        wire,
        events: events.clone(),
        rung: Arc::clone(&rung),
        stopped: Arc::clone(&stopped),
        status: Arc::clone(&status),
    };
    let coordinator = std::thread::Builder::new()
        .name(name)
        .spawn(move || run::coordinate(parts, &inbox))
        .map_err(|error| StoreError::Connect(Box::new(error)))?;
    Ok(Handle {
        events,
        rung,
        stopped,
        status,
        coordinator: Some(coordinator),
    })
}

impl Handle {
    /// Something to wake the delivery with after a commit; without it, it looks by itself now and then.
    pub fn waker(&self) -> impl Fn() + Send + 'static {
        let (events, rung) = (self.events.clone(), Arc::clone(&self.rung));
        move || {
            // Many commits while it is at work are one reason to look again.
            if !rung.swap(true, Ordering::AcqRel) {
                drop(events.send(Event::Wake));
            }
        }
    }

    /// What the delivery is doing.
    pub fn status(&self) -> Status {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it says what it is doing.
    fn shown(&self) -> Arc<Mutex<Status>> {
        Arc::clone(&self.status)
    }

    /// Stops. Requests under way are abandoned: their batches go out again after the next start.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.stopped.store(true, Ordering::Release);
        drop(self.events.send(Event::Wake));
        if let Some(coordinator) = self.coordinator.take() {
            drop(coordinator.join());
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Milliseconds since 1970.
fn clock() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
