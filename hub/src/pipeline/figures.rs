//! Counts since start, for metrics: records by source, data set and verdict.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use spec::Verdict;

use super::receipt::Outcome;

/// One line of the counts: source, data set, verdict.
pub type Line = (String, String, Verdict);

/// Records kept or refused since start.
#[derive(Debug, Default)]
pub struct Figures {
    lines: Mutex<BTreeMap<Line, u64>>,
}

impl Figures {
    /// Counts the records of one submission.
    pub fn judged(&self, source: &str, outcomes: &[Outcome]) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for outcome in outcomes {
            // What a sender made up must not become a label: unknown data sets are counted together.
            let dataset = if outcome.key.is_some() {
                outcome.dataset.as_str()
            } else {
                ""
            };
            *lines
                .entry((source.to_owned(), dataset.to_owned(), outcome.verdict))
                .or_default() += 1;
        }
    }

    /// Counts records of one data set and verdict.
    pub fn add(&self, source: &str, dataset: &str, verdict: Verdict, records: u64) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        *lines
            .entry((source.to_owned(), dataset.to_owned(), verdict))
            .or_default() += records;
    }

    /// The counts as they are now.
    pub fn lines(&self) -> BTreeMap<Line, u64> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
