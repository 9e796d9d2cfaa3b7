//! What was erased: gone by order only. Every body and every raw message that is gone has a leaf that says so.

use super::{fault, lost};
use crate::leaf::operator::Action;
use crate::leaf::{self, Operator};
use crate::pipeline::commit::receipt_id;
use crate::pipeline::raw::Stored;
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

/// So are raw bytes that were destroyed; and what is left of those that were cut has the digest that their leaf says.
pub(super) fn of_raw(
    row: &Submission,
    stored: &Stored,
    connection: &mut Database,
) -> Result<(), FirstFault> {
    let id = receipt_id(row.id);
    let place = format!("submissions, id {id}, raw bytes");
    let gone = erasures::of_raw(connection, row.id).map_err(|error| lost(&error))?;
    let gone = gone.ok_or_else(|| fault(&place, "are gone, and nobody ordered it"))?;
    if stored.is_left {
        let left = format!("{id}={}", stored.name.to_hex());
        return named(connection, &place, gone.leaf_index, "left", &left);
    }
    named(connection, &place, gone.leaf_index, "submissions", &id)
}

/// So are files.
pub(super) fn of_file(id: i64, place: &str, connection: &mut Database) -> Result<(), FirstFault> {
    let leaf = erasures::of_file(connection, id).map_err(|error| lost(&error))?;
    let leaf = leaf.ok_or_else(|| fault(place, "its bytes are gone, and nobody ordered it"))?;
    named(connection, place, leaf, "attachments", &id.to_string())
}

/// So are the bytes of a packet: by the leaf of an erasure that took a record out of a submission that it carried.
pub(super) fn of_packet(
    place: &str,
    leaf: Option<i64>,
    submissions: &[String],
    connection: &mut Database,
) -> Result<(), FirstFault> {
    let leaf = leaf.ok_or_else(|| fault(place, "its bytes are gone, and nobody ordered it"))?;
    let named = |one: &&String| named(connection, place, leaf, "submissions", one).is_ok();
    match submissions.iter().find(named) {
        Some(_) => Ok(()),
        None => Err(fault(
            place,
            format!("its bytes are gone, but leaf {leaf} erased nothing that it carried"),
        )),
    }
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
