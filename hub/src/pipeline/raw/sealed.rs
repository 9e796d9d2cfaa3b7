//! Raw bytes under a key of their own. The wrapped key stands in the row of the submission: without it nothing of them can
//! be read, wherever copies of the object lie.
//!
//! The wrapped key is bound to the SHA-256 of the bytes, and followed by 8 random bytes that make the name of the object
//! its own.

use std::io::Read as _;

use crate::error::Error;
use crate::keys::sealing::{KEY, SealError, SealPieces, Unsealed, WRAPPED, random};
use crate::keys::{KeyError, Masters, master};
use crate::pipeline::compress;
use crate::tlog::hash::{Hash, hex};

/// Random bytes in the name of an object.
const SUFFIX: usize = 8;

fn bound(name: &Hash) -> Vec<u8> {
    let mut bound = b"exchange-hub/raw/v1".to_vec();
    bound.extend_from_slice(name.as_bytes());
    bound
}

/// Draws a key for bytes of a name; with it as it is kept in the row.
pub fn draw(masters: &Masters, name: &Hash) -> Result<([u8; KEY], Vec<u8>), KeyError> {
    let secret = random()?;
    let mut key = masters.wrap(&secret, &bound(name))?;
    key.extend_from_slice(&random::<SUFFIX>()?);
    Ok((secret, key))
}

/// The key as it is kept, wrapped by the newest master key; none when it is so already.
pub fn renewed(masters: &Masters, name: &Hash, key: &[u8]) -> Result<Option<Vec<u8>>, KeyError> {
    masters.rewrap(key, &bound(name))
}

/// The part of a kept key that is in the name of its object.
pub fn suffix(key: &[u8]) -> String {
    hex(key.get(WRAPPED..).unwrap_or_default())
}

/// Encrypts what is held whole.
pub fn whole(secret: &[u8; KEY], packed: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut seal = SealPieces::new(secret)?;
    let mut pieces = packed.chunks(1 << 20).peekable();
    let mut sealed = Vec::with_capacity(packed.len() + 64);
    loop {
        let piece = pieces.next().unwrap_or_default();
        let last = pieces.peek().is_none();
        sealed.extend_from_slice(&seal.piece(piece, last)?);
        if last {
            return Ok(sealed);
        }
    }
}

/// Packs and encrypts what is to stand in a row; with its key.
pub fn packed(masters: &Masters, name: &Hash, bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::NotKept(format!("raw bytes: {error}"));
    let packed = compress::pack(bytes).map_err(|error| failed(&error))?;
    let (secret, key) = draw(masters, name).map_err(|error| failed(&error))?;
    Ok((
        whole(&secret, &packed).map_err(|error| failed(&error))?,
        key,
    ))
}

/// A reader of what was encrypted.
pub fn reader<R: std::io::Read>(
    name: &Hash,
    key: &[u8],
    from: R,
) -> Result<Unsealed<R>, SealError> {
    Unsealed::new(&master::unwrap(key, &bound(name))?, from)
}

/// Decrypts what is held whole.
pub fn opened(name: &Hash, key: &[u8], sealed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut clear = Vec::with_capacity(sealed.len());
    let mut reader = reader(name, key, sealed).map_err(std::io::Error::other)?;
    reader.read_to_end(&mut clear)?;
    Ok(clear)
}
