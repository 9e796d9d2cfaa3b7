//! Record versions about which a destination said two things: which answer stands, what the other one said, and the leaf
//! that says so. Written in the transaction of that leaf.

use diesel::prelude::*;

use super::days::Span;
use super::schema::{batches, contradictions};
use super::{Database, StoreError, on};

/// Rows of one statement: six values each.
const ROWS: usize = 100;

/// A row of `contradictions`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = contradictions)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Contradiction {
    pub record_id: i64,
    pub batch_id: i64,
    pub stands: String,
    pub other: String,
    pub leaf_index: i64,
    pub at: i64,
}

/// Writes contradictions down.
pub fn add(connection: &mut Database, rows: &[Contradiction]) -> Result<(), StoreError> {
    for part in rows.chunks(ROWS) {
        on!(connection, c => diesel::insert_into(contradictions::table).values(part).execute(c))?;
    }
    Ok(())
}

/// What destinations contradicted about the records of a day: by destination, in order of batch and record.
pub fn of_span(
    connection: &mut Database,
    span: &Span,
) -> Result<Vec<(String, Contradiction)>, StoreError> {
    Ok(contradictions::table
        .inner_join(batches::table.on(batches::id.eq(contradictions::batch_id)))
        .filter(contradictions::record_id.ge(span.from.record))
        .filter(contradictions::record_id.lt(span.until.record))
        .order((contradictions::batch_id, contradictions::record_id))
        .select((batches::destination, Contradiction::as_select()))
        .load(connection)?)
}

/// How many there are about record versions from a number on.
pub fn count_from(connection: &mut Database, record: i64) -> Result<i64, StoreError> {
    Ok(contradictions::table
        .filter(contradictions::record_id.ge(record))
        .count()
        .get_result(connection)?)
}

/// When the last one about the records of a day came; none when there is none.
pub fn last_at(connection: &mut Database, span: &Span) -> Result<Option<i64>, StoreError> {
    Ok(contradictions::table
        .filter(contradictions::record_id.ge(span.from.record))
        .filter(contradictions::record_id.lt(span.until.record))
        .select(diesel::dsl::max(contradictions::at))
        .first(connection)?)
}
