//! What the deliveries of this hub are doing, on one board: for figures and for whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Status;
use super::retry::Common;

/// What became of records since the start. One that is sent again counts again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Confirmed as received.
    pub sent: u64,
    /// Taken over by the destination.
    pub acknowledged: u64,
    /// Refused, by the destination or on its behalf.
    pub refused: u64,
    /// Given up.
    pub exhausted: u64,
    /// Answered so that they have to be sent again.
    pub again: u64,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: Tally) {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.exhausted += other.exhausted;
        self.again += other.again;
    }
}

/// The board.
#[derive(Debug, Default)]
pub struct Board {
    deliveries: Mutex<BTreeMap<String, Arc<Mutex<Status>>>>,
    retries: OnceLock<Common>,
}

impl Board {
    /// Puts up a delivery.
    pub(super) fn enter(&self, destination: &str, status: Arc<Mutex<Status>>) {
        let mut deliveries = lock(&self.deliveries);
        deliveries.insert(destination.to_owned(), status);
    }

    /// Puts up the budget of all.
    pub(super) fn share(&self, retries: &Common) {
        // A hub starts its deliveries once.
        drop(self.retries.set(retries.clone()));
    }

    /// What each delivery is doing, by destination.
    pub fn all(&self) -> Vec<(String, Status)> {
        let deliveries = lock(&self.deliveries);
        let all = deliveries.iter();
        all.map(|(name, status)| (name.clone(), *lock(status)))
            .collect()
    }

    /// Retries that all destinations together may make now.
    pub fn retry_budget(&self) -> Option<u32> {
        let now = std::time::Instant::now();
        let retries = self.retries.get();
        retries.map(|retries| retries.left(now) as u32)
    }

    /// Counts what a destination said by itself.
    pub fn said(&self, destination: &str, tally: Tally) {
        if let Some(status) = lock(&self.deliveries).get(destination) {
            lock(status).tally.add(tally);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
