//! What is owed to destinations, as operators see it: listed, and told again.

use diesel::prelude::*;

use super::deliveries::{OWED, Owed};
use super::schema::{batches, deliveries, delivery_states};
use super::words::Words;
use super::{Database, StoreError};

/// A row of `deliveries`, with what is known of its packet.
#[derive(Debug, Clone, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = delivery_states)]
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
    pub destination: String,
    pub packet_sha256: Vec<u8>,
    pub created_at: i64,
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
    let mut query = delivery_states::table
        .filter(delivery_states::id.gt(after))
        .order(delivery_states::id)
        .limit(limit)
        .select(Delivery::as_select())
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(delivery_states::state.eq(state));
    }
    if let Some(destination) = destination {
        query = query.filter(delivery_states::destination.eq(destination.to_owned()));
    }
    Ok(query.load(connection)?)
}

/// Everything owed of some records, in order. Walks over the table: for evidence, not for work.
pub fn of_records(connection: &mut Database, ids: &[i64]) -> Result<Vec<Delivery>, StoreError> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(400) {
        rows.extend(
            delivery_states::table
                .filter(delivery_states::record_id.eq_any(chunk))
                .order(delivery_states::id)
                .select(Delivery::as_select())
                .load::<Delivery>(connection)?,
        );
    }
    Ok(rows)
}

/// Deliveries of one destination after a number, in order, whatever became of them: what a subscriber fetches again.
pub fn told(
    connection: &mut Database,
    destination: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Owed>, StoreError> {
    let mut query = deliveries::table
        .filter(deliveries::id.gt(after))
        .filter(deliveries::destination.eq(destination.to_owned()))
        .order(deliveries::id)
        .limit(limit)
        .select(OWED)
        .into_boxed();
    if destination != super::NATIONAL {
        // The words of the partial index.
        query = query.filter(Words("destination <> 'national'"));
    }
    Ok(query.load(connection)?)
}
