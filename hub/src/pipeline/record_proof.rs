//! What became of one record, shown without the others of its submission: outcome → leaf → signed checkpoint.
//!
//! Holds no body. The outcome has the SHA-256 of the record's canonical bytes, so that whoever has these can show that
//! they were meant.

use serde::{Deserialize, Serialize};

use super::receipt::{Fault, Outcome, fault};
use crate::leaf::{self, Submission};
use crate::tlog::hash::Hash;
use crate::tlog::{Keys, Proof, Span, verify_inclusion};

/// One outcome and its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordProof {
    /// Number of the receipt.
    pub receipt: String,
    /// What became of the record.
    pub outcome: Outcome,
    /// Path (RFC 6962) from the hash of the outcome to the leaf's `outcomes_root`, base64.
    pub path: Vec<String>,
    /// The leaf of the submission, verbatim.
    pub leaf: String,
    /// C2SP tlog-proof of the leaf.
    pub proof: String,
}

impl RecordProof {
    /// Takes one outcome out of all those of a receipt; none when there is none at that place.
    pub fn of(
        receipt: String,
        outcomes: Vec<Outcome>,
        index: usize,
        leaf: String,
        proof: String,
    ) -> Option<RecordProof> {
        let span = Span::new(0, outcomes.iter().map(Outcome::hash).collect());
        let path = span.path(index as u64)?;
        Some(RecordProof {
            receipt,
            outcome: outcomes.into_iter().nth(index)?,
            path: path.iter().map(ToString::to_string).collect(),
            leaf,
            proof,
        })
    }

    /// Checks it with nothing but the log's public keys; the size of the log under whose checkpoint it stands.
    pub fn verify(&self, keys: &dyn Keys) -> Result<u64, Fault> {
        let leaf: Submission =
            leaf::decode(self.leaf.as_bytes()).map_err(|error| fault("leaf", error.to_string()))?;
        if leaf.id != self.receipt {
            let what = format!("is `{}`, the leaf says `{}`", self.receipt, leaf.id);
            return Err(fault("receipt", what));
        }
        let read = |text: &String| text.parse::<Hash>();
        let path = self.path.iter().map(read).collect::<Result<Vec<_>, _>>();
        let path = path.map_err(|error| fault("path", error.to_string()))?;
        let root = Hash::from_hex(&leaf.outcomes_root)
            .map_err(|error| fault("leaf", error.to_string()))?;
        let (index, records) = (
            u64::from(self.outcome.index),
            u64::from(leaf.counts.records),
        );
        verify_inclusion(index, records, &self.outcome.hash(), &path, &root).map_err(|_| {
            fault(
                "outcome",
                "is not what the leaf says of this record: it was changed, or is of another submission",
            )
        })?;
        let proof: Proof = self
            .proof
            .parse()
            .map_err(|error: crate::tlog::Error| fault("proof", error.to_string()))?;
        let checkpoint = proof
            .verify_with(self.leaf.as_bytes(), keys)
            .map_err(|error| fault("proof", error.to_string()))?;
        Ok(checkpoint.size)
    }
}
