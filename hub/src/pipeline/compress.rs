//! Compression of what is kept, with one context per thread: making a context costs more than a small body.

use std::cell::RefCell;
use std::io;

use zstd::bulk::Compressor;

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
