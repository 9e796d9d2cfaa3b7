//! What became of the records of a packet, all at once: one leaf for many outcomes.
//!
//! The deliveries that ended are named by their numbers, so that the leaf of each can be found, and its state be held
//! against the log. `outcomes_root` is the Merkle root (RFC 6962) over one [`Outcome`] per delivery that ended, in
//! order of its number, each in canonical JSON: it binds the reasons, and one can be shown without the others.
//! Deliveries that go into another packet have not ended, and are only counted.

use serde::{Deserialize, Serialize};

use super::numbers::Numbers;
use super::{Kind, canonical};
use crate::tlog::{Hash, leaf_hash, merkle_root};

/// The leaf of an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Where the packet went.
    pub destination: String,
    /// Number of the packet; none when the hub refused records that fit into none.
    pub batch: Option<i64>,
    /// Who decided.
    pub by: By,
    /// SHA-256 of the answer as it came, or of the hub's own reason.
    pub answer_sha256: String,
    /// Deliveries that the destination took over.
    pub acknowledged: Numbers,
    /// Deliveries refused.
    pub refused: Numbers,
    /// Deliveries given up, which wait for an operator.
    pub exhausted: Numbers,
    /// Deliveries that will go into another packet.
    pub again: u64,
    /// Merkle root over the outcomes of those that ended.
    pub outcomes_root: String,
    /// When.
    pub at: String,
}

/// Who decided what became of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The destination, in its business answer or by refusing the packet.
    Destination,
    /// The hub: unfit for the destination, or given up.
    Hub,
}

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Number of the delivery.
    pub delivery: i64,
    /// `acknowledged`, `refused` or `exhausted`.
    pub state: String,
    /// Why, when there is a reason.
    pub reason: Option<String>,
}

impl Outcome {
    /// Its hash as a leaf of the tree under `outcomes_root`.
    pub fn hash(&self) -> Hash {
        let value = serde_json::to_value(self).unwrap_or_default();
        leaf_hash(canonical(&value).as_bytes())
    }
}

impl Acknowledgement {
    /// Deliveries that ended in a state of this word.
    pub fn ended(&self, state: &str) -> Option<&Numbers> {
        match state {
            "acknowledged" => Some(&self.acknowledged),
            "refused" => Some(&self.refused),
            "exhausted" => Some(&self.exhausted),
            _ => None,
        }
    }

    /// Whether it says how a delivery ended.
    pub fn names(&self, delivery: i64) -> bool {
        self.all().any(|numbers| numbers.holds(delivery))
    }

    /// The place of a delivery among the outcomes, and how many there are.
    pub fn place(&self, delivery: i64) -> (u64, u64) {
        let before = self.all().map(|numbers| numbers.before(delivery)).sum();
        (before, self.all().map(Numbers::count).sum())
    }

    fn all(&self) -> impl Iterator<Item = &Numbers> {
        [&self.acknowledged, &self.refused, &self.exhausted].into_iter()
    }
}

/// Most outcomes of one leaf: their numbers fit, however they are scattered.
pub const MOST: usize = 2048;

/// The root over outcomes, which are put in order of their deliveries.
pub fn outcomes_root(mut outcomes: Vec<Outcome>) -> String {
    outcomes.sort();
    let hashes: Vec<Hash> = outcomes.iter().map(Outcome::hash).collect();
    merkle_root(&hashes).to_hex()
}

impl Kind for Acknowledgement {
    const KIND: &'static str = "acknowledgement";
    const VERSION: u64 = 1;
}
