//! Verifier keys: the one-line text under which a public key is handed out.
//!
//! `<name>+<key id in hex>+<base64 of the type and the public key>`, as in C2SP signed-note. Three algorithms are
//! known: Ed25519, the timestamped Ed25519 of witnesses (C2SP tlog-cosignature), and SM2 with SM3 (GB/T 32918.2,
//! under an identifier of our own, because C2SP has assigned none). Holds public keys only.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature;
use sm2::dsa::signature::Verifier as _;

use super::{Error, cosignature, sha256};

/// First four bytes of the hash of a key's name and bytes.
pub type KeyId = [u8; 4];

/// What a key computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 over the text of the note (RFC 8032).
    Ed25519,
    /// A witness's cosignature: Ed25519 over a time and the text.
    Cosignature,
    /// SM2 with SM3 over the text, identity [`SM2_IDENTITY`], 64 bytes `r || s` (GB/T 32918.2).
    Sm2,
}

/// The signer's identity that goes into every SM2 signature: the default of GM/T 0009.
pub const SM2_IDENTITY: &str = "1234567812345678";

impl Algorithm {
    const ALL: [Algorithm; 3] = [Algorithm::Ed25519, Algorithm::Cosignature, Algorithm::Sm2];

    /// What stands before the public key: the type byte, and for 0xff a longer identifier.
    const fn prefix(self) -> &'static [u8] {
        match self {
            Algorithm::Ed25519 => &[0x01],
            Algorithm::Cosignature => &[0x04],
            Algorithm::Sm2 => b"\xffsm2-with-sm3/gbt32918\n",
        }
    }

    /// Whether bytes have the form of a public key: 32 bytes, or a point on the curve, uncompressed.
    fn admits(self, public: &[u8]) -> bool {
        match self {
            Algorithm::Ed25519 | Algorithm::Cosignature => public.len() == 32,
            Algorithm::Sm2 => public.len() == 65 && sm2_key(public).is_some(),
        }
    }
}

fn sm2_key(public: &[u8]) -> Option<sm2::dsa::VerifyingKey> {
    sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_IDENTITY, public).ok()
}

/// A named public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: Vec<u8>,
}

impl VerifierKey {
    /// Names an Ed25519 public key.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, Error> {
        Self::of(name, Algorithm::Ed25519, public.to_vec())
    }

    /// Names a public key of any algorithm.
    pub fn of(name: &str, algorithm: Algorithm, public: Vec<u8>) -> Result<Self, Error> {
        if !is_key_name(name) {
            return Err(Error::KeyName { name: name.into() });
        }
        if !algorithm.admits(&public) {
            return Err(malformed("the public key is not one of its algorithm"));
        }
        Ok(Self {
            name: name.into(),
            algorithm,
            public,
        })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the public key: 32 bytes of Ed25519, or 65 of an SM2 point.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// Computes the key id.
    pub fn id(&self) -> KeyId {
        let mut bytes = self.name.as_bytes().to_vec();
        bytes.push(b'\n');
        bytes.extend(self.algorithm.prefix());
        bytes.extend(&self.public);
        let [a, b, c, d, ..] = *sha256(&bytes).as_bytes();
        [a, b, c, d]
    }

    /// Tells whether this key made the signature.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.algorithm {
            Algorithm::Ed25519 => self.ed25519(message, signature),
            Algorithm::Cosignature => cosignature::split(signature).is_some_and(|(time, rest)| {
                self.ed25519(&cosignature::message(time, message), rest)
            }),
            Algorithm::Sm2 => sm2_key(&self.public)
                .zip(sm2::dsa::Signature::from_slice(signature).ok())
                .is_some_and(|(key, signature)| key.verify(message, &signature).is_ok()),
        }
    }

    fn ed25519(&self, message: &[u8], signature: &[u8]) -> bool {
        signature::UnparsedPublicKey::new(&signature::ED25519, &self.public)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let key = [self.algorithm.prefix(), &self.public].concat();
        write!(f, "{}+{id:08x}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("not name+id+key"));
        };
        let key = STANDARD
            .decode(key)
            .map_err(|_| malformed("the key is not base64"))?;
        let (algorithm, public) = Algorithm::ALL
            .into_iter()
            .find_map(|one| Some((one, key.strip_prefix(one.prefix())?)))
            .ok_or_else(|| malformed("not a key of a known algorithm"))?;
        let verifier = Self::of(name, algorithm, public.to_vec())?;
        if id != format!("{:08x}", u32::from_be_bytes(verifier.id())) {
            return Err(malformed("the id does not fit the key"));
        }
        Ok(verifier)
    }
}

fn malformed(why: &'static str) -> Error {
    Error::Malformed {
        what: "verifier key",
        why,
    }
}

/// Tells whether a text can name a key: not empty, no space, no plus, no control character.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of golang.org/x/mod/sumdb/note.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn the_published_key_is_read_and_written() -> Result<(), Error> {
        let key: VerifierKey = PETER.parse()?;
        assert_eq!(key.name(), "PeterNeumann");
        assert_eq!(key.id(), [0xc7, 0x4f, 0x20, 0xa3]);
        assert_eq!(key.to_string(), PETER);
        Ok(())
    }

    #[test]
    fn a_changed_key_is_refused() {
        for at in 0..PETER.len() {
            let mut text = PETER.as_bytes().to_vec();
            text.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1);
            let text = String::from_utf8_lossy(&text);
            assert!(text.parse::<VerifierKey>().is_err(), "{text}");
        }
        let upper = PETER.replace("c74f20a3", "C74F20A3");
        for text in ["", "a", "a+b", "+00000000+", &upper, &format!("{PETER}\n")] {
            assert!(text.parse::<VerifierKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_has_no_space_and_no_plus() {
        for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb", "a\u{1}"] {
            assert!(VerifierKey::new(name, [0; 32]).is_err(), "{name:?}");
        }
        assert!(VerifierKey::new("江苏.example/log", [0; 32]).is_ok());
    }
}
