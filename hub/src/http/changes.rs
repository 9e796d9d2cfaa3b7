//! What became of the records of a submission after its receipt: those that had to wait, and how the wait ended.

use serde::Serialize;
use serde_json::value::RawValue;

use super::found;
use crate::app::App;
use crate::pipeline::Instant;
use crate::pipeline::commit::receipt_id;
use crate::pipeline::ending::Ending;
use crate::store::waiting::{self, Change};
use crate::store::{Database, StoreError, records, refusals};

/// Where a record stands: its submission, and its place there.
#[derive(Debug, Serialize)]
pub struct Place {
    receipt: String,
    record: i32,
}

/// One change.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Place of the record in the submission, from 0.
    record: i32,
    dataset: String,
    key: String,
    /// `released`, `expired` or `replaced`.
    change: &'static str,
    /// The verdict in the receipt: always `parked`.
    from: &'static str,
    verdict: &'static str,
    at: String,
    /// The entry of the log that holds it.
    leaf_index: i64,
    /// What replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<Place>,
    issues: Box<RawValue>,
}

/// A record that a destination did not take over.
#[derive(Debug, Serialize)]
pub struct Refused {
    /// Place of the record in the submission, from 0.
    record: i32,
    dataset: String,
    key: String,
    destination: String,
    /// Its reason, in its words.
    reason: String,
    at: String,
}

/// What changed since the receipt.
#[derive(Debug, Serialize)]
pub struct Changes {
    /// Records that wait still.
    waiting: i64,
    changes: Vec<Shown>,
    /// What destinations refused, with their reasons: to be corrected and sent again.
    refusals: Vec<Refused>,
}

/// What changed about the records of a submission.
pub fn of(app: &App, connection: &mut Database, submission: i64) -> Result<Changes, StoreError> {
    let mut changes = Vec::new();
    for (change, row) in waiting::changes_of(connection, submission)? {
        let replaced_by = match change.replaced_by {
            Some(by) => records::by_id(connection, by)?.map(|by| Place {
                receipt: receipt_id(by.submission_id),
                record: by.record_index,
            }),
            None => None,
        };
        let (dataset, key) = found::name(app, &row)?;
        changes.push(Shown {
            record: change.record_index,
            dataset,
            key,
            change: Ending::word(change.kind),
            from: "parked",
            verdict: found::stored_verdict(change.verdict),
            at: Instant::from_millis(change.at).text(),
            leaf_index: change.leaf_index,
            replaced_by,
            issues: issues(&change)?,
        });
    }
    let mut refused = Vec::new();
    for refusal in refusals::of(connection, submission)? {
        let Some(row) = records::by_id(connection, refusal.record_id)? else {
            continue;
        };
        let (dataset, key) = found::name(app, &row)?;
        refused.push(Refused {
            record: refusal.record_index,
            dataset,
            key,
            destination: refusal.destination,
            reason: refusal.reason,
            at: Instant::from_millis(refusal.at).text(),
        });
    }
    Ok(Changes {
        waiting: waiting::waiting_of(connection, submission)?,
        changes,
        refusals: refused,
    })
}

/// The findings of a change, as they were written down.
pub fn issues(change: &Change) -> Result<Box<RawValue>, StoreError> {
    RawValue::from_string(change.issues.clone()).map_err(|error| StoreError::Damaged {
        place: format!("changes, record {}", change.record_id),
        what: format!("`issues` is not JSON: {error}"),
    })
}
