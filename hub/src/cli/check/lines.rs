//! The findings as JSON lines: one per record, and last the summary.

use std::io::Write;

use adapters::DecodeError;
use serde::Serialize;
use serde_json::json;

use super::excerpt::Within;
use super::tally::{Row, Tally};
use super::{Line, Summary, Teller, json_line};

/// The last line.
#[derive(Serialize)]
struct End<'t> {
    summary: Told<'t>,
}

#[derive(Serialize)]
struct Told<'t> {
    #[serde(flatten)]
    summary: Summary,
    /// Each kind of finding: how many, and where first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Row<'t>>,
}

/// Writes JSON lines.
pub struct Lines<W> {
    out: W,
    tally: Tally,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Lines {
            out,
            tally: Tally::default(),
        }
    }
}

impl<W: Write> Teller for Lines<W> {
    fn record(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        for issue in line.issues {
            self.tally.add(line, issue);
        }
        json_line(&mut self.out, line)
    }

    fn unreadable(
        &mut self,
        file: &str,
        error: &DecodeError,
        _: Option<(Within<'_>, usize)>,
    ) -> std::io::Result<()> {
        let place = error.place();
        json_line(
            &mut self.out,
            &json!({
                "file": file, "unreadable": error.message(),
                "line": place.map(|place| place.0), "column": place.map(|place| place.1),
            }),
        )
    }

    fn end(&mut self, summary: Summary) -> std::io::Result<()> {
        let rules = self.tally.rows();
        json_line(
            &mut self.out,
            &End {
                summary: Told { summary, rules },
            },
        )?;
        self.out.flush()
    }
}
