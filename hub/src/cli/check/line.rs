//! One record of a file as it is told: its outcome, and where it stands.

use adapters::Decoded;
use serde::Serialize;
use spec::{Change, Edition, Issue, Verdict};

use super::excerpt::{Page, Target, Within};
use super::text;
use crate::pipeline::judge::Item;

/// One record as it is told.
#[derive(Debug, Serialize)]
pub struct Line<'l> {
    /// The file.
    pub file: &'l str,
    /// Its place in the file, from 0.
    pub record: u64,
    /// Data set, as sent.
    pub dataset: &'l str,
    /// Business key, personal parts masked.
    pub key: Option<&'l str>,
    /// What would become of it.
    pub verdict: Verdict,
    /// Findings.
    pub issues: &'l [Issue],
    /// Repairs.
    pub changes: &'l [Change],
    /// Chinese name of the data set, with a blank behind it; empty where it is not known.
    #[serde(skip)]
    pub name: &'l str,
    /// Where the record begins in its document.
    #[serde(skip)]
    pub at: usize,
    /// The document.
    #[serde(skip)]
    pub within: Within<'l>,
    /// The edition that judged it.
    #[serde(skip)]
    pub edition: &'l Edition,
}

impl Line<'_> {
    /// What a finding points at.
    pub fn target(&self, issue: &Issue) -> Target {
        text::target(issue, self.at)
    }

    /// Line and column of a finding: its own, or those of the record.
    pub fn place(&self, issue: &Issue) -> (u32, u32) {
        match (issue.line, issue.column) {
            (Some(line), Some(column)) => (line, column),
            _ => self.within.page.locator.locate(self.at),
        }
    }
}

/// What is known of a record beside its outcome, to show it.
#[derive(Debug)]
pub struct Draft {
    /// Which document of the package it stands in.
    pub part: usize,
    /// Where it begins there.
    pub at: usize,
    /// Whether a record could be made out.
    pub is_record: bool,
    /// Where its personal values begin.
    pub personal: Vec<usize>,
    /// Chinese name of its data set, with a blank behind it.
    pub name: String,
    /// Repairs.
    pub changes: Vec<Change>,
}

impl Draft {
    /// What the sender wrote.
    pub fn of(decoded: &Decoded<'_, '_>, part: usize) -> Self {
        let (at, is_record, personal) = match decoded {
            Decoded::Record { record, .. } => {
                // Nobody knows what an unknown field holds.
                let unknown = record.unknown.iter().map(|(_, input)| input.at);
                let repeated = record.repeated.iter().map(|(_, input)| input.at);
                (record.at, true, unknown.chain(repeated).collect())
            }
            Decoded::Unusable { at, .. } => (*at, false, Vec::new()),
        };
        Draft {
            part,
            at,
            is_record,
            personal,
            name: String::new(),
            changes: Vec::new(),
        }
    }

    /// What was made of it.
    pub fn complete(&mut self, item: &Item, page: &Page<'_>) {
        if let Some(judged) = item.judged() {
            self.personal.extend(personal_values(&judged.record, page));
            self.name = format!("{} ", judged.record.dataset.name);
            self.changes.clone_from(&judged.record.changes);
        }
    }
}

/// Where the personal values of a record begin.
fn personal_values<'n>(
    record: &'n spec::Normalized<'_, '_>,
    page: &'n Page<'_>,
) -> impl Iterator<Item = usize> + 'n {
    // What a profile added begins where the record does, and is not written there.
    let added = |at: &usize| *at == record.at && page.bytes.get(*at) == Some(&b'{');
    let fields = record.dataset.fields.iter().zip(&record.values);
    fields
        .filter(|(field, _)| field.sensitivity == spec::Sensitivity::Personal)
        .filter_map(|(_, value)| value.as_ref().map(|value| value.at))
        .filter(move |at| !added(at))
}
