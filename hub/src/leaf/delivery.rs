//! A packet was offered to a destination: one attempt, and what came of it at once.
//!
//! The records of a packet are bound by its SHA-256. What became of each is in the [`super::Acknowledgement`].

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Where to.
    pub destination: String,
    /// Number of the packet at this hub.
    pub batch: i64,
    /// Which attempt at this packet, from 1.
    pub attempt: i32,
    /// What came of it.
    pub outcome: Outcome,
    /// SHA-256 of the packet as sent.
    pub packet_sha256: String,
    /// Records in it.
    pub records: u64,
    /// SHA-256 of what the destination, or the network, said about a failure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason_sha256: Option<String>,
    /// When the outcome was known.
    pub at: String,
}

/// What came of an attempt at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The destination confirmed receipt; its business answer follows.
    Sent,
    /// The destination refused the packet as a whole.
    Refused,
    /// Nothing is known of it: it will be sent again, the same bytes under the same number.
    Failed,
}

impl Kind for Delivery {
    const KIND: &'static str = "delivery";
    const VERSION: u64 = 1;
}
