//! Cuts files of any size into documents that are decoded one by one, in flat memory.
//!
//! Each chunk repeats the head of the file (header line, row of headings, envelope), so that it can be
//! decoded as a document of its own; its [`Origin`] leads lines and columns back to the file. What is no
//! sequence of records (messages) stays whole, within the limit.

mod envelope;
mod rows;

use crate::decode::{DecodeError, Hint, Limits, Origin, is_header};
use crate::profile::{Profile, Shape, WireFormat};
use envelope::EnvelopeCuts;
use rows::RowCuts;

/// A part of a file that is a document of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The document.
    pub bytes: Vec<u8>,
    /// Where its bytes stand in the file.
    pub origin: Origin,
    /// Form of the document, if it is known.
    pub wire: Option<WireFormat>,
}

impl Chunk {
    /// What [`crate::Adapter::decode`] must know of it, given what is known of the file.
    pub fn hint(&self, file: &Hint) -> Hint {
        Hint {
            wire: self.wire.or(file.wire),
            origin: self.origin,
            ..file.clone()
        }
    }
}

/// Where a chunk may end, and how many bytes after it belong to nothing.
struct Cut {
    end: usize,
    skip: usize,
}

/// What may be cut where.
enum Cuts {
    /// At line ends.
    Lines,
    /// At the ends of rows, quotes respected.
    Rows(RowCuts),
    /// Between the records of an envelope.
    Envelope(EnvelopeCuts),
    /// Nowhere.
    Whole,
}

/// Cuts a file that is fed piece by piece: `feed` what was read, take chunks with `next` until there is
/// none, and so on; `end` the file, and take the rest.
pub struct Chunks {
    cuts: Cuts,
    wire: Option<WireFormat>,
    size: usize,
    limits: Limits,
    buffer: Vec<u8>,
    /// The buffer before this is handed out already.
    start: usize,
    /// The buffer before this was looked through.
    scanned: usize,
    /// Best place to cut so far, and how many records would be in the chunk.
    ready: Option<Cut>,
    records: usize,
    head: Option<Vec<u8>>,
    origin: Origin,
    is_first: bool,
    ended: bool,
}

impl Chunks {
    /// Cuts a file of a source into chunks of about `size` bytes; `said` is what its carrier says of its form.
    pub fn new(profile: &Profile, said: Option<WireFormat>, size: usize, limits: &Limits) -> Self {
        let wire = profile.wire.resolve(said);
        let cuts = match wire {
            Some(WireFormat::Ndjson | WireFormat::Sql) => Cuts::Lines,
            Some(WireFormat::Csv) => Cuts::Rows(RowCuts::new(profile.wire.separator)),
            Some(WireFormat::Json)
                if !profile.wire.single && profile.wire.shape != Shape::Single =>
            {
                Cuts::Envelope(EnvelopeCuts::new(profile.wire.records()))
            }
            _ => Cuts::Whole,
        };
        Chunks {
            cuts,
            wire: wire.or(said),
            size: size.clamp(1, limits.bytes / 2),
            limits: *limits,
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            ready: None,
            records: 0,
            head: None,
            origin: Origin::default(),
            is_first: true,
            ended: false,
        }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            if let Some(cut) = &mut self.ready {
                cut.end -= self.start;
            }
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Says that the file has no more bytes.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The next chunk, if there are bytes enough for one. An error means that something in the file is too
    /// large to be a document.
    #[expect(clippy::should_implement_trait, reason = "none means: feed more")]
    pub fn next(&mut self) -> Result<Option<Chunk>, DecodeError> {
        // As many records as are allowed in a document, less the one that the head might be.
        let most = self.limits.records.saturating_sub(1).max(1);
        while let Some(cut) = self.find() {
            self.note_head(cut.end);
            let large = cut.end - self.start >= self.size;
            self.records += 1;
            self.ready = Some(cut);
            if (large || self.records >= most)
                && let Some(cut) = self.ready.take()
            {
                return Ok(Some(self.cut(&cut)));
            }
        }
        let left = self.buffer.len() - self.start;
        if left > self.limits.bytes {
            let Origin { line, column, .. } = self.origin;
            return Err(DecodeError::Limit {
                which: "bytes",
                limit: self.limits.bytes,
                found: left,
                line,
                column,
            });
        }
        if self.ended && (left > 0 || self.is_first) {
            let end = self.buffer.len();
            self.ready = None;
            if let Cuts::Envelope(cuts) = &mut self.cuts {
                cuts.leave();
            }
            return Ok(Some(self.cut(&Cut { end, skip: 0 })));
        }
        Ok(None)
    }

    /// The next place after which a record ends.
    fn find(&mut self) -> Option<Cut> {
        match &mut self.cuts {
            Cuts::Lines => {
                let rest = self.buffer.get(self.scanned..)?;
                let Some(newline) = memchr::memchr(b'\n', rest) else {
                    self.scanned = self.buffer.len();
                    return None;
                };
                self.scanned += newline + 1;
                let end = self.scanned;
                Some(Cut { end, skip: 0 })
            }
            Cuts::Rows(rows) => {
                let end = rows.find(&self.buffer, &mut self.scanned)?;
                Some(Cut { end, skip: 0 })
            }
            Cuts::Envelope(envelope) => {
                let end = envelope.find(&self.buffer, &mut self.scanned)?;
                Some(Cut { end, skip: 1 })
            }
            Cuts::Whole => None,
        }
    }

    /// Keeps the head of the file, once it was seen.
    fn note_head(&mut self, end: usize) {
        if self.head.is_some() {
            return;
        }
        let first = self.buffer.get(..end).unwrap_or_default();
        self.head = match &self.cuts {
            _ if first.trim_ascii().is_empty() => return,
            Cuts::Lines if is_header(first) => Some(first.to_vec()),
            Cuts::Lines | Cuts::Whole => Some(Vec::new()),
            Cuts::Rows(_) => Some(first.to_vec()),
            Cuts::Envelope(envelope) => {
                let head = first.get(..envelope.head_end()).unwrap_or_default();
                Some(head.to_vec())
            }
        };
    }

    fn cut(&mut self, cut: &Cut) -> Chunk {
        let mut bytes = Vec::new();
        if !std::mem::take(&mut self.is_first) {
            bytes.extend_from_slice(self.head.as_deref().unwrap_or_default());
        }
        let mut origin = self.origin;
        origin.prefix = bytes.len();
        bytes.extend_from_slice(self.buffer.get(self.start..cut.end).unwrap_or_default());
        if let Cuts::Envelope(envelope) = &self.cuts {
            bytes.extend_from_slice(envelope.closing());
        }
        let next = cut.end + cut.skip;
        let gone = self.buffer.get(self.start..next).unwrap_or_default();
        self.origin.offset += gone.len() as u64;
        match memchr::memrchr(b'\n', gone) {
            Some(newline) => {
                let lines = memchr::memchr_iter(b'\n', gone).count();
                self.origin.line = self.origin.line.saturating_add(lines as u32);
                self.origin.column = (gone.len() - newline) as u32;
            }
            None => self.origin.column = self.origin.column.saturating_add(gone.len() as u32),
        }
        self.start = next;
        self.records = 0;
        Chunk {
            bytes,
            origin,
            wire: self.wire,
        }
    }
}

#[cfg(test)]
mod tests;
