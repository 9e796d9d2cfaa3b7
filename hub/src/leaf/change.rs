//! The wait of a parked record ended, after its receipt was given.

use serde::{Deserialize, Serialize};
use spec::Verdict;

use super::Kind;

/// The leaf of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// `released`, `expired` or `replaced`.
    pub change: String,
    /// The record version.
    pub record: i64,
    /// Number of the receipt that said `parked`.
    pub submission: String,
    /// Place of the record in that submission, from 0.
    pub index: i32,
    /// SHA-256 of its canonical bytes.
    pub digest: String,
    /// The verdict that it has from now on.
    pub verdict: Verdict,
    /// The record version that replaced it, if one did.
    pub replaced_by: Option<i64>,
    /// SHA-256 of the findings, as JSON.
    pub issues_sha256: String,
    /// When.
    pub at: String,
}

impl Kind for Change {
    const KIND: &'static str = "change";
    const VERSION: u64 = 1;
}
