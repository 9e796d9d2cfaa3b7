//! Verifies a folder of a log, offline and from scratch: every entry, every tile, the signature.
//!
//! All hashes are derived again from the entries, and the root from them. Where something
//! differs, the root tells who is wrong: with the signed root the entries are proven, and the
//! stored tile is what was changed; otherwise an entry was. Changes nothing, needs no lock.

use std::fmt;
use std::path::Path;

use super::layout::{CHECKPOINT, Kind, Resource, TILE_WIDTH, Tile};
use super::storage::{Storage, is_unfinished};
use super::tree::{HashTile, parse_tile};
use super::{Checkpoint, Error, Hash, Keys, Tree, bundle, hash, leaf_hash};

/// What a verified folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of entries.
    pub size: u64,
    /// Signed root, derived again.
    pub root: Hash,
    /// Files that belong to no published tree: left by an interrupted step, or the checkpoint
    /// was put back to an older one.
    pub beyond: Vec<String>,
}

/// The first place that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstFault {
    /// Path in the folder, with the number of the entry or hash.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

impl FirstFault {
    pub(super) fn new(place: impl Into<String>, what: impl fmt::Display) -> Self {
        Self {
            place: place.into(),
            what: what.to_string(),
        }
    }
}

impl fmt::Display for FirstFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for FirstFault {}

/// Verifies the log in a folder by its public keys.
pub fn verify_folder(dir: &Path, keys: &dyn Keys) -> Result<Verified, FirstFault> {
    let storage = Storage::new(dir);
    let fault = |e: Error| FirstFault::new(CHECKPOINT, e);
    let signed = storage.read_checkpoint().map_err(fault)?;
    let signed = signed.ok_or_else(|| FirstFault::new(CHECKPOINT, "missing"))?;
    let checkpoint = keys.open(&signed).map_err(fault)?;
    let size = checkpoint.size;

    let mut audit = Audit::new(&storage, size);
    for index in 0..size.div_ceil(u64::from(TILE_WIDTH)) {
        audit.bundle(index)?;
    }
    audit.edge()?;
    audit.conclude(&checkpoint)?;
    let beyond = other_files(&storage, size)?;
    Ok(Verified {
        size,
        root: checkpoint.root,
        beyond,
    })
}

/// One pass over all entries, from the first to the last.
struct Audit<'a> {
    storage: &'a Storage,
    size: u64,
    tree: Tree,
    /// First entry that its leaf hash contradicts.
    entry: Option<FirstFault>,
    /// First hash that what lies below it contradicts.
    tile: Option<FirstFault>,
}

impl<'a> Audit<'a> {
    fn new(storage: &'a Storage, size: u64) -> Self {
        Self {
            storage,
            size,
            tree: Tree::new(),
            entry: None,
            tile: None,
        }
    }

    /// Hashes the entries of a bundle into the tree and compares the tiles that became full.
    fn bundle(&mut self, index: u64) -> Result<(), FirstFault> {
        let Some(tile) = Tile::at(Kind::Entries, index, self.size) else {
            return Ok(());
        };
        let bytes = read(self.storage, tile)?;
        let leaves: Vec<Hash> = bundle::entries(&bytes)
            .map_while(Result::ok)
            .map(leaf_hash)
            .collect();
        let whole = bundle::entries(&bytes).all(|entry| entry.is_ok());
        if !whole || leaves.len() != usize::from(tile.width) {
            return Err(self.broken_bundle(tile, &leaves, whole));
        }
        let mut full = Vec::new();
        for leaf in leaves {
            self.tree.append(leaf, |tile| full.push(tile));
        }
        full.iter().try_for_each(|tile| self.compare(tile))
    }

    /// Compares the partial tiles at the right edge.
    fn edge(&mut self) -> Result<(), FirstFault> {
        let edge = self.tree.edge().to_vec();
        for (level, hashes) in (0..).zip(edge) {
            if let Some(tile) = Tile::edge(Kind::Hashes(level), self.size) {
                self.compare(&HashTile { tile, hashes })?;
            }
        }
        Ok(())
    }

    /// Compares a derived tile with the stored one and notes the first difference.
    fn compare(&mut self, derived: &HashTile) -> Result<(), FirstFault> {
        let tile = derived.tile;
        let bytes = read(self.storage, tile)?;
        let stored = parse_tile(&bytes, tile.width).map_err(|e| FirstFault::new(tile.path(), e))?;
        let mut pairs = derived.hashes.iter().zip(&stored).enumerate();
        let Some((at, (below, above))) = pairs.find(|(_, (below, above))| below != above) else {
            return Ok(());
        };
        let number = tile.index * u64::from(TILE_WIDTH) + at as u64;
        let what = format!("hash is {above:x}, what lies below it gives {below:x}");
        self.tile.get_or_insert_with(|| {
            FirstFault::new(format!("{}, hash {number}", tile.path()), what)
        });
        if tile.kind == Kind::Hashes(0) {
            let what = format!("entry hashes to {below:x}, its leaf hash is {above:x}");
            self.entry
                .get_or_insert_with(|| entry_fault(tile, number, what));
        }
        Ok(())
    }

    /// Finds the first wrong entry of a bundle that can't be cut into the right number of them.
    fn broken_bundle(&self, tile: Tile, leaves: &[Hash], whole: bool) -> FirstFault {
        let kind = Kind::Hashes(0);
        let stored = self.storage.read_tile(Tile { kind, ..tile });
        let stored = stored.and_then(|bytes| parse_tile(&bytes, tile.width));
        let right = match &stored {
            Ok(stored) => stored
                .iter()
                .zip(leaves)
                .take_while(|(a, b)| a == b)
                .count(),
            Err(_) => leaves.len(),
        };
        let number = tile.index * u64::from(TILE_WIDTH) + right as u64;
        let what = if whole {
            format!(
                "bundle has {} entries, {} expected",
                leaves.len(),
                tile.width
            )
        } else {
            "bundle can't be cut into entries".into()
        };
        entry_fault(tile, number, what)
    }

    /// Holds the derived root against the signed one.
    fn conclude(self, checkpoint: &Checkpoint) -> Result<(), FirstFault> {
        let root = self.tree.root();
        if root == checkpoint.root {
            return self.tile.map_or(Ok(()), Err);
        }
        Err(self.entry.or(self.tile).unwrap_or_else(|| {
            let signed = checkpoint.root;
            FirstFault::new(
                CHECKPOINT,
                format!("signed root is {signed:x}, all entries and tiles give {root:x}"),
            )
        }))
    }
}

/// Checks the files that the published tree does not need: older partial tiles must be the
/// beginnings of the present ones. Returns the files beyond the tree.
fn other_files(storage: &Storage, size: u64) -> Result<Vec<String>, FirstFault> {
    let paths = storage.tiles().map_err(|e| FirstFault::new("tile", e))?;
    let mut beyond = Vec::new();
    for path in paths {
        let tile = match Resource::parse(&path) {
            Some(Resource::Tile(tile)) => tile,
            _ if is_unfinished(&path) => {
                beyond.push(path);
                continue;
            }
            _ => return Err(FirstFault::new(path, "no file of a log")),
        };
        match Tile::at(tile.kind, tile.index, size) {
            Some(present) if tile.width < present.width => older(storage, tile, present)?,
            Some(present) if tile == present => {}
            _ => beyond.push(path),
        }
    }
    Ok(beyond)
}

/// Compares an older partial tile with the present, verified one.
fn older(storage: &Storage, tile: Tile, present: Tile) -> Result<(), FirstFault> {
    let fault = |e: Error| FirstFault::new(tile.path(), e);
    let Some(bytes) = storage.read(&tile.path()).map_err(fault)? else {
        // Superseded and removed by the writer since the folder was listed.
        return Ok(());
    };
    let expected = read(storage, present)?;
    if expected.starts_with(&bytes) && length_of(tile, &expected) == Some(bytes.len()) {
        return Ok(());
    }
    let right = match tile.kind {
        Kind::Hashes(_) => {
            let same = bytes.iter().zip(&expected).take_while(|(a, b)| a == b);
            same.count() / hash::LENGTH
        }
        Kind::Entries => bundle::entries(&bytes)
            .zip(bundle::entries(&expected))
            .take_while(|(a, b)| matches!((a, b), (Ok(a), Ok(b)) if a == b))
            .count(),
    };
    let number = tile.index * u64::from(TILE_WIDTH) + right as u64;
    let noun = match tile.kind {
        Kind::Hashes(_) => "hash",
        Kind::Entries => "entry",
    };
    let what = format!("not the beginning of {}", present.path());
    Err(FirstFault::new(
        format!("{}, {noun} {number}", tile.path()),
        what,
    ))
}

/// Returns how many bytes of a longer tile make up this one.
fn length_of(tile: Tile, longer: &[u8]) -> Option<usize> {
    match tile.kind {
        Kind::Hashes(_) => Some(usize::from(tile.width) * hash::LENGTH),
        Kind::Entries => bundle::prefix(longer, tile.width).ok().map(<[u8]>::len),
    }
}

fn read(storage: &Storage, tile: Tile) -> Result<Vec<u8>, FirstFault> {
    storage.read_tile(tile).map_err(|e| match e {
        Error::Missing { path } => FirstFault::new(path, "missing"),
        e => FirstFault::new(tile.path(), e),
    })
}

fn entry_fault(tile: Tile, number: u64, what: impl fmt::Display) -> FirstFault {
    let kind = Kind::Entries;
    let path = Tile { kind, ..tile }.path();
    FirstFault::new(format!("{path}, entry {number}"), what)
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
