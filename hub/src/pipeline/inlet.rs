//! Reads from a channel what async code sends: for decoders that can only wait.

use std::io::{self, Read};

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

/// The reading end of a channel of bytes.
#[derive(Debug)]
pub struct Inlet {
    from: Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Inlet {
    /// Reads what is sent.
    pub fn new(from: Receiver<io::Result<Bytes>>) -> Self {
        Inlet {
            from,
            piece: Bytes::new(),
        }
    }
}

impl Read for Inlet {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.from.blocking_recv() {
                None => return Ok(0),
                Some(piece) => self.piece = piece?,
            }
        }
        let count = into.len().min(self.piece.len());
        let (to, _) = into.split_at_mut(count);
        to.copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
