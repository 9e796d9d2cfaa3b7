//! A submission was received and judged: what its receipt rests on.

use serde::{Deserialize, Serialize};
use spec::Verdict;

use super::Kind;

/// How many records of a submission met which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// All records.
    pub records: u32,
    /// Without a finding.
    pub accepted: u32,
    /// With findings that do not reject.
    pub accepted_with_warnings: u32,
    /// Waiting for another record.
    pub parked: u32,
    /// Not kept.
    pub rejected: u32,
    /// Already held.
    pub duplicate: u32,
}

impl Counts {
    /// Counts one more record.
    pub fn add(&mut self, verdict: Verdict) {
        self.records += 1;
        match verdict {
            Verdict::Accepted => self.accepted += 1,
            Verdict::AcceptedWithWarnings => self.accepted_with_warnings += 1,
            Verdict::Parked => self.parked += 1,
            Verdict::Rejected => self.rejected += 1,
            Verdict::Duplicate => self.duplicate += 1,
        }
    }
}

/// The leaf of a submission: what the log, and the signature of the receipt, bind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Number of the receipt.
    pub id: String,
    /// Sender.
    pub source: String,
    /// The sender's own number of the submission.
    pub submission: String,
    /// SHA-256 of the sender's own signature over the bytes, when there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sender_signature: Option<String>,
    /// Time of receipt.
    pub received_at: String,
    /// Edition that judged.
    pub edition: String,
    /// SHA-256 of the bytes as received (decompressed).
    pub raw_sha256: String,
    /// Their number.
    pub raw_bytes: u64,
    /// SHA-256 over the specification's files except code tables.
    pub specification: String,
    /// SHA-256 over the code tables.
    pub codes: String,
    /// Version of the hub that judged.
    pub build: String,
    /// SHA-256 of what judged (data files, profile, limits), archived; none in leaves made before it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<String>,
    /// Verdicts.
    pub counts: Counts,
    /// Merkle root over the outcomes of all records.
    pub outcomes_root: String,
    /// Merkle root over the canonical bytes of all records that have them.
    pub records_root: String,
}

impl Kind for Submission {
    const KIND: &'static str = "submission";
    const VERSION: u64 = 1;
}
