//! What was erased: gone by order only. Every body and every raw message that is gone has a leaf that says so.

use super::{fault, lost};
use crate::leaf::operator::Action;
use crate::leaf::{self, Operator};
use crate::pipeline::commit::receipt_id;
use crate::store::records::RecordRow;
use crate::store::submissions::Submission;
use crate::store::{Database, StoreError, erasures, submissions};
use crate::tlog::FirstFault;

/// A body that is there opens.
pub(super) fn opens(record: &RecordRow) -> Result<(), FirstFault> {
    match record.canonical() {
        Ok(_) => Ok(()),
        Err(StoreError::Damaged { place, what }) => Err(fault(place, what)),
        Err(error) => Err(lost(&error)),
    }
}

/// A version that was erased is named by the leaf of its erasure.
pub(super) fn of_record(row: &RecordRow, connection: &mut Database) -> Result<(), FirstFault> {
    let place = format!("records, id {}", row.id);
    let erasure = erasures::of(connection, row.id).map_err(|error| lost(&error))?;
    let erasure = erasure.ok_or_else(|| fault(&place, "is gone, and nobody ordered it"))?;
    named(
        connection,
        &place,
        erasure.leaf_index,
        "records",
        &row.id.to_string(),
    )
}

/// So are raw bytes that were destroyed.
pub(super) fn of_raw(row: &Submission, connection: &mut Database) -> Result<(), FirstFault> {
    let place = format!("submissions, id {}, raw bytes", receipt_id(row.id));
    let leaf = erasures::of_raw(connection, row.id).map_err(|error| lost(&error))?;
    let leaf = leaf.ok_or_else(|| fault(&place, "are gone, and nobody ordered it"))?;
    named(connection, &place, leaf, "submissions", &receipt_id(row.id))
}

fn named(
    connection: &mut Database,
    place: &str,
    leaf_index: i64,
    fact: &str,
    wanted: &str,
) -> Result<(), FirstFault> {
    let leaf = submissions::leaf(connection, leaf_index).map_err(|error| lost(&error))?;
    let leaf: Option<Operator> = leaf.and_then(|leaf| leaf::decode(&leaf).ok());
    let says = leaf.is_some_and(|leaf| {
        let all = leaf.facts.get(fact).map(String::as_str).unwrap_or_default();
        leaf.action == Action::Erasure && all.split(',').any(|one| one == wanted)
    });
    if says {
        return Ok(());
    }
    Err(fault(
        place,
        format!("is gone, but leaf {leaf_index} does not say so"),
    ))
}
