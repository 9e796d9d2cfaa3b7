//! Erases the personal data of a record, and keeps its proofs.
//!
//! All versions go, and the raw bytes of every submission that brought one: first in one transaction, which writes the
//! leaf that says so, then out of what the engine has not overwritten yet. What stays is what proofs need, and no value
//! can be read from it: digests, verdicts, masked findings, and the digest by which other records refer to it. Done
//! twice it is done once; killed in between, it is not done, or done again to its end.
//!
//! Copies elsewhere are not reached: backups show personal values only to who has the master key, which is kept apart
//! from them, and to nobody once the master key was changed and the old one destroyed (`hub keys master rotate`).

use std::collections::BTreeSet;

use spec::{Sensitivity, Spec, Verdict};

use crate::evidence::Subject;
use crate::leaf::operator::Action;
use crate::leaf::{self, Operator};
use crate::pipeline::commit::receipt_id;
use crate::pipeline::ending::{self, Ending};
use crate::pipeline::neighbours::{Key, key_of};
use crate::pipeline::raw::Stored;
use crate::pipeline::{Instant, RawStore};
use crate::store::body::Body;
use crate::store::erasures::{self, Erasure};
use crate::store::records::{self, Link, RecordRow};
use crate::store::transaction::Transaction;
use crate::store::{Database, StoreError, history, submissions, verdict_number, waiting};
use crate::tlog::sha256;

/// Whose order it is, and why.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who.
    pub by: String,
    /// Why, in words; kept beside the erasure, and in the log as a digest.
    pub reason: String,
}

/// What an erasure has done, or had done before.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Erased {
    /// Numbers of the versions.
    pub records: Vec<i64>,
    /// Numbers of the submissions whose raw bytes were destroyed.
    pub submissions: Vec<String>,
    /// The leaf that says so.
    pub leaf_index: i64,
    /// When.
    pub at: String,
    /// It was erased before; nothing was done.
    pub before: bool,
    /// Destinations that hold the record, and must erase it themselves.
    pub held_by: Vec<String>,
    /// Objects to be removed.
    #[serde(skip)]
    objects: Vec<Stored>,
}

/// The record that somebody means: `DATASET/KEY`, or the number of one of its versions.
pub fn subject(
    connection: &mut Database,
    specification: &Spec,
    text: &str,
) -> Result<Option<Subject>, StoreError> {
    let Ok(number) = text.parse::<i64>() else {
        let parsed = Subject::parse(text);
        return Ok(matches!(parsed, Subject::Record(..)).then_some(parsed));
    };
    let Some(row) = records::by_id(connection, number)? else {
        return Ok(None);
    };
    let code = u16::try_from(row.dataset).ok();
    let mut editions = specification.editions.iter().rev();
    let dataset = code.and_then(|code| editions.find_map(|edition| edition.by_code(code)));
    let body = serde_json::from_slice(row.canonical()?).unwrap_or_default();
    let named = dataset.and_then(|dataset| Some((dataset.id.clone(), key_of(dataset, &body)?)));
    // Of what was erased only the number is left.
    Ok(Some(
        named.map_or(Subject::Version(number), |(dataset, key)| {
            Subject::Record(dataset, key.replace('\u{1f}', "|"))
        }),
    ))
}

/// Erases all versions of a record; none when nothing is known of it.
pub fn erase(
    transaction: &mut Transaction<'_>,
    specification: &Spec,
    subject: &Subject,
    order: &Order,
    now: Instant,
) -> Result<Option<Erased>, StoreError> {
    let versions = subject.versions(specification, transaction.connection)?;
    let Some(newest) = versions.iter().max_by_key(|row| row.id) else {
        return Ok(None);
    };
    let about = format!("record {}", newest.id);
    let ids: BTreeSet<i64> = versions.iter().map(|row| row.submission_id).collect();
    let left: Vec<&RecordRow> = versions
        .iter()
        .filter(|row| !row.body.is_erased())
        .collect();
    let held_by = erasures::holders(transaction.connection, &numbers(&versions))?;
    if left.is_empty() {
        let done = erasures::of(transaction.connection, newest.id)?;
        let mut objects = Vec::new();
        for &id in &ids {
            objects.extend(object(transaction.connection, id)?);
        }
        return Ok(done.map(|done| Erased {
            records: numbers(&versions),
            submissions: ids.iter().copied().map(receipt_id).collect(),
            leaf_index: done.leaf_index,
            at: Instant::from_millis(done.at).text(),
            before: true,
            held_by,
            objects,
        }));
    }
    erasures::overwrite(transaction.connection, true)?;
    let mut objects = Vec::new();
    for &id in &ids {
        objects.extend(object(transaction.connection, id)?);
    }
    for row in &left {
        one(transaction, specification, row, now)?;
    }
    let join = |all: &mut dyn Iterator<Item = String>| all.collect::<Vec<_>>().join(",");
    let facts = [
        ("raw", "destroyed".to_owned()),
        ("reason_sha256", sha256(order.reason.as_bytes()).to_hex()),
        (
            "records",
            join(&mut left.iter().map(|row| row.id.to_string())),
        ),
        (
            "submissions",
            join(&mut ids.iter().copied().map(receipt_id)),
        ),
    ];
    let leaf = leaf::encode(&Operator {
        action: Action::Erasure,
        by: order.by.clone(),
        about,
        facts: facts.map(|(name, fact)| (name.to_owned(), fact)).into(),
        at: now.text(),
    })?;
    let leaf_index = transaction.append_leaf(leaf)?;
    for row in &left {
        erasures::add(
            transaction.connection,
            &Erasure {
                record_id: row.id,
                submission_id: row.submission_id,
                leaf_index,
                at: now.millis,
                ordered_by: order.by.clone(),
                reason: order.reason.clone(),
            },
        )?;
    }
    for &id in &ids {
        erasures::destroy_raw(transaction.connection, id, leaf_index)?;
    }
    erasures::overwrite(transaction.connection, false)?;
    Ok(Some(Erased {
        records: left.iter().map(|row| row.id).collect(),
        submissions: ids.into_iter().map(receipt_id).collect(),
        leaf_index,
        at: now.text(),
        before: false,
        held_by,
        objects,
    }))
}

fn numbers(rows: &[RecordRow]) -> Vec<i64> {
    let mut ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}

/// Erases one version, and what personal values of it lead to it.
fn one(
    transaction: &mut Transaction<'_>,
    specification: &Spec,
    row: &RecordRow,
    now: Instant,
) -> Result<(), StoreError> {
    // A body that does not open is not erased in silence: its digests would be lost.
    let body = serde_json::from_slice(row.canonical()?).unwrap_or_default();
    let waits = row.verdict == verdict_number(Verdict::Parked)
        && waiting::change_of(transaction.connection, row)?.is_none();
    if waits {
        let outcome = (Verdict::Duplicate, [].as_slice());
        ending::settle(
            transaction,
            row,
            row.lane,
            Ending::Replaced { by: None },
            outcome,
            now,
        )?;
    }
    let code = u16::try_from(row.dataset).ok();
    for edition in &specification.editions {
        let Some(dataset) = code.and_then(|code| edition.by_code(code)) else {
            continue;
        };
        let record = spec::Normalized::from_canonical(dataset, &body);
        for lookup in spec::references::index_entries(dataset, &record) {
            let personal = lookup.field.is_some_and(|place| {
                let field = dataset.field(place);
                !dataset.key.contains(&place)
                    && field.is_none_or(|field| field.sensitivity == Sensitivity::Personal)
            });
            // The own key stays, as a digest: others refer to it.
            if personal {
                let link = Link {
                    hash: Key::from(lookup).hash,
                    record_id: row.id,
                };
                records::unlink(transaction.connection, &[link])?;
                history::forget(transaction.connection, link)?;
            }
        }
    }
    let left = Body::erased(row.body.leaf_hash(), row.body.digest());
    records::rewrite(transaction.connection, row.id, &left)
}

/// The object of a submission's raw bytes that is to be removed; none when they stand in the row, or others name it too.
fn object(connection: &mut Database, submission: i64) -> Result<Option<Stored>, StoreError> {
    let Some(row) = submissions::by_id(connection, submission)? else {
        return Ok(None);
    };
    let stored = Stored::of(&row);
    if stored.is_destroyed() {
        // Killed before the object was removed: one under a key is lost with its key, one without is looked for again.
        let shared = erasures::others_name(connection, &row.raw_sha256, submission)?;
        return Ok((!shared).then(|| Stored::archived(stored.name)));
    }
    let shared =
        stored.key.is_none() && erasures::others_name(connection, &row.raw_sha256, submission)?;
    Ok((stored.inline.is_none() && !shared).then_some(stored))
}

/// After the commit: removes the objects, and what the engine still holds of the rows as they were. False when readers
/// kept the engine from it; doing it again does it then.
pub async fn scrub(
    raw: &RawStore,
    connection: &mut Database,
    erased: &Erased,
) -> Result<bool, crate::error::Error> {
    for object in &erased.objects {
        raw.remove(object).await?;
    }
    Ok(erasures::scrub(connection)?)
}
