//! Current records by a value that they hold, as they may be shown: personal fields masked.

use serde::Serialize;
use serde_json::{Map, Value};
use spec::{Action, Dataset, Lookup, Sensitivity, Verdict};

use super::auth::Caller;
use crate::app::App;
use crate::error::Error;
use crate::pipeline::commit::receipt_id;
use crate::pipeline::ending::Ending;
use crate::pipeline::{
    self,
    neighbours::{Key, holds},
};
use crate::store::records::{self, RecordRow};
use crate::store::{self, Database, StoreError, erasures, history, waiting};
use crate::timeline::{self, Claim, Version};

/// One version of a record, as it is shown.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Number of the version.
    pub id: i64,
    dataset: String,
    dataset_name: String,
    key: String,
    action: &'static str,
    /// Why it corrects or takes back the version before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    verdict: &'static str,
    /// How its wait ended: `released`, `expired`, `replaced`; none if it did not wait, or waits still.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    /// Known as current from then on; none if it never was.
    from: Option<String>,
    /// Current until then; none while it is.
    to: Option<String>,
    /// Since when it holds in the world, as the record says.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    source: String,
    /// Number of the submission and its receipt.
    receipt: String,
    record_index: i32,
    received_at: String,
    edition: String,
    digest: String,
    previous: Option<i64>,
    /// It was erased: when, and the leaf of the log that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<Gone>,
    data: Map<String, Value>,
}

/// When a version was erased, and where that is logged.
#[derive(Debug, Serialize)]
pub struct Gone {
    at: String,
    leaf_index: i64,
}

/// Between the parts of a key in the store, and in an address.
const STORED: char = '\u{1f}';
const SHOWN: char = '|';

/// The key of an address as the store has it.
pub fn stored_key(shown: &str) -> String {
    shown.replace(SHOWN, &STORED.to_string())
}

/// The hashes under which lookups are kept.
fn hashes(app: &App, lookups: &[Lookup]) -> Vec<i64> {
    let keys = Key::all(&app.lookup, lookups.iter().cloned());
    keys.iter().map(|key| key.hash).collect()
}

/// Whether a version found under a hash really holds one of the values: a hash that fits by chance is not a find.
fn fits(app: &App, lookups: &[Lookup], hash: i64, row: &RecordRow) -> Result<bool, StoreError> {
    let body = body(row)?;
    Ok(lookups.iter().any(|lookup| {
        Key::new(&app.lookup, lookup.clone()).hash == hash
            && i32::from(lookup.dataset) == row.dataset
            // Of what was erased nothing is left to compare with: the hash must do.
            && (row.body.is_erased()
                || dataset(app, row.dataset)
                    .is_some_and(|dataset| holds(dataset, &body, lookup)))
    }))
}

/// Finds current records under any of the lookups.
pub fn current(
    app: &App,
    connection: &mut Database,
    lookups: &[Lookup],
) -> Result<Vec<RecordRow>, Error> {
    let mut rows: Vec<RecordRow> = Vec::new();
    for (hash, row) in records::found_under(connection, &hashes(app, lookups))? {
        if fits(app, lookups, hash, &row)? && rows.iter().all(|other| other.id != row.id) {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| (row.dataset, row.id));
    Ok(rows)
}

/// The newest version of a record, also one that waits still.
pub fn newest(
    app: &App,
    connection: &mut Database,
    own: &Lookup,
) -> Result<Option<RecordRow>, Error> {
    let lookups = std::slice::from_ref(own);
    let mut rows = current(app, connection, lookups)?;
    for (parked, row) in waiting::by_own_hash(connection, &hashes(app, lookups))? {
        if fits(app, lookups, parked.own_hash, &row)? {
            rows.push(row);
        }
    }
    Ok(rows.into_iter().max_by_key(|row| row.id))
}

/// The versions under any of the lookups that are current, or were at an instant.
pub fn known(
    app: &App,
    connection: &mut Database,
    lookups: &[Lookup],
    at: Option<i64>,
) -> Result<Vec<Version>, Error> {
    let mut starts: Vec<(RecordRow, Option<i64>)> = current(app, connection, lookups)?
        .into_iter()
        .map(|row| (row, None))
        .collect();
    if at.is_some() {
        for (hash, until, row) in history::found_under(connection, &hashes(app, lookups))? {
            if fits(app, lookups, hash, &row)? {
                starts.push((row, Some(until)));
            }
        }
    }
    let mut versions: Vec<Version> = Vec::new();
    for (row, until) in starts {
        let chain = timeline::back_from(connection, row, until)?;
        let wanted = chain
            .into_iter()
            .find(|version| at.map_or(version.to.is_none(), |at| version.known_at(at)));
        let Some(version) = wanted else { continue };
        let body = body(&version.row)?;
        let named = lookups.iter().any(|lookup| {
            i32::from(lookup.dataset) == version.row.dataset
                && dataset(app, version.row.dataset)
                    .is_some_and(|dataset| holds(dataset, &body, lookup))
        });
        // What was taken back is found by its own key only, whenever it is asked for.
        let withdrawn = version.row.action == Action::Withdraw as i32;
        let new = versions.iter().all(|other| other.row.id != version.row.id);
        if named && new && !withdrawn {
            versions.push(version);
        }
    }
    versions.sort_by_key(|version| (version.row.dataset, version.row.id));
    Ok(versions)
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

/// The values of a version; none of one that was erased.
pub fn body(row: &RecordRow) -> Result<Map<String, Value>, StoreError> {
    if row.body.is_erased() {
        return Ok(Map::new());
    }
    serde_json::from_slice(row.canonical()?).map_err(|error| StoreError::Damaged {
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
    version: &Version,
) -> Result<Option<Shown>, Error> {
    let Version {
        row, line, change, ..
    } = version;
    if !caller.may_see(&line.source) {
        return Ok(None);
    }
    let mut data = body(row)?;
    let dataset = dataset(app, row.dataset);
    if let Some(dataset) = dataset {
        mask(dataset, &mut data);
    }
    let text = |millis: i64| pipeline::Instant::from_millis(millis).text();
    let reason = history::reason(connection, row.id)?;
    let erased = if row.body.is_erased() {
        erasures::of(connection, row.id)?
    } else {
        None
    };
    let erased = erased.map(|erased| Gone {
        at: text(erased.at),
        leaf_index: erased.leaf_index,
    });
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
        reason,
        verdict: stored_verdict(row.verdict),
        change: change.as_ref().map(|change| Ending::word(change.kind)),
        from: version.from.map(text),
        to: version.to.map(text),
        valid_from: dataset.and_then(|dataset| Claim::of(dataset, row).since),
        source: line.source.clone(),
        receipt: receipt_id(row.submission_id),
        record_index: row.record_index,
        received_at: text(line.received_at),
        edition: line.edition.clone(),
        digest: row.body.digest().to_hex(),
        previous: row.previous,
        erased,
        data,
    }))
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
