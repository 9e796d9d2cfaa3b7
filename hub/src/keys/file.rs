//! The key file: a PKCS#8 private key in PEM (RFC 8410), for the owner's eyes only.
//!
//! Any tool that knows PEM reads it. A file that others can read is refused, and an existing
//! file is never written over.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::KeyError;
use super::signing::SEED;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// All of a version 1 PKCS#8 Ed25519 key that comes before the seed.
const PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Writes a new key file, durably, whole or not at all.
pub(super) fn create(path: &Path, seed: &[u8; SEED]) -> Result<(), KeyError> {
    create_pem(
        path,
        &pem_of(&STANDARD.encode([PREFIX.as_slice(), seed].concat())),
    )
}

/// Puts base64 between the lines of a PEM.
pub(super) fn pem_of(base64: &str) -> String {
    format!("{BEGIN}\n{base64}\n{END}\n")
}

/// Writes a new file with a private key in PEM, durably, whole or not at all.
pub(super) fn create_pem(path: &Path, pem: &str) -> Result<(), KeyError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(KeyError::io("make the folder of", path))?;
    let unfinished = path.with_extension("tmp");
    let written = write_private(&unfinished, pem)
        // A link, unlike a rename, does not replace a key that is there.
        .and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    written
        .and(removed)
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(KeyError::io("create", path))
}

/// Reads a key file after looking at who else can.
pub(super) fn load(path: &Path) -> Result<[u8; SEED], KeyError> {
    seed_of(&load_pem(path)?).ok_or_else(|| KeyError::Malformed { path: path.into() })
}

/// Reads the PEM of a key file after looking at who else can.
pub(super) fn load_pem(path: &Path) -> Result<String, KeyError> {
    let file = File::open(path).map_err(KeyError::io("open", path))?;
    let metadata = file.metadata().map_err(KeyError::io("open", path))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed {
            path: path.into(),
            mode,
        });
    }
    std::io::read_to_string(file).map_err(KeyError::io("read", path))
}

/// The secret of an Ed25519 key in PEM; none when it is not one.
pub(super) fn seed_of(text: &str) -> Option<[u8; SEED]> {
    let base64 = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let key = STANDARD.decode(base64.trim()).ok()?;
    key.strip_prefix(&PREFIX)?.try_into().ok()
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_key_is_kept_for_the_owner_only() -> Tested {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("keys/log.key");
        let made = SigningKey::load_or_create(&path)?;
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        let loaded = SigningKey::load_or_create(&path)?;
        assert_eq!(loaded.verifying_key(), made.verifying_key());
        let files = fs::read_dir(folder.path().join("keys"))?.count();
        assert_eq!(files, 1, "nothing else is left beside the key");
        Ok(())
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() -> Tested {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("log.key");
        SigningKey::create(&path)?;
        for mode in [0o640, 0o604, 0o660, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
            let loaded = SigningKey::load_or_create(&path);
            assert!(matches!(loaded, Err(KeyError::Exposed { mode: m, .. }) if m == mode));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400))?;
        assert!(SigningKey::load(&path).is_ok());
        Ok(())
    }

    #[test]
    fn a_key_is_never_written_over() -> Tested {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("log.key");
        let first = SigningKey::create(&path)?;
        assert!(SigningKey::create(&path).is_err());
        assert_eq!(
            SigningKey::load(&path)?.verifying_key(),
            first.verifying_key()
        );
        Ok(())
    }

    #[test]
    fn other_files_are_no_keys() -> Tested {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("log.key");
        let good = format!(
            "{BEGIN}\n{}\n{END}\n",
            STANDARD.encode([PREFIX, PREFIX, PREFIX].concat())
        );
        assert!(seed_of(&good).is_some());
        for text in [
            "",
            BEGIN,
            &good.replace("PRIVATE", "PUBLIC"),
            &good.replace("MC4CAQ", "MC4CAA"),
            &format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(PREFIX)),
        ] {
            write_private(&path, text)?;
            assert!(
                matches!(SigningKey::load(&path), Err(KeyError::Malformed { .. })),
                "{text}"
            );
        }
        Ok(())
    }
}
