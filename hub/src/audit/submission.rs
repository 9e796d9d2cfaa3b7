//! A submission, held against its leaf: its row, its raw bytes, its outcomes, its records and what reports count of it.

use super::{changes, erasures, fault, lost, parts};
use crate::leaf;
use crate::pipeline::commit::{parse_receipt_id, receipt_id};
use crate::pipeline::raw::Stored;
use crate::pipeline::receipt::Outcome;
use crate::pipeline::{RawStore, compress};
use crate::store::records::RecordRow;
use crate::store::submissions::Submission;
use crate::store::{Database, records, submissions, verdict_number};
use crate::tlog::{FirstFault, Hash, merkle_root};

/// The row of a leaf, and all that hangs on it; gives back how many record versions that are.
pub(super) async fn of_leaf(
    index: i64,
    leaf: &leaf::Submission,
    connection: &mut Database,
    raw: &RawStore,
) -> Result<u64, FirstFault> {
    let place = format!("submissions, id {}", leaf.id);
    let id = parse_receipt_id(&leaf.id)
        .ok_or_else(|| fault(format!("leaves, leaf_index {index}"), "names no submission"))?;
    let row = submissions::by_id(connection, id)
        .map_err(|error| lost(&error))?
        .ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
    columns(&place, leaf, index, &row)?;
    let stored = Stored::of(&row);
    if stored.is_destroyed() || stored.is_left {
        erasures::of_raw(&row, &stored, connection)?;
    }
    if !stored.is_destroyed() {
        raw_bytes(&place, stored, raw).await?;
    }
    volumes(leaf, &row, connection)?;
    if row.outcomes.is_empty() {
        return parts::verify(&place, leaf, &row, connection);
    }
    let outcomes = outcomes(&place, leaf, &row)?;
    details(leaf, &row, &outcomes, connection)?;
    kept(leaf, &row, &outcomes, connection)
}

fn columns(
    place: &str,
    leaf: &leaf::Submission,
    index: i64,
    row: &Submission,
) -> Result<(), FirstFault> {
    let hex = crate::tlog::hash::hex(&row.raw_sha256);
    let received = crate::pipeline::Instant::from_millis(row.received_at).text();
    let texts = [
        ("source", row.source.clone(), &leaf.source),
        ("submission", row.submission.clone(), &leaf.submission),
        ("edition", row.edition.clone(), &leaf.edition),
        ("received_at", received, &leaf.received_at),
        ("raw_sha256", hex, &leaf.raw_sha256),
    ];
    let (counts, count) = (&leaf.counts, |kept: i32| i64::from(kept));
    let numbers = [
        ("leaf_index", row.leaf_index, index),
        ("raw_bytes", row.raw_bytes, leaf.raw_bytes as i64),
        ("accepted", count(row.accepted), counts.accepted.into()),
        (
            "warned",
            count(row.warned),
            counts.accepted_with_warnings.into(),
        ),
        ("parked", count(row.parked), counts.parked.into()),
        ("duplicate", count(row.duplicate), counts.duplicate.into()),
        ("rejected", count(row.rejected), counts.rejected.into()),
    ];
    let texts = texts.map(|(column, found, expected)| (column, found, expected.clone()));
    let numbers = numbers.map(|(column, found, expected)| {
        let (found, expected): (i64, i64) = (found, expected);
        (column, found.to_string(), expected.to_string())
    });
    for (column, found, expected) in texts.into_iter().chain(numbers) {
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
