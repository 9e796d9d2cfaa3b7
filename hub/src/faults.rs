//! What is wrong at the moment and will pass when somebody sees to it: a folder that cannot be read, a disk that is
//! full. Shown by `/readyz`, logged once when it begins and once when it ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Standing faults by their place.
#[derive(Debug, Default)]
pub struct Faults {
    standing: Mutex<BTreeMap<String, String>>,
}

impl Faults {
    /// Something is wrong at a place.
    pub fn set(&self, place: &str, what: &str) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.get(place).map(String::as_str) != Some(what) {
            tracing::error!(place, what, "a fault that stands until it is seen to");
            standing.insert(place.to_owned(), what.to_owned());
        }
    }

    /// Nothing is wrong there any more.
    pub fn clear(&self, place: &str) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.remove(place).is_some() {
            tracing::info!(place, "the fault has passed");
        }
    }

    /// All that stand now.
    pub fn all(&self) -> BTreeMap<String, String> {
        self.standing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
