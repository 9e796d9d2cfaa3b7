//! Re-performance 复核: a verdict judged once more from what was archived, years later and by whatever version of the
//! hub, and held against what was receipted, byte for byte.
//!
//! The raw bytes, the data files that judged and the state of the store just before the submission's place in the log
//! are all there is to a verdict. Where one of them cannot be had, that is said; it is never taken for "identical".

mod difference;
mod judge;
pub mod sample;

use serde::Serialize;

pub use difference::{outcomes, root};
pub use judge::{Again, Judges, Lacking, leaf_of};

use crate::tlog::{Hash, sha256};

/// What judging again has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Finding {
    /// Every outcome came out the same, byte for byte, and so did both roots.
    Identical,
    /// Something came out differently.
    Different {
        /// The first place: outcome and JSON Pointer, or the root.
        place: String,
        /// What was receipted there.
        then: String,
        /// What came out now.
        now: String,
    },
    /// It could not be judged as it was then.
    Impossible {
        /// What cannot be had, and why.
        why: String,
    },
}

impl Finding {
    /// The word for it in the log.
    pub const fn word(&self) -> &'static str {
        match self {
            Finding::Identical => "identical",
            Finding::Different { .. } => "different",
            Finding::Impossible { .. } => "impossible",
        }
    }
}

/// One submission that was judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reperformed {
    /// Number of its receipt.
    pub id: String,
    /// Its place in the log.
    pub leaf_index: u64,
    /// Version of the hub that judged then.
    pub built_then: String,
    /// Version of the hub that judged now.
    pub built_now: String,
    /// Digest of what judged: data files, profile, limits.
    pub basis: Option<String>,
    /// Number of outcomes that were compared.
    pub outcomes: u32,
    /// What it has shown.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Why these submissions were judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "drawn", rename_all = "snake_case")]
pub enum Drawn {
    /// Somebody named them.
    Named,
    /// The checkpoint drew them.
    Sample {
        /// How many were asked for.
        wanted: u64,
        /// Size of the log at the checkpoint.
        size: u64,
        /// Its root, base64.
        root: String,
    },
}

/// Most submissions that a leaf names one by one; the digest covers all.
const NAMED: usize = 200;

/// The leaf of the log about a re-performance: kind `reperformance`, version 1.
pub fn leaf(
    drawn: &Drawn,
    all: &[Reperformed],
    build: &str,
    at: &str,
) -> Result<Vec<u8>, serde_json::Error> {
    let count = |word: &str| all.iter().filter(|one| one.finding.word() == word).count();
    let whole: Hash = sha256(&serde_json::to_vec(all)?);
    let named = all.iter().take(NAMED).map(|one| {
        serde_json::json!({ "id": one.id, "leaf_index": one.leaf_index, "result": one.finding.word() })
    });
    serde_json::to_vec(&serde_json::json!({
        "v": 1,
        "kind": "reperformance",
        "at": at,
        "build": build,
        "drawn": drawn,
        "submissions": all.len(),
        "identical": count("identical"),
        "different": count("different"),
        "impossible": count("impossible"),
        "results": named.collect::<Vec<_>>(),
        "results_sha256": whole.to_hex(),
    }))
}
