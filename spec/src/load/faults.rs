//! All mistakes of a specification: reading goes on after each, with something harmless in its place.

use super::LoadError;

/// The mistakes so far, in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<LoadError>);

impl Faults {
    /// Keeps a mistake.
    pub(super) fn push(&mut self, fault: LoadError) {
        self.0.push(fault);
    }

    /// What was read, if it could be; its mistake is kept.
    pub(super) fn keep<T>(&mut self, outcome: Result<T, LoadError>) -> Option<T> {
        outcome.map_err(|fault| self.push(fault)).ok()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The first.
    pub(super) fn first(self) -> Option<LoadError> {
        self.0.into_iter().next()
    }

    /// All of them.
    pub(super) fn all(self) -> Vec<LoadError> {
        self.0
    }
}
