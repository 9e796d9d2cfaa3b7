//! Compression of what is kept, with one context per thread: making a context costs more than a small body.

use std::borrow::Cow;
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

/// Up to this size bytes are kept as they are: a frame of their own would cost more than it saves.
const PLAIN: usize = 2048;

/// How a zstd frame begins (RFC 8878).
const FRAME: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// Bytes as they are kept: in a zstd frame when that pays, or when they could be mistaken for one.
pub fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.len() <= PLAIN && !bytes.starts_with(&FRAME) {
        Ok(bytes.to_vec())
    } else {
        compress(bytes)
    }
}

/// Reads bytes as they are kept.
pub fn unpack(kept: &[u8]) -> io::Result<Cow<'_, [u8]>> {
    if kept.starts_with(&FRAME) {
        zstd::decode_all(kept).map(Cow::Owned)
    } else {
        Ok(Cow::Borrowed(kept))
    }
}

/// Reads outcomes as they are kept.
pub fn outcomes(kept: &[u8]) -> io::Result<Vec<Outcome>> {
    Ok(serde_json::from_slice(&unpack(kept)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_given_back() -> io::Result<()> {
        let frame_in_disguise = compress(b"bytes that a sender compressed himself")?;
        let long = vec![b'x'; 100_000];
        for bytes in [b"".as_slice(), b"[]", &long, &frame_in_disguise] {
            assert_eq!(unpack(&pack(bytes)?)?, bytes);
        }
        assert!(pack(&long)?.len() < 1000);
        assert_eq!(pack(b"small")?, b"small");
        Ok(())
    }
}
