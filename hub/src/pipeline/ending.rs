//! How the wait of a parked record ends: released, expired, or replaced by what its source sent since.
//!
//! Each ending is written once, in one transaction with what caused it: the verdict, a leaf of the log, and a
//! change that the source can see. The receipt of the submission stays as it was.

use spec::{Issue, Verdict};

use super::commit::receipt_id;
use super::writer::Transaction;
use crate::leaf;
use crate::store::records::RecordRow;
use crate::store::waiting::{self, Change};
use crate::store::{StoreError, verdict_number};
use crate::tlog::sha256;

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// What it waited for has come; the record was judged again.
    Released,
    /// Its time was over.
    Expired,
    /// A newer version came, or it was taken back, while it waited.
    Replaced {
        /// `records.id` of what replaced it; none when that was a repetition of the current version.
        by: Option<i64>,
    },
}

/// Words for the endings, by their number.
pub const WORDS: [&str; 3] = ["released", "expired", "replaced"];

impl Ending {
    /// The number in the table.
    pub const fn number(self) -> i32 {
        match self {
            Ending::Released => 0,
            Ending::Expired => 1,
            Ending::Replaced { .. } => 2,
        }
    }

    /// The word for the number in the table.
    pub fn word(number: i32) -> &'static str {
        usize::try_from(number)
            .ok()
            .and_then(|place| WORDS.get(place).copied())
            .unwrap_or("unknown")
    }
}

/// Ends the wait of a record.
pub fn settle(
    transaction: &mut Transaction<'_>,
    row: &RecordRow,
    lane: i64,
    ending: Ending,
    (verdict, issues): (Verdict, &[Issue]),
    now: super::Instant,
) -> Result<(), StoreError> {
    let issues = serde_json::to_string(issues).map_err(|error| StoreError::Damaged {
        place: format!("records, id {}", row.id),
        what: error.to_string(),
    })?;
    let replaced_by = match ending {
        Ending::Replaced { by } => by,
        Ending::Released | Ending::Expired => None,
    };
    let leaf = leaf::encode(&leaf::Change {
        change: Ending::word(ending.number()).to_owned(),
        record: row.id,
        submission: receipt_id(row.submission_id),
        index: row.record_index,
        digest: row.body.digest().to_hex(),
        verdict,
        replaced_by,
        issues_sha256: sha256(issues.as_bytes()).to_hex(),
        at: now.text(),
    })?;
    let leaf_index = transaction.append_leaf(leaf)?;
    let change = Change {
        submission_id: row.submission_id,
        record_index: row.record_index,
        record_id: row.id,
        kind: ending.number(),
        verdict: verdict_number(verdict),
        at: now.millis,
        leaf_index,
        issues,
        replaced_by,
    };
    waiting::settle(transaction.connection, &change, lane)
}
