//! The books of a day were closed 日清对账.
//!
//! The figures are small and stand here in full; the document that the hub signs is bound by its SHA-256.

use serde::{Deserialize, Serialize};

use super::{Counts, Kind};

/// The leaf of a daily close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// The day, `yyyy-MM-dd` in China.
    pub date: String,
    /// Between whom: `source/ID`, `destination/NAME`, or `hub` for all together.
    pub with: String,
    /// Which close of this day with this party, from 1; each later one is a supplement.
    pub number: u32,
    /// What was received that day, as it was receipted.
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
    /// Whether the equations of the books hold.
    pub balanced: bool,
    /// Whether the other side's books agree; none where it was not asked, or has not signed yet.
    pub agreed: Option<bool>,
    /// Digest of the set of records ([`crate::close::tree`]), hexadecimal; none where there is no set.
    pub root: Option<String>,
    /// SHA-256 of the document that is signed.
    pub document_sha256: String,
    /// When it was closed.
    pub at: String,
}

impl Kind for Close {
    const KIND: &'static str = "close";
    const VERSION: u64 = 1;
}
