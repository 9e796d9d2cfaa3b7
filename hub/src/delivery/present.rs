//! The present, as a delivery asks for it: handed in, so that an outage of an hour is tried in a moment.

use std::time::Instant;

/// Tells the time.
pub trait Present: Send + Sync {
    /// For waits: never goes back.
    fn instant(&self) -> Instant;

    /// For what is written down: milliseconds since 1970 UTC.
    fn millis(&self) -> i64;
}

/// The time of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

impl Present for Machine {
    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn millis(&self) -> i64 {
        super::clock()
    }
}
