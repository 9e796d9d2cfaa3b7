//! Holds the database and the raw bytes against the published log: what was receipted is what is stored.
//!
//! Everything is derived again from the rows; nothing is changed, and nothing needs a running hub. The first
//! wrong place is named: table and row, or file.

mod attachments;
mod changes;
mod closes;
mod commitments;
mod deliveries;
mod erasures;
mod parts;
mod pending;
mod vouchers;

use std::path::Path;

use commitments::Commitments;
use spec::Spec;

use crate::attachment::Objects;
use crate::leaf::{self, Leaf, LeafError};
use crate::pipeline::RawStore;
use crate::pipeline::commit::receipt_id;
use crate::pipeline::compress;
use crate::pipeline::raw::Stored;
use crate::pipeline::receipt::Outcome;
use crate::store::records::RecordRow;
use crate::store::submissions::Submission;
use crate::store::{Database, records, submissions, verdict_number};
use crate::tlog::layout::{Kind, Tile};
use crate::tlog::{FirstFault, Hash, Keyring, Storage, bundle, merkle_root, verify_folder};

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Audited {
    /// Leaves in the published log.
    pub published: u64,
    /// Root of the published log, base64.
    pub root: String,
    /// Leaves that are committed but not yet published.
    pub pending: u64,
    /// Submissions held against their leaves.
    pub submissions: u64,
    /// Record versions held against their submission's leaf.
    pub records: u64,
    /// Deliveries held against the leaves of their acknowledgements.
    pub deliveries: u64,
    /// Daily commitments held against their lists.
    pub commitments: u64,
}

/// What commitments are made again by.
pub struct Against<'a> {
    /// Says what the key of a record is.
    pub specification: &'a Spec,
    /// Whether every daily list is made again from the store, which reads the whole store for each, or the last only.
    pub every_commitment: bool,
}

/// The published log, which is whole by now.
struct Log<'l> {
    keys: &'l Keyring,
    storage: &'l Storage,
    size: u64,
}

fn fault(place: impl Into<String>, what: impl Into<String>) -> FirstFault {
    FirstFault {
        place: place.into(),
        what: what.into(),
    }
}

fn lost(error: &dyn std::error::Error) -> FirstFault {
    let cause = error
        .source()
        .map_or_else(String::new, |source| format!(": {source}"));
    fault("database", format!("{error}{cause}"))
}

/// Verifies the log of a folder, then every leaf, submission, record and raw byte of the database.
pub async fn verify(
    log: &Path,
    keys: &Keyring,
    connection: &mut Database,
    raw: &RawStore,
    objects: &Objects,
    against: &Against<'_>,
) -> Result<Audited, FirstFault> {
    let folder = verify_folder(log, keys)?;
    let pending = leaves(log, folder.size, connection)?;
    let storage = Storage::new(log);
    let published = Log {
        keys,
        storage: &storage,
        size: folder.size,
    };
    let found = rows(connection, raw, objects, &published, against).await?;
    let (submissions, records, deliveries, commitments) = found;
    Ok(Audited {
        published: folder.size,
        root: folder.root.to_string(),
        pending,
        submissions,
        records,
        deliveries,
        commitments,
    })
}

const PAGE: i64 = 1024;

/// Every leaf of the database is the entry of the same index; returns how many are not yet published.
fn leaves(log: &Path, size: u64, connection: &mut Database) -> Result<u64, FirstFault> {
    let storage = Storage::new(log);
    let mut next = 0_u64;
    loop {
        let page =
            submissions::leaves_from(connection, next as i64, 256).map_err(|error| lost(&error))?;
        let Some(tile) = Tile::at(Kind::Entries, next / 256, size) else {
            if next < size {
                return Err(fault(
                    format!("leaves, leaf_index {next}"),
                    "the row is missing",
                ));
            }
            return pending::count(connection, next);
        };
        let bytes = storage.read_tile(tile).map_err(|error| lost(&error))?;
        let entries = bundle::entries(&bytes).skip((next % 256) as usize);
        let mut rows = page.into_iter();
        for entry in entries {
            let entry = entry.map_err(|error| lost(&error))?;
            match rows.next() {
                Some((index, body)) if index as u64 == next => {
                    if body != entry {
                        return Err(fault(
                            format!("leaves, leaf_index {next}"),
                            "differs from the published entry",
                        ));
                    }
                }
                _ => {
                    return Err(fault(
                        format!("leaves, leaf_index {next}"),
                        "the row is missing",
                    ));
                }
            }
            next += 1;
        }
        if next >= size {
            return pending::count(connection, next);
        }
    }
}

/// Every submission and its records fit the leaf that names them; every submission leaf has its row.
async fn rows(
    connection: &mut Database,
    raw: &RawStore,
    objects: &Objects,
    log: &Log<'_>,
    against: &Against<'_>,
) -> Result<(u64, u64, u64, u64), FirstFault> {
    let (mut count, mut versions, mut files) = (0, 0, 0);
    let mut said = deliveries::Said::new(connection)?;
    let mut closed = closes::Closed::default();
    let mut announced = vouchers::Announced::default();
    let mut committed = Commitments::new(against.specification, against.every_commitment);
    let mut from = 0;
    loop {
        let page =
            submissions::leaves_from(connection, from, PAGE).map_err(|error| lost(&error))?;
        let Some((last, _)) = page.last() else { break };
        from = last + 1;
        for (index, body) in &page {
            let leaf = match leaf::read(body) {
                Ok(Leaf::Submission(leaf)) => leaf,
                Ok(Leaf::Change(leaf)) => {
                    changes::of_leaf(&leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Attachment(leaf)) => {
                    attachments::of_leaf(*index, &leaf, connection, objects).await?;
                    files += 1;
                    continue;
                }
                Ok(Leaf::Delivery(leaf)) => {
                    deliveries::Said::attempted(&leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Acknowledgement(leaf)) => {
                    said.acknowledged(&leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Operator(leaf)) => {
                    said.operated(&leaf);
                    closed.operated(*index, &leaf);
                    continue;
                }
                Ok(Leaf::Close(leaf)) => {
                    closed.closed(*index, &leaf, connection, log.keys)?;
                    continue;
                }
                Ok(Leaf::Manifest(leaf)) => {
                    closed.said(*index, &leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Packet(leaf)) => {
                    deliveries::Said::packed(&leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Witness(leaf)) => {
                    vouchers::witness(*index, &leaf, log.keys, log.storage)?;
                    continue;
                }
                Ok(Leaf::LogKey(leaf)) => {
                    // What is not published yet is in no list yet.
                    if index.unsigned_abs() < log.size {
                        announced.take(*index, &leaf);
                    }
                    continue;
                }
                Ok(Leaf::Commitment(leaf)) => {
                    committed.of_leaf(*index, &leaf, connection, raw).await?;
                    continue;
                }
                // Of these no table holds a counterpart, or a later version of this program knows which.
                Ok(_) | Err(LeafError::Unknown { .. }) => continue,
                Err(error) => {
                    let place = format!("leaves, leaf_index {index}");
                    return Err(fault(place, error.to_string()));
                }
            };
            let place = format!("submissions, id {}", leaf.id);
            let id = crate::pipeline::commit::parse_receipt_id(&leaf.id).ok_or_else(|| {
                fault(format!("leaves, leaf_index {index}"), "names no submission")
            })?;
            let row = submissions::by_id(connection, id)
                .map_err(|error| lost(&error))?
                .ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
            columns(&place, &leaf, *index, &row)?;
            let stored = Stored::of(&row);
            if stored.is_destroyed() || stored.is_left {
                erasures::of_raw(&row, &stored, connection)?;
            }
            if !stored.is_destroyed() {
                raw_bytes(&place, stored, raw).await?;
            }
            volumes(&leaf, &row, connection)?;
            versions += if row.outcomes.is_empty() {
                parts::verify(&place, &leaf, &row, connection)?
            } else {
                let outcomes = outcomes(&place, &leaf, &row)?;
                details(&leaf, &row, &outcomes, connection)?;
                kept(&leaf, &row, &outcomes, connection)?
            };
            count += 1;
        }
    }
    attachments::counted(connection, files)?;
    closed.conclude(connection)?;
    let deliveries = said.conclude(connection)?;
    announced.conclude(log.keys)?;
    let commitments = committed.conclude(connection)?;
    Ok((count, versions, deliveries, commitments))
}

fn columns(
    place: &str,
    leaf: &leaf::Submission,
    index: i64,
    row: &Submission,
) -> Result<(), FirstFault> {
    let hex = crate::tlog::hash::hex(&row.raw_sha256);
    let received = crate::pipeline::Instant::from_millis(row.received_at).text();
    let pairs: [(&str, String, String); 12] = [
        ("leaf_index", row.leaf_index.to_string(), index.to_string()),
        ("source", row.source.clone(), leaf.source.clone()),
        (
            "submission",
            row.submission.clone(),
            leaf.submission.clone(),
        ),
        ("edition", row.edition.clone(), leaf.edition.clone()),
        ("received_at", received, leaf.received_at.clone()),
        ("raw_sha256", hex, leaf.raw_sha256.clone()),
        (
            "raw_bytes",
            row.raw_bytes.to_string(),
            leaf.raw_bytes.to_string(),
        ),
        (
            "accepted",
            row.accepted.to_string(),
            leaf.counts.accepted.to_string(),
        ),
        (
            "warned",
            row.warned.to_string(),
            leaf.counts.accepted_with_warnings.to_string(),
        ),
        (
            "parked",
            row.parked.to_string(),
            leaf.counts.parked.to_string(),
        ),
        (
            "duplicate",
            row.duplicate.to_string(),
            leaf.counts.duplicate.to_string(),
        ),
        (
            "rejected",
            row.rejected.to_string(),
            leaf.counts.rejected.to_string(),
        ),
    ];
    for (column, found, expected) in pairs {
        if found != expected {
            return Err(fault(
                format!("{place}, {column}"),
                format!("is `{found}`, the log says `{expected}`"),
            ));
        }
    }
    Ok(())
}

fn outcomes(
    place: &str,
    leaf: &leaf::Submission,
    row: &Submission,
) -> Result<Vec<Outcome>, FirstFault> {
    let outcomes = compress::outcomes(&row.outcomes).map_err(|error| {
        fault(
            format!("{place}, outcomes"),
            format!("cannot be read: {error}"),
        )
    })?;
    let hashes: Vec<Hash> = outcomes.iter().map(Outcome::hash).collect();
    if merkle_root(&hashes).to_hex() != leaf.outcomes_root {
        return Err(fault(
            format!("{place}, outcomes"),
            "a verdict or finding was changed: the root differs",
        ));
    }
    Ok(outcomes)
}

/// The counts that reports add up are those of the leaf.
fn volumes(
    leaf: &leaf::Submission,
    row: &Submission,
    connection: &mut Database,
) -> Result<(), FirstFault> {
    let volumes = submissions::volumes(connection, row.id).map_err(|error| lost(&error))?;
    let sum = |part: fn(&submissions::Volume) -> i32| volumes.iter().map(part).sum::<i32>() as u32;
    let counts = leaf.counts;
    for (column, found, expected) in [
        ("accepted", sum(|v| v.accepted), counts.accepted),
        ("warned", sum(|v| v.warned), counts.accepted_with_warnings),
        ("parked", sum(|v| v.parked), counts.parked),
        ("duplicate", sum(|v| v.duplicate), counts.duplicate),
        ("rejected", sum(|v| v.rejected), counts.rejected),
    ] {
        if found != expected {
            let place = format!("volumes of {}, {column}", leaf.id);
            return Err(fault(
                place,
                format!("add up to {found}, the log says {expected}"),
            ));
        }
    }
    Ok(())
}

/// The findings that reports count are those of the outcomes, which are proven by now.
fn details(
    leaf: &leaf::Submission,
    row: &Submission,
    outcomes: &[Outcome],
    connection: &mut Database,
) -> Result<(), FirstFault> {
    let issues =
        submissions::issues_from(connection, row.id, 0, i64::MAX).map_err(|error| lost(&error))?;
    let expected: Vec<(i32, i32, &str, Option<&str>, &str)> = outcomes
        .iter()
        .flat_map(|outcome| outcome.issues.iter().map(move |issue| (outcome, issue)))
        .map(|(outcome, issue)| {
            let error = i32::from(issue.severity == spec::Severity::Error);
            (
                outcome.index as i32,
                error,
                issue.code.name(),
                issue.rule.as_deref(),
                issue.path.as_str(),
            )
        })
        .collect();
    let found = issues.iter().map(|i| {
        (
            i.record_index,
            i.severity,
            i.code.as_str(),
            i.rule.as_deref(),
            i.path.as_str(),
        )
    });
    if !found.eq(expected.iter().copied()) {
        let what = "the findings are not those of the receipt";
        return Err(fault(format!("issues of {}", leaf.id), what));
    }
    Ok(())
}

async fn raw_bytes(place: &str, stored: Stored, raw: &RawStore) -> Result<(), FirstFault> {
    raw.check(stored)
        .await
        .map_err(|error| fault(format!("{place}, raw bytes"), error.to_string()))
}

/// The record versions of a submission are those of its leaf; names the one that was changed.
fn kept(
    leaf: &leaf::Submission,
    row: &Submission,
    outcomes: &[Outcome],
    connection: &mut Database,
) -> Result<u64, FirstFault> {
    let rows = records::of_submission(connection, row.id, row.id).map_err(|error| lost(&error))?;
    let hashes: Vec<Hash> = rows.iter().map(|record| record.body.leaf_hash()).collect();
    if merkle_root(&hashes).to_hex() == leaf.records_root {
        return verdicts(&rows, outcomes, connection).map(|()| rows.len() as u64);
    }
    // The outcomes hold the digest of each record: they tell which one it is.
    for record in &rows {
        erasures::opens(record)?;
        let digest = record.body.digest().to_hex();
        let outcome = usize::try_from(record.record_index)
            .ok()
            .and_then(|index| outcomes.get(index));
        if outcome.is_none_or(|outcome| outcome.digest.as_deref() != Some(&digest)) {
            return Err(fault(
                format!(
                    "records, id {} (record {} of {})",
                    record.id,
                    record.record_index,
                    receipt_id(row.id)
                ),
                "its bytes are not those that were receipted",
            ));
        }
    }
    Err(fault(
        format!("records of {}", receipt_id(row.id)),
        format!(
            "a version is missing or too many: {} rows do not give the root of the leaf",
            rows.len()
        ),
    ))
}

/// Each version has the verdict that was receipted; one that was parked, that of its change.
fn verdicts(
    rows: &[RecordRow],
    outcomes: &[Outcome],
    connection: &mut Database,
) -> Result<(), FirstFault> {
    for record in rows {
        if record.body.is_erased() {
            erasures::of_record(record, connection)?;
        }
        let outcome = usize::try_from(record.record_index)
            .ok()
            .and_then(|index| outcomes.get(index));
        let sound = match outcome {
            Some(outcome) if outcome.verdict == spec::Verdict::Parked => {
                changes::of_record(record, connection)?
            }
            Some(outcome) => verdict_number(outcome.verdict) == record.verdict,
            None => false,
        };
        if !sound {
            return Err(fault(
                format!("records, id {}, verdict", record.id),
                "is not the verdict that was receipted, or that the log has given it since",
            ));
        }
    }
    Ok(())
}
