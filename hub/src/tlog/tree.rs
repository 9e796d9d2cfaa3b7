//! The growing tree: its size and the hashes on its right edge, which is all that appending needs.
//!
//! The edge is kept as tlog-tiles cuts the tree: of each level, the hashes of the partial tile.
//! Appending says which tiles came out full or changed; nothing here reads or writes them.

use super::hash::{LENGTH, merkle_root, sha256};
use super::layout::{Kind, TILE_WIDTH, Tile};
use super::{Error, Hash};

/// A hash tile with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashTile {
    /// Which tile it is.
    pub tile: Tile,
    /// Its hashes, as many as the tile is wide.
    pub hashes: Vec<Hash>,
}

impl HashTile {
    /// Returns the bytes that are stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes
            .iter()
            .flat_map(Hash::as_bytes)
            .copied()
            .collect()
    }
}

/// Reads the stored bytes of a hash tile of `width` hashes.
pub fn parse_tile(bytes: &[u8], width: u16) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = bytes.as_chunks::<LENGTH>();
    if hashes.len() != usize::from(width) || !rest.is_empty() {
        return Err(Error::Malformed {
            what: "hash tile",
            why: "length does not fit its width",
        });
    }
    Ok(hashes.iter().copied().map(Hash::new).collect())
}

/// An append-only Merkle tree, without its past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Hashes of the partial tile of each level, from level 0; at most 255 each.
    edge: Vec<Vec<Hash>>,
}

impl Tree {
    /// Makes an empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up a tree at `size` from the hashes of its partial tiles, from level 0.
    pub fn resume(size: u64, edge: Vec<Vec<Hash>>) -> Result<Self, Error> {
        let fits = (0..).zip(&edge).all(|(level, hashes)| {
            hashes.len() as u64 == Kind::Hashes(level).count(size) % u64::from(TILE_WIDTH)
        });
        if !fits || edge.len() != levels(size) {
            return Err(Error::Malformed {
                what: "tree edge",
                why: "widths do not fit the size",
            });
        }
        Ok(Self { size, edge })
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the hashes of the partial tile of each level, from level 0.
    pub fn edge(&self) -> &[Vec<Hash>] {
        &self.edge
    }

    /// Computes the root.
    pub fn root(&self) -> Hash {
        // What is right of the full subtrees of a level is itself a tree, and RFC 6962 splits
        // them as if it were one more (smaller) subtree.
        let mut root = None;
        for hashes in &self.edge {
            let level: Vec<Hash> = hashes.iter().copied().chain(root).collect();
            if !level.is_empty() {
                root = Some(merkle_root(&level));
            }
        }
        root.unwrap_or_else(|| sha256(b""))
    }

    /// Appends a leaf hash and hands each tile that became full to `full`.
    pub fn append(&mut self, leaf: Hash, mut full: impl FnMut(HashTile)) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0.. {
            let Some(hashes) = self.edge.get_mut(usize::from(level)) else {
                self.edge.push(vec![hash]);
                return;
            };
            hashes.push(hash);
            if hashes.len() < usize::from(TILE_WIDTH) {
                return;
            }
            let hashes = std::mem::take(hashes);
            hash = merkle_root(&hashes);
            let kind = Kind::Hashes(level);
            full(HashTile {
                tile: Tile {
                    kind,
                    index: kind.count(self.size) / u64::from(TILE_WIDTH) - 1,
                    width: TILE_WIDTH,
                },
                hashes,
            });
        }
    }

    /// Appends leaf hashes and returns the tiles that must be written: those that became full,
    /// and the partial ones that changed.
    pub fn grow(&mut self, leaves: &[Hash]) -> Vec<HashTile> {
        let old = self.size;
        let mut tiles = Vec::new();
        for leaf in leaves {
            self.append(*leaf, |tile| tiles.push(tile));
        }
        for (level, hashes) in (0..).zip(&self.edge) {
            let kind = Kind::Hashes(level);
            if kind.count(old) == kind.count(self.size) {
                break;
            }
            if let Some(tile) = Tile::edge(kind, self.size) {
                let hashes = hashes.clone();
                tiles.push(HashTile { tile, hashes });
            }
        }
        tiles
    }
}

/// Returns the number of levels of hash tiles that a tree of `size` leaves has.
pub(super) fn levels(size: u64) -> usize {
    size.checked_ilog2().map_or(0, |log| log as usize / 8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::leaf_hash;
    use std::collections::BTreeMap;

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    /// Cuts the tree into tiles straight from the definition in the standard.
    fn tiles_by_definition(leaves: &[Hash]) -> BTreeMap<Tile, Vec<Hash>> {
        let mut tiles = BTreeMap::new();
        let mut hashes = leaves.to_vec();
        for level in 0.. {
            if hashes.is_empty() {
                break;
            }
            for (index, chunk) in (0..).zip(hashes.chunks(256)) {
                let tile = Tile {
                    kind: Kind::Hashes(level),
                    index,
                    width: chunk.len() as u16,
                };
                tiles.insert(tile, chunk.to_vec());
            }
            hashes = hashes.chunks_exact(256).map(merkle_root).collect();
        }
        tiles
    }

    #[test]
    fn the_root_is_that_of_the_definition_at_every_size() {
        let leaves = leaves(1100);
        let mut tree = Tree::new();
        assert_eq!(tree.root(), merkle_root(&[]));
        for (index, leaf) in leaves.iter().enumerate() {
            tree.append(*leaf, |_| ());
            let upto = leaves.get(..=index).unwrap_or_default();
            assert_eq!(tree.root(), merkle_root(upto), "size {}", index + 1);
        }
    }

    #[test]
    fn growth_in_any_steps_writes_the_tiles_of_the_definition() {
        let leaves = leaves(65_536 + 300);
        for steps in [
            vec![1, 2, 5, 255, 256, 257, 300, 511, 512, 513, 1000],
            vec![256, 65_535, 65_536, 65_537, 65_536 + 256, 65_536 + 300],
            vec![65_536 + 300],
        ] {
            let mut tree = Tree::new();
            let mut written = BTreeMap::new();
            let mut old = 0;
            for new in steps {
                for tile in tree.grow(leaves.get(old..new).unwrap_or_default()) {
                    assert_eq!(tile.hashes.len(), usize::from(tile.tile.width));
                    written.insert(tile.tile, tile.hashes);
                }
                let upto = leaves.get(..new).unwrap_or_default();
                for (tile, hashes) in tiles_by_definition(upto) {
                    assert_eq!(written.get(&tile), Some(&hashes), "{tile:?} at {new}");
                }
                assert_eq!(tree.root(), merkle_root(upto));
                old = new;
            }
        }
    }

    #[test]
    fn an_unchanged_tile_is_not_written_again() {
        let leaves = leaves(300);
        let mut tree = Tree::new();
        tree.grow(leaves.get(..257).unwrap_or_default());
        let tiles = tree.grow(leaves.get(257..).unwrap_or_default());
        let paths: Vec<_> = tiles.iter().map(|t| t.tile.path()).collect();
        assert_eq!(paths, ["tile/0/001.p/44"]);
    }

    #[test]
    fn a_tree_is_taken_up_from_its_edge() -> Result<(), Error> {
        let leaves = leaves(700);
        let mut whole = Tree::new();
        whole.grow(&leaves);
        for size in [0, 1, 255, 256, 257, 512, 600] {
            let (before, after) = leaves.split_at(size);
            let mut tree = Tree::new();
            tree.grow(before);
            let mut tree = Tree::resume(size as u64, tree.edge().to_vec())?;
            tree.grow(after);
            assert_eq!(tree, whole);
        }
        assert!(Tree::resume(3, vec![leaves]).is_err());
        assert!(Tree::resume(256, vec![vec![]]).is_err());
        Ok(())
    }
}
