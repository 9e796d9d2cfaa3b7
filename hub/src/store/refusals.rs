//! What destinations refused, by the submission that brought it: what its source has to mend.

use diesel::prelude::*;

use super::schema::{deliveries, records, refusals};
use super::{Database, StoreError, on};

/// A row of `refusals`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = refusals, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Refusal {
    pub submission_id: i64,
    pub record_index: i32,
    pub destination: String,
    pub record_id: i64,
    pub reason: String,
    pub at: i64,
}

/// Notes that a delivery was refused.
pub(super) fn note(
    connection: &mut Database,
    delivery: i64,
    reason: &str,
    now: i64,
) -> Result<(), StoreError> {
    let found: Option<(i64, i32, String, i64)> = deliveries::table
        .inner_join(records::table.on(records::id.eq(deliveries::record_id)))
        .filter(deliveries::id.eq(delivery))
        .select((
            records::submission_id,
            records::record_index,
            deliveries::destination,
            records::id,
        ))
        .first(connection)
        .optional()?;
    let Some((submission_id, record_index, destination, record_id)) = found else {
        return Ok(());
    };
    let row = Refusal {
        submission_id,
        record_index,
        destination,
        record_id,
        reason: reason.to_owned(),
        at: now,
    };
    diesel::delete(refusals::table.find((submission_id, record_index, &row.destination)))
        .execute(connection)?;
    on!(connection, c => diesel::insert_into(refusals::table).values(&row).execute(c))?;
    Ok(())
}

/// Forgets the refusal of a record version: it is sent again.
pub(super) fn forget(
    connection: &mut Database,
    record: i64,
    destination: &str,
) -> Result<(), StoreError> {
    let place: Option<(i64, i32)> = records::table
        .find(record)
        .select((records::submission_id, records::record_index))
        .first(connection)
        .optional()?;
    if let Some((submission, index)) = place {
        diesel::delete(refusals::table.find((submission, index, destination)))
            .execute(connection)?;
    }
    Ok(())
}

/// What was refused of a submission, in order.
pub fn of(connection: &mut Database, submission: i64) -> Result<Vec<Refusal>, StoreError> {
    Ok(refusals::table
        .filter(refusals::submission_id.eq(submission))
        .order((refusals::record_index, refusals::destination))
        .select(Refusal::as_select())
        .load(connection)?)
}
