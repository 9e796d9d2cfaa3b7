//! Signed notes as in C2SP signed-note: a text, an empty line, one signature per line.
//!
//! Signatures of unknown keys are ignored; one false signature of a known key refuses the whole
//! note. The text is never interpreted here.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::Error;
use super::vkey::{KeyId, VerifierKey, is_key_name};

/// Most signatures that a note may carry.
pub const MAX_SIGNATURES: usize = 100;
/// Longest note in bytes.
pub const MAX_NOTE: usize = 1 << 20;

/// A private key, wherever it is: in memory, in a file, in a device.
pub trait Sign: Send + Sync {
    /// Signs bytes.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

impl Sign for Ed25519KeyPair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(Ed25519KeyPair::sign(self, message).as_ref().into())
    }
}

/// A private key with the name under which it signs notes.
#[derive(Clone)]
pub struct Signer {
    key: Arc<dyn Sign>,
    verifier: VerifierKey,
}

impl Signer {
    /// Names a private key.
    pub fn new(name: &str, pair: Arc<Ed25519KeyPair>) -> Result<Self, Error> {
        let public = pair.public_key().as_ref().try_into();
        let public = public.map_err(|_| Error::Malformed {
            what: "public key",
            why: "not 32 bytes",
        })?;
        Ok(Self::with(VerifierKey::new(name, public)?, pair))
    }

    /// Joins a private key of any algorithm with its public side.
    pub fn with(verifier: VerifierKey, key: Arc<dyn Sign>) -> Self {
        Self { key, verifier }
    }

    /// Returns the public side.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs bytes.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.sign(message)
    }

    fn signature(&self, text: &str) -> Result<NoteSignature, Error> {
        Ok(NoteSignature {
            name: self.verifier.name().into(),
            id: self.verifier.id(),
            bytes: self.sign(text.as_bytes())?,
        })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key, as claimed.
    pub name: String,
    /// Id of the key, as claimed.
    pub id: KeyId,
    /// What the key's algorithm made of the text.
    pub bytes: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_slice(), &self.bytes].concat();
        writeln!(f, "\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A text with its signatures, of which none is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Signs a text, which must end with a newline.
    pub fn sign(text: &str, signers: &[&Signer]) -> Result<Self, Error> {
        if !text.ends_with('\n') || has_control(text) {
            return Err(malformed(
                "the text does not end with a newline or has control characters",
            ));
        }
        let signatures = signers
            .iter()
            .map(|signer| signer.signature(text))
            .collect::<Result<_, _>>()?;
        let text = text.into();
        Ok(Self { text, signatures })
    }

    /// Reads a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_NOTE {
            return Err(malformed("too long"));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        if has_control(note) {
            return Err(malformed("control characters"));
        }
        let end = note
            .rfind("\n\n")
            .ok_or_else(|| malformed("no empty line before signatures"))?;
        let (text, lines) = note
            .split_at_checked(end + 1)
            .ok_or_else(|| malformed("no text"))?;
        let lines = lines.strip_prefix('\n').unwrap_or(lines);
        let lines = lines
            .strip_suffix('\n')
            .ok_or_else(|| malformed("no signature, or no newline at the end"))?;
        let signatures: Vec<_> = lines
            .split('\n')
            .take(MAX_SIGNATURES + 1)
            .map(signature_line)
            .collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(malformed("too many signatures"));
        }
        let text = text.into();
        Ok(Self { text, signatures })
    }

    /// Returns the signed text, including its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the signature lines.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line, unless it is there.
    pub fn add(&mut self, signature: NoteSignature) {
        if !self.signatures.contains(&signature) && self.signatures.len() < MAX_SIGNATURES {
            self.signatures.push(signature);
        }
    }

    /// Checks the signatures of known keys and returns the keys that signed.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, Error> {
        let mut signed: Vec<&VerifierKey> = Vec::new();
        for signature in &self.signatures {
            let known = keys
                .iter()
                .find(|key| key.name() == signature.name && key.id() == signature.id);
            let Some(key) = known else { continue };
            if !key.verifies(self.text.as_bytes(), &signature.bytes) {
                return Err(Error::BadSignature {
                    name: signature.name.clone(),
                });
            }
            if !signed.contains(&key) {
                signed.push(key);
            }
        }
        if signed.is_empty() {
            return Err(Error::Unsigned);
        }
        Ok(signed)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|s| s.fmt(f))
    }
}

/// Reads one signature line, without its newline.
pub fn signature_line(line: &str) -> Result<NoteSignature, Error> {
    let (name, base64) = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .ok_or_else(|| malformed("not a signature line"))?;
    if !is_key_name(name) {
        return Err(Error::KeyName { name: name.into() });
    }
    let bytes = STANDARD
        .decode(base64)
        .map_err(|_| malformed("a signature is not base64"))?;
    let (id, bytes) = bytes
        .split_first_chunk::<4>()
        .filter(|(_, bytes)| !bytes.is_empty())
        .ok_or_else(|| malformed("a signature is too short"))?;
    Ok(NoteSignature {
        name: name.into(),
        id: *id,
        bytes: bytes.into(),
    })
}

fn has_control(text: &str) -> bool {
    text.bytes().any(|b| b < 0x20 && b != b'\n')
}

fn malformed(why: &'static str) -> Error {
    Error::Malformed { what: "note", why }
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
