//! Cuts files of any size into documents that are decoded one by one, in flat memory.
//!
//! Each chunk repeats the head of the file (header line, row of headings, envelope, the elements around records), so
//! that it can be decoded as a document of its own; its [`Origin`] leads lines and columns back to the file. What is
//! no sequence of records (one record, an archive) stays whole, within the limit.

mod elements;
mod envelope;
mod rows;

use crate::decode::{Adapter, DecodeError, Hint, Limits, Origin, RecordElements, is_header};
use crate::profile::{Shape, WireFormat};
use elements::ElementCuts;
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
    /// After the elements that are records.
    Elements(ElementCuts),
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
    /// How many records would be in the chunk.
    records: usize,
    /// What the next chunk repeats, once it is known.
    head: Option<Vec<u8>>,
    origin: Origin,
    is_first: bool,
    ended: bool,
    /// The last chunk was handed out.
    done: bool,
}

impl Chunks {
    /// Cuts a file of a source into chunks of about `size` bytes; `said` is what its carrier says of its form.
    pub fn new(adapter: &Adapter, said: Option<WireFormat>, size: usize, limits: &Limits) -> Self {
        let profile = adapter.profile();
        let wire = profile.wire.resolve(said);
        let cuts = match wire {
            Some(WireFormat::Ndjson | WireFormat::Sql) => Cuts::Lines,
            Some(WireFormat::Csv) => Cuts::Rows(RowCuts::new(profile.wire.separator, limits.value)),
            Some(WireFormat::Json)
                if !profile.wire.single && profile.wire.shape != Shape::Single =>
            {
                Cuts::Envelope(EnvelopeCuts::new(profile.wire.records()))
            }
            Some(form @ (WireFormat::Xml | WireFormat::Message)) => {
                let records = RecordElements::new(adapter, form);
                Cuts::Elements(ElementCuts::new(
                    records,
                    profile.wire.charset,
                    limits.depth,
                ))
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
            records: 0,
            head: None,
            origin: Origin::default(),
            is_first: true,
            ended: false,
            done: false,
        }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
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
            self.records += 1;
            if cut.end - self.start >= self.size || self.records >= most {
                let closing = self.closing();
                let chunk = self.cut(&cut, &closing);
                if let Cuts::Elements(elements) = &self.cuts {
                    // Other elements may be open here than where the chunk before was cut.
                    self.head = Some(elements.opening());
                }
                return Ok(Some(chunk));
            }
        }
        let (end, left) = (self.buffer.len(), self.buffer.len() - self.start);
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
        // The reader says what is wrong with what cannot be cut; it need not see all of it.
        if self.is_lost() && left >= self.size {
            return Ok(Some(self.cut(&Cut { end, skip: 0 }, b"")));
        }
        // A file that ends where it was cut is not complete, if something is open there.
        if self.ended && !self.done && (left > 0 || self.is_first || self.is_open()) {
            self.done = true;
            // The rest of the file closes itself, or does not.
            return Ok(Some(self.cut(&Cut { end, skip: 0 }, b"")));
        }
        Ok(None)
    }

    /// Whether something was met that no reader takes.
    fn is_lost(&self) -> bool {
        match &self.cuts {
            Cuts::Elements(cuts) => cuts.is_lost(),
            Cuts::Rows(cuts) => cuts.is_lost(),
            Cuts::Lines | Cuts::Envelope(_) | Cuts::Whole => false,
        }
    }

    /// Whether something is open after the last cut that the rest of the file must close.
    fn is_open(&self) -> bool {
        match &self.cuts {
            Cuts::Envelope(cuts) => cuts.is_open(),
            Cuts::Elements(cuts) => cuts.is_open(),
            Cuts::Lines | Cuts::Rows(_) | Cuts::Whole => false,
        }
    }

    /// What makes a document of a part that ends with the record that was just found.
    fn closing(&self) -> Vec<u8> {
        match &self.cuts {
            Cuts::Envelope(cuts) => cuts.closing().to_vec(),
            Cuts::Elements(cuts) => cuts.closing(),
            Cuts::Lines | Cuts::Rows(_) | Cuts::Whole => Vec::new(),
        }
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
            Cuts::Elements(elements) => {
                let end = elements.find(&self.buffer, &mut self.scanned)?;
                Some(Cut { end, skip: 0 })
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
            Cuts::Lines | Cuts::Elements(_) | Cuts::Whole => Some(Vec::new()),
            Cuts::Rows(_) => Some(first.to_vec()),
            Cuts::Envelope(envelope) => {
                let head = first.get(..envelope.head_end()).unwrap_or_default();
                Some(head.to_vec())
            }
        };
    }

    /// Hands out what stands before a cut, as a document that ends with `closing`.
    fn cut(&mut self, cut: &Cut, closing: &[u8]) -> Chunk {
        let mut bytes = Vec::new();
        if !std::mem::take(&mut self.is_first) {
            bytes.extend_from_slice(self.head.as_deref().unwrap_or_default());
        }
        let mut origin = self.origin;
        origin.prefix = bytes.len();
        bytes.extend_from_slice(self.buffer.get(self.start..cut.end).unwrap_or_default());
        bytes.extend_from_slice(closing);
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
