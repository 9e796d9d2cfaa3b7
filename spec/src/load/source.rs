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
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        LoadError::Data {
            file: self.path.to_owned(),
            line: self.line(span.start),
            column: 1 + line.chars().count(),
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// An error about a member of something that stands at a span, and has a name: the place is that of the word
    /// which `found` quotes first, if it stands there.
    pub(super) fn fault_in(
        &self,
        span: &Range<usize>,
        name: &str,
        found: &str,
        expected: impl Into<String>,
    ) -> LoadError {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let quoted = found.split('`').nth(1).unwrap_or_default();
        let offset = word(text, quoted).unwrap_or_default();
        let found = if quoted == name {
            found.to_owned()
        } else {
            format!("{found} in `{name}`")
        };
        self.fault(&(span.start + offset..span.end), found, expected)
    }

    /// An error about a line.
    pub(super) fn fault_on_line(
        &self,
        line: usize,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> LoadError {
        LoadError::Data {
            file: self.path.to_owned(),
            line,
            column: 1,
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
    if !wanted.trim_start().starts_with('{') {
        return None;
    }
    let lines = text.split_inclusive('\n').enumerate();
    Some(
        lines
            .map(|(at, text)| if at + 1 == line { "\n" } else { text })
            .collect(),
    )
}

/// Where a word stands by itself in a text, not as part of a longer one.
fn word(text: &str, word: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = text.match_indices(word).map(|(at, _)| at);
    places.find(|&at| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        !word.is_empty() && !before.is_some_and(part) && !after.is_some_and(part)
    })
}

fn line_breaks(bytes: &[u8]) -> usize {
    let mut breaks = 0;
    for byte in bytes {
        breaks += usize::from(*byte == b'\n');
    }
    breaks
}
