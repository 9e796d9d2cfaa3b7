//! Current records by a value that they hold, as they may be shown: personal fields masked.

use serde::Serialize;
use serde_json::{Map, Value};
use spec::{Dataset, Lookup, Sensitivity, Verdict};

use super::auth::Caller;
use crate::app::App;
use crate::error::Error;
use crate::pipeline::commit::receipt_id;
use crate::pipeline::{
    self,
    neighbours::{Key, holds},
};
use crate::store::records::{self, RecordRow};
use crate::store::submissions::{Filter, SubmissionLine};
use crate::store::{self, Database, StoreError};
use crate::tlog::hash::sha256;

/// One version of a record, as it is shown.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: i64,
    dataset: String,
    dataset_name: String,
    key: String,
    action: &'static str,
    verdict: &'static str,
    source: String,
    /// Number of the submission and its receipt.
    receipt: String,
    record_index: i32,
    received_at: String,
    edition: String,
    digest: String,
    previous: Option<i64>,
    data: Map<String, Value>,
}

/// Between the parts of a key in the store, and in an address.
const STORED: char = '\u{1f}';
const SHOWN: char = '|';

/// The key of an address as the store has it.
pub fn stored_key(shown: &str) -> String {
    shown.replace(SHOWN, &STORED.to_string())
}

/// Finds current records under any of the lookups. A hash that fits by chance is not a find.
pub fn current(
    app: &App,
    connection: &mut Database,
    lookups: &[Lookup],
) -> Result<Vec<RecordRow>, Error> {
    let hashes: Vec<i64> = lookups
        .iter()
        .map(|lookup| Key::from(lookup.clone()).hash)
        .collect();
    let mut rows: Vec<RecordRow> = Vec::new();
    for (hash, row) in records::found_under(connection, &hashes)? {
        let body = body(&row)?;
        let found = lookups.iter().zip(&hashes).any(|(lookup, &own)| {
            own == hash
                && i32::from(lookup.dataset) == row.dataset
                && dataset(app, row.dataset).is_some_and(|dataset| holds(dataset, &body, lookup))
        });
        if found && rows.iter().all(|other| other.id != row.id) {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| (row.dataset, row.id));
    Ok(rows)
}

/// The data set of a stored record, by the newest edition that has it.
pub fn dataset(app: &App, number: i32) -> Option<&'static Dataset> {
    let name = number.to_string();
    app.spec
        .editions
        .iter()
        .rev()
        .find_map(|edition| edition.dataset(&name))
}

fn body(row: &RecordRow) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_slice(&row.body).map_err(|error| StoreError::Damaged {
        place: format!("records, id {}", row.id),
        what: format!("the body is not canonical JSON: {error}"),
    })
}

fn key(dataset: &Dataset, body: &Map<String, Value>, between: char) -> String {
    let parts = dataset.key.iter().filter_map(|&index| dataset.field(index));
    let parts: Vec<&str> = parts
        .map(|field| {
            body.get(&field.id)
                .and_then(Value::as_str)
                .unwrap_or_default()
        })
        .collect();
    parts.join(&between.to_string())
}

/// Column code and key of a stored record, personal parts masked.
pub fn name(app: &App, row: &RecordRow) -> Result<(String, String), StoreError> {
    let Some(dataset) = dataset(app, row.dataset) else {
        return Ok((row.dataset.to_string(), String::new()));
    };
    let mut data = body(row)?;
    mask(dataset, &mut data);
    Ok((dataset.id.clone(), key(dataset, &data, SHOWN)))
}

/// Shows a version to a caller; none when it came from a source that the caller may not see.
pub fn show(
    app: &App,
    connection: &mut Database,
    caller: &Caller,
    row: &RecordRow,
) -> Result<Option<Shown>, Error> {
    let Some(line) = line(connection, row.submission_id)? else {
        return Ok(None);
    };
    if !caller.may_see(&line.source) {
        return Ok(None);
    }
    let mut data = body(row)?;
    let dataset = dataset(app, row.dataset);
    if let Some(dataset) = dataset {
        mask(dataset, &mut data);
    }
    Ok(Some(Shown {
        id: row.id,
        dataset: dataset.map_or_else(|| row.dataset.to_string(), |dataset| dataset.id.clone()),
        dataset_name: dataset
            .map(|dataset| dataset.name.clone())
            .unwrap_or_default(),
        key: dataset
            .map(|dataset| key(dataset, &data, SHOWN))
            .unwrap_or_default(),
        action: match row.action {
            0 => "upsert",
            1 => "correct",
            _ => "withdraw",
        },
        verdict: stored_verdict(row.verdict),
        source: line.source,
        receipt: receipt_id(row.submission_id),
        record_index: row.record_index,
        received_at: pipeline::Instant::from_millis(line.received_at).text(),
        edition: line.edition,
        digest: sha256(&row.body).to_hex(),
        previous: row.previous,
        data,
    }))
}

/// The submission of a record.
pub fn line(connection: &mut Database, id: i64) -> Result<Option<SubmissionLine>, StoreError> {
    let filter = Filter {
        after: id - 1,
        limit: 1,
        ..Filter::default()
    };
    Ok(store::submissions::list(connection, &filter)?
        .pop()
        .filter(|line| line.id == id))
}

/// The word for a verdict.
pub const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::AcceptedWithWarnings => "accepted_with_warnings",
        Verdict::Parked => "parked",
        Verdict::Duplicate => "duplicate",
        Verdict::Rejected => "rejected",
    }
}

/// The word for a stored verdict.
pub fn stored_verdict(number: i32) -> &'static str {
    use Verdict::{Accepted, AcceptedWithWarnings, Duplicate, Parked, Rejected};
    [Accepted, AcceptedWithWarnings, Parked, Duplicate, Rejected]
        .into_iter()
        .find(|&verdict| store::verdict_number(verdict) == number)
        .map_or("unknown", verdict_name)
}

/// Masks what is personal.
fn mask(dataset: &Dataset, data: &mut Map<String, Value>) {
    for field in dataset
        .fields
        .iter()
        .filter(|field| field.sensitivity == Sensitivity::Personal)
    {
        if let Some(Value::String(text)) = data.get_mut(&field.id) {
            *text = spec::issue::shown(text, field.sensitivity);
        }
    }
}
