//! How often each kind of finding came, and where first: a file with one systematic mistake must not bury the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use spec::{Issue, IssueCode, Severity};

use super::Line;

/// Kinds that are told apart; a file may name as many unknown fields as it likes.
const KINDS: usize = 10_000;

/// Findings that are the same but for their record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    code: IssueCode,
    rule: Option<Arc<str>>,
    dataset: String,
    path: String,
}

/// What was counted of a kind.
#[derive(Debug)]
struct Count {
    severity: Severity,
    found: u64,
    first: Place,
}

/// A place in a file.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The file.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
}

/// One kind as it is told at the end.
#[derive(Debug, Serialize)]
pub struct Row<'t> {
    /// Stable code.
    pub code: IssueCode,
    /// The rule, if one decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'t str>,
    /// Whether it rejects.
    pub severity: Severity,
    /// Data set, as sent.
    pub dataset: &'t str,
    /// JSON Pointer.
    pub path: &'t str,
    /// How many.
    pub count: u64,
    /// Where it came first.
    pub first: &'t Place,
}

/// What did not come one by one.
#[derive(Debug)]
pub struct Hidden {
    /// Stable code.
    pub code: IssueCode,
    /// The rule, if one decided.
    pub rule: Option<Arc<str>>,
    /// How many.
    pub count: u64,
    /// Data sets and fields that they are about.
    pub about: Vec<String>,
}

/// Counts findings.
#[derive(Debug, Default)]
pub struct Tally {
    kinds: BTreeMap<Kind, Count>,
    /// Per code and rule: how many.
    rules: BTreeMap<(IssueCode, Option<Arc<str>>), u64>,
    file: Option<Arc<str>>,
}

impl Tally {
    /// Counts a finding; says how many of its code and rule there are by now.
    pub fn add(&mut self, line: &Line<'_>, issue: &Issue) -> u64 {
        let mut kind = Kind {
            code: issue.code,
            rule: issue.rule.clone(),
            dataset: line.dataset.to_owned(),
            path: issue.path.clone(),
        };
        if self.kinds.len() >= KINDS && !self.kinds.contains_key(&kind) {
            "/…".clone_into(&mut kind.path);
        }
        if let Some(known) = self.kinds.get_mut(&kind) {
            known.found += 1;
        } else {
            let file = match &self.file {
                Some(file) if **file == *line.file => Arc::clone(file),
                _ => Arc::from(line.file),
            };
            self.file = Some(Arc::clone(&file));
            let (row, column) = line.place(issue);
            let first = Place {
                file,
                line: row,
                column,
            };
            let count = Count {
                severity: issue.severity,
                found: 1,
                first,
            };
            self.kinds.insert(kind, count);
        }
        let rule = self
            .rules
            .entry((issue.code, issue.rule.clone()))
            .or_default();
        *rule += 1;
        *rule
    }

    /// Every kind, errors first, then the commonest.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = self
            .kinds
            .iter()
            .map(|(kind, count)| Row {
                code: kind.code,
                rule: kind.rule.as_deref(),
                severity: count.severity,
                dataset: &kind.dataset,
                path: &kind.path,
                count: count.found,
                first: &count.first,
            })
            .collect();
        rows.sort_by_key(|row| {
            (
                std::cmp::Reverse(row.severity),
                std::cmp::Reverse(row.count),
            )
        });
        rows
    }

    /// What lies beyond the first `most` findings of each code and rule (none hidden: 0).
    pub fn hidden(&self, most: u64) -> Vec<Hidden> {
        let hidden = |((code, rule), count): (&(IssueCode, Option<Arc<str>>), &u64)| {
            let count = count
                .checked_sub(most)
                .filter(|more| *more > 0 && most > 0)?;
            let mine = |kind: &&Kind| kind.code == *code && kind.rule == *rule;
            let about = self.kinds.keys().filter(mine);
            Some(Hidden {
                code: *code,
                rule: rule.clone(),
                count,
                about: about
                    .map(|kind| format!("{}{}", kind.dataset, kind.path))
                    .collect(),
            })
        };
        self.rules.iter().filter_map(hidden).collect()
    }
}
