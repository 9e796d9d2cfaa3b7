//! SM2 keys with SM3 (GB/T 32918.2): the second seal under checkpoints, for those who must rest on national algorithms.
//!
//! Signing is deterministic (RFC 6979 with SM3), so that hubs that share a log publish the same bytes.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use sm2::SecretKey;
use sm2::dsa::signature::Signer as _;
use sm2::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};

use super::{KeyError, file};
use crate::tlog::vkey::SM2_IDENTITY;
use crate::tlog::{self, Algorithm, Sign, Signer, VerifierKey};

/// A private SM2 key.
#[derive(Clone)]
pub struct Sm2Key {
    key: Arc<sm2::dsa::SigningKey>,
}

impl Sm2Key {
    /// Makes a key and keeps it in a new file (PKCS#8, PEM) that only the owner can read.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        // Nearly every 32 bytes are a key; the few that are none are drawn again.
        for _ in 0..16 {
            let mut seed = [0; 32];
            random.fill(&mut seed).map_err(|_| KeyError::Entropy)?;
            let Ok(secret) = SecretKey::from_slice(&seed) else {
                continue;
            };
            let pem = secret.to_pkcs8_pem(LineEnding::LF);
            let pem = pem.map_err(|_| KeyError::Entropy)?;
            file::create_pem(path, &pem)?;
            return Self::of(&secret);
        }
        Err(KeyError::Entropy)
    }

    /// Reads a key from its PEM; none when it is not one.
    pub(super) fn from_pem(pem: &str) -> Option<Self> {
        Self::of(&SecretKey::from_pkcs8_pem(pem).ok()?).ok()
    }

    fn of(secret: &SecretKey) -> Result<Self, KeyError> {
        let key = sm2::dsa::SigningKey::new(SM2_IDENTITY, secret).map_err(|_| KeyError::Entropy)?;
        Ok(Self { key: Arc::new(key) })
    }

    /// Makes a signer of checkpoints, under the log's origin.
    pub fn note_signer(&self, name: &str) -> Result<Signer, KeyError> {
        let point = self.key.verifying_key().to_sec1_bytes().to_vec();
        let key = VerifierKey::of(name, Algorithm::Sm2, point).map_err(KeyError::Name)?;
        Ok(Signer::with(key, Arc::new(self.clone())))
    }
}

impl Sign for Sm2Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, tlog::Error> {
        let signature: Result<sm2::dsa::Signature, _> = self.key.try_sign(message);
        signature
            .map(|signature| signature.to_vec())
            .map_err(|_| tlog::Error::Malformed {
                what: "signature",
                why: "the SM2 key cannot sign this",
            })
    }
}

impl fmt::Debug for Sm2Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sm2Key").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::Note;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    /// GB/T 32918.5-2017, annex A: the key, the message and its signature on the recommended curve.
    const PUBLIC: &str = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                          ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    const SIGNATURE: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
                             b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex
            .bytes()
            .filter_map(|c| char::from(c).to_digit(16).map(|d| d as u8))
            .collect();
        let (pairs, _) = digits.as_chunks::<2>();
        pairs.iter().map(|[high, low]| high << 4 | low).collect()
    }

    #[test]
    fn the_signature_of_the_standard_verifies() -> Tested {
        let key = VerifierKey::of("log.example", Algorithm::Sm2, bytes(PUBLIC))?;
        assert_eq!(key.to_string().parse::<VerifierKey>()?, key);
        assert!(key.verifies(b"message digest", &bytes(SIGNATURE)));
        assert!(!key.verifies(b"message digesT", &bytes(SIGNATURE)));
        assert!(!key.verifies(b"message digest", &[0; 64]));
        Ok(())
    }

    #[test]
    fn a_note_is_sealed_the_same_way_each_time() -> Tested {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("log-2.key");
        let made = Sm2Key::create(&path)?;
        let again = Sm2Key::from_pem(&file::load_pem(&path)?).ok_or("not read back")?;
        let (one, two) = (
            made.note_signer("log.example")?,
            again.note_signer("log.example")?,
        );
        assert_eq!(one.verifier(), two.verifier());
        let note = Note::sign("a text\n", &[&one])?;
        assert_eq!(note, Note::sign("a text\n", &[&two])?);
        assert_eq!(note.verify(&[one.verifier().clone()])?.len(), 1);
        assert!(
            Note::parse(note.to_string().replace("a text", "a test").as_bytes())?
                .verify(&[one.verifier().clone()])
                .is_err()
        );
        Ok(())
    }
}
