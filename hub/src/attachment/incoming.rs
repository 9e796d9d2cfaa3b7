//! A file on its way in: written beside, hashed and counted as it comes, under a key that no disk ever sees: what a
//! crash leaves of it is noise. Dropped before it is done, it leaves nothing.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::keys::FileKey;
use crate::sealedfile::{SealedReader, SealedWriter};
use crate::tlog::Hash;
use crate::tlog::hash::Hasher;

/// A file that is being received.
pub struct Incoming {
    file: SealedWriter<NamedTempFile>,
    key: FileKey,
    hasher: Hasher,
    bytes: u64,
    most: u64,
}

/// A file that was received whole.
pub struct Whole {
    file: NamedTempFile,
    key: FileKey,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Their number.
    pub bytes: u64,
}

/// Why no more is taken.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// More bytes than it may have.
    #[error("more than {0} bytes")]
    Full(u64),
    /// It could not be written.
    #[error("it could not be written")]
    Broken(#[from] io::Error),
}

impl Incoming {
    /// Begins a file of at most so many bytes.
    pub fn begin(folder: &Path, most: u64) -> io::Result<Incoming> {
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempfile_in(folder)?;
        let key = FileKey::draw().map_err(io::Error::other)?;
        Ok(Incoming {
            file: SealedWriter::new(file, key.clone()),
            key,
            hasher: Hasher::default(),
            bytes: 0,
            most,
        })
    }

    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), Stop> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.most {
            return Err(Stop::Full(self.most));
        }
        self.hasher.update(piece);
        self.file.write_all(piece)?;
        Ok(())
    }

    /// Everything has come.
    pub fn finish(self) -> Result<Whole, Stop> {
        Ok(Whole {
            file: self.file.finish()?,
            key: self.key,
            sha256: self.hasher.finish(),
            bytes: self.bytes,
        })
    }
}

impl Whole {
    /// The bytes from the beginning.
    pub fn open(&self) -> io::Result<SealedReader<File>> {
        SealedReader::open(self.file.reopen()?, self.key.clone(), self.bytes)
    }
}

const PREFIX: &str = "incoming-";

/// Removes what a crash left on its way in.
pub fn clear(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(PREFIX) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}
