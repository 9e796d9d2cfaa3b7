//! The one writer of a log: takes leaves in order, writes tiles, then publishes a checkpoint.
//!
//! The checkpoint is the commit: tiles are durable before it, and what lies beyond it does not
//! count. After a failure in between, the caller hands in the same leaves again. The log never
//! goes back, never forks, and refuses to start from files that do not lead to its checkpoint.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::layout::{CHECKPOINT, Kind, Resource, TILE_WIDTH, Tile};
use super::note::Signer;
use super::storage::{Content, Storage, is_unfinished};
use super::tree::HashTile;
use super::{Checkpoint, Entry, Error, Hash, Proof, Tree, bundle};
use super::{prove_consistency, prove_inclusion};

mod resume;

/// File in the folder that the writing process holds locked.
const LOCK: &str = ".lock";

/// A log that this process writes.
#[derive(Debug)]
pub struct Log {
    storage: Storage,
    signer: Signer,
    origin: String,
    state: State,
    /// What a failed step tried to publish: only the folder knows whether it is published.
    unsure: Option<Checkpoint>,
    /// The folder may hold files that do not belong to the published log.
    untidy: bool,
    _lock: File,
}

/// What is published, and what appending to it needs.
#[derive(Clone, Debug)]
struct State {
    checkpoint: Checkpoint,
    signed: String,
    tree: Tree,
    /// The partial entry bundle at the end of the log.
    bundle: Vec<u8>,
}

impl Log {
    /// Opens the log in a folder, or begins one in an empty folder, and resumes from its
    /// published checkpoint. The key bears the name of the origin. Tiles beyond the checkpoint stay until the next
    /// [`integrate`](Self::integrate), so that a caller can still refuse a log that went back.
    pub fn open(dir: impl Into<PathBuf>, origin: &str, signer: Signer) -> Result<Self, Error> {
        if signer.verifier().name() != origin {
            return Err(Error::Origin {
                found: signer.verifier().name().into(),
                expected: origin.into(),
            });
        }
        let storage = Storage::new(dir);
        let lock = lock(storage.root())?;
        if storage.read_checkpoint()?.is_none() {
            if !storage.tiles()?.is_empty() {
                return Err(Error::CheckpointMissing {
                    path: storage.root().into(),
                });
            }
            let empty = Checkpoint::new(origin, 0, Tree::new().root());
            publish(&storage, empty.sign(&[&signer])?.to_string())?;
        }
        let state = resume::resume(&storage, origin, &signer)?;
        storage.sync()?;
        Ok(Self {
            storage,
            signer,
            origin: origin.into(),
            state,
            unsure: None,
            untidy: true,
            _lock: lock,
        })
    }

    /// Appends leaves, of which the first gets index `first`, and publishes the new checkpoint.
    /// When this returns, all of it is on disk. `first` must be the size of the log: after a
    /// failure the log may have grown or not, and a leaf must not enter twice.
    pub fn integrate(&mut self, first: u64, leaves: &[Entry]) -> Result<Checkpoint, Error> {
        self.settle()?;
        let size = self.size();
        if first != size {
            return Err(Error::NotNext { first, size });
        }
        let mut next = self.state.clone();
        let files = next.append(leaves)?;
        next.checkpoint = Checkpoint::new(&self.origin, next.tree.size(), next.tree.root());
        if next.checkpoint.size == size {
            return Ok(next.checkpoint);
        }
        next.signed = next.checkpoint.sign(&[&self.signer])?.to_string();
        self.check_published()?;
        self.unsure = Some(next.checkpoint.clone());
        if std::mem::replace(&mut self.untidy, true) {
            self.tidy()?;
        }
        self.storage.write(&files)?;
        publish(&self.storage, next.signed.clone())?;
        self.state = next;
        self.unsure = None;
        // The step is done. Old partial tiles are only clutter: next time will do.
        self.untidy = self.remove_superseded(size).is_err();
        Ok(self.state.checkpoint.clone())
    }

    /// Returns the number of published leaves.
    pub fn size(&self) -> u64 {
        self.state.checkpoint.size
    }

    /// Returns the published root.
    pub fn root(&self) -> Hash {
        self.state.checkpoint.root
    }

    /// Returns the published checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.state.checkpoint
    }

    /// Returns the published checkpoint as a signed note.
    pub fn signed_checkpoint(&self) -> &str {
        &self.state.signed
    }

    /// Returns the folder, for readers.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Proves that leaf `index` is in the tree of `size` leaves.
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.published(size)?;
        prove_inclusion(index, size, &|tile| self.storage.read_tile(tile))
    }

    /// Proves that the tree of `old` leaves is the beginning of the tree of `new` leaves.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        self.published(new)?;
        prove_consistency(old, new, &|tile| self.storage.read_tile(tile))
    }

    /// Makes the offline proof of leaf `index` under the published checkpoint.
    pub fn proof(&self, index: u64) -> Result<Proof, Error> {
        Ok(Proof {
            extra: None,
            index,
            path: self.prove_inclusion(index, self.size())?,
            checkpoint: self.state.signed.clone(),
        })
    }

    /// Refuses sizes that were never published.
    fn published(&self, size: u64) -> Result<(), Error> {
        if size > self.size() {
            return Err(Error::OutOfRange {
                index: size,
                size: self.size(),
            });
        }
        Ok(())
    }

    /// Finds out how a step ended that failed midway.
    fn settle(&mut self) -> Result<(), Error> {
        if let Some(tried) = &self.unsure {
            let state = resume::resume(&self.storage, &self.origin, &self.signer)?;
            if state.checkpoint != self.state.checkpoint && state.checkpoint != *tried {
                return Err(Error::CheckpointChanged);
            }
            self.storage.sync()?;
            self.state = state;
            self.unsure = None;
        }
        Ok(())
    }

    /// Refuses to go on from a checkpoint that this log did not leave there: it would go back,
    /// or fork.
    fn check_published(&self) -> Result<(), Error> {
        let published = self.storage.read_checkpoint()?.unwrap_or_default();
        let key = [self.signer.verifier().clone()];
        if Checkpoint::open(&published, &self.origin, &key)? != self.state.checkpoint {
            return Err(Error::CheckpointChanged);
        }
        Ok(())
    }

    /// Removes what an interrupted step left: unfinished files, tiles beyond the checkpoint, and
    /// partial tiles of which the full one is published.
    fn tidy(&self) -> Result<(), Error> {
        let size = self.size();
        for path in self.storage.tiles()? {
            let leftover = match Resource::parse(&path) {
                Some(Resource::Tile(tile)) => {
                    !tile.is_within(size) || !tile.is_full() && tile.full().is_within(size)
                }
                _ => is_unfinished(&path),
            };
            if leftover {
                self.storage.remove(&path)?;
            }
        }
        Ok(())
    }

    /// Removes the partial tiles of tiles that became full since the log had `old` leaves.
    fn remove_superseded(&self, old: u64) -> Result<(), Error> {
        let size = self.size();
        let levels = (0..self.state.tree.edge().len() as u8).map(Kind::Hashes);
        for kind in levels.chain([Kind::Entries]) {
            let Some(edge) = Tile::edge(kind, old).map(Tile::full) else {
                continue;
            };
            if edge.is_within(size) {
                self.storage.remove(&format!("{}.p", edge.path()))?;
            }
        }
        Ok(())
    }
}

impl State {
    /// Appends leaves in memory and returns the tiles that must be written for them.
    fn append(&mut self, leaves: &[Entry]) -> Result<Vec<Content>, Error> {
        let old = self.tree.size();
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
        let mut files = Vec::new();
        // Growing a bundle by doubling would cost more than all that is written into it.
        let room = leaves.iter().take(usize::from(TILE_WIDTH));
        let room = room.map(|leaf| leaf.body.len() + 2).sum();
        self.bundle.reserve(room);
        for (size, leaf) in (old + 1..).zip(leaves) {
            bundle::push(&mut self.bundle, &leaf.body)?;
            if size % u64::from(TILE_WIDTH) == 0 {
                let next = Vec::with_capacity(room);
                let bundle = std::mem::replace(&mut self.bundle, next);
                files.extend(entries_file(size - 1, size, bundle));
            }
        }
        let size = old + leaves.len() as u64;
        if !self.bundle.is_empty() {
            files.extend(entries_file(size - 1, size, self.bundle.clone()));
        }
        let tiles = self.tree.grow(&hashes);
        files.extend(tiles.iter().map(hash_file));
        Ok(files)
    }
}

/// Places the bundle that holds entry `last` in the tree of `size` leaves.
fn entries_file(last: u64, size: u64, bytes: Vec<u8>) -> Option<Content> {
    let tile = Tile::at(Kind::Entries, last / u64::from(TILE_WIDTH), size)?;
    let path = tile.path();
    Some(Content { path, bytes })
}

fn hash_file(tile: &HashTile) -> Content {
    Content {
        path: tile.tile.path(),
        bytes: tile.to_bytes(),
    }
}

fn publish(storage: &Storage, signed: String) -> Result<(), Error> {
    storage.write(&[Content {
        path: CHECKPOINT.into(),
        bytes: signed.into_bytes(),
    }])
}

/// Makes the folder and takes it for this process.
fn lock(root: &Path) -> Result<File, Error> {
    fs::create_dir_all(root).map_err(Error::io("make", root))?;
    let path = root.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::io("lock", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { path: root.into() }),
        Err(TryLockError::Error(e)) => Err(Error::io("lock", path)(e)),
    }
}

#[cfg(test)]
mod tests;
