//! What the journal remembers, line by line: packets with the verdict on each record, packets turned away, answers
//! that arrived.

use serde::{Deserialize, Serialize};

use super::holdings::Holding;
use super::mark::Mark;

/// One line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    /// A packet was taken.
    Packet(Entry),
    /// A packet was turned away as a whole.
    TurnedAway(TurnedAway),
    /// The business answer of a packet arrived at the sender, as far as the platform can tell.
    Answered(Answered),
}

/// A packet as it is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Number of the batch.
    pub batch: i64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// When it was taken, RFC 3339 by the platform's own clock.
    pub at: String,
    /// Where its bytes lie in the file of packets: offset and length of a zstd frame.
    pub frame: Option<(u64, u64)>,
    /// Its records, in order.
    pub records: Vec<Noted>,
}

/// A record of a packet, and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Noted {
    /// Column code of the data set.
    pub dataset: String,
    /// 1 add, 2 change, 3 delete.
    pub operation: u8,
    /// Business key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// Values that others may refer to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub places: Vec<Mark>,
    /// Deals that it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deals: Vec<Mark>,
    /// What it says.
    pub content: Mark,
    /// What is held of it: one, unless a fault was dealt.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub held: Vec<Holding>,
    /// The fault, if what is held is not what was acknowledged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub planted: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
}

/// What the platform decided about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decision {
    Accepted,
    Refused,
    NotProcessed,
}

/// The answer about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Verdict {
    /// The hub's number of the record version.
    pub id: i64,
    /// What was decided.
    pub result: Decision,
    /// Code of the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The reason, in Chinese.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// A packet that was turned away as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TurnedAway {
    /// Code of the reason.
    pub code: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// When.
    pub at: String,
}

/// A business answer that arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answered {
    /// Number of the batch.
    pub batch: i64,
    /// Whether it was pushed.
    pub pushed: bool,
    /// When.
    pub at: String,
}
