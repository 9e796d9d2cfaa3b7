//! Everything that was held at an instant, committed to: who asks later for a record that was not, gets a proof.

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// It is about what was received before this instant …
    pub until: String,
    /// … and has its leaf below this index.
    pub boundary: u64,
    /// SHA-256 of the salt under which keys are hashed.
    pub salt_sha256: String,
    /// Number of record keys.
    pub records: u64,
    /// Merkle root over the sorted hashes of the record keys.
    pub records_root: String,
    /// Number of submissions.
    pub submissions: u64,
    /// Merkle root over the sorted hashes of source and the sender's own number.
    pub submissions_root: String,
    /// When it was made.
    pub at: String,
}

impl Kind for Commitment {
    const KIND: &'static str = "commitment";
    const VERSION: u64 = 1;
}
