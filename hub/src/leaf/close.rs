//! The books of a day were closed 日清对账.
//!
//! The figures are small and stand here in full; the document that both sides sign is bound by its SHA-256.

use serde::{Deserialize, Serialize};

use super::{Counts, Kind};

/// The leaf of a daily close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// The day, `yyyy-MM-dd` in China.
    pub date: String,
    /// Between whom: a source or a destination; `hub` for all together.
    pub with: String,
    /// What was received that day.
    pub counts: Counts,
    /// Deliveries owed.
    pub owed: u64,
    /// Of these, taken over.
    pub acknowledged: u64,
    /// Of these, refused.
    pub refused: u64,
    /// Of these, given up, which wait for an operator.
    pub exhausted: u64,
    /// Of these, still open.
    pub open: u64,
    /// Whether both sides' books agree; none while only one side has signed.
    pub agreed: Option<bool>,
    /// SHA-256 of the document that is signed.
    pub document_sha256: String,
    /// When it was closed.
    pub at: String,
}

impl Kind for Close {
    const KIND: &'static str = "close";
    const VERSION: u64 = 1;
}
