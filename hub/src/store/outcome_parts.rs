//! Outcomes of submissions that were judged in parts: so many to a row, so that none has to be held whole.

use diesel::prelude::*;

use super::schema::outcome_parts;
use super::{Database, StoreError, on};

/// A row of `outcome_parts`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = outcome_parts, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct OutcomePart {
    pub submission_id: i64,
    pub part: i32,
    pub root: Vec<u8>,
    pub outcomes: Vec<u8>,
}

/// Adds a part.
pub fn insert(connection: &mut Database, part: &OutcomePart) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(outcome_parts::table).values(part).execute(c))?;
    Ok(())
}

/// The roots of all parts of a submission, in order; none when it was not judged in parts.
pub fn roots(connection: &mut Database, submission: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(outcome_parts::table
        .filter(outcome_parts::submission_id.eq(submission))
        .order(outcome_parts::part)
        .select(outcome_parts::root)
        .load(connection)?)
}

/// One part.
pub fn one(
    connection: &mut Database,
    submission: i64,
    part: i32,
) -> Result<Option<OutcomePart>, StoreError> {
    Ok(outcome_parts::table
        .find((submission, part))
        .select(OutcomePart::as_select())
        .first(connection)
        .optional()?)
}
