//! Breaks the storage at a chosen step, as a crash would: that step and all after it fail.
//!
//! Exists in tests only.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the steps that change the folder, and fails from a given one on.
#[derive(Debug)]
pub struct Faults {
    taken: AtomicUsize,
    allowed: AtomicUsize,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            taken: AtomicUsize::new(0),
            allowed: AtomicUsize::new(usize::MAX),
        }
    }
}

impl Faults {
    /// Lets `steps` more steps pass and fails all after them.
    pub fn after(&self, steps: usize) {
        self.taken.store(0, Ordering::Relaxed);
        self.allowed.store(steps, Ordering::Relaxed);
    }

    /// Tells whether a step has failed.
    pub fn struck(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > self.allowed.load(Ordering::Relaxed)
    }

    /// Takes a step.
    pub fn step(&self) -> io::Result<()> {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken < self.allowed.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err(io::Error::other("injected fault"))
        }
    }

    /// Takes a step that writes; when it fails, half of the bytes are there.
    pub fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.step().or_else(|fault| {
            file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
            Err(fault)
        })
    }
}
