//! Digests over bytes that come piece by piece: SHA-256 for what is kept, SHA-1 for senders whose upload protocol
//! (tus 1.0, extension checksum) requires it. SHA-1 finds damage on the way there; nothing rests on it.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

/// A digest that is being taken.
#[derive(Clone)]
pub struct Digest(Context);

impl Digest {
    /// SHA-256.
    pub fn sha256() -> Self {
        Digest(Context::new(&SHA256))
    }

    /// SHA-1, against accidents only.
    pub fn sha1() -> Self {
        Digest(Context::new(&SHA1_FOR_LEGACY_USE_ONLY))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::hash::{hex, sha256};

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut pieces = Digest::sha256();
        pieces.update(b"ab");
        pieces.update(b"c");
        assert_eq!(pieces.finish(), sha256(b"abc").as_bytes());
        let mut old = Digest::sha1();
        old.update(b"abc");
        // FIPS 180-4, example of one block.
        let expected = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(hex(&old.finish()), expected);
    }
}
