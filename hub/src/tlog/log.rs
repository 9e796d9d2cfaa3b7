//! The one writer of a log: takes leaves in order, writes tiles, then publishes a checkpoint.
//!
//! The checkpoint is the commit: tiles are durable before it, and what lies beyond it does not
//! count. After a failure in between, the caller hands in the same leaves again. The log never
//! goes back, never forks, and refuses to start from files that do not lead to its checkpoint.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::layout::{CHECKPOINT, Kind, Resource, TILE_WIDTH, Tile};
use super::prove::root_from_tiles;
use super::storage::{Content, Storage, is_unfinished};
use super::tree::HashTile;
use super::{Checkpoint, Entry, Error, Hash, Keyring, Keys as _, Note, Proof, Seals, Tree, bundle};
use super::{prove_consistency, prove_inclusion};

pub(super) mod resume;

/// File in the folder that the writing process holds locked.
const LOCK: &str = ".lock";

/// A log that this process writes.
#[derive(Debug)]
pub struct Log {
    storage: Storage,
    seals: Seals,
    state: State,
    /// What a failed step tried to publish: only the folder knows whether it is published.
    unsure: Option<Checkpoint>,
    /// The folder may hold files that do not belong to the published log.
    untidy: bool,
    _lock: File,
}

/// A step that was computed and is not published yet.
#[derive(Debug)]
pub struct Step {
    size: u64,
    next: State,
    files: Vec<Content>,
}

impl Step {
    /// The checkpoint that will be published.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.next.checkpoint
    }

    /// The same as a signed note.
    pub fn signed(&self) -> &str {
        &self.next.signed
    }
}

/// What is published, and what appending to it needs.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) checkpoint: Checkpoint,
    signed: String,
    pub(super) tree: Tree,
    /// The partial entry bundle at the end of the log.
    bundle: Vec<u8>,
}

impl Log {
    /// Opens the log in a folder, or begins one in an empty folder, and resumes from its
    /// published checkpoint. The keys bear the name of the origin. Tiles beyond the checkpoint stay until the next
    /// [`integrate`](Self::integrate), so that a caller can still refuse a log that went back.
    pub fn open(
        dir: impl Into<PathBuf>,
        origin: &str,
        seals: impl Into<Seals>,
    ) -> Result<Self, Error> {
        let seals = seals.into();
        if seals.ring().origin() != origin {
            return Err(Error::Origin {
                found: seals.ring().origin().into(),
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
            publish(&storage, seals.sign(&empty)?)?;
        }
        let state = resume::resume(&storage, seals.ring())?;
        storage.sync()?;
        Ok(Self {
            storage,
            seals,
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
        let step = self.prepare(first, leaves)?;
        self.publish(step)
    }

    /// Computes what [`publish`](Self::publish) would publish, and writes nothing: the caller may write it down
    /// elsewhere first.
    pub fn prepare(&mut self, first: u64, leaves: &[Entry]) -> Result<Step, Error> {
        self.settle()?;
        let size = self.size();
        if first != size {
            return Err(Error::NotNext { first, size });
        }
        let mut next = self.state.clone();
        let files = next.append(leaves)?;
        next.checkpoint = Checkpoint::new(
            self.seals.ring().origin(),
            next.tree.size(),
            next.tree.root(),
        );
        if next.checkpoint.size > size {
            next.signed = self.seals.sign(&next.checkpoint)?;
        }
        Ok(Step { size, next, files })
    }

    /// Publishes a prepared step.
    pub fn publish(&mut self, step: Step) -> Result<Checkpoint, Error> {
        self.settle()?;
        let Step { size, next, files } = step;
        if size != self.size() {
            let (first, size) = (size, self.size());
            return Err(Error::NotNext { first, size });
        }
        if next.checkpoint.size == size {
            return Ok(next.checkpoint);
        }
        self.check_published()?;
        self.unsure = Some(next.checkpoint.clone());
        if std::mem::replace(&mut self.untidy, true) {
            tidy(&self.storage, self.size())?;
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

    /// Returns the public keys.
    pub fn ring(&self) -> &Keyring {
        self.seals.ring()
    }

    /// Computes the root that the log had at an earlier size.
    pub fn root_at(&self, size: u64) -> Result<Hash, Error> {
        self.published(size)?;
        root_from_tiles(size, &|tile| self.storage.read_tile(tile))
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
        self.proof_under(index, self.size(), &self.state.signed)
    }

    /// Makes the offline proof of leaf `index` under an earlier checkpoint, as its signed note.
    pub fn proof_under(&self, index: u64, size: u64, signed: &str) -> Result<Proof, Error> {
        Ok(Proof {
            extra: None,
            index,
            path: self.prove_inclusion(index, size)?,
            checkpoint: signed.to_owned(),
        })
    }

    /// Replaces the keys, and signs the published checkpoint again with those in force at its size. The keys before
    /// must have announced the new ones in a leaf of the published log.
    pub fn reseal(&mut self, seals: Seals) -> Result<(), Error> {
        self.settle()?;
        self.check_published()?;
        let signed = seals.sign(&self.state.checkpoint)?;
        seals.ring().open(signed.as_bytes())?;
        publish(&self.storage, signed.clone())?;
        self.state.signed = signed;
        self.seals = seals;
        Ok(())
    }

    /// Adds cosignatures of witnesses to the published checkpoint; those of another one are left out. The caller has
    /// verified them.
    pub fn cosigned(&mut self, note: &Note) -> Result<(), Error> {
        self.settle()?;
        let mut published = Note::parse(self.state.signed.as_bytes())?;
        if published.text() != note.text() {
            return Ok(());
        }
        for signature in note.signatures() {
            published.add(signature.clone());
        }
        let signed = published.to_string();
        if signed != self.state.signed {
            self.check_published()?;
            publish(&self.storage, signed.clone())?;
            self.state.signed = signed;
        }
        Ok(())
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
            let state = resume::resume(&self.storage, self.seals.ring())?;
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
        if self.seals.ring().open(&published)? != self.state.checkpoint {
            return Err(Error::CheckpointChanged);
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
    /// Nothing yet.
    pub(super) fn empty(origin: &str) -> Self {
        let tree = Tree::new();
        Self {
            checkpoint: Checkpoint::new(origin, 0, tree.root()),
            signed: String::new(),
            tree,
            bundle: Vec::new(),
        }
    }

    /// Appends leaves in memory and returns the tiles that must be written for them.
    pub(super) fn append(&mut self, leaves: &[Entry]) -> Result<Vec<Content>, Error> {
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

/// Removes what an interrupted step left: unfinished files, tiles beyond the checkpoint, and partial tiles of which the
/// full one is published.
pub(super) fn tidy(storage: &Storage, size: u64) -> Result<(), Error> {
    for path in storage.tiles()? {
        let leftover = match Resource::parse(&path) {
            Some(Resource::Tile(tile)) => {
                !tile.is_within(size) || !tile.is_full() && tile.full().is_within(size)
            }
            _ => is_unfinished(&path),
        };
        if leftover {
            storage.remove(&path)?;
        }
    }
    Ok(())
}

pub(super) fn publish(storage: &Storage, signed: String) -> Result<(), Error> {
    storage.write(&[Content {
        path: CHECKPOINT.into(),
        bytes: signed.into_bytes(),
    }])
}

/// Makes the folder and takes it for this process.
pub(super) fn lock(root: &Path) -> Result<File, Error> {
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
