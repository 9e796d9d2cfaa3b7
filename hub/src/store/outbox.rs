//! What is owed to destinations, as operators see it: listed, counted, given another chance.

use diesel::prelude::*;

use super::schema::{batches, deliveries};
use super::{Database, StoreError};

/// A row of `deliveries`.
#[derive(Debug, Clone, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = deliveries)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Delivery {
    pub id: i64,
    pub destination: String,
    pub record_id: i64,
    pub state: i32,
    pub attempts: i32,
    pub due_at: i64,
    pub batch_id: Option<i64>,
    pub reason: Option<String>,
    pub updated_at: i64,
}

/// A row of `batches`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = batches)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Batch {
    pub id: i64,
    pub packet_sha256: Vec<u8>,
    pub records: i32,
    pub attempts: i32,
    pub created_at: i64,
    pub answered_at: Option<i64>,
    pub answer: Option<String>,
}

/// Finds a batch.
pub fn batch(connection: &mut Database, id: i64) -> Result<Option<Batch>, StoreError> {
    Ok(batches::table
        .find(id)
        .select(Batch::as_select())
        .first(connection)
        .optional()?)
}

/// Words for the states, by their number.
pub const STATES: [&str; 5] = ["pending", "sent", "acknowledged", "refused", "exhausted"];

/// Number of a state by its word.
pub fn state_number(word: &str) -> Option<i32> {
    (0..)
        .zip(STATES)
        .find(|(_, name)| *name == word)
        .map(|(number, _)| number)
}

/// Lists rows after a number, in order.
pub fn list(
    connection: &mut Database,
    state: Option<i32>,
    destination: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let mut query = deliveries::table
        .filter(deliveries::id.gt(after))
        .order(deliveries::id)
        .limit(limit)
        .select(Delivery::as_select())
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(deliveries::state.eq(state));
    }
    if let Some(destination) = destination {
        query = query.filter(deliveries::destination.eq(destination.to_owned()));
    }
    Ok(query.load(connection)?)
}

/// Everything owed of some records, in order. Walks over the table: for evidence, not for work.
pub fn of_records(connection: &mut Database, ids: &[i64]) -> Result<Vec<Delivery>, StoreError> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(400) {
        rows.extend(
            deliveries::table
                .filter(deliveries::record_id.eq_any(chunk))
                .order(deliveries::id)
                .select(Delivery::as_select())
                .load::<Delivery>(connection)?,
        );
    }
    Ok(rows)
}

/// Counts what is in a state for a destination.
pub fn count(connection: &mut Database, state: i32, destination: &str) -> Result<i64, StoreError> {
    Ok(deliveries::table
        .filter(deliveries::state.eq(state))
        .filter(deliveries::destination.eq(destination))
        .count()
        .get_result(connection)?)
}

/// Makes what is in a state pending again; returns how many.
pub fn revive(
    connection: &mut Database,
    state: i32,
    destination: &str,
    now: i64,
) -> Result<usize, StoreError> {
    Ok(diesel::update(
        deliveries::table
            .filter(deliveries::state.eq(state))
            .filter(deliveries::destination.eq(destination)),
    )
    .set((
        deliveries::state.eq(0),
        deliveries::attempts.eq(0),
        deliveries::due_at.eq(now),
        deliveries::batch_id.eq(None::<i64>),
        deliveries::updated_at.eq(now),
    ))
    .execute(connection)?)
}
