//! From the place of a value to its last byte: what a caret is put under, and what a mask covers.
//!
//! Nothing is parsed twice here: a place that was handed out is the first byte of a value (or of a record), and
//! the form of the document says where that ends. Bytes that are broken give a short span, never a panic.

use std::ops::Range;

use super::charset::gb18030_length;
use super::locator::{CELL_END, ROW_END};
use crate::profile::{Charset, Wire, WireFormat};

/// How to find ends in the documents of a source.
#[derive(Debug, Clone, Copy)]
pub struct Spans {
    form: WireFormat,
    charset: Charset,
    separator: u8,
}

impl Spans {
    /// For documents of a form, as the source writes it.
    pub fn new(wire: &Wire, form: WireFormat) -> Self {
        Spans {
            form,
            charset: wire.charset,
            separator: wire
                .separator
                .and_then(|c| u8::try_from(c).ok())
                .unwrap_or(b','),
        }
    }

    /// The character set of the documents. JSON is always UTF-8.
    pub fn charset(self) -> Charset {
        match self.form {
            WireFormat::Json | WireFormat::Ndjson | WireFormat::Sql | WireFormat::Xlsx => {
                Charset::Utf8
            }
            _ => self.charset,
        }
    }

    /// The bytes of the value that begins at `at`: quotes, and all of a nested value, included.
    pub fn value(self, document: &[u8], at: usize) -> Range<usize> {
        let rest = document.get(at..).unwrap_or_default();
        let length = match self.form {
            WireFormat::Json | WireFormat::Ndjson | WireFormat::Sql => json(rest),
            WireFormat::Xml | WireFormat::Message => markup(rest),
            WireFormat::Csv => self.cell(rest),
            WireFormat::Xlsx | WireFormat::Zip | WireFormat::Call => {
                let ends = |byte: &u8| matches!(*byte, CELL_END | ROW_END);
                rest.iter().position(ends).unwrap_or(rest.len())
            }
        };
        let start = at.min(document.len());
        start..start + length
    }

    /// The name under which the value at `at` stands: a member's name, an element's tag; none in a table.
    pub fn name(self, document: &[u8], at: usize) -> Option<Range<usize>> {
        let before = document.get(..at)?;
        match self.form {
            WireFormat::Json | WireFormat::Ndjson | WireFormat::Sql => {
                let before = before.trim_ascii_end().strip_suffix(b":")?;
                let end = before.trim_ascii_end().len();
                let name = before.get(..end)?.strip_suffix(b"\"")?;
                let mut start = name.len();
                loop {
                    start = memchr::memrchr(b'"', name.get(..start)?)?;
                    let head = name.get(..start)?;
                    let slashes = head.iter().rev().take_while(|byte| **byte == b'\\').count();
                    if slashes % 2 == 0 {
                        return Some(start..end);
                    }
                }
            }
            // An attribute stands at its tag, whose name is not its own.
            WireFormat::Xml | WireFormat::Message if document.get(at) == Some(&b'<') => None,
            WireFormat::Xml | WireFormat::Message => {
                let start = memchr::memrchr(b'<', before)?;
                let end = start + markup(document.get(start..)?);
                (end <= at).then_some(start..end)
            }
            WireFormat::Csv | WireFormat::Xlsx | WireFormat::Zip | WireFormat::Call => None,
        }
    }

    /// The column of a table in which the value at `at` stands, from 0, in the row that begins at `row`; none where the
    /// document is no table.
    pub fn column(self, document: &[u8], row: usize, at: usize) -> Option<usize> {
        let before = document.get(row..at)?;
        match self.form {
            WireFormat::Csv => {
                let (mut place, mut end) = (0, 0);
                while end < before.len() {
                    // The cell, and what separates it from the next.
                    end += self.cell(document.get(row + end..)?) + 1;
                    place += 1;
                }
                Some(place)
            }
            WireFormat::Xlsx => Some(memchr::memchr_iter(CELL_END, before).count()),
            _ => None,
        }
    }

    /// The bytes of the record that begins at `at`.
    pub fn record(self, document: &[u8], at: usize) -> Range<usize> {
        let rest = document.get(at..).unwrap_or_default();
        let line = || memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let length = match self.form {
            WireFormat::Json => json(rest),
            WireFormat::Ndjson | WireFormat::Sql => line(),
            WireFormat::Xml | WireFormat::Message => element(rest),
            WireFormat::Csv => self.row(rest),
            WireFormat::Xlsx | WireFormat::Zip | WireFormat::Call => {
                memchr::memchr(ROW_END, rest).unwrap_or(rest.len())
            }
        };
        let start = at.min(document.len());
        start..start + length
    }

    /// Length of a row: to the end of the line that is not in quotes.
    fn row(self, rest: &[u8]) -> usize {
        let mut end = 0;
        loop {
            end += self.cell(rest.get(end..).unwrap_or_default());
            match rest.get(end) {
                Some(byte) if *byte == self.separator => end += 1,
                _ => return end,
            }
        }
    }

    /// Length of a cell.
    fn cell(self, rest: &[u8]) -> usize {
        let mut end = 0;
        if rest.first() == Some(&b'"') {
            end = 1;
            while let Some(quote) = memchr::memchr(b'"', rest.get(end..).unwrap_or_default()) {
                end += quote + 1;
                if rest.get(end) != Some(&b'"') {
                    return end;
                }
                end += 1;
            }
            // Never closed: the line is all that can be meant.
            return memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        }
        while let Some(&byte) = rest.get(end) {
            if byte == self.separator || matches!(byte, b'\r' | b'\n') {
                break;
            }
            end += match self.charset {
                Charset::Utf8 => 1,
                // The second byte of a character may look like a separator.
                Charset::Gb18030 => gb18030_length(rest.get(end..).unwrap_or_default()),
            };
        }
        end.min(rest.len())
    }
}

/// Length of a JSON value.
fn json(rest: &[u8]) -> usize {
    match rest.first() {
        Some(b'"') => string(rest),
        Some(b'{' | b'[') => {
            let (mut depth, mut end) = (0_usize, 0);
            while let Some(found) = rest.get(end) {
                match found {
                    b'"' => {
                        end += string(rest.get(end..).unwrap_or_default());
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                end += 1;
                if depth == 0 {
                    break;
                }
            }
            end
        }
        _ => {
            let ends = |byte: &u8| b",:]} \t\r\n".contains(byte);
            rest.iter().position(ends).unwrap_or(rest.len())
        }
    }
}

/// Length of a JSON string, its quotes included.
fn string(rest: &[u8]) -> usize {
    let mut end = 1;
    while let Some(&byte) = rest.get(end) {
        match byte {
            b'"' => return end + 1,
            b'\n' => return end,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    rest.len()
}

/// Length of a tag, or of the text up to the next one.
fn markup(rest: &[u8]) -> usize {
    if rest.first() == Some(&b'<') {
        return memchr::memchr(b'>', rest).map_or(rest.len(), |end| end + 1);
    }
    // What is quoted as CDATA ends with its mark, and the mark before the next tag.
    let end = memchr::memchr(b'<', rest).unwrap_or(rest.len());
    let text = rest.get(..end).unwrap_or_default().trim_ascii_end();
    text.strip_suffix(b"]]>").unwrap_or(text).len()
}

/// Length of an element, from its tag to its closing tag.
fn element(rest: &[u8]) -> usize {
    let tag = markup(rest);
    let inside = rest
        .get(1..tag.saturating_sub(1))
        .filter(|_| rest.first() == Some(&b'<'))
        .unwrap_or_default();
    if inside.is_empty() || inside.ends_with(b"/") {
        return tag;
    }
    let ends = |byte: &u8| byte.is_ascii_whitespace();
    let name = inside.split(ends).next().unwrap_or_default();
    let closing = [b"</", name].concat();
    match memchr::memmem::find(rest, &closing) {
        Some(at) => at + markup(rest.get(at..).unwrap_or_default()),
        None => rest.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(form: WireFormat, charset: Charset, separator: u8) -> Spans {
        Spans {
            form,
            charset,
            separator,
        }
    }

    fn text<'t>(document: &'t str, span: &Range<usize>) -> &'t str {
        &document[span.clone()]
    }

    #[test]
    fn a_json_value_ends_where_it_ends() {
        let spans = spans(WireFormat::Json, Charset::Utf8, b',');
        for (document, value) in [
            (r#""a\"b", 1"#, r#""a\"b""#),
            ("12.50}", "12.50"),
            (r#"{"a":[1,"}"]},2"#, r#"{"a":[1,"}"]}"#),
            (r#""open"#, r#""open"#),
            ("{\"a", "{\"a"),
            ("", ""),
        ] {
            assert_eq!(text(document, &spans.value(document.as_bytes(), 0)), value);
        }
        let document = r#"{"x\"y" : "v"}"#;
        let name = spans.name(document.as_bytes(), 10);
        assert_eq!(name.map(|name| text(document, &name)), Some(r#""x\"y""#));
    }

    #[test]
    fn an_element_ends_with_its_closing_tag() {
        let spans = spans(WireFormat::Xml, Charset::Utf8, b',');
        let document = "<B><R id=\"1\"><A>中 </A><C><![CDATA[x]]></C></R><R/></B>";
        let bytes = document.as_bytes();
        assert_eq!(text(document, &spans.value(bytes, 16)), "中");
        assert_eq!(spans.name(bytes, 16), Some(13..16));
        let cdata = document.find('x').unwrap_or_default();
        assert_eq!(text(document, &spans.value(bytes, cdata)), "x");
        let record = spans.record(bytes, 3);
        assert!(text(document, &record).ends_with("</C></R>"));
        assert_eq!(text(document, &spans.record(bytes, record.end)), "<R/>");
    }

    #[test]
    fn a_cell_ends_at_a_separator_that_is_one() {
        let utf8 = spans(WireFormat::Csv, Charset::Utf8, b',');
        let document = "\"a\"\",\nb\",c\nd";
        assert_eq!(utf8.value(document.as_bytes(), 0), 0..8);
        assert_eq!(utf8.value(document.as_bytes(), 9), 9..10);
        assert_eq!(utf8.record(document.as_bytes(), 0), 0..10);
        assert_eq!(utf8.column(document.as_bytes(), 0, 0), Some(0));
        assert_eq!(utf8.column(document.as_bytes(), 0, 9), Some(1));
        // The second byte of 亅 is 0x7C, the bar.
        let bytes = encoding_rs::GB18030.encode("亅a|b").0;
        let bars = spans(WireFormat::Csv, Charset::Gb18030, b'|');
        assert_eq!(bars.value(&bytes, 0), 0..bytes.len() - 2);
    }
}
