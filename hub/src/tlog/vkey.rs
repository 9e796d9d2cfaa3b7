//! Verifier keys: the one-line text under which a log's public key is handed out.
//!
//! `<name>+<key id in hex>+<base64 of 0x01 and the Ed25519 public key>`, as in C2SP signed-note.
//! Holds public keys only.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature;

use super::{Error, sha256};

/// Type byte of plain Ed25519 signatures.
const ED25519: u8 = 0x01;

/// First four bytes of the hash of a key's name and bytes.
pub type KeyId = [u8; 4];

/// A named Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// Names a public key.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, Error> {
        if !is_key_name(name) {
            return Err(Error::KeyName { name: name.into() });
        }
        Ok(Self {
            name: name.into(),
            public,
        })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the Ed25519 public key.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Computes the key id.
    pub fn id(&self) -> KeyId {
        let mut bytes = self.name.as_bytes().to_vec();
        bytes.extend([b'\n', ED25519]);
        bytes.extend(self.public);
        let [a, b, c, d, ..] = *sha256(&bytes).as_bytes();
        [a, b, c, d]
    }

    /// Tells whether this key made the signature.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        signature::UnparsedPublicKey::new(&signature::ED25519, self.public)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let mut key = vec![ED25519];
        key.extend(self.public);
        write!(f, "{}+{id:08x}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = |why| Error::Malformed {
            what: "verifier key",
            why,
        };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("not name+id+key"));
        };
        let key = STANDARD
            .decode(key)
            .map_err(|_| malformed("the key is not base64"))?;
        let (Some(&ED25519), Some(Ok(public))) =
            (key.first(), key.get(1..).map(<[u8; 32]>::try_from))
        else {
            return Err(malformed("not an Ed25519 key"));
        };
        let verifier = Self::new(name, public)?;
        if id != format!("{:08x}", u32::from_be_bytes(verifier.id())) {
            return Err(malformed("the id does not fit the key"));
        }
        Ok(verifier)
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
