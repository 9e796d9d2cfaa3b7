//! The set of what a source sent on a day: an entry per record of every submission, from the outcomes that the
//! receipts listed, and the way back from an entry to its record.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::entry::Sent;
use super::fault::Fault;
use super::row::Row;
use super::sent;
use super::sorted::Sorter;
use super::tree::{Entry, Sum, Summary, Tree};
use crate::pipeline::commit::receipt_id;
use crate::pipeline::outcomes;
use crate::pipeline::receipt::Outcome;
use crate::store::books::SentSubmission;
use crate::store::days::Span;
use crate::store::{Database, StoreError, submissions};

/// The set of a source.
#[derive(Debug)]
pub struct Set {
    /// Its digests. Of each row, the tag is `submissions.id`, the place in it, and nothing.
    pub tree: Tree,
}

/// A record in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The sender's own number of the submission.
    pub submission: String,
    /// The hub's number of it, and of its receipt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<String>,
    /// Place in the submission, from 0.
    pub index: u32,
    /// Data set.
    pub dataset: String,
    /// Business key, personal parts masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// The verdict, as receipted.
    pub verdict: String,
    /// SHA-256 of its canonical bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<String>,
}

impl Told {
    /// A record of a receipt in words.
    pub fn of(submission: &str, receipt: &str, outcome: &Outcome) -> Told {
        Told {
            submission: submission.to_owned(),
            receipt: Some(receipt.to_owned()),
            index: outcome.index,
            dataset: outcome.dataset.clone(),
            key: outcome.key.clone(),
            verdict: word(outcome.verdict).to_owned(),
            digest: outcome.digest.clone(),
        }
    }

    /// Its entry.
    pub fn entry(&self, source: &str) -> Entry {
        let sent = Sent {
            source,
            submission: &self.submission,
            index: self.index,
            dataset: &self.dataset,
            verdict: &self.verdict,
            digest: self.digest.as_deref().unwrap_or_default(),
        };
        sent.entry()
    }
}

/// The entry of a record, as its receipt tells it.
pub fn entry_of(source: &str, submission: &str, outcome: &Outcome) -> Entry {
    let sent = Sent {
        source,
        submission,
        index: outcome.index,
        dataset: &outcome.dataset,
        verdict: word(outcome.verdict),
        digest: outcome.digest.as_deref().unwrap_or_default(),
    };
    sent.entry()
}

/// The word of a verdict in a receipt.
pub const fn word(verdict: spec::Verdict) -> &'static str {
    match verdict {
        spec::Verdict::Accepted => "accepted",
        spec::Verdict::AcceptedWithWarnings => "accepted_with_warnings",
        spec::Verdict::Parked => "parked",
        spec::Verdict::Duplicate => "duplicate",
        spec::Verdict::Rejected => "rejected",
    }
}

/// The entry of a record as it is stored, and where it is.
fn row_of(row: &SentSubmission, sent: &sent::Sent<'_>) -> Row {
    let record = Sent {
        source: &row.source,
        submission: &row.submission,
        index: sent.index,
        dataset: &sent.dataset,
        verdict: word(sent.verdict),
        digest: sent.digest.as_deref().unwrap_or_default(),
    };
    Row::new(record.entry(), (row.id, i64::from(sent.index), 0))
}

/// The set of a source on a day, sorted in a folder.
pub fn set(
    connection: &mut Database,
    span: &Span,
    source: &str,
    folder: &Path,
) -> Result<Set, Fault> {
    let mut sorter = Sorter::new(folder);
    sent::every(connection, span, Some(source), &mut |row, sent| {
        Ok(sorter.push(row_of(row, sent))?)
    })?;
    let tree = Tree::try_from(sorter.finish()?)?;
    Ok(Set { tree })
}

/// How many records each source sent on a day, and the digest over them.
pub fn roots(
    connection: &mut Database,
    span: &Span,
    folder: &Path,
) -> Result<BTreeMap<String, Summary>, Fault> {
    let mut sources: BTreeMap<String, u32> = BTreeMap::new();
    let mut sorter = Sorter::new(folder);
    sent::every(connection, span, None, &mut |row, sent| {
        let next = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        let group = match sources.get(&row.source) {
            Some(group) => *group,
            None => *sources.entry(row.source.clone()).or_insert(next),
        };
        let row = Row {
            group,
            ..row_of(row, sent)
        };
        Ok(sorter.push(row)?)
    })?;
    let rows = sorter.finish()?;
    let mut sums: BTreeMap<u32, Sum> = BTreeMap::new();
    for row in rows.stream(0, rows.count()) {
        let row = row?;
        let sum = sums.entry(row.group);
        sum.or_insert_with(|| Sum::beneath(0)).push(row.entry);
    }
    let root = |(source, group)| Some((source, sums.remove(&group)?.finish()));
    Ok(sources.into_iter().filter_map(root).collect())
}

impl Set {
    /// What an entry of the set is, in words; none when the set does not have it.
    pub fn tell(&self, connection: &mut Database, entry: &Entry) -> Result<Option<Told>, Fault> {
        let Some(row) = self.tree.row(entry)? else {
            return Ok(None);
        };
        Ok(tell(connection, &row)?)
    }
}

/// What a row of a set is, in words.
pub fn tell(connection: &mut Database, row: &Row) -> Result<Option<Told>, StoreError> {
    let (submission, index, _) = row.tag;
    told(
        connection,
        submission,
        u32::try_from(index).unwrap_or(u32::MAX),
    )
}

/// A record in words, by submission and place.
fn told(
    connection: &mut Database,
    submission: i64,
    index: u32,
) -> Result<Option<Told>, StoreError> {
    let Some(row) = submissions::by_id(connection, submission)? else {
        return Ok(None);
    };
    let part = index / outcomes::PART as u32;
    let stored = outcomes::stored(connection, &row, part)?;
    let outcome = stored.and_then(|stored| {
        let mut list = stored.list.into_iter();
        list.find(|outcome| outcome.index == index)
    });
    Ok(outcome.map(|outcome| Told::of(&row.submission, &receipt_id(row.id), &outcome)))
}
