//! Makes inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2) from hash tiles.
//!
//! The tiles come through a closure, so a proof can be made from a folder, a mirror or a test.
//! Only tiles of the asked size are read. Nothing is checked here: see [`super::verify`].

use std::collections::BTreeMap;

use super::hash::{merkle_root, split};
use super::layout::{Kind, Tile};
use super::tree::parse_tile;
use super::{Error, Hash};

/// Reads the stored bytes of a tile.
pub type ReadTile<'a> = &'a dyn Fn(Tile) -> Result<Vec<u8>, Error>;

/// Proves that leaf `index` is in the tree of `size` leaves; from the leaf upwards.
pub fn prove_inclusion(index: u64, size: u64, read: ReadTile) -> Result<Vec<Hash>, Error> {
    if index >= size {
        return Err(Error::OutOfRange { index, size });
    }
    let mut nodes = Nodes::new(size, read);
    let mut path = Vec::new();
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(nodes.range(middle, high)?);
            high = middle;
        } else {
            path.push(nodes.range(low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proves that the tree of `old` leaves is the beginning of the tree of `new` leaves.
pub fn prove_consistency(old: u64, new: u64, read: ReadTile) -> Result<Vec<Hash>, Error> {
    if old > new {
        return Err(Error::OutOfRange {
            index: old,
            size: new,
        });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let mut nodes = Nodes::new(new, read);
    let mut path = Vec::new();
    let (mut low, mut high) = (0, new);
    while old < high {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(nodes.range(middle, high)?);
            high = middle;
        } else {
            path.push(nodes.range(low, middle)?);
            low = middle;
        }
    }
    // The old tree itself is known to the verifier and left out.
    if low > 0 {
        path.push(nodes.range(low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// Computes root hash of the tree of `size` leaves from its tiles.
pub fn root_from_tiles(size: u64, read: ReadTile) -> Result<Hash, Error> {
    if size == 0 {
        return Ok(merkle_root(&[]));
    }
    Nodes::new(size, read).range(0, size)
}

/// Nodes of a tree of a given size; each tile is read once.
struct Nodes<'a> {
    size: u64,
    read: ReadTile<'a>,
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
}

impl<'a> Nodes<'a> {
    fn new(size: u64, read: ReadTile<'a>) -> Self {
        Self {
            size,
            read,
            tiles: BTreeMap::new(),
        }
    }

    /// Hashes the leaves `low..high`, a subtree at which RFC 6962 arrives by splitting.
    fn range(&mut self, low: u64, high: u64) -> Result<Hash, Error> {
        let count = high - low;
        if count.is_power_of_two() {
            return self.node(count.ilog2(), low);
        }
        let middle = low + split(count);
        let left = self.range(low, middle)?;
        let right = self.range(middle, high)?;
        Ok(super::node_hash(&left, &right))
    }

    /// Hashes the complete subtree of `2^height` leaves that starts at leaf `low`.
    fn node(&mut self, height: u32, low: u64) -> Result<Hash, Error> {
        let level = (height / 8) as u8;
        let position = low >> (8 * u32::from(level));
        let start = (position % 256) as usize;
        let hashes = self.tile(level, position / 256)?;
        hashes
            .get(start..start + (1 << (height % 8)))
            .map(merkle_root)
            .ok_or(Error::Malformed {
                what: "hash tile",
                why: "too short for the tree",
            })
    }

    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], Error> {
        let tile = Tile::at(Kind::Hashes(level), index, self.size).ok_or(Error::OutOfRange {
            index,
            size: self.size,
        })?;
        match self.tiles.entry((level, index)) {
            std::collections::btree_map::Entry::Occupied(found) => Ok(found.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                Ok(place.insert(parse_tile(&(self.read)(tile)?, tile.width)?))
            }
        }
    }
}
