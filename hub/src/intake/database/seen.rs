//! Which rows were read lately, by a hash of each: looking back costs a comparison, not a submission of duplicates.

use std::collections::VecDeque;

use foldhash::HashSet;

use crate::store::pull::PulledRow;
use crate::tlog::hash::sha256;

/// Rows read lately, up to a number; the oldest are forgotten.
#[derive(Debug)]
pub struct Seen {
    most: usize,
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Remembers at most so many.
    pub fn new(most: usize) -> Self {
        Seen {
            most,
            known: HashSet::default(),
            order: VecDeque::new(),
        }
    }

    /// Whether this very row, as it is, was read.
    pub fn has(&self, row: &PulledRow) -> bool {
        self.known.contains(&hash(row))
    }

    /// Remembers a row.
    pub fn add(&mut self, row: &PulledRow) {
        let hash = hash(row);
        if self.known.insert(hash) {
            self.order.push_back(hash);
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

fn hash(row: &PulledRow) -> u64 {
    let digest = sha256(row.text().as_bytes());
    u64::from_be_bytes(digest.as_bytes().first_chunk().copied().unwrap_or_default())
}
