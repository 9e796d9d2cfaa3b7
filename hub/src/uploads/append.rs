//! Adds bytes to an upload. What comes is made durable every few megabytes, and when it ends, however it ends; with a
//! checksum it counts only when all of it has come and fits.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::{About, Held, Stage, Uploads, disk};
use crate::error::Error;
use crate::keys::{Digest, FileKey};
use crate::pipeline::Instant;
use crate::pipeline::inlet::Inlet;
use crate::sealedfile::SealedWriter;

/// Bytes after which the offset is made durable.
const DURABLE: u64 = 8 << 20;

/// How adding bytes ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Appended {
    /// So the upload stands now.
    Kept(Box<About>),
    /// The bytes are not those that the sender has digested: none of them count.
    Damaged,
    /// More bytes came than the upload has; those that it has are kept.
    TooMany,
}

/// Adds bytes from the offset on. An end without all bytes is no error: the rest comes later.
pub fn append(
    uploads: &Uploads,
    mut about: About,
    mut from: Inlet,
    checksum: Option<(Digest, Vec<u8>)>,
    held: Held,
) -> Result<Appended, Error> {
    let path = uploads.bytes(&about);
    let failed = || disk(&path);
    // What is beyond was never answered for.
    let mut file = Target::open(&path, &about).map_err(failed())?;
    let (mut digest, expected) = checksum.unzip();
    let start = about.offset;
    let mut written = start;
    let mut piece = vec![0; 1 << 18];
    let mut too_many = false;
    loop {
        // A broken connection ends the bytes like their end does.
        let read = from.read(&mut piece).unwrap_or(0);
        if read == 0 {
            break;
        }
        let left = usize::try_from(about.length - written).unwrap_or(usize::MAX);
        too_many = read > left;
        let bytes = piece.get(..read.min(left)).unwrap_or_default();
        file.write_all(bytes).map_err(failed())?;
        written += bytes.len() as u64;
        if let Some(digest) = &mut digest {
            digest.update(bytes);
        } else if written - about.offset >= DURABLE {
            advance(uploads, &mut about, &mut file, written)?;
        }
        if too_many {
            break;
        }
    }
    if let Some(digest) = digest
        && (too_many || Some(digest.finish()) != expected)
    {
        file.cut(start).map_err(failed())?;
        return Ok(Appended::Damaged);
    }
    advance(uploads, &mut about, &mut file, written)?;
    drop(held);
    if about.stage == Stage::Whole {
        uploads.whole.notify_one();
    }
    Ok(if too_many {
        Appended::TooMany
    } else {
        Appended::Kept(Box::new(about))
    })
}

/// The file that bytes are added to.
enum Target {
    /// Of an upload that was begun before there were keys.
    Clear(File),
    Sealed(SealedWriter<File>),
}

impl Target {
    fn open(path: &Path, about: &About) -> io::Result<Target> {
        let file = File::options().read(true).write(true).open(path)?;
        let Some(key) = &about.key else {
            let mut target = Target::Clear(file);
            target.cut(about.offset)?;
            return Ok(target);
        };
        let key = FileKey::open(key).map_err(io::Error::other)?;
        SealedWriter::resume(file, key, about.offset).map(Target::Sealed)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Target::Clear(file) => file.write_all(bytes),
            Target::Sealed(file) => file.write_all(bytes),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        match self {
            Target::Clear(file) => file.sync_data(),
            Target::Sealed(file) => file.sync(),
        }
    }

    fn cut(&mut self, offset: u64) -> io::Result<()> {
        match self {
            Target::Clear(file) => {
                file.set_len(offset)?;
                file.seek(SeekFrom::Start(offset)).map(drop)
            }
            Target::Sealed(file) => file.cut(offset),
        }
    }
}

/// Makes what was written count.
fn advance(
    uploads: &Uploads,
    about: &mut About,
    file: &mut Target,
    offset: u64,
) -> Result<(), Error> {
    let path = uploads.bytes(about);
    file.sync().map_err(disk(&path))?;
    about.offset = offset;
    about.expires_at = uploads.expiry(Instant::now());
    if about.offset == about.length {
        about.stage = Stage::Whole;
    }
    uploads.keep(about)
}
