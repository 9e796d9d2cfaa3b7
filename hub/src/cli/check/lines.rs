//! The findings as JSON lines: one per record, and last the summary.

use std::io::Write;

use adapters::DecodeError;
use serde_json::json;

use super::{Line, Summary, Teller, json_line};

/// Writes JSON lines.
pub struct Lines<W> {
    out: W,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Lines { out }
    }
}

impl<W: Write> Teller for Lines<W> {
    fn record(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        json_line(&mut self.out, line)
    }

    fn unreadable(&mut self, file: &str, error: &DecodeError) -> std::io::Result<()> {
        json_line(&mut self.out, &json!({ "file": file, "unreadable": error.message() }))
    }

    fn end(&mut self, summary: Summary) -> std::io::Result<()> {
        json_line(&mut self.out, &json!({ "summary": summary }))?;
        self.out.flush()
    }
}
