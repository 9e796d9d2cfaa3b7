//! Bytes of any size received to disk, expanded on the way: encrypted under a key that is nowhere else, measured while
//! they are written, and never more of them than the limits allow.

use std::io::{self, Read, Write as _};
use std::path::Path;

use super::expand::Encoding;
use super::expanded::Expanded;
use super::large::Document;
use crate::config::Limits;
use crate::error::Error;
use crate::keys::{Digest, FileKey};
use crate::sealedfile::SealedWriter;

/// A file that lives as long as this.
pub struct Spooled {
    /// The file and its measure.
    pub document: Document,
    _file: tempfile::TempPath,
}

/// Writes what comes to a file of its own in a folder.
pub fn spool(
    folder: &Path,
    encoding: Encoding,
    bounds: &Limits,
    from: impl Read,
) -> Result<Spooled, Error> {
    let full = |error: io::Error| Error::NotKept(format!("receiving to disk: {error}"));
    // Its key is nowhere but in this request: what a crash leaves of the file is noise.
    let key = FileKey::draw().map_err(|error| Error::NotKept(error.to_string()))?;
    let file = tempfile::NamedTempFile::new_in(folder).map_err(full)?;
    let mut file = SealedWriter::new(file, key.clone());
    let mut digest = Digest::sha256();
    let mut bytes = 0_u64;
    let mut from = Expanded::new(encoding, bounds, from)?;
    let mut piece = vec![0; 1 << 18];
    loop {
        let read = from.piece(&mut piece)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        let read = piece.get(..read).unwrap_or_default();
        digest.update(read);
        file.write_all(read).map_err(full)?;
    }
    let path = file.finish().map_err(full)?.into_temp_path();
    let document =
        Document::measured(path.to_path_buf(), Some(key), bytes, digest).map_err(full)?;
    Ok(Spooled {
        document,
        _file: path,
    })
}
