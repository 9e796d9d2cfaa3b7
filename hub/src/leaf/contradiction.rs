//! A destination said something else about a packet than it had said before. The first answer stands; that there was
//! another is a fact that neither side can deny later.

use serde::{Deserialize, Serialize};

use super::Kind;
use super::numbers::Numbers;

/// The leaf of a contradiction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// Who contradicted itself.
    pub destination: String,
    /// Number of the packet.
    pub batch: i64,
    /// Record versions about which the answers differ.
    pub records: Numbers,
    /// SHA-256 of the answer that stands, as its acknowledgement has it.
    pub stands_sha256: String,
    /// SHA-256 of the other answer as it came.
    pub other_sha256: String,
    /// When the other one came.
    pub at: String,
}

impl Kind for Contradiction {
    const KIND: &'static str = "contradiction";
    const VERSION: u64 = 1;
}
