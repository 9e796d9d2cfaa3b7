//! Ed25519 keys of the hub: signs receipts, packets and, under a name, checkpoints.
//!
//! Signing goes through [`SigningKey`] alone, so that a key in a device can take its place.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{self, Ed25519KeyPair, KeyPair as _};

use super::{KeyError, file};
use crate::tlog;

/// Length of the secret from which a key is derived.
pub(super) const SEED: usize = 32;

/// A private key.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Ed25519KeyPair>,
}

impl SigningKey {
    /// Makes a key that is kept nowhere.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_seed(&new_seed()?)
    }

    /// Derives a key from its 32 secret bytes.
    pub fn from_seed(seed: &[u8; SEED]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Entropy)?;
        Ok(Self {
            pair: Arc::new(pair),
        })
    }

    /// Makes a key and keeps it in a new file that only the owner can read.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let seed = new_seed()?;
        file::create(path, &seed)?;
        Self::from_seed(&seed)
    }

    /// Loads a key from a file that only the owner can read.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_seed(&file::load(path)?)
    }

    /// Loads a key, or makes one when there is no file.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Self::create(path)
            }
            loaded => loaded,
        }
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        let signature = self.pair.sign(message);
        for (to, from) in bytes.iter_mut().zip(signature.as_ref()) {
            *to = *from;
        }
        bytes
    }

    /// Returns the public side.
    pub fn verifying_key(&self) -> VerifyingKey {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(self.pair.public_key().as_ref()) {
            *to = *from;
        }
        VerifyingKey(bytes)
    }

    /// Makes the signer of a log's checkpoints, under the log's origin.
    pub fn note_signer(&self, name: &str) -> Result<tlog::Signer, KeyError> {
        tlog::Signer::new(name, Arc::clone(&self.pair)).map_err(KeyError::Name)
    }

    /// Makes the cosigner of a witness, under its name (C2SP tlog-cosignature).
    pub fn cosigner(&self, name: &str) -> Result<tlog::Signer, KeyError> {
        let public = self.verifying_key().as_bytes().to_vec();
        let key = tlog::VerifierKey::of(name, tlog::Algorithm::Cosignature, public);
        let pair: Arc<Ed25519KeyPair> = Arc::clone(&self.pair);
        Ok(tlog::Signer::with(key.map_err(KeyError::Name)?, pair))
    }

    /// Returns the text of `log.pub`: the C2SP verifier key under this name.
    pub fn vkey(&self, name: &str) -> Result<String, KeyError> {
        Ok(format!("{}\n", self.note_signer(name)?.verifier()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("public", &self.verifying_key())
            .finish_non_exhaustive()
    }
}

/// A public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey([u8; 32]);

impl VerifyingKey {
    /// Wraps the bytes of a public key.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Tells whether this key made the signature.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        signature::UnparsedPublicKey::new(&signature::ED25519, self.0)
            .verify(message, signature)
            .is_ok()
    }
}

impl From<&tlog::VerifierKey> for VerifyingKey {
    fn from(key: &tlog::VerifierKey) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(key.public()) {
            *to = *from;
        }
        Self(bytes)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({:x})", tlog::Hash::new(self.0))
    }
}

fn new_seed() -> Result<[u8; SEED], KeyError> {
    let mut seed = [0; SEED];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| KeyError::Entropy)?;
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    /// Second test of RFC 8032, section 7.1.
    const RFC_SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const RFC_PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const RFC_SIGNATURE: [&str; 2] = [
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ];

    #[test]
    fn signatures_are_those_of_the_rfc() -> Tested {
        let key = SigningKey::from_seed(tlog::Hash::from_hex(RFC_SEED)?.as_bytes())?;
        let public = tlog::Hash::from_hex(RFC_PUBLIC)?;
        assert_eq!(key.verifying_key().as_bytes(), public.as_bytes());
        let signature = key.sign(&[0x72]);
        let [r, s] = RFC_SIGNATURE.map(tlog::Hash::from_hex);
        assert_eq!(signature, *[*r?.as_bytes(), *s?.as_bytes()].as_flattened());
        assert!(key.verifying_key().verifies(&[0x72], &signature));
        assert!(!key.verifying_key().verifies(&[0x73], &signature));
        assert!(!key.verifying_key().verifies(&[0x72], b"short"));
        Ok(())
    }

    #[test]
    fn a_key_does_not_show_its_secret() -> Tested {
        let key = SigningKey::from_seed(tlog::Hash::from_hex(RFC_SEED)?.as_bytes())?;
        let shown = format!("{key:?}");
        assert!(
            shown.contains(RFC_PUBLIC) && !shown.contains(RFC_SEED),
            "{shown}"
        );
        Ok(())
    }

    #[test]
    fn the_public_key_of_a_log_is_a_verifier_key() -> Tested {
        let key = SigningKey::generate()?;
        let text = key.vkey("log.example")?;
        let verifier: tlog::VerifierKey = text.trim_end().parse()?;
        assert_eq!(VerifyingKey::from(&verifier), key.verifying_key());
        assert_eq!(verifier.name(), "log.example");
        assert!(matches!(key.vkey("a b"), Err(KeyError::Name(_))));
        assert_ne!(SigningKey::generate()?.verifying_key(), key.verifying_key());
        Ok(())
    }
}
