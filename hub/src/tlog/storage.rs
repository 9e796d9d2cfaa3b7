//! The folder of a log: plain files at the paths of tlog-tiles, so that a copy is a mirror.
//!
//! A file appears whole or not at all: written beside its place, synced, renamed, and the folder
//! synced. Nothing here knows what is right; it never changes a byte of what it is given.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::layout::{CHECKPOINT, Kind, Tile};
use super::{Error, bundle, hash};

/// File with the newest checkpoint that enough witnesses cosigned.
pub const WITNESSED: &str = "checkpoint.witnessed";

/// How the name of an unfinished file begins.
const UNFINISHED: &str = ".tmp-";

/// How often a tile is looked for again that the writer replaces at that moment.
const RETAKES: usize = 4;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Path in the folder.
    pub path: String,
    /// All of its bytes.
    pub bytes: Vec<u8>,
}

/// Reads and writes the files of a log.
#[derive(Debug)]
pub struct Storage {
    root: PathBuf,
    #[cfg(test)]
    pub(super) faults: super::faults::Faults,
}

impl Storage {
    /// Takes a folder, which need not exist for reading nothing.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            #[cfg(test)]
            faults: super::faults::Faults::default(),
        }
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads the signed checkpoint, if there is one.
    pub fn read_checkpoint(&self) -> Result<Option<Vec<u8>>, Error> {
        self.read(CHECKPOINT)
    }

    /// The newest checkpoint that enough witnesses cosigned, if there is any.
    pub fn read_witnessed(&self) -> Result<Option<Vec<u8>>, Error> {
        self.read(WITNESSED)
    }

    /// Reads a file; `None` when there is none.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let file = self.root.join(path);
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(bytes)),
            // A folder in the place of a file is as good as nothing.
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
                ) =>
            {
                Ok(None)
            }
            Err(e) => Err(Error::io("read", file)(e)),
        }
    }

    /// Reads a tile. A partial tile that is gone, because the log has grown, is cut from the one that took its place.
    pub fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, Error> {
        if let Some(bytes) = self.read(&tile.path())? {
            return Ok(bytes);
        }
        let missing = || Error::Missing { path: tile.path() };
        if tile.is_full() {
            return Err(missing());
        }
        let longer = self.longer(tile)?.ok_or_else(missing)?;
        let prefix = match tile.kind {
            Kind::Hashes(_) => longer.get(..usize::from(tile.width) * hash::LENGTH),
            Kind::Entries => Some(bundle::prefix(&longer, tile.width)?),
        };
        prefix.map(Into::into).ok_or_else(missing)
    }

    /// The tile of which a partial one is the beginning: the full one, or a wider partial one.
    fn longer(&self, tile: Tile) -> Result<Option<Vec<u8>>, Error> {
        let full = tile.full();
        let folder = self.root.join(format!("{}.p", full.path()));
        // The writer may put a wider one in the place of what was just found.
        for _ in 0..RETAKES {
            if let Some(bytes) = self.read(&full.path())? {
                return Ok(Some(bytes));
            }
            let listed = match fs::read_dir(&folder) {
                Ok(listed) => listed,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("read", &folder)(error)),
            };
            let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            let widths = names.filter_map(|name| name.parse::<u16>().ok());
            let Some(width) = widths.filter(|width| *width > tile.width).max() else {
                continue;
            };
            if let Some(bytes) = self.read(&Tile { width, ..tile }.path())? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Writes files, each whole or not at all, and returns when all are durable.
    pub fn write(&self, files: &[Content]) -> Result<(), Error> {
        let mut folders = BTreeSet::new();
        for Content { path, bytes } in files {
            let target = self.root.join(path);
            let Some((folder, name)) = target.parent().zip(target.file_name()) else {
                continue;
            };
            self.make_folder(folder)?;
            let unfinished = folder.join(format!("{UNFINISHED}{}", name.to_string_lossy()));
            self.write_synced(&unfinished, bytes)
                .map_err(Error::io("write", &unfinished))?;
            self.rename(&unfinished, &target)
                .map_err(Error::io("rename", &target))?;
            folders.extend(self.folders_of(folder));
        }
        for folder in folders.iter().rev() {
            self.sync_folder(folder)?;
        }
        Ok(())
    }

    /// Makes durable what a step that failed at its last moment may have put into the folder.
    pub fn sync(&self) -> Result<(), Error> {
        let folders = self.folders_of(&self.root);
        folders.iter().try_for_each(|f| self.sync_folder(f))
    }

    /// Removes files or folders with all that is in them; what is not there is fine.
    pub fn remove(&self, path: &str) -> Result<(), Error> {
        let target = self.root.join(path);
        #[cfg(test)]
        self.faults.step().map_err(Error::io("remove", &target))?;
        let removed = if target.is_dir() {
            fs::remove_dir_all(&target)
        } else {
            fs::remove_file(&target)
        };
        match removed {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io("remove", target)(e)),
            _ => Ok(()),
        }
    }

    /// Lists all files below `tile/`, sorted by path.
    pub fn tiles(&self) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut waiting = vec!["tile".to_owned()];
        while let Some(path) = waiting.pop() {
            let folder = self.root.join(&path);
            let listed = match fs::read_dir(&folder) {
                Ok(listed) => listed,
                // Another process may remove a superseded folder meanwhile.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(Error::io("list", folder)(e)),
            };
            for entry in listed {
                let entry = entry.map_err(Error::io("list", &folder))?;
                let kind = entry.file_type().map_err(Error::io("list", &folder))?;
                let path = format!("{path}/{}", entry.file_name().to_string_lossy());
                if kind.is_dir() {
                    waiting.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Lists a folder and all above it, up to the one that holds the log's.
    fn folders_of(&self, folder: &Path) -> Vec<PathBuf> {
        let above = self.root.parent().filter(|p| !p.as_os_str().is_empty());
        folder
            .ancestors()
            .take_while(|f| f.starts_with(&self.root))
            .chain(above)
            .map(Into::into)
            .collect()
    }
}

/// The steps that change the folder.
#[cfg_attr(
    not(test),
    expect(clippy::unused_self, reason = "tests inject faults through it")
)]
impl Storage {
    fn make_folder(&self, folder: &Path) -> Result<(), Error> {
        if folder.is_dir() {
            return Ok(());
        }
        #[cfg(test)]
        self.faults.step().map_err(Error::io("make", folder))?;
        fs::create_dir_all(folder).map_err(Error::io("make", folder))
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        #[cfg(test)]
        self.faults.step()?;
        let mut file = File::create(path)?;
        #[cfg(test)]
        self.faults.write(&mut file, bytes)?;
        file.write_all(bytes)?;
        #[cfg(test)]
        self.faults.step()?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        #[cfg(test)]
        self.faults.step()?;
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> Result<(), Error> {
        #[cfg(test)]
        self.faults.step().map_err(Error::io("sync", folder))?;
        File::open(folder)
            .and_then(|file| file.sync_all())
            .map_err(Error::io("sync", folder))
    }
}

/// Tells whether a path is that of an unfinished file.
pub(super) fn is_unfinished(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with(UNFINISHED))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    fn content(path: &str, bytes: &[u8]) -> Content {
        Content {
            path: path.into(),
            bytes: bytes.into(),
        }
    }

    #[test]
    fn files_are_written_read_listed_and_removed() -> Tested {
        let folder = tempfile::tempdir()?;
        let storage = Storage::new(folder.path().join("log"));
        assert_eq!(storage.read("checkpoint")?, None);
        assert!(storage.tiles()?.is_empty());
        storage.write(&[content("tile/0/000.p/1", b"a"), content("checkpoint", b"b")])?;
        storage.write(&[content("tile/0/000", b"c"), content("checkpoint", b"d")])?;
        assert_eq!(
            storage.read("checkpoint")?.as_deref(),
            Some(b"d".as_slice())
        );
        assert_eq!(storage.tiles()?, ["tile/0/000", "tile/0/000.p/1"]);
        storage.remove("tile/0/000.p")?;
        storage.remove("tile/0/000.p")?;
        assert_eq!(storage.tiles()?, ["tile/0/000"]);
        Ok(())
    }

    #[test]
    fn a_partial_tile_is_cut_from_the_full_one() -> Tested {
        let folder = tempfile::tempdir()?;
        let storage = Storage::new(folder.path());
        let mut entries = Vec::new();
        bundle::push(&mut entries, b"one")?;
        bundle::push(&mut entries, b"two")?;
        storage.write(&[
            content("tile/0/000", &[1; 8192]),
            content("tile/entries/000", &entries),
        ])?;
        let tile = |kind, width| Tile {
            kind,
            index: 0,
            width,
        };
        assert_eq!(storage.read_tile(tile(Kind::Hashes(0), 2))?, [1; 64]);
        assert_eq!(storage.read_tile(tile(Kind::Entries, 1))?, b"\0\x03one");
        let missing = storage.read_tile(tile(Kind::Hashes(1), 2));
        assert!(matches!(missing, Err(Error::Missing { path }) if path == "tile/1/000.p/2"));
        Ok(())
    }

    #[test]
    fn a_partial_tile_is_cut_from_a_wider_one() -> Tested {
        let folder = tempfile::tempdir()?;
        let storage = Storage::new(folder.path());
        storage.write(&[content("tile/0/000.p/7", &[1; 7 * 32])])?;
        let tile = |width| Tile {
            kind: Kind::Hashes(0),
            index: 0,
            width,
        };
        assert_eq!(storage.read_tile(tile(2))?, [1; 64]);
        assert!(storage.read_tile(tile(8)).is_err());
        Ok(())
    }

    #[test]
    fn a_crash_leaves_the_old_file_or_the_new_one() -> Tested {
        let mut seen = BTreeSet::new();
        for steps in 0.. {
            let folder = tempfile::tempdir()?;
            let storage = Storage::new(folder.path());
            storage.write(&[content("checkpoint", b"old content")])?;
            storage.faults.after(steps);
            let written = storage.write(&[content("checkpoint", b"new content")]);
            let read = storage.read("checkpoint")?.unwrap_or_default();
            assert!(read == b"old content" || read == b"new content");
            seen.insert(read.clone());
            if written.is_ok() {
                assert_eq!(read, b"new content");
                break;
            }
        }
        assert_eq!(seen.len(), 2);
        Ok(())
    }
}
