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
    /// What could not be had, so that it could not be judged again; then there are no roots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lacking: Option<String>,
    /// Merkle root over the outcomes as they came out now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcomes_root: Option<String>,
    /// Merkle root over the canonical records as they came out now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub records_root: Option<String>,
    /// When.
    pub at: String,
}

impl Kind for Reperformance {
    const KIND: &'static str = "reperformance";
    const VERSION: u64 = 1;
}
