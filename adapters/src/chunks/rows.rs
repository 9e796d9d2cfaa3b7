//! Finds the ends of CSV rows, quotes respected, in the way in which the reader of rows does.

/// Where in a row the last byte was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// After a quote inside quotes: the end of them, or the first of two.
    AfterQuote,
}

/// Finds the ends of rows.
#[derive(Debug)]
pub(super) struct RowCuts {
    state: State,
    separator: u8,
    /// Bytes of the cell so far, and at most.
    cell: usize,
    most: usize,
}

impl RowCuts {
    /// Cuts rows whose cells hold at most so many bytes.
    pub fn new(separator: Option<char>, value: usize) -> Self {
        RowCuts {
            state: State::CellStart,
            separator: separator.and_then(|c| u8::try_from(c).ok()).unwrap_or(b','),
            cell: 0,
            // Every byte may be a quote that is written twice, between quotes.
            most: value.saturating_mul(2).saturating_add(2),
        }
    }

    /// Whether a cell is longer than any that is read: a quote is not closed.
    pub fn is_lost(&self) -> bool {
        self.cell > self.most
    }

    /// The place after the next row; goes on from `scanned`. A row ends with a line feed, a carriage return, or both.
    pub fn find(&mut self, buffer: &[u8], scanned: &mut usize) -> Option<usize> {
        while !self.is_lost()
            && let Some(&byte) = buffer.get(*scanned)
        {
            let mark = in_mark(buffer, *scanned);
            let returns = byte == b'\r' && self.state != State::Quoted;
            let next = buffer.get(*scanned + 1);
            if returns && next.is_none() {
                // What follows is not there yet.
                return None;
            }
            *scanned += 1;
            self.state = match (self.state, byte) {
                (State::Quoted, b'"') => State::AfterQuote,
                (State::Quoted, _) | (State::AfterQuote | State::CellStart, b'"') => State::Quoted,
                _ if byte == b'\n' || returns && next != Some(&b'\n') => {
                    self.state = State::CellStart;
                    self.cell = 0;
                    return Some(*scanned);
                }
                (_, byte) if byte == self.separator || byte == b'\r' => State::CellStart,
                (State::CellStart, _) if mark => State::CellStart,
                _ => State::Plain,
            };
            self.cell = match self.state {
                State::CellStart => 0,
                _ => self.cell + 1,
            };
        }
        None
    }
}

/// Whether a byte belongs to a mark at the start of the file, which stands before the first cell.
fn in_mark(buffer: &[u8], at: usize) -> bool {
    let marks: [&[u8]; 2] = [b"\xEF\xBB\xBF", b"\x84\x31\x95\x33"];
    let seen = buffer.get(..=at).unwrap_or_default();
    marks.iter().any(|mark| mark.starts_with(seen))
}
