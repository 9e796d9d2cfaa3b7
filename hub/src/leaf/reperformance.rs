//! A submission was judged again from its archived bytes under its archived specification.

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of a re-performance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reperformance {
    /// Number of the receipt.
    pub submission: String,
    /// Place of its own leaf in the log.
    pub leaf_index: u64,
    /// Root of the checkpoint from which the sample was drawn, base64; none when somebody asked for this one.
    pub drawn_from: Option<String>,
    /// Version of the hub that judged now.
    pub build: String,
    /// Whether verdicts and output are the same to the byte.
    pub same: bool,
    /// Merkle root over the outcomes as they came out now.
    pub outcomes_root: String,
    /// Merkle root over the canonical records as they came out now.
    pub records_root: String,
    /// When.
    pub at: String,
}

impl Kind for Reperformance {
    const KIND: &'static str = "reperformance";
    const VERSION: u64 = 1;
}
