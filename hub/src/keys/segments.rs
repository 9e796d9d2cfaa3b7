//! Segments of a file that is encrypted while it is written: any number of bytes each, appended one after another, so
//! that what was made durable is never written again.
//!
//! A segment is its length (4 bytes), a random nonce (12) and the ciphertext with its tag (16), under a key that encrypts
//! this file only; it is bound to the place of its first byte in the clear file. None can be moved, dropped before
//! another or added unseen; whether the last is there, who knows the length of the file says.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::sealing::{Cipher, KEY, SealError, random};
use super::{KeyError, Masters, master};

/// Bytes before the ciphertext of a segment.
pub const HEAD: usize = 16;
const TAG: usize = 16;
/// Most clear bytes of a segment.
pub const MOST: usize = 256 * 1024;

/// What the wrapped key of a file is bound to.
const BOUND: &[u8] = b"exchange-hub/file-key/v1";

/// The key of one file.
#[derive(Clone)]
pub struct FileKey {
    secret: [u8; KEY],
    cipher: Arc<Cipher>,
}

impl FileKey {
    fn of(secret: [u8; KEY]) -> Result<FileKey, SealError> {
        let cipher = Arc::new(Cipher::new(&secret)?);
        Ok(FileKey { secret, cipher })
    }

    /// Draws a key: for a file that is of use only as long as this process lives, it need not be kept anywhere.
    pub fn draw() -> Result<FileKey, KeyError> {
        Ok(FileKey::of(random()?)?)
    }

    /// Wraps it for a file that outlives the process; base64.
    pub fn wrapped(&self, masters: &Masters) -> Result<String, KeyError> {
        let wrapped = masters.wrap(&self.secret, BOUND)?;
        Ok(BASE64_STANDARD.encode(wrapped))
    }

    /// Opens a wrapped key.
    pub fn open(wrapped: &str) -> Result<FileKey, KeyError> {
        let wrapped = decoded(wrapped)?;
        Ok(FileKey::of(master::unwrap(&wrapped, BOUND)?)?)
    }

    /// A wrapped key under the newest master key; none when it is so already.
    pub fn renewed(masters: &Masters, wrapped: &str) -> Result<Option<String>, KeyError> {
        let renewed = masters.rewrap(&decoded(wrapped)?, BOUND)?;
        Ok(renewed.map(|wrapped| BASE64_STANDARD.encode(wrapped)))
    }

    /// A segment that begins at a place of the clear file.
    pub fn seal(&self, at: u64, clear: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce = random()?;
        let mut sealed = clear.to_vec();
        self.cipher.seal(nonce, &at.to_be_bytes(), &mut sealed)?;
        let length = u32::try_from(sealed.len()).map_err(|_| SealError::Failed)?;
        let mut segment = Vec::with_capacity(HEAD + sealed.len());
        segment.extend_from_slice(&length.to_be_bytes());
        segment.extend_from_slice(&nonce);
        segment.extend_from_slice(&sealed);
        Ok(segment)
    }

    /// The clear bytes of a segment that begins at a place.
    pub fn clear(&self, at: u64, head: &[u8; HEAD], sealed: Vec<u8>) -> Result<Vec<u8>, SealError> {
        let nonce = head.last_chunk().copied().unwrap_or_default();
        self.cipher.open(nonce, &at.to_be_bytes(), sealed)
    }
}

fn decoded(wrapped: &str) -> Result<Vec<u8>, SealError> {
    BASE64_STANDARD
        .decode(wrapped)
        .map_err(|_| SealError::Broken)
}

/// Number of sealed bytes after a head, and of clear bytes in them; none when it is no head.
pub fn lengths(head: &[u8; HEAD]) -> Option<(usize, usize)> {
    let sealed = u32::from_be_bytes(*head.first_chunk()?) as usize;
    let clear = sealed.checked_sub(TAG)?;
    (1..=MOST).contains(&clear).then_some((sealed, clear))
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").finish_non_exhaustive()
    }
}
