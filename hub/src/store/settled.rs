//! Batches and deliveries as the audit holds them against the log: read in order, a page at a time.

use diesel::dsl::max;
use diesel::prelude::*;

use super::deliveries::State;
use super::schema::{batches, deliveries};
use super::{Database, StoreError};

/// The highest number of a delivery; 0 when there is none.
pub fn highest(connection: &mut Database) -> Result<i64, StoreError> {
    let highest: Option<i64> = deliveries::table
        .select(max(deliveries::id))
        .first(connection)?;
    Ok(highest.unwrap_or(0))
}

/// A batch, as the audit holds it against the log.
#[derive(Debug, Clone, Queryable)]
pub struct Batch {
    /// Where it went.
    pub destination: String,
    /// SHA-256 of the packet.
    pub packet_sha256: Vec<u8>,
    /// The answer, or why it was given up.
    pub answer: Option<String>,
}

/// Finds a batch.
pub fn batch(connection: &mut Database, id: i64) -> Result<Option<Batch>, StoreError> {
    Ok(batches::table
        .find(id)
        .select((
            batches::destination,
            batches::packet_sha256,
            batches::answer,
        ))
        .first(connection)
        .optional()?)
}

/// A delivery that ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// `deliveries.id`.
    pub id: i64,
    /// How it ended.
    pub state: State,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub updated_at: i64,
}

/// The deliveries after one number, up to another, that ended, in order.
pub fn ended(
    connection: &mut Database,
    after: i64,
    to: i64,
    limit: i64,
) -> Result<Vec<Ended>, StoreError> {
    let rows: Vec<(i64, i32, Option<String>, i64)> = deliveries::table
        .filter(deliveries::id.gt(after))
        .filter(deliveries::id.le(to))
        .filter(deliveries::state.gt(State::Sent.number()))
        .order(deliveries::id)
        .limit(limit)
        .select((
            deliveries::id,
            deliveries::state,
            deliveries::reason,
            deliveries::updated_at,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, state, reason, updated_at)| {
            Ok(Ended {
                id,
                state: State::from_number(state)?,
                reason,
                updated_at,
            })
        })
        .collect()
}

/// The states of deliveries after a number, in order.
pub fn states_after(
    connection: &mut Database,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, State)>, StoreError> {
    let rows: Vec<(i64, i32)> = deliveries::table
        .filter(deliveries::id.gt(after))
        .order(deliveries::id)
        .limit(limit)
        .select((deliveries::id, deliveries::state))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, state)| Ok((id, State::from_number(state)?)))
        .collect()
}
