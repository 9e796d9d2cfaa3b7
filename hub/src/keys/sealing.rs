//! Envelopes around personal values at rest: each value is encrypted under a random key of its own (AES-256-GCM), which
//! travels beside it encrypted under the master key. Destroying the small part destroys the value; changing the master
//! key rewrites the small part only.
//!
//! An envelope is a byte 1, the id of the master key (4 bytes), a nonce (12), the wrapped key (32 + 16), and the
//! ciphertext (its length + 16). The wrapped key is bound to the place it was made for (associated data), so that an
//! envelope moved to another row does not open. A key encrypts one value, once: its nonce is zero.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::KeyError;

/// First byte of an envelope. Canonical JSON begins with a brace, zstd frames with 0x28.
pub const ENVELOPE: u8 = 1;

/// Bytes of a key.
pub const KEY: usize = 32;
/// Bytes of the id of a master key.
pub const ID: usize = 4;
const TAG: usize = 16;
/// Bytes of a wrapped key with what stands before it.
pub const WRAPPED: usize = 1 + ID + NONCE_LEN + KEY + TAG;

/// An envelope that does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The master key is not here.
    #[error(
        "已用主密钥 {0} 加密，而该密钥未提供 / it is encrypted under master key {0}, which was not given"
    )]
    NoMaster(String),
    /// Changed, cut, or made for another place.
    #[error("密文被改动或不属于此处 / the ciphertext was changed, or belongs to another place")]
    Broken,
    /// The library refused, which it does for nothing that is tried here.
    #[error("加密失败 / encryption failed")]
    Failed,
}

/// A key for any number of values: a master key, or the key of one value.
#[derive(Clone)]
pub struct Cipher(LessSafeKey);

impl Cipher {
    /// Makes a cipher of 32 bytes.
    pub fn new(secret: &[u8; KEY]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, secret).map_err(|_| SealError::Failed)?;
        Ok(Cipher(LessSafeKey::new(key)))
    }

    /// Encrypts in place, and appends the tag.
    pub fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        bound: &[u8],
        bytes: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(nonce, Aad::from(bound), bytes)
            .map_err(|_| SealError::Failed)
    }

    /// Decrypts what was encrypted for the same place.
    pub fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        bound: &[u8],
        mut bytes: Vec<u8>,
    ) -> Result<Vec<u8>, SealError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self
            .0
            .open_in_place(nonce, Aad::from(bound), &mut bytes)
            .map_err(|_| SealError::Broken)?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// The nonce under which the key of a value encrypts it, or the first piece of it.
pub const FIRST: [u8; NONCE_LEN] = [0; NONCE_LEN];

/// Random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| KeyError::Entropy)?;
    Ok(bytes)
}

/// A value encrypted under a key of its own, which is not wrapped yet: made on any thread, put into an envelope where its
/// place is known.
#[derive(Clone)]
pub struct Guarded {
    secret: [u8; KEY],
    nonce: [u8; NONCE_LEN],
    ciphertext: Vec<u8>,
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}

impl Guarded {
    /// Encrypts a value under a new key.
    pub fn new(clear: &[u8]) -> Result<Guarded, KeyError> {
        let drawn = random::<{ KEY + NONCE_LEN }>()?;
        let (mut secret, mut nonce) = ([0; KEY], [0; NONCE_LEN]);
        for (to, from) in secret.iter_mut().chain(&mut nonce).zip(drawn) {
            *to = from;
        }
        let mut ciphertext = Vec::with_capacity(clear.len() + TAG);
        ciphertext.extend_from_slice(clear);
        Cipher::new(&secret)?.seal(FIRST, &[], &mut ciphertext)?;
        Ok(Guarded {
            secret,
            nonce,
            ciphertext,
        })
    }

    pub(super) fn parts(&self) -> (&[u8; KEY], [u8; NONCE_LEN], &[u8]) {
        (&self.secret, self.nonce, &self.ciphertext)
    }
}

/// The parts of a wrapped key: id of the master key, nonce, ciphertext; and what comes after it.
pub(super) type Split<'e> = ([u8; ID], [u8; NONCE_LEN], &'e [u8], &'e [u8]);

/// Takes an envelope apart.
pub(super) fn split(envelope: &[u8]) -> Result<Split<'_>, SealError> {
    let (&first, rest) = envelope.split_first().ok_or(SealError::Broken)?;
    let (id, rest) = rest.split_first_chunk::<ID>().ok_or(SealError::Broken)?;
    let (nonce, rest) = rest
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(SealError::Broken)?;
    let (key, rest) = rest.split_at_checked(KEY + TAG).ok_or(SealError::Broken)?;
    if first != ENVELOPE {
        return Err(SealError::Broken);
    }
    Ok((*id, *nonce, key, rest))
}

/// Bytes of a piece of something long, at most, as the reader allows.
const PIECE: usize = 4 << 20;

/// Encrypts something long piece by piece under a key that encrypts nothing else. Each piece is bound to its place and
/// to whether it is the last: none can be dropped, moved or added unseen. A piece is its length (4 bytes) and ciphertext.
pub struct SealPieces {
    cipher: Cipher,
    next: u64,
}

impl SealPieces {
    /// Begins with a key.
    pub fn new(secret: &[u8; KEY]) -> Result<Self, SealError> {
        Ok(SealPieces {
            cipher: Cipher::new(secret)?,
            next: 0,
        })
    }

    /// Encrypts the next piece.
    pub fn piece(&mut self, clear: &[u8], last: bool) -> Result<Vec<u8>, SealError> {
        let length = u32::try_from(clear.len() + TAG).map_err(|_| SealError::Failed)?;
        let mut sealed = clear.to_vec();
        self.cipher
            .seal(counted(self.next), &[u8::from(last)], &mut sealed)?;
        self.next += 1;
        let mut piece = length.to_be_bytes().to_vec();
        piece.extend_from_slice(&sealed);
        Ok(piece)
    }
}

fn counted(number: u64) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    for (to, from) in nonce.iter_mut().zip(number.to_be_bytes()) {
        *to = from;
    }
    nonce
}

/// Reads what [`SealPieces`] wrote.
pub struct Unsealed<R> {
    from: R,
    cipher: Cipher,
    next: u64,
    clear: std::io::Cursor<Vec<u8>>,
    ended: bool,
}

impl<R: std::io::Read> Unsealed<R> {
    /// Begins with the key.
    pub fn new(secret: &[u8; KEY], from: R) -> Result<Self, SealError> {
        Ok(Unsealed {
            from,
            cipher: Cipher::new(secret)?,
            next: 0,
            clear: std::io::Cursor::default(),
            ended: false,
        })
    }

    fn advance(&mut self) -> std::io::Result<()> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > PIECE {
            return Err(std::io::Error::other(SealError::Broken));
        }
        let mut sealed = vec![0; length];
        self.from.read_exact(&mut sealed)?;
        let nonce = counted(self.next);
        let (clear, last) = match self.cipher.open(nonce, &[0], sealed.clone()) {
            Ok(clear) => (clear, false),
            Err(_) => {
                let last = self.cipher.open(nonce, &[1], sealed);
                (last.map_err(std::io::Error::other)?, true)
            }
        };
        self.next += 1;
        self.ended = last;
        self.clear = std::io::Cursor::new(clear);
        Ok(())
    }
}

impl<R: std::io::Read> std::io::Read for Unsealed<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.clear.read(into)?;
            if read > 0 || self.ended || into.is_empty() {
                return Ok(read);
            }
            self.advance()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn something_long_is_whole_or_not_read() -> Result<(), Box<dyn std::error::Error>> {
        let secret = random()?;
        let mut seal = SealPieces::new(&secret)?;
        let pieces = [
            seal.piece(b"one ", false)?,
            seal.piece(b"two ", false)?,
            seal.piece(b"three", true)?,
        ];
        let read = |pieces: &[&Vec<u8>]| -> std::io::Result<Vec<u8>> {
            let whole: Vec<u8> = pieces
                .iter()
                .flat_map(|piece| piece.iter().copied())
                .collect();
            let mut clear = Vec::new();
            let mut unsealed =
                Unsealed::new(&secret, whole.as_slice()).map_err(std::io::Error::other)?;
            unsealed.read_to_end(&mut clear)?;
            Ok(clear)
        };
        let [one, two, three] = &pieces;
        assert_eq!(read(&[one, two, three])?, b"one two three");
        for wrong in [
            vec![one, two],
            vec![two, one, three],
            vec![one, three],
            vec![one, one, two, three],
            vec![],
        ] {
            assert!(read(&wrong).is_err());
        }
        Ok(())
    }
}
