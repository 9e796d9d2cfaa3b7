//! Batches: numbered, written down before they are sent, and found again by their number.

use diesel::dsl::max;
use diesel::prelude::*;

use super::among::among;
use super::schema::{batches, deliveries};
use super::{Database, StoreError, on};

/// Batches that one destination can have: each has a range of numbers of its own, so that none waits for another's.
/// With fewer than 8,192 destinations the numbers stay exact in JSON.
const RANGE: i64 = 1 << 40;

/// What is known of the answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Known {
    /// Where the batch went.
    pub destination: String,
    /// 0 to be sent, 1 sent, 2 answered, 3 given up, 4 answered and contradicted.
    pub state: i32,
    /// The answer, or why it was given up.
    pub answer: Option<String>,
    /// SHA-256 of the packet.
    pub packet_sha256: Vec<u8>,
}

impl Known {
    /// Whether the destination has answered.
    pub fn is_answered(&self) -> bool {
        matches!(self.state, 2 | CONTRADICTED)
    }
}

/// The state of a batch about which its destination said two things.
const CONTRADICTED: i32 = 4;

/// Batches that are looked at for contradictions.
const LATELY: i64 = 10_000;

/// What is known of the answer to a batch.
pub fn known(connection: &mut Database, batch: i64) -> Result<Option<Known>, StoreError> {
    Ok(batches::table
        .find(batch)
        .select((
            batches::destination,
            batches::state,
            batches::answer,
            batches::packet_sha256,
        ))
        .first(connection)
        .optional()?)
}

/// Writes down that the destination contradicted its answer. False when that was known, or there was no answer.
pub fn contradict(connection: &mut Database, batch: i64) -> Result<bool, StoreError> {
    let changed = diesel::update(batches::table.find(batch))
        .filter(batches::state.eq(2))
        .set(batches::state.eq(CONTRADICTED))
        .execute(connection)?;
    Ok(changed > 0)
}

/// The batches among the last 10,000 of a destination about which it said two things.
pub fn contradicted(connection: &mut Database, ordinal: i64) -> Result<Vec<i64>, StoreError> {
    let first = ordinal * RANGE;
    let lately: Vec<(i64, i32)> = batches::table
        .filter(batches::id.between(first, first + RANGE - 1))
        .order(batches::id.desc())
        .limit(LATELY)
        .select((batches::id, batches::state))
        .load(connection)?;
    let contradicted = lately.into_iter().rev();
    Ok(contradicted
        .filter(|(_, state)| *state == CONTRADICTED)
        .map(|(id, _)| id)
        .collect())
}

/// Whether a packet for a destination was tried more than once and is not confirmed yet.
pub fn repeated(connection: &mut Database, destination: &str) -> Result<bool, StoreError> {
    let open = super::deliveries::open_batches(connection, destination)?;
    Ok(open
        .iter()
        .any(|batch| batch.state == 0 && batch.attempts > 1))
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

/// Writes down a batch and what it carries. False, and nothing written, when its number is taken. An error when one of
/// its deliveries is not pending any more, or in another batch.
pub fn open_batch(connection: &mut Database, batch: &NewBatch) -> Result<bool, StoreError> {
    let row = (
        batches::id.eq(batch.id),
        batches::destination.eq(&batch.destination),
        batches::packet_sha256.eq(&batch.packet_sha256),
        batches::records.eq(batch.deliveries.len() as i32),
        batches::state.eq(0),
        batches::attempts.eq(1),
        batches::created_at.eq(batch.created_at),
    );
    let added = on!(connection, c => diesel::insert_into(batches::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if added == 0 {
        return Ok(false);
    }
    let taken = on!(connection, c => diesel::update(deliveries::table)
        .filter(among(deliveries::id, &batch.deliveries))
        .filter(deliveries::state.eq(0))
        .filter(deliveries::batch_id.is_null())
        .set((
            deliveries::batch_id.eq(batch.id),
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::updated_at.eq(batch.created_at),
        ))
        .execute(c))?;
    if taken != batch.deliveries.len() {
        let what = format!("batch {}: a delivery is in another batch", batch.id);
        return Err(StoreError::Abandoned(what));
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
