//! The container: a ZIP whose bytes depend on nothing but its members, and read back within limits.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{MANIFEST, Manifest, Member};
use crate::tlog::sha256;

/// Most bytes of all members together.
const MOST_BYTES: u64 = 4 << 30;
/// Most members.
const MOST_MEMBERS: usize = 200_000;

/// A bundle that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The container.
    #[error("not a bundle")]
    Zip(#[from] zip::result::ZipError),
    /// Reading or writing.
    #[error("cannot be read or written")]
    Io(#[from] std::io::Error),
    /// The manifest.
    #[error("the manifest cannot be read or written")]
    Manifest(#[from] serde_json::Error),
    /// More than a bundle may hold, or something that none holds.
    #[error("{0}")]
    Refused(String),
}

/// Writes a bundle; the manifest is made from the members and comes first.
pub fn write(
    mut manifest: Manifest,
    members: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<u8>, PackError> {
    manifest.members = members
        .iter()
        .map(|(path, bytes)| Member {
            path: path.clone(),
            bytes: bytes.len() as u64,
            sha256: sha256(bytes).to_hex(),
        })
        .collect();
    let listed = serde_json::to_vec_pretty(&manifest)?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let first = std::iter::once((MANIFEST, listed.as_slice()));
    for (path, bytes) in first.chain(members.iter().map(|(path, bytes)| (&**path, &**bytes))) {
        zip.start_file(path, options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Reads a bundle: its manifest, and every member by its path.
pub fn read(bytes: &[u8]) -> Result<(Manifest, BTreeMap<String, Vec<u8>>), PackError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    if zip.len() > MOST_MEMBERS {
        return Err(PackError::Refused(format!(
            "{} members, at most {MOST_MEMBERS}",
            zip.len()
        )));
    }
    let mut members = BTreeMap::new();
    let mut room = MOST_BYTES;
    for place in 0..zip.len() {
        let file = zip.by_index(place)?;
        let path = file.name()?.into_owned();
        let mut content = Vec::new();
        let read = file.take(room + 1).read_to_end(&mut content)? as u64;
        room = room.checked_sub(read).ok_or_else(|| {
            PackError::Refused(format!("more than {MOST_BYTES} bytes, at {path}"))
        })?;
        if members.insert(path.clone(), content).is_some() {
            return Err(PackError::Refused(format!("{path} stands there twice")));
        }
    }
    let listed = members
        .remove(MANIFEST)
        .ok_or_else(|| PackError::Refused(format!("there is no {MANIFEST}")))?;
    Ok((serde_json::from_slice(&listed)?, members))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            v: 1,
            kind: "exchange-hub/evidence".to_owned(),
            about: "S000000000001".to_owned(),
            origin: "log.example".to_owned(),
            build: "hub".to_owned(),
            submissions: Vec::new(),
            withheld: Vec::new(),
            members: Vec::new(),
        }
    }

    #[test]
    fn the_same_members_give_the_same_bytes_and_come_back() -> Result<(), PackError> {
        let members = BTreeMap::from([
            ("b/raw".to_owned(), vec![7; 10_000]),
            ("a".to_owned(), Vec::new()),
        ]);
        let bytes = write(manifest(), &members)?;
        assert_eq!(bytes, write(manifest(), &members)?);
        let (listed, read) = read(&bytes)?;
        assert_eq!(read, members);
        let paths: Vec<&str> = listed.members.iter().map(|member| &*member.path).collect();
        assert_eq!(paths, ["a", "b/raw"]);
        Ok(())
    }

    #[test]
    fn what_is_no_bundle_is_refused() -> Result<(), PackError> {
        let good = write(manifest(), &BTreeMap::new())?;
        assert!(read(b"").is_err());
        assert!(read(good.get(..good.len() / 2).unwrap_or_default()).is_err());
        Ok(())
    }
}
