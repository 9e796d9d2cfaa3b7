//! Compression of what is kept, with one context per thread: making a context costs more than a small body.

use std::cell::RefCell;
use std::io;

use zstd::bulk::Compressor;

use super::receipt::Outcome;

/// Favours speed; raw bytes of trading data shrink to a fifth even so.
const LEVEL: i32 = 1;

thread_local! {
    static CONTEXT: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Compresses bytes as one zstd frame.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    CONTEXT.with_borrow_mut(|context| match context {
        Some(compressor) => compressor.compress(bytes),
        None => context.insert(Compressor::new(LEVEL)?).compress(bytes),
    })
}

/// Outcomes up to this size are kept as they are: a frame of their own would cost more than it saves.
const PLAIN: usize = 1024;

/// Outcomes as they are kept: JSON, in a zstd frame when that pays.
pub fn pack(outcomes: &[Outcome]) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(outcomes)?;
    if json.len() <= PLAIN {
        Ok(json)
    } else {
        compress(&json)
    }
}

/// Reads outcomes as they are kept.
pub fn unpack(kept: &[u8]) -> io::Result<Vec<Outcome>> {
    // JSON of a list begins with a bracket, a zstd frame never does.
    if kept.first() == Some(&b'[') {
        return Ok(serde_json::from_slice(kept)?);
    }
    Ok(serde_json::from_slice(&zstd::decode_all(kept)?)?)
}
