//! Non-receipt 未收证明: a proof that a record, or a submission, was not held at a date.
//!
//! Every day the sorted hashes of all keys that are held go under a Merkle root, which a leaf of the log commits to.
//! Two neighbours in the list, between which a key would have to stand, show that it is not there. The hashes are
//! salted, so that the list does not give the keys away; whoever gets a proof learns the salt and two hashes, and can
//! test guesses against these two. That the list is complete and in order is shown by making it again from the store
//! ([`commit::list`] with the salt and the boundary of the leaf), not by the proof itself.
//!
//! Held is a key of which any version was accepted, or parked; also when it was taken back since.

pub mod commit;
pub mod daily;
pub mod proof;

use crate::tlog::{Hash, sha256};

/// Bytes of a salt.
pub const SALT: usize = 32;

/// What a proof is about.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// A record.
    Record {
        /// Number of the data set.
        dataset: u16,
        /// Business key, parts joined with `|`.
        key: String,
    },
    /// A submission.
    Submission {
        /// The source.
        source: String,
        /// Its own number of the submission.
        submission: String,
    },
}

impl Subject {
    /// The entry of the list: SHA-256 over a fixed word, the salt, and the parts, each after its length.
    pub fn entry(&self, salt: &[u8]) -> Hash {
        let (word, first, second) = match self {
            Subject::Record { dataset, key } => ("record", dataset.to_string(), key.as_str()),
            Subject::Submission { source, submission } => {
                ("submission", source.clone(), submission.as_str())
            }
        };
        let mut text = b"exchange-hub/absence/v1".to_vec();
        for part in [word.as_bytes(), salt, first.as_bytes(), second.as_bytes()] {
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part);
        }
        sha256(&text)
    }
}
