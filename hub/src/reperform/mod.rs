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

use crate::leaf::Reperformance;
use crate::tlog::Hash;

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
    /// Its raw bytes held personal data that was erased, and were destroyed by order: there is nothing to judge.
    Erased {
        /// The leaf of the log that says so.
        leaf: i64,
    },
    /// It could not be judged as it was then.
    Impossible {
        /// What cannot be had, and why.
        why: String,
    },
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
    /// Merkle root over the outcomes as they came out now, hexadecimal.
    pub outcomes_root: Option<String>,
    /// Merkle root over the canonical records as they came out now, hexadecimal.
    pub records_root: Option<String>,
    /// Places of records that were erased since: what was receipted of them stands for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<u32>,
    /// What it has shown.
    #[serde(flatten)]
    pub finding: Finding,
}

/// The leaf of the log about one submission that was judged again.
pub fn leaf(one: &Reperformed, drawn_from: Option<&Hash>, at: &str) -> Reperformance {
    Reperformance {
        submission: one.id.clone(),
        leaf_index: one.leaf_index,
        drawn_from: drawn_from.map(ToString::to_string),
        build: one.built_now.clone(),
        same: one.finding == Finding::Identical,
        lacking: match &one.finding {
            Finding::Impossible { why } => Some(why.chars().take(LONGEST).collect()),
            Finding::Erased { leaf } => Some(format!("erased, leaf {leaf}")),
            Finding::Identical | Finding::Different { .. } if one.erased.is_empty() => None,
            Finding::Identical | Finding::Different { .. } => {
                let named = one.erased.iter().take(MOST_NAMED);
                let places: Vec<String> = named.map(u32::to_string).collect();
                Some(format!("erased: records {}", places.join(" ")))
            }
        },
        outcomes_root: one.outcomes_root.clone(),
        records_root: one.records_root.clone(),
        at: at.to_owned(),
    }
}

/// Most erased records that a leaf names.
const MOST_NAMED: usize = 100;
/// Most characters of a reason in a leaf.
const LONGEST: usize = 1000;
