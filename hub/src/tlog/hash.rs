//! SHA-256 tree hashing as in RFC 6962, section 2.1.
//!
//! A leaf and a node are hashed with different first bytes, so that neither can pass for the
//! other. No other hash function is possible in this log.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

use super::Error;

/// Length of a hash in bytes.
pub const LENGTH: usize = 32;

/// A SHA-256 hash: shown in base64 (the form of C2SP texts), with `{:x}` in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; LENGTH]);

impl Hash {
    /// Wraps the bytes of a hash.
    pub const fn new(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// Takes it from a column. What is too short for one, which only a damaged store holds, is all zeros: nothing has
    /// such a hash.
    pub fn of_column(bytes: &[u8]) -> Self {
        Self(bytes.first_chunk().copied().unwrap_or_default())
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// Returns lower-case hexadecimal.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Malformed {
            what: "hash",
            why: "not 64 hexadecimal digits",
        };
        let mut bytes = [0; LENGTH];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != LENGTH || !rest.is_empty() {
            return Err(malformed());
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let digit = |c: &u8| char::from(*c).to_digit(16);
            let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                return Err(malformed());
            };
            *byte = (high << 4 | low) as u8;
        }
        Ok(Self(bytes))
    }
}

impl From<digest::Digest> for Hash {
    fn from(digest: digest::Digest) -> Self {
        let mut bytes = [0; LENGTH];
        for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::LowerHex for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self:x})")
    }
}

impl FromStr for Hash {
    type Err = Error;

    /// Reads canonical, padded, standard base64.
    fn from_str(text: &str) -> Result<Self, Error> {
        STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(Error::Malformed {
                what: "hash",
                why: "not 32 bytes in base64",
            })
    }
}

/// Lower-case hexadecimal of any bytes.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// Hashes bytes.
pub fn sha256(data: &[u8]) -> Hash {
    digest::digest(&digest::SHA256, data).into()
}

/// Hashes bytes that come piece by piece.
#[derive(Clone)]
pub struct Hasher(digest::Context);

impl Default for Hasher {
    fn default() -> Self {
        Hasher(digest::Context::new(&digest::SHA256))
    }
}

impl Hasher {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash of all pieces.
    pub fn finish(self) -> Hash {
        self.0.finish().into()
    }
}

/// SHA-256 over parts, each after its length in bytes (8 bytes, most significant first): parts cannot run into each
/// other.
pub fn sha256_of_parts<'p>(parts: impl IntoIterator<Item = &'p str>) -> Hash {
    // Many are a few bytes: to hash them one by one costs more than to put them side by side.
    let mut bytes = Vec::with_capacity(1024);
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    sha256(&bytes)
}

/// Hashes an entry as a leaf of the tree.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    prefixed(0, &[entry])
}

/// Hashes two subtrees into their parent.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    prefixed(1, &[&left.0, &right.0])
}

fn prefixed(prefix: u8, parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[prefix]);
    for part in parts {
        context.update(part);
    }
    context.finish().into()
}

/// Computes the Merkle tree hash over leaf hashes (or over roots of equal, complete subtrees, of
/// which the last may be incomplete).
pub fn merkle_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => sha256(b""),
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(split(hashes.len() as u64) as usize);
            node_hash(&merkle_root(left), &merkle_root(right))
        }
    }
}

/// Returns the largest power of two below `n`, where a tree of `n > 1` leaves is split.
pub(super) const fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::vectors::{CT_ROOTS, ct_leaf_hashes};

    #[test]
    fn roots_are_those_of_certificate_transparency() -> Result<(), Error> {
        let leaves = ct_leaf_hashes()?;
        for (size, root) in CT_ROOTS.iter().enumerate() {
            let leaves = leaves.get(..size).unwrap_or_default();
            assert_eq!(merkle_root(leaves).to_hex(), *root, "size {size}");
        }
        Ok(())
    }

    #[test]
    fn hashes_are_read_back() -> Result<(), Error> {
        let hash = sha256(b"x");
        assert_eq!(Hash::from_hex(&hash.to_hex())?, hash);
        assert_eq!(hash.to_string().parse::<Hash>()?, hash);
        Ok(())
    }

    #[test]
    fn other_forms_of_a_hash_are_refused() {
        let hash = sha256(b"x");
        for text in [
            "",
            "ab",
            &hash.to_hex().replace('a', "g"),
            &format!("+{hash:x}"),
        ] {
            assert!(Hash::from_hex(text).is_err(), "{text}");
        }
        let base64 = hash.to_string();
        for text in [base64.trim_end_matches('='), &format!("{base64} "), "AAAA"] {
            assert!(text.parse::<Hash>().is_err(), "{text}");
        }
    }
}
