//! Follows another log into a folder: what is copied is proven to continue what was copied before.
//!
//! Only the entries are fetched. Every tile is computed from them, so that the mirror holds nothing that it did not
//! derive, and the root that comes out must be the signed one. Until then the old checkpoint stands.

use std::path::Path;

use super::layout::{CHECKPOINT, Kind, TILE_WIDTH, Tile};
use super::log::{State, lock, publish, resume, tidy};
use super::storage::Storage;
use super::{Entry, Error, FirstFault, Keys, bundle};

/// Entry bundles that are fetched and written at once.
const STEP: u64 = 32;

/// How far a mirror has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// Size before.
    pub from: u64,
    /// Size now.
    pub to: u64,
}

/// Fetches a file of the log by its path; none when the log has no such file.
pub type Fetch<'f> = &'f dyn Fn(&str) -> Result<Option<Vec<u8>>, Error>;

/// Brings a mirror up to the log's checkpoint.
pub fn follow(folder: &Path, keys: &dyn Keys, fetch: Fetch<'_>) -> Result<Mirrored, FirstFault> {
    let own = |error: Error| FirstFault::new(folder.display().to_string(), error);
    let theirs = |error: Error| FirstFault::new(CHECKPOINT, error);
    let storage = Storage::new(folder);
    let _lock = lock(folder).map_err(own)?;
    let mut state = match storage.read_checkpoint().map_err(own)? {
        Some(_) => resume::resume(&storage, keys).map_err(own)?,
        None => State::empty(keys.origin()),
    };
    let from = state.checkpoint.size;
    let note = fetch(CHECKPOINT)
        .and_then(|found| {
            found.ok_or_else(|| Error::Missing {
                path: CHECKPOINT.into(),
            })
        })
        .map_err(theirs)?;
    let target = keys.open(&note).map_err(theirs)?;
    if target.size < from {
        let what = format!(
            "is of size {}, but {from} was published before: the log went back",
            target.size
        );
        return Err(FirstFault::new(CHECKPOINT, what));
    }
    tidy(&storage, from).map_err(own)?;
    while state.tree.size() < target.size {
        let first = state.tree.size() / u64::from(TILE_WIDTH);
        let entries = entries(first, state.tree.size(), target.size, fetch)?;
        let files = state.append(&entries).map_err(own)?;
        storage.write(&files).map_err(own)?;
    }
    let root = state.tree.root();
    if root != target.root {
        let what = format!(
            "signed root is {:x}, but what was mirrored up to {from} and the entries since give {root:x}: the log \
             was changed or shows two histories",
            target.root
        );
        return Err(FirstFault::new(CHECKPOINT, what));
    }
    let note = String::from_utf8_lossy(&note).into_owned();
    publish(&storage, note).map_err(own)?;
    tidy(&storage, target.size).map_err(own)?;
    Ok(Mirrored {
        from,
        to: target.size,
    })
}

/// Fetches the entries from `size` on, some bundles of them; `first` is the bundle in which that lies.
fn entries(first: u64, size: u64, target: u64, fetch: Fetch<'_>) -> Result<Vec<Entry>, FirstFault> {
    let mut entries = Vec::new();
    for index in first..first + STEP {
        let Some(tile) = Tile::at(Kind::Entries, index, target) else {
            break;
        };
        let wrong = |error: Error| FirstFault::new(tile.path(), error);
        let bytes = match fetch(&tile.path()).map_err(wrong)? {
            Some(bytes) => bytes,
            // The log has grown meanwhile, and the partial bundle is gone.
            None => fetch(&tile.full().path())
                .map_err(wrong)?
                .ok_or_else(|| FirstFault::new(tile.path(), "missing"))?,
        };
        let skip = size.saturating_sub(index * u64::from(TILE_WIDTH));
        let wanted = usize::from(tile.width);
        let mut found = 0;
        for entry in bundle::entries(&bytes).take(wanted) {
            let entry = entry.map_err(wrong)?;
            if found >= skip {
                entries.push(Entry::from(entry.to_vec()));
            }
            found += 1;
        }
        if found != wanted as u64 {
            let what = format!("bundle has {found} entries, {wanted} expected");
            return Err(FirstFault::new(tile.path(), what));
        }
    }
    Ok(entries)
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
