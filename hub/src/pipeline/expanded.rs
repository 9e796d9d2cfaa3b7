//! What comes compressed, expanded while it is read, and never more of it than the limits allow.

use std::io::{self, Read};

use super::expand::{self, Encoding};
use crate::config::Limits;
use crate::error::Error;

/// Bytes as they are when they are expanded.
pub struct Expanded<R: Read> {
    from: Expanding<R>,
    encoding: Encoding,
    most: u64,
    ratio: u64,
    bytes: u64,
}

impl<R: Read> Expanded<R> {
    /// Begins to expand what comes.
    pub fn new(encoding: Encoding, bounds: &Limits, from: R) -> Result<Self, Error> {
        Ok(Expanded {
            from: Expanding::new(encoding, Counted::new(from))?,
            encoding,
            most: bounds.file_bytes,
            ratio: bounds.ratio as u64,
            bytes: 0,
        })
    }

    /// The next bytes, and how many; 0 at the end.
    pub fn piece(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        let read = loop {
            match self.from.read(into) {
                Ok(read) => break read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(expand::broken(error)),
            }
        };
        self.bytes += read as u64;
        if self.bytes > self.most {
            return Err(expand::too_large(("报文", "body"), self.most));
        }
        let by_ratio = self.from.taken().saturating_mul(self.ratio);
        if self.encoding != Encoding::Plain
            && self.bytes > by_ratio.saturating_add(expand::FREE as u64)
        {
            return Err(expand::expands(
                usize::try_from(self.ratio).unwrap_or(usize::MAX),
            ));
        }
        Ok(read)
    }
}

impl<R: Read> Read for Expanded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.piece(into).map_err(io::Error::other)
    }
}

/// Counts what is read.
pub(super) struct Counted<R> {
    from: R,
    taken: u64,
}

impl<R> Counted<R> {
    pub(super) fn new(from: R) -> Self {
        Counted { from, taken: 0 }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.taken += read as u64;
        Ok(read)
    }
}

/// Bytes that are expanded while they come.
pub(super) enum Expanding<R: Read> {
    Plain(Counted<R>),
    Gzip(Box<flate2::read::MultiGzDecoder<Counted<R>>>),
    Zstd(zstd::Decoder<'static, io::BufReader<Counted<R>>>),
}

impl<R: Read> Expanding<R> {
    pub(super) fn new(encoding: Encoding, from: Counted<R>) -> Result<Self, Error> {
        Ok(match encoding {
            Encoding::Plain => Expanding::Plain(from),
            Encoding::Gzip => Expanding::Gzip(Box::new(flate2::read::MultiGzDecoder::new(from))),
            Encoding::Zstd => {
                let mut decoder = zstd::Decoder::new(from).map_err(expand::broken)?;
                decoder
                    .window_log_max(expand::ZSTD_WINDOW_LOG)
                    .map_err(expand::broken)?;
                Expanding::Zstd(decoder)
            }
        })
    }

    /// Compressed bytes taken so far.
    fn taken(&self) -> u64 {
        match self {
            Expanding::Plain(from) => from.taken,
            Expanding::Gzip(decoder) => decoder.get_ref().taken,
            Expanding::Zstd(decoder) => decoder.get_ref().get_ref().taken,
        }
    }
}

impl<R: Read> Read for Expanding<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Expanding::Plain(from) => from.read(into),
            Expanding::Gzip(decoder) => decoder.read(into),
            Expanding::Zstd(decoder) => decoder.read(into),
        }
    }
}
