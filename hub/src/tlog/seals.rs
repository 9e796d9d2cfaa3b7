//! The private keys of a log beside the list of its public ones: signs each checkpoint with every key in force.

use super::note::Signer;
use super::{Checkpoint, Error, Keyring, Note};

/// What a log signs with.
#[derive(Clone, Debug)]
pub struct Seals {
    ring: Keyring,
    signers: Vec<Signer>,
}

impl Seals {
    /// Joins the list of keys with the private ones; every key that is in force must be among these.
    pub fn new(ring: Keyring, signers: Vec<Signer>) -> Result<Self, Error> {
        let held = |key: &&_| signers.iter().any(|signer| signer.verifier() == *key);
        if let Some(missing) = ring.current().find(|key| !held(key)) {
            return Err(Error::KeyMissing {
                key: missing.to_string(),
            });
        }
        Ok(Self { ring, signers })
    }

    /// The public keys.
    pub fn ring(&self) -> &Keyring {
        &self.ring
    }

    /// Signs a checkpoint with every key in force at its size; the signed note as text.
    pub fn sign(&self, checkpoint: &Checkpoint) -> Result<String, Error> {
        let mut signers = Vec::new();
        for key in self.ring.at(checkpoint.size) {
            let signer = self.signers.iter().find(|signer| signer.verifier() == key);
            signers.push(signer.ok_or_else(|| Error::KeyMissing {
                key: key.to_string(),
            })?);
        }
        Ok(checkpoint.sign(&signers)?.to_string())
    }

    /// Signs another text, which must end with a line feed, with every key in force; the signed note.
    pub fn sign_text(&self, text: &str) -> Result<Note, Error> {
        let current: Vec<_> = self.ring.current().collect();
        let in_force = |signer: &&Signer| current.contains(&signer.verifier());
        let signers: Vec<&Signer> = self.signers.iter().filter(in_force).collect();
        Note::sign(text, &signers)
    }
}

impl From<Signer> for Seals {
    fn from(signer: Signer) -> Self {
        Self {
            ring: signer.verifier().clone().into(),
            signers: vec![signer],
        }
    }
}
