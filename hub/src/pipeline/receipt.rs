//! Receipts 回执: the signed answer to a submission, checked offline by someone who does not trust us.
//!
//! A receipt holds its log leaf verbatim ([`Evidence::leaf`]). The leaf holds the SHA-256 of the raw bytes
//! and the Merkle root over the outcomes of all records, so the signature over the leaf binds every
//! verdict. Once the leaf is published, [`Receipt::proof`] shows its place in the log (C2SP tlog-proof).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use spec::{Issue, Verdict};

use super::outcomes::PART;
pub use crate::leaf::Counts;
use crate::leaf::{self, Submission};
use crate::tlog::hash::{self, Hash};
use crate::tlog::{Keys, Proof, verify_inclusion};

/// The verdicts in the order in which tables count them.
pub const VERDICTS: [Verdict; 5] = [
    Verdict::Accepted,
    Verdict::AcceptedWithWarnings,
    Verdict::Parked,
    Verdict::Duplicate,
    Verdict::Rejected,
];

/// What became of one record. Its compact JSON, members in this order, is what its hash in the outcomes
/// tree is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Place in the submission, from 0.
    pub index: u32,
    /// Column code of the data set (as sent, when it is not known).
    pub dataset: String,
    /// Business key, parts joined with `|`, personal parts masked; none when it cannot be told.
    pub key: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// SHA-256 of the canonical bytes, hexadecimal; none when there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<String>,
    /// Files beside the record that had come when it was judged.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<FileOf>,
    /// The sender's own note, echoed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flex: Option<serde_json::Value>,
    /// Findings.
    pub issues: Vec<Issue>,
}

impl Outcome {
    /// The hash of this outcome as a leaf of the submission's outcomes tree (RFC 6962).
    pub fn hash(&self) -> Hash {
        hash::leaf_hash(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A file beside a record: its digest is part of the record's outcome, and so of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileOf {
    /// What it is among the files of the record.
    pub slot: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// Stands for a record that was left out of a receipt, so that the rest can still be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omitted {
    /// Place in the submission, from 0.
    pub index: u32,
    /// Hash of its outcome, base64.
    pub outcome: String,
}

/// What a receipt rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// SHA-256 of the bytes as received, hexadecimal.
    pub raw_sha256: String,
    /// SHA-256 over the specification's files, hexadecimal.
    pub specification: String,
    /// SHA-256 over the code tables, hexadecimal.
    pub codes: String,
    /// Version of the hub that judged.
    pub build: String,
    /// Merkle root over the outcomes, hexadecimal.
    pub outcomes_root: String,
    /// Merkle root over the canonical records, hexadecimal.
    pub records_root: String,
    /// The leaf, verbatim.
    pub leaf: String,
    /// Its hash in the log (RFC 6962), base64.
    pub leaf_hash: String,
    /// Its place in the log: promised by the signature, shown by the proof.
    pub leaf_index: u64,
    /// Name of the log.
    pub origin: String,
    /// How the leaf belongs to what is signed; none in receipts whose signature covers the leaf itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<Group>,
}

/// The leaves that were committed together and share a signature, and the way from one of them to their root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Promised index of the first leaf.
    pub first: u64,
    /// Number of leaves.
    pub size: u64,
    /// Merkle root (RFC 6962) over them, base64.
    pub root: String,
    /// Inclusion path from the leaf to the root, base64.
    pub path: Vec<String>,
}

/// The signed answer to a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Number of the receipt.
    pub id: String,
    /// The sender's own number of the submission.
    pub submission: String,
    /// Sender.
    pub source: String,
    /// Time of receipt, RFC 3339, +08:00.
    pub received_at: String,
    /// Edition that judged.
    pub edition: String,
    /// `sandbox` when nothing of it counts: the log that it stands in is the one of a sandbox. None in production.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub space: Option<String>,
    /// Verdicts.
    pub counts: Counts,
    /// Outcomes, in the order of the submission.
    pub records: Vec<Outcome>,
    /// Of a submission that was judged in parts, `records` is empty, and this is the root over the outcomes of each part
    /// (1,024 records), base64: the outcomes themselves are read part by part, and checked against it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub parts: Vec<String>,
    /// Stand-ins for the outcomes that were asked to be left out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub omitted: Vec<Omitted>,
    /// What it rests on.
    pub evidence: Evidence,
    /// Ed25519 over [`signed_group`] (without a group: over [`signed_bytes`]), base64.
    pub signature: String,
    /// C2SP tlog-proof of the leaf, once published.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof: Option<String>,
}

/// What the signature of a group of receipts covers: a fixed first line, the log's name, the promised place of the
/// first leaf, the number of leaves, their root.
pub fn signed_group(origin: &str, first: u64, size: u64, root: &str) -> Vec<u8> {
    format!("exchange-hub/receipt/v2\n{origin}\n{first}\n{size}\n{root}").into_bytes()
}

/// What the signature of a single receipt covers: a fixed first line, the log's name, the promised place, the leaf.
pub fn signed_bytes(origin: &str, leaf_index: u64, leaf: &str) -> Vec<u8> {
    format!("exchange-hub/receipt/v1\n{origin}\n{leaf_index}\n{leaf}").into_bytes()
}

/// What a check of a receipt showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Size of the log at the checkpoint of the proof; none when the receipt carries no proof yet.
    pub published_at_size: Option<u64>,
    /// How many outcomes are listed in full.
    pub listed: u32,
}

/// The first thing that is wrong with a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Fault {
    /// Member of the receipt.
    pub place: String,
    /// What is wrong there: found and expected.
    pub what: String,
}

pub(super) fn fault(place: &str, what: impl Into<String>) -> Fault {
    Fault {
        place: place.to_owned(),
        what: what.into(),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn same<T: PartialEq + Serialize>(place: &str, found: &T, expected: &T) -> Result<(), Fault> {
    if found == expected {
        Ok(())
    } else {
        Err(fault(
            place,
            format!(
                "与已签名的日志条目不符 / is {}, but the signed leaf says {}",
                json(found),
                json(expected)
            ),
        ))
    }
}

/// The leaf stands under the root of its group, at the place that it was promised.
fn verify_group(group: &Group, index: u64, leaf: &[u8]) -> Result<(), Fault> {
    let wrong = |what: String| fault("evidence.group", what);
    let read = |text: &String| -> Result<Hash, Fault> {
        text.parse()
            .map_err(|_| wrong(format!("`{text}` is not a base64 hash")))
    };
    let path = group.path.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let place = index.checked_sub(group.first).ok_or_else(|| {
        wrong(format!(
            "begins at {}, the receipt promised {index}",
            group.first
        ))
    })?;
    let leaf = hash::leaf_hash(leaf);
    verify_inclusion(place, group.size, &leaf, &path, &read(&group.root)?).map_err(|error| {
        wrong(format!(
            "the path does not lead from the leaf to the root: {error}"
        ))
    })
}

impl Receipt {
    /// The same receipt with only those outcomes that hold findings; the others leave their hash.
    #[must_use]
    pub fn only_issues(mut self) -> Receipt {
        let (keep, leave): (Vec<_>, Vec<_>) = self
            .records
            .into_iter()
            .partition(|outcome| !outcome.issues.is_empty());
        self.omitted.extend(leave.iter().map(|outcome| Omitted {
            index: outcome.index,
            outcome: outcome.hash().to_string(),
        }));
        self.omitted.sort_by_key(|omitted| omitted.index);
        self.records = keep;
        self
    }

    /// Checks the receipt with nothing but the log's public key: names the first wrong place.
    pub fn verify(&self, keys: &dyn Keys) -> Result<Verified, Fault> {
        let evidence = &self.evidence;
        if evidence.origin != keys.origin() {
            let what = format!(
                "公钥不属于该日志 / is `{}`, the keys are of `{}`",
                evidence.origin,
                keys.origin()
            );
            return Err(fault("evidence.origin", what));
        }
        let leaf_bytes = evidence.leaf.as_bytes();
        same(
            "evidence.leaf_hash",
            &evidence.leaf_hash,
            &hash::leaf_hash(leaf_bytes).to_string(),
        )?;
        let leaf: Submission =
            leaf::decode(leaf_bytes).map_err(|error| fault("evidence.leaf", error.to_string()))?;
        let space = crate::sandbox::space(&evidence.origin);
        if self.space != space {
            return Err(fault(
                "space",
                format!(
                    "is {}, but the log says {}",
                    json(&self.space),
                    json(&space)
                ),
            ));
        }
        same("id", &self.id, &leaf.id)?;
        same("submission", &self.submission, &leaf.submission)?;
        same("source", &self.source, &leaf.source)?;
        same("received_at", &self.received_at, &leaf.received_at)?;
        same("edition", &self.edition, &leaf.edition)?;
        same("counts", &self.counts, &leaf.counts)?;
        same(
            "evidence.raw_sha256",
            &evidence.raw_sha256,
            &leaf.raw_sha256,
        )?;
        same(
            "evidence.specification",
            &evidence.specification,
            &leaf.specification,
        )?;
        same("evidence.codes", &evidence.codes, &leaf.codes)?;
        same("evidence.build", &evidence.build, &leaf.build)?;
        same(
            "evidence.outcomes_root",
            &evidence.outcomes_root,
            &leaf.outcomes_root,
        )?;
        same(
            "evidence.records_root",
            &evidence.records_root,
            &leaf.records_root,
        )?;
        // The leaves of a commit are promised together: the key is that of the first.
        let first = evidence.group.as_ref().map(|group| group.first);
        let promised = first.unwrap_or(evidence.leaf_index);
        let signed = match &evidence.group {
            Some(group) => {
                verify_group(group, evidence.leaf_index, leaf_bytes)?;
                signed_group(&evidence.origin, group.first, group.size, &group.root)
            }
            None => signed_bytes(&evidence.origin, evidence.leaf_index, &evidence.leaf),
        };
        let fits = BASE64_STANDARD
            .decode(&self.signature)
            .is_ok_and(|signature| keys.promised(promised, &signed, &signature));
        if !fits {
            return Err(fault(
                "signature",
                format!(
                    "签名无效 / does not fit the leaf under the keys of `{}`",
                    keys.origin()
                ),
            ));
        }
        self.verify_outcomes(&leaf)?;
        let published_at_size = match &self.proof {
            None => None,
            Some(text) => Some(self.verify_proof(text, keys)?),
        };
        Ok(Verified {
            published_at_size,
            listed: self.records.len() as u32,
        })
    }

    /// The roots of the parts give the root of the leaf, so that each part can be checked by its own.
    fn verify_parts(&self, leaf: &Submission) -> Result<(), Fault> {
        if !self.records.is_empty() || !self.omitted.is_empty() {
            return Err(fault("records", "lists outcomes beside the roots of parts"));
        }
        let expected = (leaf.counts.records as usize).div_ceil(PART);
        if self.parts.len() != expected {
            let found = self.parts.len();
            return Err(fault(
                "parts",
                format!("{found} roots, {expected} expected"),
            ));
        }
        let read = |text: &String| {
            let what = || fault("parts", format!("`{text}` is not a base64 hash"));
            text.parse::<Hash>().map_err(|_| what())
        };
        let roots = self.parts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if hash::merkle_root(&roots).to_hex() == leaf.outcomes_root {
            Ok(())
        } else {
            let what = "a root was changed: the root over all outcomes differs from the leaf's";
            Err(fault("parts", what))
        }
    }

    fn verify_outcomes(&self, leaf: &Submission) -> Result<(), Fault> {
        if !self.parts.is_empty() {
            return self.verify_parts(leaf);
        }
        let mut hashes: Vec<(u32, Hash)> = self
            .records
            .iter()
            .map(|outcome| (outcome.index, outcome.hash()))
            .collect();
        for omitted in &self.omitted {
            let hash = omitted.outcome.parse().map_err(|_| {
                fault(
                    "omitted",
                    format!("record {}: not a base64 hash", omitted.index),
                )
            })?;
            hashes.push((omitted.index, hash));
        }
        hashes.sort_by_key(|(index, _)| *index);
        let in_order = hashes
            .iter()
            .zip(0..)
            .all(|((index, _), place)| *index == place);
        if !in_order || hashes.len() as u32 != leaf.counts.records {
            return Err(fault(
                "records",
                format!(
                    "{} outcomes with their places, {} expected",
                    hashes.len(),
                    leaf.counts.records
                ),
            ));
        }
        let hashes: Vec<Hash> = hashes.into_iter().map(|(_, hash)| hash).collect();
        if hash::merkle_root(&hashes).to_hex() != leaf.outcomes_root {
            return Err(fault(
                "records",
                "an outcome was changed: the root over all outcomes differs from the leaf's",
            ));
        }
        Ok(())
    }

    fn verify_proof(&self, text: &str, keys: &dyn Keys) -> Result<u64, Fault> {
        let proof: Proof = text
            .parse()
            .map_err(|error| fault("proof", format!("{error}")))?;
        if proof.index != self.evidence.leaf_index {
            return Err(fault(
                "proof",
                format!(
                    "is for index {}, the receipt promised {}",
                    proof.index, self.evidence.leaf_index
                ),
            ));
        }
        proof
            .verify_with(self.evidence.leaf.as_bytes(), keys)
            .map(|checkpoint| checkpoint.size)
            .map_err(|error| fault("proof", format!("{error}")))
    }
}
