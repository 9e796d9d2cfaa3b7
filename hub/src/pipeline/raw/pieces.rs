//! Packs and unpacks what is too large to be held: on threads that may wait, through channels of a few pieces.

use std::io::{self, Read, Write};

use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, Sender};

use super::sealed;
use crate::error::Error;
use crate::keys::Digest;
use crate::pipeline::inlet::Inlet;
use crate::tlog::hash::Hash;

/// Bytes of a piece, about.
const PIECE: usize = 1 << 20;
/// As for what is kept whole: favours speed.
const LEVEL: i32 = 1;
/// How a zstd frame begins (RFC 8878).
const FRAME: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// Compresses a file as one zstd frame; a file that is not what its name says is refused.
pub fn pack(name: Hash, mut from: Box<dyn Read + Send>, to: Sender<Vec<u8>>) -> io::Result<()> {
    let out = Outlet {
        piece: Vec::with_capacity(PIECE),
        to,
    };
    let mut encoder = zstd::Encoder::new(out, LEVEL)?;
    let mut digest = Digest::sha256();
    let mut piece = vec![0; PIECE];
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            break;
        }
        let read = piece.get(..read).unwrap_or_default();
        digest.update(read);
        encoder.write_all(read)?;
    }
    if digest.finish() != name.as_bytes() {
        return Err(io::Error::other("the file was changed meanwhile"));
    }
    encoder.finish()?.flush()
}

/// Expands what was kept, hands it on, and holds it against its name.
pub fn unpack(
    name: Hash,
    key: Option<&[u8]>,
    from: Receiver<io::Result<Bytes>>,
    to: &Sender<Result<Bytes, Error>>,
) -> io::Result<()> {
    let mut stored: Box<dyn Read> = match key {
        Some(key) => {
            let opened = sealed::reader(&name, key, Inlet::new(from));
            Box::new(opened.map_err(io::Error::other)?)
        }
        None => Box::new(Inlet::new(from)),
    };
    let mut start = Vec::new();
    (&mut stored).take(4).read_to_end(&mut start)?;
    let packed = start == FRAME;
    let whole = io::Cursor::new(start).chain(stored);
    let mut plain: Box<dyn Read> = if packed {
        Box::new(zstd::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    };
    let mut digest = Digest::sha256();
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        if (&mut plain).take(PIECE as u64).read_to_end(&mut piece)? == 0 {
            break;
        }
        digest.update(&piece);
        if to.blocking_send(Ok(Bytes::from(piece))).is_err() {
            return Ok(());
        }
    }
    if digest.finish() == name.as_bytes() {
        return Ok(());
    }
    Err(io::Error::other("the stored bytes have another SHA-256"))
}

/// Writes into a channel.
struct Outlet {
    piece: Vec<u8>,
    to: Sender<Vec<u8>>,
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let gone = |_| io::Error::other("the object store takes no more");
        self.to.blocking_send(piece).map_err(gone)
    }
}
