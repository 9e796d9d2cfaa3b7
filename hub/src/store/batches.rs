//! Batches: numbered, written down before they are sent, and found again by their number.

use diesel::dsl::max;
use diesel::prelude::*;

use super::schema::{batches, deliveries};
use super::{Database, StoreError, on};

/// Most numbers in one statement.
const CHUNK: usize = 400;

/// Batches that one destination can have: each has a range of numbers of its own, so that none waits for another's.
/// With fewer than 8,192 destinations the numbers stay exact in JSON.
const RANGE: i64 = 1 << 40;

/// Where a batch went, its state, and its answer.
pub fn answered(
    connection: &mut Database,
    batch: i64,
) -> Result<Option<(String, i32, Option<String>)>, StoreError> {
    Ok(batches::table
        .find(batch)
        .select((batches::destination, batches::state, batches::answer))
        .first(connection)
        .optional()?)
}

/// The number that the next batch of a destination gets.
pub fn next_batch(connection: &mut Database, ordinal: i64) -> Result<i64, StoreError> {
    let first = ordinal * RANGE;
    let highest: Option<i64> = on!(connection, c => batches::table
        .filter(batches::id.between(first, first + RANGE - 1))
        .select(max(batches::id))
        .first(c))?;
    Ok(highest.unwrap_or(first) + 1)
}

/// A batch about to be written down.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Its number, as [`next_batch`] gave it.
    pub id: i64,
    /// Where to.
    pub destination: String,
    /// SHA-256 of the packet.
    pub packet_sha256: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// Its deliveries.
    pub deliveries: Vec<i64>,
}

/// Writes down a batch and what it carries. False, and nothing written, when its number is taken.
pub fn open_batch(connection: &mut Database, batch: &NewBatch) -> Result<bool, StoreError> {
    if next_batch(connection, batch.id / RANGE)? != batch.id {
        return Ok(false);
    }
    diesel::insert_into(batches::table)
        .values((
            batches::id.eq(batch.id),
            batches::destination.eq(&batch.destination),
            batches::packet_sha256.eq(&batch.packet_sha256),
            batches::records.eq(batch.deliveries.len() as i32),
            batches::state.eq(0),
            batches::attempts.eq(1),
            batches::created_at.eq(batch.created_at),
        ))
        .execute(connection)?;
    for chunk in batch.deliveries.chunks(CHUNK) {
        on!(connection, c => diesel::update(deliveries::table)
            .filter(deliveries::id.eq_any(chunk))
            .set((
                deliveries::batch_id.eq(batch.id),
                deliveries::attempts.eq(deliveries::attempts + 1),
                deliveries::updated_at.eq(batch.created_at),
            ))
            .execute(c))?;
    }
    Ok(true)
}

/// Writes down that a batch is about to be sent once more.
pub fn begin_attempt(
    connection: &mut Database,
    batch: i64,
    attempts: i32,
) -> Result<(), StoreError> {
    diesel::update(batches::table.find(batch))
        .set(batches::attempts.eq(attempts))
        .execute(connection)?;
    Ok(())
}
