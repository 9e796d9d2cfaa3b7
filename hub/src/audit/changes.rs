//! How waits ended, held against the log: every change has its leaf, every leaf of a change has its row, and the
//! verdict that a record has now is the one that was logged last.

use super::{fault, lost};
use crate::leaf;
use crate::pipeline::Instant;
use crate::pipeline::commit::parse_receipt_id;
use crate::pipeline::ending::Ending;
use crate::store::records::RecordRow;
use crate::store::waiting::{self, Change};
use crate::store::{Database, submissions, verdict_number};
use crate::tlog::{FirstFault, sha256};

/// The leaf of a change has its row, which says the same.
pub(super) fn of_leaf(leaf: &leaf::Change, connection: &mut Database) -> Result<(), FirstFault> {
    let place = format!("changes of {}", leaf.submission);
    let submission = parse_receipt_id(&leaf.submission);
    let submission = submission.ok_or_else(|| fault(&place, "the leaf names no submission"))?;
    let change = waiting::change_at(connection, submission, leaf.index)
        .map_err(|error| lost(&error))?
        .ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
    same(&change, leaf)
}

fn same(change: &Change, leaf: &leaf::Change) -> Result<(), FirstFault> {
    let issues = sha256(change.issues.as_bytes()).to_hex();
    let columns = [
        ("kind", Ending::word(change.kind) == leaf.change),
        ("record_id", change.record_id == leaf.record),
        ("verdict", change.verdict == verdict_number(leaf.verdict)),
        ("at", Instant::from_millis(change.at).text() == leaf.at),
        ("issues", issues == leaf.issues_sha256),
        ("replaced_by", change.replaced_by == leaf.replaced_by),
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
    let leaf = leaf.and_then(|leaf| leaf::decode(&leaf).ok());
    let leaf = leaf.ok_or_else(|| {
        let place = format!("changes, record {}, leaf_index", change.record_id);
        fault(place, "leads to no leaf of a change")
    })?;
    same(&change, &leaf)?;
    Ok(row.verdict == change.verdict)
}
