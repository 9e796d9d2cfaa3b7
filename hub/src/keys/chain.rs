//! The private keys of a log: the files `log*.key` of a folder, and one that was given in the configuration.
//!
//! Which of them sign is not decided here but by the list of public keys (`log.pub`): a file that is not named there
//! is never used.

use std::path::{Path, PathBuf};

use super::{KeyError, SigningKey, Sm2Key, file};
use crate::tlog::{Algorithm, Signer, VerifierKey};

/// A private key of a log.
#[derive(Debug, Clone)]
pub enum PrivateKey {
    /// Signs receipts, packets and checkpoints.
    Ed25519(SigningKey),
    /// Signs checkpoints.
    Sm2(Sm2Key),
}

impl PrivateKey {
    /// Reads a key from its PEM.
    pub fn from_pem(pem: &str, from: &Path) -> Result<Self, KeyError> {
        let ed25519 = file::seed_of(pem).map(|seed| SigningKey::from_seed(&seed));
        match ed25519 {
            Some(key) => Ok(PrivateKey::Ed25519(key?)),
            None => Sm2Key::from_pem(pem)
                .map(PrivateKey::Sm2)
                .ok_or_else(|| KeyError::Malformed { path: from.into() }),
        }
    }

    /// Makes a key in a new file of a folder, named by its key id.
    pub fn create(folder: &Path, algorithm: Algorithm, origin: &str) -> Result<Self, KeyError> {
        let unnamed = folder.join("next.pem");
        // What an interrupted attempt left was never announced.
        match std::fs::remove_file(&unnamed) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(KeyError::io("remove", &unnamed)(error));
            }
            _ => {}
        }
        let made = match algorithm {
            Algorithm::Sm2 => PrivateKey::Sm2(Sm2Key::create(&unnamed)?),
            Algorithm::Ed25519 | Algorithm::Cosignature => {
                PrivateKey::Ed25519(SigningKey::create(&unnamed)?)
            }
        };
        let id = u32::from_be_bytes(made.signer(origin)?.verifier().id());
        let path = folder.join(format!("log-{id:08x}.key"));
        std::fs::rename(&unnamed, &path)
            .and_then(|()| std::fs::File::open(folder)?.sync_all())
            .map_err(KeyError::io("name", path))?;
        Ok(made)
    }

    /// Makes the signer of checkpoints, under the log's origin.
    pub fn signer(&self, origin: &str) -> Result<Signer, KeyError> {
        match self {
            PrivateKey::Ed25519(key) => key.note_signer(origin),
            PrivateKey::Sm2(key) => key.note_signer(origin),
        }
    }

    /// Its public side under the log's origin.
    pub fn verifier(&self, origin: &str) -> Result<VerifierKey, KeyError> {
        Ok(self.signer(origin)?.verifier().clone())
    }
}

/// Loads every private key of a folder, and the one that was given as PEM (or the base64 inside it).
pub fn load(folder: &Path, given: &str) -> Result<Vec<PrivateKey>, KeyError> {
    let mut keys = Vec::new();
    if !given.is_empty() {
        let pem = if given.contains("BEGIN") {
            given.replace("\\n", "\n")
        } else {
            file::pem_of(given)
        };
        keys.push(PrivateKey::from_pem(&pem, Path::new("log.key"))?);
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(KeyError::io("list", folder))? {
        let path = entry.map_err(KeyError::io("list", folder))?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let ours = name.is_some_and(|name| name.starts_with("log"));
        if ours && path.extension().is_some_and(|ending| ending == "key") {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        keys.push(PrivateKey::from_pem(&file::load_pem(&path)?, &path)?);
    }
    Ok(keys)
}
