//! Rows of cells, each with its place in the original bytes.

use std::borrow::Cow;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use crate::decode::Limits;
use crate::decode::error::Fault;

/// One cell.
pub(crate) struct Cell<'a> {
    /// Its bytes without quotes; borrowed when there were none.
    pub bytes: Cow<'a, [u8]>,
    /// Where it begins in the document (at the quote, if it has one), and where it ends.
    pub at: usize,
    pub end: usize,
}

/// One row.
pub(crate) struct Row<'a> {
    pub cells: Vec<Cell<'a>>,
    pub at: usize,
    /// The last cell opens a quote that is never closed; reading goes on at the next line.
    pub unclosed: bool,
}

/// Reads rows.
pub(crate) struct Rows<'a> {
    reader: Reader,
    document: &'a [u8],
    pos: usize,
    buffer: Vec<u8>,
    limits: Limits,
}

impl<'a> Rows<'a> {
    pub fn new(document: &'a [u8], start: usize, separator: Option<char>, limits: &Limits) -> Self {
        let separator = separator.and_then(|c| u8::try_from(c).ok());
        Rows {
            reader: ReaderBuilder::new()
                .delimiter(separator.unwrap_or(b','))
                .build(),
            document,
            pos: start,
            buffer: vec![0; 1_024],
            limits: *limits,
        }
    }

    /// The next row that is not blank.
    pub fn next(&mut self) -> Result<Option<Row<'a>>, Fault> {
        while let Some(b'\r' | b'\n') = self.document.get(self.pos) {
            self.pos += 1;
        }
        if self.pos >= self.document.len() {
            return Ok(None);
        }
        self.reader.reset();
        // The reader drops a mark at its start; ours is behind us, and a cell may begin like one.
        let mut row = Row {
            cells: Vec::new(),
            at: self.pos,
            unclosed: false,
        };
        loop {
            let (cell, last) = self.cell()?;
            let quoted = matches!(cell.bytes, Cow::Owned(_));
            let raw = self.document.get(cell.at..cell.end).unwrap_or_default();
            if quoted && memchr::memchr_iter(b'"', raw).count() % 2 == 1 {
                row.unclosed = true;
                let line = memchr::memchr(b'\n', raw).map_or(cell.end, |end| cell.at + end);
                self.pos = line;
            }
            let at = cell.at;
            row.cells.push(cell);
            if row.cells.len() > self.limits.fields {
                let limit = self.limits.fields;
                return Err(Fault::limit(at, "fields", limit, row.cells.len()));
            }
            if last || row.unclosed {
                return Ok(Some(row));
            }
        }
    }

    /// Reads one cell; says whether it was the last one of its row.
    fn cell(&mut self) -> Result<(Cell<'a>, bool), Fault> {
        let at = self.pos;
        let mut written = 0;
        let last = loop {
            let input = self.document.get(self.pos..).unwrap_or_default();
            let output = self.buffer.get_mut(written..).unwrap_or_default();
            let (result, read, wrote) = self.reader.read_field(input, output);
            self.pos += read;
            written += wrote;
            if written > self.limits.value {
                let limit = self.limits.value;
                return Err(Fault::limit(at, "bytes in a value", limit, written));
            }
            match result {
                ReadFieldResult::OutputFull => self.buffer.resize(self.buffer.len() * 2, 0),
                // The next call sees no input, and ends the cell.
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::Field { record_end } => break record_end,
                ReadFieldResult::End => break true,
            }
        };
        let mut raw = self.document.get(at..self.pos).unwrap_or_default();
        let is_quoted = raw.first() == Some(&b'"');
        // What ended the cell was read too, unless the document ended it.
        let ended = match raw.split_last() {
            Some((_, before)) if !last => Some(before),
            Some((b'\r' | b'\n', before)) => Some(before),
            _ => None,
        };
        raw = ended.unwrap_or(raw);
        let bytes = if is_quoted {
            Cow::Owned(self.buffer.get(..written).unwrap_or_default().to_vec())
        } else {
            Cow::Borrowed(raw)
        };
        let end = at + raw.len();
        Ok((Cell { bytes, at, end }, last))
    }
}
