//! How much waits for a destination, and since when: asked for often, so it costs by a bound and not by the table.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::schema::{deliveries, records, submissions};
use super::words::{Behind, OPEN};
use super::{Database, StoreError, on};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Deliveries of a destination that are open, counted up to a hundred thousand: more is as bad.
pub fn open(connection: &mut Database, destination: &str) -> Result<i64, StoreError> {
    // A count over a bounded selection, which the query builder cannot say.
    let counted: Number = on!(connection, c => diesel::sql_query(
        "SELECT count(*) AS number FROM \
         (SELECT 1 FROM deliveries WHERE destination = $1 AND state < 2 AND (destination, id) > ($1, 0) \
         LIMIT 100000) AS counted",
    )
    .bind::<Text, _>(destination)
    .get_result(c))?;
    Ok(counted.number)
}

/// When the oldest record that is open was received, milliseconds since 1970.
pub fn oldest(connection: &mut Database, destination: &str) -> Result<Option<i64>, StoreError> {
    // Two steps: a join would tempt the planner away from the index.
    let record: Option<i64> = on!(connection, c => deliveries::table
        .filter(deliveries::destination.eq(destination))
        .filter(OPEN)
        .filter(Behind { destination, after: 0 })
        .order(deliveries::id.asc())
        .limit(1)
        .select(deliveries::record_id)
        .first(c)
        .optional())?;
    let Some(record) = record else {
        return Ok(None);
    };
    Ok(on!(connection, c => records::table
        .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
        .filter(records::id.eq(record))
        .select(submissions::received_at)
        .first(c)
        .optional())?)
}
