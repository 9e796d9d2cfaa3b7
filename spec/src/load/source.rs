//! A data file as text, and the way from a place in it to an error that names file and line.

use std::ops::Range;

use serde::de::DeserializeOwned;

use super::LoadError;
use super::faults::Faults;

/// A data file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'f> {
    /// Path from the specification's folder.
    pub path: &'f str,
    /// Its content.
    pub text: &'f str,
}

impl<'f> Source<'f> {
    /// Takes a file's bytes as UTF-8.
    pub(super) fn new(path: &'f str, bytes: &'f [u8]) -> Result<Self, LoadError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Source { path, text }),
            Err(error) => {
                let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
                Err(LoadError::Data {
                    file: path.to_owned(),
                    line: 1 + line_breaks(sound),
                    column: 1,
                    found: "bytes that are not UTF-8".to_owned(),
                    expected: "UTF-8 text".to_owned(),
                })
            }
        }
    }

    /// The line that a byte stands in, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + line_breaks(self.text.as_bytes().get(..at).unwrap_or_default())
    }

    /// An error about the text at a span.
    pub(super) fn fault(
        &self,
        span: &Range<usize>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> LoadError {
        let before = self.text.get(..span.start).unwrap_or_default();
        let on_line = before.rsplit('\n').next().unwrap_or_default();
        let column = 1 + on_line.chars().count();
        self.fault_at((self.line(span.start), column), found, expected)
    }

    /// An error about a line.
    pub(super) fn fault_on_line(
        &self,
        line: usize,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> LoadError {
        self.fault_at((line, 1), found, expected)
    }

    fn fault_at(
        &self,
        (line, column): (usize, usize),
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> LoadError {
        LoadError::Data {
            file: self.path.to_owned(),
            line,
            column,
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// Reads the file as TOML of a known shape. With a mistake in a line of its own (a field, a rule), the lines
    /// after it are read too, so that all are named; the file itself then counts as unread.
    pub(super) fn toml_all<T: DeserializeOwned>(&self, faults: &mut Faults) -> Option<T> {
        let mut outcome = self.toml();
        let mut text = self.text.to_owned();
        while let Err(fault) = outcome {
            let LoadError::Data { line, .. } = &fault else {
                faults.push(fault);
                return None;
            };
            let blank = without_line(&text, *line);
            faults.push(fault);
            text = blank?;
            let rest = Source {
                path: self.path,
                text: &text,
            };
            outcome = rest.toml::<T>();
        }
        outcome.ok().filter(|_| text == self.text)
    }

    /// Reads the file as TOML of a known shape.
    pub(super) fn toml<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        toml::from_str(self.text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let message = error.message().trim();
            let (found, expected) = message
                .split_once(", expected ")
                .unwrap_or((message, "TOML of the documented shape"));
            self.fault(&span, found, expected)
        })
    }
}

/// The text with a line of a list (`{ … },`) emptied; none when the line is no such line.
fn without_line(text: &str, line: usize) -> Option<String> {
    let wanted = text.lines().nth(line.checked_sub(1)?)?;
    if !wanted.trim_start().starts_with('{') || !wanted.trim_end().ends_with(['}', ',']) {
        return None;
    }
    let lines = text.split_inclusive('\n').enumerate();
    Some(
        lines
            .map(|(at, text)| if at + 1 == line { "\n" } else { text })
            .collect(),
    )
}

fn line_breaks(bytes: &[u8]) -> usize {
    let mut breaks = 0;
    for byte in bytes {
        breaks += usize::from(*byte == b'\n');
    }
    breaks
}
