//! Checks inclusion and consistency proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2).
//!
//! Pure arithmetic on hashes: whoever has a root from a signed checkpoint needs nothing else.

use super::hash::{merkle_root, node_hash};
use super::{Error, Hash};

/// Checks that `leaf` is leaf number `index` of the tree of `size` leaves with this root.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
    root: &Hash,
) -> Result<(), Error> {
    if index >= size {
        return Err(Error::OutOfRange { index, size });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(Error::NotIncluded);
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node /= 2;
        last /= 2;
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(Error::NotIncluded)
    }
}

/// Checks that the tree of `old` leaves is the beginning of the tree of `new` leaves.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), Error> {
    if old > new {
        return Err(Error::OutOfRange {
            index: old,
            size: new,
        });
    }
    let consistent = if old == 0 {
        path.is_empty() && *old_root == merkle_root(&[]) && (new > 0 || new_root == old_root)
    } else if old == new {
        path.is_empty() && old_root == new_root
    } else {
        roots_along(old, old_root, new, path) == Some((*old_root, *new_root))
    };
    consistent.then_some(()).ok_or(Error::NotConsistent)
}

/// Computes both roots along the path, for `0 < old < new`.
fn roots_along(old: u64, old_root: &Hash, new: u64, path: &[Hash]) -> Option<(Hash, Hash)> {
    // An old tree that is complete is a node of the new one, and left out of the path.
    let (first, path) = if old.is_power_of_two() {
        (!path.is_empty()).then_some((old_root, path))?
    } else {
        path.split_first()?
    };
    let shift = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node /= 2;
        last /= 2;
    }
    (last == 0).then_some((old_hash, new_hash))
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
