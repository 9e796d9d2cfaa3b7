//! The outcomes of a submission as they are made: their JSON, and the tree over their hashes, without holding more
//! than a part of them.
//!
//! Parts are as long as a complete subtree of the Merkle tree (RFC 6962), so that the root over all outcomes is the
//! root over the roots of the parts: who holds a receipt can check one part without the others.

use std::io;

use super::compress;
use super::receipt::Outcome;
use crate::store::submissions::Submission;
use crate::store::{Database, StoreError, outcome_parts};
use crate::tlog::hash::{self, Hash};

/// Outcomes of a part: a power of two.
pub const PART: usize = 1024;

/// A Merkle tree over hashes that come one by one; of complete subtrees only the roots are kept.
#[derive(Debug, Default)]
pub struct Tree {
    full: Vec<Hash>,
    last: Vec<Hash>,
}

impl Tree {
    /// Adds a leaf hash; says whether it completed a subtree of [`PART`] leaves.
    pub fn push(&mut self, leaf: Hash) -> bool {
        self.last.push(leaf);
        let complete = self.last.len() == PART;
        if complete {
            self.full.push(hash::merkle_root(&self.last));
            self.last.clear();
        }
        complete
    }

    /// The roots of all subtrees in order, of which the last may be incomplete.
    pub fn roots(&self) -> Vec<Hash> {
        let mut roots = self.full.clone();
        if !self.last.is_empty() {
            roots.push(hash::merkle_root(&self.last));
        }
        roots
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        hash::merkle_root(&self.roots())
    }
}

/// Outcomes in order, those of the part that is being written in full.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Those that were not taken yet.
    pub list: Vec<Outcome>,
    /// Their JSON, as a list that is not closed yet.
    json: Vec<u8>,
    /// Over the hashes of all.
    pub tree: Tree,
}

impl Outcomes {
    /// Adds an outcome; says whether a part is complete.
    pub fn push(&mut self, outcome: Outcome) -> io::Result<bool> {
        // Written once: hashed here, kept at the end.
        self.json
            .push(if self.list.is_empty() { b'[' } else { b',' });
        let start = self.json.len();
        serde_json::to_writer(&mut self.json, &outcome)?;
        let leaf = hash::leaf_hash(self.json.get(start..).unwrap_or_default());
        self.list.push(outcome);
        Ok(self.tree.push(leaf))
    }

    /// Closes the list, and gives it back as it is kept.
    pub fn pack(&mut self) -> io::Result<Vec<u8>> {
        if self.json.is_empty() {
            self.json.push(b'[');
        }
        self.json.push(b']');
        let packed = compress::pack(&self.json);
        self.json.clear();
        packed
    }
}

/// One part of the outcomes of a stored submission.
#[derive(Debug)]
pub struct Stored {
    /// Root over their hashes.
    pub root: Hash,
    /// The outcomes.
    pub list: Vec<Outcome>,
}

/// How many parts the outcomes of a submission have, however they are kept.
pub fn parts_of(records: u64) -> u64 {
    records.div_ceil(PART as u64)
}

/// Reads a part of the outcomes of a submission, however they are kept; none when it has no such part.
pub fn stored(
    connection: &mut Database,
    row: &Submission,
    part: u32,
) -> Result<Option<Stored>, StoreError> {
    let damaged = |what: String| StoreError::Damaged {
        place: format!("outcomes of submission {}, part {part}", row.id),
        what,
    };
    let list = if row.outcomes.is_empty() {
        let Some(kept) = outcome_parts::one(connection, row.id, part.cast_signed())? else {
            return Ok(None);
        };
        compress::outcomes(&kept.outcomes).map_err(|error| damaged(error.to_string()))?
    } else {
        let all = compress::outcomes(&row.outcomes).map_err(|error| damaged(error.to_string()))?;
        let before = (part as usize).saturating_mul(PART);
        all.into_iter().skip(before).take(PART).collect()
    };
    if list.is_empty() {
        return Ok(None);
    }
    let hashes: Vec<Hash> = list.iter().map(Outcome::hash).collect();
    let root = hash::merkle_root(&hashes);
    Ok(Some(Stored { root, list }))
}

/// All outcomes of a submission as one JSON list, however they are kept: the very bytes that were hashed.
pub fn listed(connection: &mut Database, row: &Submission) -> Result<Vec<u8>, StoreError> {
    let damaged = |error: io::Error| StoreError::Damaged {
        place: format!("outcomes of submission {}", row.id),
        what: error.to_string(),
    };
    if !row.outcomes.is_empty() {
        return Ok(compress::unpack(&row.outcomes)
            .map_err(damaged)?
            .into_owned());
    }
    let mut all = vec![b'['];
    for part in 0.. {
        let Some(kept) = outcome_parts::one(connection, row.id, part)? else {
            break;
        };
        let list = compress::unpack(&kept.outcomes).map_err(damaged)?;
        let inner = list
            .strip_prefix(b"[")
            .and_then(|list| list.strip_suffix(b"]"));
        if all.len() > 1 {
            all.push(b',');
        }
        all.extend_from_slice(inner.unwrap_or_default());
    }
    all.push(b']');
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_over_parts_is_the_root_over_all() {
        for count in [0, 1, 2, PART - 1, PART, PART + 1, 3 * PART, 5 * PART + 7] {
            let leaves: Vec<Hash> = (0..count)
                .map(|number| hash::leaf_hash(&number.to_be_bytes()))
                .collect();
            let mut tree = Tree::default();
            for leaf in &leaves {
                tree.push(*leaf);
            }
            assert_eq!(tree.root(), hash::merkle_root(&leaves), "{count} leaves");
            assert_eq!(tree.roots().len(), count.div_ceil(PART));
        }
    }
}
