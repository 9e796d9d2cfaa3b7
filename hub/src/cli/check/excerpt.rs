//! The line of a file that a finding points at, as it may be shown: decoded, cut to what fits on a screen, with the
//! value marked, and everything personal masked.
//!
//! A line may hold a whole file. Only the record that the finding is about is shown of it; what lies beside it
//! belongs to somebody else.

use std::borrow::Cow;
use std::ops::Range;

use adapters::{Charset, Locator, ROW_END, Spans};
use spec::Sensitivity;
use spec::issue::{names_a_person, shown};
use unicode_width::UnicodeWidthChar as _;

/// Columns of a screen that an excerpt takes.
const WIDE: usize = 100;
/// Columns before the marked value, when the line is too long.
const BEFORE: usize = 32;
/// Bytes before and after a place that are looked at.
const REACH: usize = 2_000;
/// Digits in a row that may be somebody's number, where nobody knows what they are.
const NUMBER: usize = 7;

/// A document (or a part of a file), and how its bytes are read.
#[derive(Debug)]
pub struct Page<'p> {
    /// Its bytes.
    pub bytes: &'p [u8],
    /// Lines and columns of the file.
    pub locator: Locator<'p>,
    /// Where values and records end.
    pub spans: Spans,
}

/// The record that a finding is about, in its document.
#[derive(Debug, Clone, Copy)]
pub struct Within<'w> {
    /// The document.
    pub page: &'w Page<'w>,
    /// Where the record begins; none where no record could be made out.
    pub record: Option<usize>,
    /// Where its personal values begin.
    pub personal: &'w [usize],
}

/// What is shown of a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Line of the file, from 1.
    pub line: u32,
    /// Column of the marked value in bytes, from 1.
    pub column: u32,
    /// The text.
    pub text: String,
    /// Columns of the screen before the mark.
    pub before: usize,
    /// Columns of the screen under the mark, at least one.
    pub width: usize,
}

/// What a finding points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The value that begins there.
    Value(usize),
    /// The name of the value that begins there.
    Name(usize),
    /// The beginning of the record: what is missing has no place of its own.
    Record(usize),
    /// A place that cannot be read.
    Place(usize),
}

impl Target {
    /// The bytes to mark.
    pub fn bytes(self, page: &Page<'_>) -> Range<usize> {
        let (bytes, spans) = (page.bytes, &page.spans);
        match self {
            Target::Value(at) => spans.value(bytes, at),
            Target::Name(at) => spans
                .name(bytes, at)
                .unwrap_or_else(|| spans.value(bytes, at)),
            Target::Record(at) | Target::Place(at) => {
                let at = at.min(bytes.len());
                at..at
            }
        }
    }
}

impl Within<'_> {
    /// Shows the line of a target.
    pub fn excerpt(&self, target: Target) -> Excerpt {
        let page = self.page;
        let mark = target.bytes(page);
        let (line, column) = page.locator.locate(mark.start);
        let whole = self.line(mark.start);
        let window = self.window(&whole, &mark);
        let mut drawing = Drawing::default();
        if window.start > whole.start && !blank(page.bytes.get(whole.start..window.start)) {
            drawing.push("…");
        }
        let secret = self.secrets(&window);
        let mut at = window.start;
        while at < window.end {
            if at == mark.start {
                drawing.from = Some(drawing.columns);
            }
            let hidden = secret.iter().find(|range| range.contains(&at));
            let next = [mark.start, mark.end, window.end]
                .into_iter()
                .chain(secret.iter().flat_map(|range| [range.start, range.end]))
                .filter(|edge| *edge > at)
                .min()
                .unwrap_or(window.end);
            // A value that is cut in two would be masked as two.
            let next = hidden.map_or(next, |range| range.end);
            let text = self.decode(at..next);
            drawing.push(&match hidden {
                Some(_) => masked(&text),
                None => self.unmasked(&text),
            });
            if at < mark.end && next >= mark.end {
                drawing.to = Some(drawing.columns);
            }
            at = next;
        }
        // A value that goes on beyond what is shown is marked to the end of it.
        if mark.end > window.end {
            drawing.to.get_or_insert(drawing.columns);
        }
        if window.end < whole.end && !blank(page.bytes.get(window.end..whole.end)) {
            drawing.push("…");
        }
        let (text, before, width) = drawing.cut();
        Excerpt {
            line,
            column,
            text,
            before,
            width,
        }
    }

    /// The line that a place stands in.
    fn line(&self, at: usize) -> Range<usize> {
        let bytes = self.page.bytes;
        let head = bytes.get(..at).unwrap_or_default();
        // Rows of a sheet end otherwise; a cell of it may hold several lines.
        let start = memchr::memrchr2(b'\n', ROW_END, head).map_or(0, |newline| newline + 1);
        let rest = bytes.get(at..).unwrap_or_default();
        let end = memchr::memchr2(b'\n', ROW_END, rest).map_or(bytes.len(), |newline| at + newline);
        let line = bytes.get(start..end).unwrap_or_default();
        start..start + line.strip_suffix(b"\r").unwrap_or(line).len()
    }

    /// The part of a line that belongs to the record, and is near enough to the mark.
    fn window(&self, line: &Range<usize>, mark: &Range<usize>) -> Range<usize> {
        let page = self.page;
        let mut window = line.clone();
        if let Some(record) = self.record.filter(|record| *record <= mark.start) {
            let record = page.spans.record(page.bytes, record);
            window.start = window.start.max(record.start);
            // The commas and brackets behind it may stay.
            let rest = page.bytes.get(record.end..window.end);
            if !rest
                .unwrap_or_default()
                .iter()
                .all(|byte| b",]} \t".contains(byte))
            {
                window.end = window.end.min(record.end);
            }
        }
        window.end = self.edge(
            window
                .end
                .min(mark.start.max(mark.end.min(mark.start + REACH)) + REACH),
        );
        window.end = window.end.max(window.start).min(line.end);
        if page.spans.charset() == Charset::Utf8 {
            window.start = window
                .start
                .max(self.edge(mark.start.saturating_sub(REACH)));
        }
        // A personal value is taken in whole, or it could not be masked as one.
        for secret in self.secrets(&window) {
            window.start = window.start.min(secret.start.max(line.start));
        }
        window
    }

    /// The first place from here on where a character begins.
    fn edge(&self, at: usize) -> usize {
        let inside = |at: &usize| {
            let byte = self.page.bytes.get(*at).copied().unwrap_or_default();
            byte & 0b1100_0000 == 0b1000_0000
        };
        if self.page.spans.charset() == Charset::Utf8 {
            return (at..at + 4).find(|at| !inside(at)).unwrap_or(at);
        }
        at
    }

    /// The personal values in a part of the document.
    fn secrets(&self, window: &Range<usize>) -> Vec<Range<usize>> {
        let near = self.personal.iter().filter(|at| **at < window.end);
        near.map(|at| self.page.spans.value(self.page.bytes, *at))
            .filter(|range| range.end > window.start && !range.is_empty())
            .collect()
    }

    fn decode(&self, range: Range<usize>) -> Cow<'_, str> {
        let bytes = self.page.bytes.get(range).unwrap_or_default();
        self.page.spans.charset().decode_lossy(bytes)
    }

    /// Text that no field says to be personal: masked where it looks so.
    fn unmasked(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let digits = bare.bytes().filter(u8::is_ascii_digit).count();
            // Where the fields are not known, a long number may be anybody's.
            if names_a_person(bare) || (self.record.is_none() && digits >= NUMBER) {
                out.push_str(&shown(bare, Sensitivity::Personal));
                out.push_str(word.get(bare.len()..).unwrap_or_default());
            } else {
                out.push_str(word);
            }
        }
        out
    }
}

fn blank(bytes: Option<&[u8]>) -> bool {
    bytes.is_none_or(|bytes| bytes.trim_ascii().is_empty())
}

/// A personal value as it may be shown, its quotes kept.
fn masked(text: &str) -> String {
    let quoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    match quoted {
        Some(bare) => format!("\"{}\"", shown(bare, Sensitivity::Personal)),
        None => shown(text, Sensitivity::Personal),
    }
}

/// A line that is being drawn, with the columns of its mark.
#[derive(Debug, Default)]
struct Drawing {
    cells: Vec<(char, usize)>,
    columns: usize,
    from: Option<usize>,
    to: Option<usize>,
}

impl Drawing {
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            // What a terminal would obey, or nobody could see, is replaced.
            let c = match c {
                '\t' => ' ',
                // Between the cells of a sheet.
                '\u{1F}' => '|',
                '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{2069}'
                | '\u{FEFF}' => '\u{FFFD}',
                c if c.is_control() => '\u{FFFD}',
                c => c,
            };
            let width = c.width().unwrap_or(1);
            self.cells.push((c, width));
            self.columns += width;
        }
    }

    /// The text that fits, the columns before the mark, and those under it.
    fn cut(self) -> (String, usize, usize) {
        let from = self.from.unwrap_or(self.columns);
        let to = self.to.unwrap_or(from).max(from + 1);
        let indent: usize = self
            .cells
            .iter()
            .take_while(|(c, _)| *c == ' ')
            .map(|(_, width)| width)
            .sum();
        // Indentation says nothing; of a long line the part around the mark is kept.
        let mut left = indent.min(from);
        if self.columns - left > WIDE && from - left > BEFORE {
            left = from - BEFORE;
        }
        let right = left + WIDE;
        let mut text = String::new();
        let (mut column, mut start, mut end) = (0, None, 0);
        for (c, width) in self.cells {
            if column >= left && column + width <= right {
                if start.is_none() {
                    start = Some(column);
                    if left > indent {
                        text.push('…');
                    }
                }
                text.push(c);
                end = column + width;
            }
            column += width;
        }
        if column > end {
            text.push('…');
        }
        let shift = usize::from(left > indent);
        let start = start.unwrap_or(left);
        let before = from.saturating_sub(start) + shift;
        (text, before, to.min(end.max(from + 1)) - from)
    }
}
