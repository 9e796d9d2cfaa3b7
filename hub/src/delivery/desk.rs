//! Where a delivery writes: through the one writer, and only as long as this hub serves the destination.
//!
//! Another hub that takes over begins a new reign; whoever reigned before may finish a request, but writes nothing
//! more, so what it did is known to nobody and is repeated under the same number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::present::Present;
use crate::pipeline::writer::{Transaction, WriteError, Writer};
use crate::store::{StoreError, destinations};

/// The desk of one destination.
#[derive(Clone)]
pub(super) struct Desk {
    pub writer: Writer,
    pub destination: String,
    /// The reign of this hub; 0: it does not reign.
    pub reign: Arc<AtomicI64>,
    pub stopped: Arc<AtomicBool>,
    pub present: Arc<dyn Present>,
}

impl Desk {
    /// Writes, unless the delivery was stopped meanwhile or another hub serves the destination now.
    pub fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.write_under(self.own_reign(), job)
    }

    /// Writes, unless a certain reign is over: what was decided in it holds in it only.
    pub fn write_under<T: Send + 'static>(
        &self,
        reign: i64,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, WriteError> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(WriteError::Failed("the delivery is stopped".to_owned()));
        }
        let name = self.destination.clone();
        let written = self.writer.run(move |transaction| {
            if destinations::leads(transaction.connection, &name, reign)? {
                job(transaction).map(Some)
            } else {
                Ok(None)
            }
        })?;
        written.ok_or_else(|| {
            // A newer reign of this hub goes on.
            let (done, seen) = (Ordering::AcqRel, Ordering::Acquire);
            let _newer = self.reign.compare_exchange(reign, 0, done, seen);
            WriteError::Failed("another hub serves this destination now".to_owned())
        })
    }

    /// Begins a reign.
    pub fn reign(&self) -> Result<(), WriteError> {
        let name = self.destination.clone();
        let reign = self
            .writer
            .run(move |transaction| destinations::lead(transaction.connection, &name))?;
        self.reign.store(reign, Ordering::Release);
        Ok(())
    }

    /// The reign of this hub, as far as it knows; 0: it does not reign.
    pub fn own_reign(&self) -> i64 {
        self.reign.load(Ordering::Acquire)
    }

    /// Whether this hub reigns, as far as it knows.
    pub fn reigns(&self) -> bool {
        self.own_reign() > 0
    }
}
