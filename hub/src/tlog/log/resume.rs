//! Takes up a log from its folder: checkpoint, right edge of every level, last entry bundle.
//!
//! Reads only. When the files do not lead to the signed root, says which is the first wrong one.

use super::super::layout::{CHECKPOINT, Kind, TILE_WIDTH, Tile};
use super::super::storage::Storage;
use super::super::tree::{levels, parse_tile};
use super::super::{Error, Hash, Keys, Tree, bundle, leaf_hash, merkle_root};
use super::State;

/// Reads the state of the log as it is published.
pub(in crate::tlog) fn resume(storage: &Storage, keys: &dyn Keys) -> Result<State, Error> {
    let note = storage.read_checkpoint()?.ok_or_else(|| Error::Missing {
        path: CHECKPOINT.into(),
    })?;
    let checkpoint = keys.open(&note)?;
    let size = checkpoint.size;
    let edge = (0..levels(size) as u8)
        .map(|level| edge_hashes(storage, Kind::Hashes(level), size))
        .collect::<Result<Vec<_>, _>>()?;
    let tree = Tree::resume(size, edge)?;
    let bundle = match Tile::edge(Kind::Entries, size) {
        Some(tile) => storage.read_tile(tile)?,
        None => Vec::new(),
    };
    let right = tree.root() == checkpoint.root;
    if let Some(wrong) = first_wrong(storage, &tree, &bundle, right) {
        return Err(wrong);
    }
    if !right {
        return Err(Error::Wrong {
            place: CHECKPOINT.into(),
            what: format!("the tiles give root {}", tree.root()),
        });
    }
    Ok(State {
        checkpoint,
        signed: String::from_utf8_lossy(&note).into_owned(),
        tree,
        bundle,
    })
}

/// Reads the hashes of the partial tile of a level, if there is one.
fn edge_hashes(storage: &Storage, kind: Kind, size: u64) -> Result<Vec<Hash>, Error> {
    let Some(tile) = Tile::edge(kind, size) else {
        return Ok(Vec::new());
    };
    parse_tile(&storage.read_tile(tile)?, tile.width).map_err(|e| at(tile, &e))
}

/// Compares the edge with what lies below it: level 0 with the entries always, and the other
/// levels with the full tiles below them when the root is wrong.
fn first_wrong(storage: &Storage, tree: &Tree, entries: &[u8], right: bool) -> Option<Error> {
    let size = tree.size();
    for (level, hashes) in (0..).zip(tree.edge()) {
        let Some(tile) = Tile::edge(Kind::Hashes(level), size) else {
            continue;
        };
        let first = tile.index * u64::from(TILE_WIDTH);
        let below: Vec<Result<Hash, Error>> = match level.checked_sub(1) {
            None => bundle::entries(entries)
                .map(|entry| entry.map(leaf_hash))
                .collect(),
            Some(_) if right => continue,
            Some(below) => (first..first + u64::from(tile.width))
                .map(|index| full_root(storage, Kind::Hashes(below), index))
                .collect(),
        };
        // With the right root the tiles are proven, and the entries are what is wrong.
        let place = if right {
            Tile {
                kind: Kind::Entries,
                ..tile
            }
        } else {
            tile
        };
        let mut below = below.into_iter();
        for (at, hash) in (first..).zip(hashes) {
            match below.next() {
                Some(Ok(found)) if found == *hash => {}
                Some(Err(e @ (Error::Missing { .. } | Error::Wrong { .. }))) => return Some(e),
                _ => {
                    return Some(Error::Wrong {
                        place: format!("{}, number {at}", place.path()),
                        what: "tile and what lies below it do not agree".into(),
                    });
                }
            }
        }
        if below.next().is_some() {
            return Some(Error::Wrong {
                place: place.path(),
                what: format!("more than {} entries", hashes.len()),
            });
        }
    }
    None
}

/// Hashes a full tile into its parent.
fn full_root(storage: &Storage, kind: Kind, index: u64) -> Result<Hash, Error> {
    let tile = Tile {
        kind,
        index,
        width: TILE_WIDTH,
    };
    parse_tile(&storage.read_tile(tile)?, tile.width)
        .map(|hashes| merkle_root(&hashes))
        .map_err(|e| at(tile, &e))
}

fn at(tile: Tile, error: &Error) -> Error {
    Error::Wrong {
        place: tile.path(),
        what: error.to_string(),
    }
}
