//! Consecutive entries of a log under a root of their own: one signature can vouch for all of them, long before
//! the tree that they will be part of is published.
//!
//! The tree over a span is that of RFC 6962 over its leaf hashes alone, and a path in it is checked like any
//! other ([`super::verify_inclusion`]). It proves nothing about the log around the span.

use super::hash::{Hash, leaf_hash, merkle_root};

/// An entry with its hash as a leaf, so that nobody computes it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its bytes.
    pub body: Vec<u8>,
    /// Their hash (RFC 6962).
    pub hash: Hash,
}

impl From<Vec<u8>> for Entry {
    fn from(body: Vec<u8>) -> Self {
        let hash = leaf_hash(&body);
        Entry { body, hash }
    }
}

/// Consecutive entries and the tree over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    first: u64,
    /// From the leaves to the root.
    levels: Vec<Vec<Hash>>,
}

impl Span {
    /// Builds the tree over the leaves from index `first` on.
    pub fn new(first: u64, leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            // What stands alone at the right is itself the node above: RFC 6962 splits so.
            levels.push(level.chunks(2).map(merkle_root).collect());
        }
        Span { first, levels }
    }

    /// Index of the first entry.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// Root over all of them.
    pub fn root(&self) -> Hash {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| merkle_root(&[]))
    }

    /// The path from the entry at an index of the log to the root; none when the span does not hold it.
    pub fn path(&self, index: u64) -> Option<Vec<Hash>> {
        let place = index
            .checked_sub(self.first)
            .filter(|place| *place < self.size())?;
        let siblings = self.levels.iter().zip(0..).filter_map(|(level, height)| {
            let beside = (place >> height) ^ 1;
            level.get(usize::try_from(beside).ok()?).copied()
        });
        Some(siblings.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::vectors::ct_leaf_hashes;
    use crate::tlog::{Error, verify_inclusion};

    #[test]
    fn every_path_leads_to_the_root_and_no_other_does() -> Result<(), Error> {
        let leaves = ct_leaf_hashes()?;
        for size in 1..=leaves.len() {
            let part = leaves.get(..size).unwrap_or_default();
            let span = Span::new(100, part.to_vec());
            assert_eq!(span.root(), merkle_root(part), "size {size}");
            for (place, leaf) in (0..).zip(part) {
                let path = span.path(100 + place).unwrap_or_default();
                verify_inclusion(place, span.size(), leaf, &path, &span.root())?;
                let other = leaf_hash(b"another");
                assert!(verify_inclusion(place, span.size(), &other, &path, &span.root()).is_err());
            }
            assert_eq!(span.path(99), None);
            assert_eq!(span.path(100 + size as u64), None);
        }
        assert_eq!(Span::new(7, Vec::new()).root(), merkle_root(&[]));
        Ok(())
    }
}
