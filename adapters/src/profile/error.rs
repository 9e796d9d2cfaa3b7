//! What is wrong in a profile, and where.

/// A profile that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: found {found}, expected {expected}")]
pub struct ProfileError {
    /// The profile's file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: String,
}

impl ProfileError {
    /// A fault that the TOML reader met.
    pub(super) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        let (found, expected) = message.split_once(", expected ").map_or_else(
            || {
                let found = text.get(span.clone()).unwrap_or_default();
                (format!("`{found}`"), message.to_owned())
            },
            |(found, expected)| (found.to_owned(), expected.to_owned()),
        );
        Self::at(file, text, span.start, found, expected)
    }

    /// A fault about a word of the file: it points at the first line on which the word stands.
    pub(crate) fn of_word(file: &str, text: &str, word: &str, expected: impl Into<String>) -> Self {
        let quoted = format!("\"{word}\"");
        let at = text
            .find(&quoted)
            .map(|at| at + 1)
            .or_else(|| text.find(word))
            .unwrap_or(0);
        Self::at(file, text, at, format!("`{word}`"), expected.into())
    }

    fn at(file: &str, text: &str, at: usize, found: String, expected: String) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        ProfileError {
            file: file.to_owned(),
            line: 1 + memchr::memchr_iter(b'\n', before).count() as u32,
            column: 1 + (before.len() - start) as u32,
            found,
            expected,
        }
    }
}
