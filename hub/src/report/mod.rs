//! Reports over what was received: one file each, the same table for HTTP, console and command line.

pub mod closes;
pub mod disagreements;
pub mod erasures;
pub mod exchange;
pub mod findings;
pub mod issues;
pub mod parked;
pub mod refused;
pub mod rhythm;
pub mod sequence;
pub mod sheet;
pub mod sources;
pub mod table;
pub mod volumes;

use std::sync::Arc;

use crate::pipeline::expiry::Deadlines;
use crate::store::totals::Span;
use crate::store::{Database, StoreError};

pub use table::{Cell, Column, Table};

/// What a report is asked for.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Which submissions.
    pub span: Span,
    /// What the rows are split by, for reports that can be.
    pub by: Vec<By>,
    /// Most rows, for reports that rank.
    pub limit: Option<usize>,
}

/// What rows can be split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Source 数据来源.
    Source,
    /// Day of receipt 日期.
    Day,
    /// Data set 数据集.
    Dataset,
}

/// The question cannot be answered as it was put.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A word that stands for nothing.
    #[error("{what} is `{found}`, expected {expected}")]
    Word {
        /// Which parameter.
        what: &'static str,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A file of the data folder could not be read.
    #[error("a file of the data folder could not be read")]
    File(#[from] std::io::Error),
    /// The sheet could not be written.
    #[error("the sheet could not be written")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
}

/// The facts beside the store that reports show.
pub struct Facts<'f> {
    /// Names of data sets.
    pub edition: &'f spec::Edition,
    /// Identifiers and Chinese names of all sources, also of those that never sent.
    pub sources: &'f [(String, String)],
    /// Their profiles: who may send what.
    pub profiles: &'f [Arc<adapters::Profile>],
    /// How long records may wait.
    pub deadlines: &'f Deadlines,
    /// The hub's data folder.
    pub data: &'f std::path::Path,
    /// When the report is made, milliseconds since 1970 UTC.
    pub now: i64,
    /// When silence is too long.
    pub silence: &'f crate::config::Silence,
}

impl Facts<'_> {
    /// Column code and Chinese name of a data set.
    pub fn dataset(&self, number: i32) -> (String, String) {
        match self.edition.dataset(&number.to_string()) {
            Some(dataset) => (dataset.id.clone(), dataset.name.clone()),
            None if number == 0 => ("?".to_owned(), "未知数据集".to_owned()),
            None => (number.to_string(), String::new()),
        }
    }
}

/// Names of all reports.
pub const NAMES: [&str; 10] = [
    "volumes",
    "issues",
    "sources",
    "exchange",
    "parked",
    "sequence",
    "closes",
    "refused",
    "disagreements",
    "erasures",
];

/// Makes a report by its name; none when there is no such report.
pub fn make(
    name: &str,
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Option<Table>, ReportError> {
    Ok(Some(match name {
        "volumes" => volumes::make(connection, facts, question)?,
        "issues" => issues::make(connection, facts, question)?,
        "sources" => sources::make(connection, facts, question)?,
        "exchange" => exchange::make(connection, facts, question)?,
        "parked" => parked::make(connection, facts, question)?,
        "sequence" => sequence::make(connection, facts, question)?,
        "closes" => closes::make(connection, facts, question)?,
        "refused" => refused::make(connection, facts, question)?,
        "disagreements" => disagreements::make(facts, question)?,
        "erasures" => erasures::make(connection, facts, question)?,
        _ => return Ok(None),
    }))
}

/// Reads `source,day,dataset`.
pub fn parse_by(text: &str) -> Result<Vec<By>, ReportError> {
    let mut by = Vec::new();
    for word in text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
    {
        let one = match word {
            "source" => By::Source,
            "day" => By::Day,
            "dataset" => By::Dataset,
            _ => {
                return Err(ReportError::Word {
                    what: "by",
                    found: word.to_owned(),
                    expected: "source, day, dataset, joined with commas",
                });
            }
        };
        if !by.contains(&one) {
            by.push(one);
        }
    }
    Ok(by)
}

/// Reads a day (`2026-11-20`, in China) or an instant (RFC 3339) as milliseconds since 1970 UTC. As an
/// end, a day is meant with all its hours.
pub fn parse_instant(what: &'static str, text: &str, end: bool) -> Result<i64, ReportError> {
    // A date parses out of an instant too; ten characters are a day alone.
    if text.len() == 10
        && let Ok(day) = text.parse::<jiff::civil::Date>()
    {
        let day = if end {
            day.saturating_add(jiff::Span::new().days(1))
        } else {
            day
        };
        if let Ok(instant) = jiff::tz::Offset::constant(8).to_timestamp(day.at(0, 0, 0, 0)) {
            return Ok(instant.as_millisecond());
        }
    }
    text.parse::<jiff::Timestamp>()
        .map(jiff::Timestamp::as_millisecond)
        .map_err(|_| ReportError::Word {
            what,
            found: text.to_owned(),
            expected: "a day such as 2026-11-20, or an instant such as 2026-11-20T08:00:00+08:00",
        })
}

#[cfg(test)]
mod tests;
