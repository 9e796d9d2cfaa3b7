//! How waits ended, held against the log: every change has its leaf, every leaf of a change has its row, and the
//! verdict that a record has now is the one that was logged last.

use serde_json::Value;

use super::{fault, lost};
use crate::pipeline::Instant;
use crate::pipeline::commit::parse_receipt_id;
use crate::pipeline::ending::Ending;
use crate::store::records::RecordRow;
use crate::store::waiting::{self, Change};
use crate::store::{Database, submissions, verdict_number};
use crate::tlog::{FirstFault, sha256};

/// The leaf of a change has its row, which says the same.
pub(super) fn of_leaf(
    index: i64,
    leaf: &Value,
    connection: &mut Database,
) -> Result<(), FirstFault> {
    let place = format!("leaves, leaf_index {index}");
    let number = |name: &str| leaf.get(name).and_then(Value::as_i64);
    let submission = leaf.get("submission").and_then(Value::as_str);
    let names = submission
        .and_then(parse_receipt_id)
        .zip(number("index"))
        .ok_or_else(|| fault(&place, "names no record of a submission"))?;
    let change = waiting::change_at(connection, names.0, names.1 as i32)
        .map_err(|error| lost(&error))?
        .ok_or_else(|| {
            let what = "the row is missing, but the log holds its leaf";
            fault(
                format!("changes of {}", submission.unwrap_or_default()),
                what,
            )
        })?;
    same(&change, leaf)
}

fn same(change: &Change, leaf: &Value) -> Result<(), FirstFault> {
    let text = |name: &str| leaf.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| leaf.get(name).and_then(Value::as_i64);
    let verdict: Option<spec::Verdict> = leaf
        .get("verdict")
        .and_then(|verdict| serde_json::from_value(verdict.clone()).ok());
    let columns = [
        (
            "kind",
            Some(Ending::word(change.kind).to_owned()) == text("change"),
        ),
        ("record_id", Some(change.record_id) == number("record")),
        (
            "verdict",
            Some(change.verdict) == verdict.map(verdict_number),
        ),
        (
            "at",
            Some(Instant::from_millis(change.at).text()) == text("at"),
        ),
        (
            "issues",
            Some(sha256(change.issues.as_bytes()).to_hex()) == text("issues_sha256"),
        ),
        ("replaced_by", change.replaced_by == number("replaced_by")),
    ];
    match columns.iter().find(|(_, fits)| !fits) {
        None => Ok(()),
        Some((column, _)) => Err(fault(
            format!("changes, record {}, {column}", change.record_id),
            "is not what the log says",
        )),
    }
}

/// A record that was receipted as parked has the verdict of its change, or waits still.
pub(super) fn of_record(row: &RecordRow, connection: &mut Database) -> Result<bool, FirstFault> {
    let Some(change) = waiting::change_of(connection, row).map_err(|error| lost(&error))? else {
        return Ok(row.verdict == verdict_number(spec::Verdict::Parked));
    };
    let leaf = submissions::leaf(connection, change.leaf_index).map_err(|error| lost(&error))?;
    let leaf = leaf.and_then(|leaf| serde_json::from_slice::<Value>(&leaf).ok());
    let leaf = leaf.ok_or_else(|| {
        let place = format!("changes, record {}, leaf_index", change.record_id);
        fault(place, "leads to no leaf of a change")
    })?;
    same(&change, &leaf)?;
    Ok(row.verdict == change.verdict)
}
