//! One record of a file: judged, with the place of every finding, and told.

use adapters::Decoded;
use serde::Serialize;
use spec::{Change, Issue, Severity, Verdict};

use super::excerpt::{Page, Target, Within};
use super::{Summary, Teller, text};
use crate::attachment::enclosed::Luggage;
use crate::pipeline::judge::shown_key;

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

/// Judges one record and tells what came out.
pub fn tell(
    context: &spec::Context<'_>,
    decoded: Decoded<'_, '_>,
    (page, luggage): (&Page<'_>, &Luggage<'_>),
    file: &str,
    record: u64,
    summary: &mut Summary,
    teller: &mut impl Teller,
) -> std::io::Result<()> {
    let (at, dataset, key, mut issues, changes);
    let (mut name, mut known, mut personal) = (String::new(), None, Vec::new());
    match decoded {
        Decoded::Record {
            record,
            attachments,
            ..
        } => {
            at = record.at;
            known = Some(at);
            // Nobody knows what an unknown field holds.
            personal.extend(record.unknown.iter().map(|(_, input)| input.at));
            personal.extend(record.repeated.iter().map(|(_, input)| input.at));
            let mut normalized = spec::normalize(context, record);
            issues = spec::validate::judge_alone(context, &mut normalized).issues;
            issues.extend(luggage.of_record(&normalized, &attachments).1);
            if !issues.is_empty() {
                personal.extend(personal_values(&normalized, page));
                name = format!("{} ", normalized.dataset.name);
            }
            key = shown_key(&normalized);
            dataset = normalized.dataset.id.clone();
            changes = normalized.changes;
        }
        Decoded::Unusable {
            at: begins,
            dataset: named,
            issue,
        } => {
            at = begins;
            (dataset, key, issues, changes) =
                (named.unwrap_or_default(), None, vec![issue], Vec::new());
        }
    }
    for issue in &mut issues {
        if let (Some(at), None) = (issue.at, issue.line) {
            let (line, column) = page.locator.locate(at);
            issue.line = Some(line);
            issue.column = Some(column);
        }
    }
    let verdict = if issues.iter().any(|issue| issue.severity == Severity::Error) {
        Verdict::Rejected
    } else if issues.is_empty() {
        Verdict::Accepted
    } else {
        Verdict::AcceptedWithWarnings
    };
    summary.add(verdict);
    teller.record(&Line {
        file,
        record,
        dataset: &dataset,
        key: key.as_deref(),
        verdict,
        issues: &issues,
        changes: &changes,
        name: &name,
        at,
        within: Within {
            page,
            record: known,
            personal: &personal,
        },
    })
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
