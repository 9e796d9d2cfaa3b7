//! From byte offsets to the lines and columns that people look for.
//!
//! Records carry offsets only; lines are counted when somebody asks, once per document.

use std::cell::OnceCell;

/// Where the bytes of a document come from in the file that they were cut out of.
///
/// The first `prefix` bytes were repeated from the head of the file (a header line, an envelope); the
/// byte after them stands at `line`, `column` and `offset` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Bytes at the start of the document that are a copy of the head of the file.
    pub prefix: usize,
    /// Line of the first byte after the prefix, from 1.
    pub line: u32,
    /// Column of that byte, from 1, in bytes.
    pub column: u32,
    /// Offset of that byte in the file.
    pub offset: u64,
}

impl Default for Origin {
    fn default() -> Self {
        Origin {
            prefix: 0,
            line: 1,
            column: 1,
            offset: 0,
        }
    }
}

/// What ends a cell of a grid: like [`ROW_END`] a character that no sheet can hold.
pub(crate) const CELL_END: u8 = 0x1F;
/// What ends a row of a grid.
pub const ROW_END: u8 = 0x1E;

/// Bytes between two entries of the index of lines.
const BLOCK: usize = 4_096;

/// Lines and columns of a document, indexed at the first question.
#[derive(Debug)]
pub struct Locator<'a> {
    document: &'a [u8],
    origin: Origin,
    /// What ends a line.
    line_end: u8,
    /// For the start of every block of the document: the lines that end before it, and where the last of these ends.
    blocks: OnceCell<Vec<(usize, Option<usize>)>>,
}

impl<'a> Locator<'a> {
    /// Locates in a document that is a whole file.
    pub fn new(document: &'a [u8]) -> Self {
        Locator::within(document, Origin::default())
    }

    /// Locates in a document that was cut out of a file; answers are places in that file.
    pub fn within(document: &'a [u8], origin: Origin) -> Self {
        Locator {
            document,
            origin,
            line_end: b'\n',
            blocks: OnceCell::new(),
        }
    }

    /// Locates in a sheet: lines are its rows, columns its columns.
    pub fn of_grid(document: &'a [u8]) -> Self {
        Locator {
            line_end: ROW_END,
            ..Locator::new(document)
        }
    }

    /// Whether lines and columns are those of a sheet.
    fn is_grid(&self) -> bool {
        self.line_end == ROW_END
    }

    /// The offset in the file of an offset in the document; a place in the repeated head is one at its start.
    pub fn in_file(&self, offset: usize) -> u64 {
        match offset.checked_sub(self.origin.prefix) {
            Some(after) => self.origin.offset + after as u64,
            None => offset as u64,
        }
    }

    /// Whether the line of an offset begins in the document, not before it.
    pub fn sees_line(&self, offset: usize) -> bool {
        let head = self.document.get(self.origin.prefix..offset);
        self.origin.column == 1
            || head.is_some_and(|head| memchr::memchr(self.line_end, head).is_some())
    }

    /// The offset in the document of a line and a column of the file; none when they lie outside of it.
    pub fn offset(&self, line: u32, column: u32) -> Option<usize> {
        if self.is_grid() {
            let mut rows = self.document.split(|byte| *byte == ROW_END);
            let above = rows.clone().take(line.checked_sub(1)? as usize);
            let start: usize = above.map(|row| row.len() + 1).sum();
            let row = rows.nth(line as usize - 1)?;
            let cells = row.split(|byte| *byte == CELL_END);
            let before = cells.take(column.checked_sub(1)? as usize);
            return Some(start + before.map(|cell| cell.len() + 1).sum::<usize>());
        }
        let origin = &self.origin;
        let below = line.checked_sub(origin.line)? as usize;
        let offset = if below == 0 {
            origin.prefix + column.checked_sub(origin.column)? as usize
        } else {
            let rest = self.document.get(origin.prefix..)?;
            let newline = memchr::memchr_iter(b'\n', rest).nth(below - 1)?;
            origin.prefix + newline + column as usize
        };
        (offset <= self.document.len()).then_some(offset)
    }

    /// Line and column of a byte offset, both from 1, the column counted in bytes.
    pub fn locate(&self, offset: usize) -> (u32, u32) {
        let offset = offset.min(self.document.len());
        let (above, last) = self.above(offset);
        if self.is_grid() {
            let row = last.map_or(0, |end| end + 1);
            let left = self.document.get(row..offset).unwrap_or_default();
            let cells = memchr::memchr_iter(CELL_END, left).count();
            return (above as u32 + 1, cells as u32 + 1);
        }
        let origin = &self.origin;
        // A place in the repeated head is a place at the start of the file.
        let (start, line, column) = if offset < origin.prefix {
            (0, 1, 1)
        } else {
            (origin.prefix, origin.line, origin.column)
        };
        let (before, _) = self.above(start);
        match last {
            Some(newline) if above > before => (
                line.saturating_add((above - before) as u32),
                (offset - newline) as u32,
            ),
            _ => (line, column.saturating_add((offset - start) as u32)),
        }
    }

    /// How many lines end before an offset, and where the last of these ends.
    fn above(&self, offset: usize) -> (usize, Option<usize>) {
        let blocks = self.blocks.get_or_init(|| self.index());
        let block = offset / BLOCK;
        let (mut count, mut last) = blocks.get(block).copied().unwrap_or_default();
        let start = block * BLOCK;
        let rest = self.document.get(start..offset).unwrap_or_default();
        for end in memchr::memchr_iter(self.line_end, rest) {
            (count, last) = (count + 1, Some(start + end));
        }
        (count, last)
    }

    /// The same for the start of every block: an index of every line would be larger than a document of short ones.
    fn index(&self) -> Vec<(usize, Option<usize>)> {
        let (mut count, mut last) = (0, None);
        let mut blocks = vec![(count, last)];
        for (place, block) in self.document.chunks(BLOCK).enumerate() {
            count += memchr::memchr_iter(self.line_end, block).count();
            let end = memchr::memrchr(self.line_end, block);
            last = end.map(|end| place * BLOCK + end).or(last);
            blocks.push((count, last));
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_over_blocks_as_one_by_one() {
        let line = |length: usize| "x".repeat(length) + "\n";
        let text: String = (0..300).map(|number| line(number * 7 % 97)).collect();
        let text = text + &line(3 * BLOCK) + "end";
        let locator = Locator::new(text.as_bytes());
        let (mut row, mut column) = (1, 1);
        for (offset, byte) in text.bytes().enumerate() {
            assert_eq!(locator.locate(offset), (row, column), "at {offset}");
            (row, column) = if byte == b'\n' {
                (row + 1, 1)
            } else {
                (row, column + 1)
            };
        }
    }

    #[test]
    fn lines_and_columns_count_from_one_in_bytes() {
        let locator = Locator::new("ab\n中d\n".as_bytes());
        assert_eq!(locator.locate(0), (1, 1));
        assert_eq!(locator.locate(2), (1, 3));
        assert_eq!(locator.locate(3), (2, 1));
        assert_eq!(locator.locate(6), (2, 4));
        assert_eq!(locator.locate(8), (3, 1));
        assert_eq!(locator.locate(999), (3, 1));
    }

    #[test]
    fn places_after_a_repeated_head_are_places_in_the_file() {
        let origin = Origin {
            prefix: 5,
            line: 70,
            column: 9,
            offset: 4_000,
        };
        let locator = Locator::within(b"head\nabc\nd", origin);
        assert_eq!(locator.locate(5), (70, 9));
        assert_eq!(locator.locate(7), (70, 11));
        assert_eq!(locator.locate(9), (71, 1));
        assert_eq!(locator.locate(1), (1, 2));
        for offset in 5..=10 {
            let (line, column) = locator.locate(offset);
            assert_eq!(locator.offset(line, column), Some(offset));
        }
        assert_eq!(locator.offset(69, 1), None);
        assert_eq!(locator.offset(72, 1), None);
    }
}
