//! Proofs of all small trees, and of trees at the edges of tiles, verify; changed ones do not.
#![expect(clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::tlog::layout::Tile;
use crate::tlog::vectors::{CT_CONSISTENCY, CT_INCLUSION, CT_ROOTS, ct_leaf_hashes};
use crate::tlog::{Tree, leaf_hash, prove, prove_consistency, prove_inclusion, sha256};
use std::collections::BTreeMap;

type Tested = Result<(), Error>;

/// A log in memory: all tiles, full and partial, of the sizes it went through.
#[derive(Default)]
struct Memory {
    tree: Tree,
    tiles: BTreeMap<Tile, Vec<u8>>,
}

impl Memory {
    fn grow(&mut self, leaves: &[Hash]) {
        for tile in self.tree.grow(leaves) {
            self.tiles.insert(tile.tile, tile.to_bytes());
        }
    }

    fn read(&self, tile: Tile) -> Result<Vec<u8>, Error> {
        self.tiles
            .get(&tile)
            .cloned()
            .ok_or(Error::Missing { path: tile.path() })
    }
}

fn leaves(n: u64) -> Vec<Hash> {
    (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn flipped(hash: &Hash, byte: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[byte % 32] ^= 1 << (byte % 8);
    Hash::new(bytes)
}

/// All ways in which a path can be damaged a little.
fn damaged(path: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..path.len() {
        for byte in 0..32 {
            let mut other = path.to_vec();
            other[at] = flipped(&path[at], byte);
            all.push(other);
        }
        let mut shorter = path.to_vec();
        shorter.remove(at);
        all.push(shorter);
        let mut longer = path.to_vec();
        longer.insert(at, path[at]);
        all.push(longer);
    }
    let mut longer = path.to_vec();
    longer.push(sha256(b"more"));
    all.push(longer);
    all
}

fn check_inclusion(log: &Memory, leaf: &Hash, index: u64, size: u64, root: &Hash) -> Tested {
    let path = prove_inclusion(index, size, &|tile| log.read(tile))?;
    verify_inclusion(index, size, leaf, &path, root)?;
    for other in damaged(&path) {
        assert!(verify_inclusion(index, size, leaf, &other, root).is_err());
    }
    assert!(verify_inclusion(index, size, &flipped(leaf, 3), &path, root).is_err());
    assert!(verify_inclusion(index, size, leaf, &path, &flipped(root, 9)).is_err());
    assert!(verify_inclusion(index + 1, size, leaf, &path, root).is_err());
    assert!(verify_inclusion(size, size, leaf, &path, root).is_err());
    Ok(())
}

fn check_consistency(log: &Memory, old: (u64, &Hash), new: (u64, &Hash)) -> Tested {
    let path = prove_consistency(old.0, new.0, &|tile| log.read(tile))?;
    verify_consistency(old.0, old.1, new.0, new.1, &path)?;
    for other in damaged(&path) {
        assert!(verify_consistency(old.0, old.1, new.0, new.1, &other).is_err());
    }
    assert!(verify_consistency(old.0, &flipped(old.1, 5), new.0, new.1, &path).is_err());
    if old.0 > 0 {
        let other = flipped(new.1, 5);
        assert!(verify_consistency(old.0, old.1, new.0, &other, &path).is_err());
    }
    if old.0 < new.0 {
        assert!(verify_consistency(new.0, new.1, old.0, old.1, &path).is_err());
    }
    Ok(())
}

#[test]
fn proofs_are_those_of_certificate_transparency() -> Tested {
    let leaves = ct_leaf_hashes()?;
    let hex = |path: &[Hash]| path.iter().map(|hash| hash.to_hex()).collect::<Vec<_>>();
    let mut log = Memory::default();
    let mut sizes = Vec::new();
    for leaf in &leaves {
        log.grow(std::slice::from_ref(leaf));
        sizes.push(log.tree.root());
    }
    for (index, size, expected) in CT_INCLUSION {
        let path = prove_inclusion(index, size, &|tile| log.read(tile))?;
        assert_eq!(hex(&path), expected);
        let root = Hash::from_hex(CT_ROOTS[size as usize])?;
        verify_inclusion(index, size, &leaves[index as usize], &path, &root)?;
    }
    for (old, new, expected) in CT_CONSISTENCY {
        let path = prove_consistency(old, new, &|tile| log.read(tile))?;
        assert_eq!(hex(&path), expected);
        let root = |size: u64| Hash::from_hex(CT_ROOTS[size as usize]);
        verify_consistency(old, &root(old)?, new, &root(new)?, &path)?;
    }
    Ok(())
}

#[test]
fn every_proof_of_every_small_tree() -> Tested {
    let leaves = leaves(70);
    let mut log = Memory::default();
    let mut roots = vec![log.tree.root()];
    for leaf in &leaves {
        log.grow(std::slice::from_ref(leaf));
        roots.push(log.tree.root());
    }
    for size in 1..=70 {
        let root = &roots[size as usize];
        for index in 0..size {
            check_inclusion(&log, &leaves[index as usize], index, size, root)?;
        }
        for old in 0..=size {
            check_consistency(&log, (old, &roots[old as usize]), (size, root))?;
        }
    }
    Ok(())
}

#[test]
fn proofs_at_the_edges_of_tiles() -> Tested {
    let sizes = [
        1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_800,
    ];
    let leaves = leaves(65_800);
    let mut log = Memory::default();
    let mut roots = Vec::new();
    for size in sizes {
        log.grow(&leaves[log.tree.size() as usize..size as usize]);
        roots.push((size, log.tree.root()));
        assert_eq!(
            prove::root_from_tiles(size, &|tile| log.read(tile))?,
            log.tree.root()
        );
    }
    for (size, root) in &roots {
        for index in [
            0, 1, 254, 255, 256, 257, 300, 511, 65_534, 65_535, 65_536, 65_799,
        ] {
            if index < *size {
                check_inclusion(&log, &leaves[index as usize], index, *size, root)?;
            }
        }
        for (old, old_root) in roots.iter().filter(|(old, _)| old <= size) {
            check_consistency(&log, (*old, old_root), (*size, root))?;
        }
    }
    Ok(())
}

#[test]
fn what_is_outside_the_tree_is_refused() {
    let log = Memory::default();
    assert!(matches!(
        prove_inclusion(0, 0, &|tile| log.read(tile)),
        Err(Error::OutOfRange { .. })
    ));
    assert!(matches!(
        prove_consistency(2, 1, &|tile| log.read(tile)),
        Err(Error::OutOfRange { .. })
    ));
    assert!(matches!(
        prove_inclusion(0, 2, &|tile| log.read(tile)),
        Err(Error::Missing { .. })
    ));
}
