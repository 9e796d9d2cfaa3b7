//! What a submission adds to history beside its versions: reasons, and values that lead to a version no more.

use crate::store::history::{self, PastLink, Reason};
use crate::store::records::Link;
use crate::store::{Database, StoreError};

/// What is collected until the rows are written.
#[derive(Debug, Default)]
pub struct History {
    reasons: Vec<Reason>,
    past: Vec<PastLink>,
}

impl History {
    /// A version corrects or takes back the one before it for a reason.
    pub fn because(&mut self, record_id: i64, reason: Option<String>) {
        let reason = reason.map(|reason| Reason { record_id, reason });
        self.reasons.extend(reason);
    }

    /// A version gave way to another at an instant, and at a leaf of the log: what only the old one is found by stays known.
    pub fn superseded(&mut self, old: &[Link], new: &[Link], (until, leaf): (i64, i64)) {
        let dropped = old
            .iter()
            .filter(|link| new.iter().all(|other| other.hash != link.hash));
        self.past.extend(dropped.map(|link| PastLink {
            hash: link.hash,
            record_id: link.record_id,
            until,
            until_leaf: Some(leaf),
        }));
    }

    /// Writes it all down.
    pub fn write(self, connection: &mut Database) -> Result<(), StoreError> {
        history::insert(connection, &self.reasons, &self.past)
    }
}
