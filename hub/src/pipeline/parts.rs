//! What is too large to be one document, read as documents of a few megabytes, one by one.

use std::io::{self, Read};

use adapters::{Adapter, Chunk, Chunks, DecodeError, Hint, Limits, WireFormat};

use crate::error::Error;

/// Most bytes of a document, about.
const CHUNK: usize = 2 << 20;
/// Bytes that are read at once.
const READ: usize = 1 << 20;

/// The file cannot be read, or not as what it is said to be.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The disk does not give it.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Something in it is too large to be a document.
    #[error("{0}")]
    Decode(#[from] DecodeError),
}

impl From<PartsError> for Error {
    fn from(error: PartsError) -> Self {
        match error {
            PartsError::Io(error) => Error::NotKept(format!("the file cannot be read: {error}")),
            PartsError::Decode(error) => Error::Decode(error),
        }
    }
}

/// A file, or anything else that gives bytes, that is being read.
pub struct Parts<R> {
    from: R,
    chunks: Chunks,
    buffer: Vec<u8>,
    ended: bool,
}

impl<R: Read> Parts<R> {
    /// Reads what a source sent; `hint` is what is known of its form, `memory` how much of it may be held at once.
    pub fn of(adapter: &Adapter, from: R, hint: &Hint, limits: &Limits, memory: usize) -> Self {
        let name = hint.file_name.as_deref();
        let said = hint
            .wire
            .or_else(|| name.and_then(WireFormat::of_file_name));
        Parts {
            from,
            chunks: Chunks::new(adapter, said, CHUNK.min(memory), limits),
            buffer: vec![0; READ],
            ended: false,
        }
    }

    /// The next document; none at the end.
    pub fn document(&mut self) -> Result<Option<Chunk>, PartsError> {
        loop {
            if let Some(chunk) = self.chunks.next()? {
                return Ok(Some(chunk));
            }
            if self.ended {
                return Ok(None);
            }
            match self.from.read(&mut self.buffer)? {
                0 => {
                    self.ended = true;
                    self.chunks.end();
                }
                read => self
                    .chunks
                    .feed(self.buffer.get(..read).unwrap_or_default()),
            }
        }
    }
}
