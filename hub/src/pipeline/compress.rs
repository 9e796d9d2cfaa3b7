//! Compression of what is kept, with one context per thread: making a context costs more than a small body.

use std::cell::RefCell;
use std::io;

use zstd::bulk::Compressor;

use super::receipt::Outcome;

/// Favours speed; raw bytes of trading data shrink to a fifth even so.
const LEVEL: i32 = 1;

/// A context and room for its output. Both are kept: large fresh memory costs more than the compression.
struct Press {
    context: Compressor<'static>,
    room: Vec<u8>,
}

thread_local! {
    static PRESS: RefCell<Option<Press>> = const { RefCell::new(None) };
}

/// Compresses bytes as one zstd frame.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    PRESS.with_borrow_mut(|press| {
        let press = match press {
            Some(press) => press,
            None => press.insert(Press {
                context: Compressor::new(LEVEL)?,
                room: Vec::new(),
            }),
        };
        press.room.clear();
        press
            .room
            .reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        press.context.compress_to_buffer(bytes, &mut press.room)?;
        Ok(press.room.as_slice().to_vec())
    })
}

/// Outcomes up to this size are kept as they are: a frame of their own would cost more than it saves.
const PLAIN: usize = 1024;

/// The JSON of outcomes as it is kept: in a zstd frame when that pays.
pub fn pack(json: &[u8]) -> io::Result<Vec<u8>> {
    if json.len() <= PLAIN {
        Ok(json.to_vec())
    } else {
        compress(json)
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
