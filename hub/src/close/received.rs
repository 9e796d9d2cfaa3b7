//! The set of what a source sent on a day: an entry per record of every submission, from the outcomes that the
//! receipts listed, and the way back from an entry to its record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::Sent;
use super::tree::{Entry, Summary, Tree};
use crate::pipeline::commit::receipt_id;
use crate::pipeline::outcomes;
use crate::pipeline::receipt::Outcome;
use crate::store::days::Span;
use crate::store::submissions::{self, Submission};
use crate::store::{Database, StoreError, books};
use crate::tlog::Hash;

/// Submissions read at once.
const PAGE: i64 = 64;

/// The set of a source. 80 bytes a record.
#[derive(Debug)]
pub struct Set {
    /// Its digests.
    pub tree: Tree,
    /// `submissions.id` and place of each entry of the tree, in its order.
    places: Vec<(i64, u32)>,
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

/// Entries, each with the submission and the place that it came from.
type Placed = Vec<(Entry, (i64, u32))>;

/// The set of a source on a day.
pub fn set(connection: &mut Database, span: &Span, source: &str) -> Result<Set, StoreError> {
    let mut placed = Placed::new();
    every(connection, span, Some(source), &mut |row, outcome| {
        let entry = entry_of(&row.source, &row.submission, outcome);
        placed.push((entry, (row.id, outcome.index)));
    })?;
    Ok(Set::new(placed))
}

/// How many records each source sent on a day, and the digest over them. 64 bytes a record of the day are held.
pub fn roots(
    connection: &mut Database,
    span: &Span,
) -> Result<BTreeMap<String, Summary>, StoreError> {
    let mut found: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    every(connection, span, None, &mut |row, outcome| {
        let entry = entry_of(&row.source, &row.submission, outcome);
        match found.get_mut(&row.source) {
            Some(entries) => entries.push(entry),
            None => drop(found.insert(row.source.clone(), vec![entry])),
        }
    })?;
    let roots = found
        .into_iter()
        .map(|(source, entries)| (source, Tree::from(entries).root()));
    Ok(roots.collect())
}

/// Goes through the records that were sent on a day, in order: by one source, or by all.
fn every(
    connection: &mut Database,
    span: &Span,
    source: Option<&str>,
    take: &mut dyn FnMut(&Submission, &Outcome),
) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let page = books::submissions_after(connection, span, source, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        for row in &page {
            each(connection, row, &mut |outcome| take(row, &outcome))?;
        }
    }
}

fn each(
    connection: &mut Database,
    row: &Submission,
    take: &mut dyn FnMut(Outcome),
) -> Result<(), StoreError> {
    for part in 0.. {
        let Some(stored) = outcomes::stored(connection, row, part)? else {
            return Ok(());
        };
        let last = stored.list.len() < outcomes::PART;
        stored.list.into_iter().for_each(&mut *take);
        if last {
            return Ok(());
        }
    }
    Ok(())
}

impl Default for Set {
    fn default() -> Self {
        Set::new(Vec::new())
    }
}

impl Set {
    fn new(mut entries: Placed) -> Set {
        entries.sort_unstable();
        Set {
            tree: entries.iter().map(|(entry, _)| *entry).collect(),
            places: entries.into_iter().map(|(_, place)| place).collect(),
        }
    }

    /// What an entry of the set is, in words; none when the set does not have it.
    pub fn tell(
        &self,
        connection: &mut Database,
        entry: &Entry,
    ) -> Result<Option<Told>, StoreError> {
        let Ok(at) = self.tree.entries().binary_search(entry) else {
            return Ok(None);
        };
        let Some(&(submission, index)) = self.places.get(at) else {
            return Ok(None);
        };
        told(connection, submission, index)
    }

    /// The entry with an id, if the set has one.
    pub fn by_id(&self, id: &Hash) -> Option<Entry> {
        let entries = self.tree.entries();
        let at = entries.partition_point(|entry| entry.id < *id);
        entries.get(at).filter(|entry| entry.id == *id).copied()
    }
}

/// A record in words, by submission and place.
pub fn told(
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
