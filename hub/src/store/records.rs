//! Record versions, and the values by which current ones are found.

use diesel::backend::Backend;
use diesel::deserialize::FromStaticSqlRow;
use diesel::prelude::*;

use super::among::among;
use super::body::{Body, Place};
use super::schema::{links, records, waiting};
use super::{Database, StoreError, on};

/// A row of `records`, its body opened.
#[derive(Debug, Clone, Selectable, Insertable)]
#[diesel(table_name = records, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct RecordRow {
    pub id: i64,
    pub submission_id: i64,
    pub record_index: i32,
    pub dataset: i32,
    pub action: i32,
    pub verdict: i32,
    pub lane: i64,
    pub previous: Option<i64>,
    pub body: Body,
}

impl RecordRow {
    /// What its body is bound to.
    pub fn place(&self) -> Place {
        Place {
            id: self.id,
            submission: self.submission_id,
            index: self.record_index,
            dataset: self.dataset,
        }
    }

    /// Its canonical bytes; nothing when it was erased. What does not open is an error.
    pub fn canonical(&self) -> Result<&[u8], StoreError> {
        self.body.canonical(self.id)
    }
}

/// The columns as they are read.
type Columns = (i64, i64, i32, i32, i32, i32, i64, Option<i64>, Body);

impl<DB: Backend> Queryable<records::SqlType, DB> for RecordRow
where
    Columns: FromStaticSqlRow<records::SqlType, DB>,
{
    type Row = Columns;

    fn build(columns: Columns) -> diesel::deserialize::Result<Self> {
        let (id, submission_id, record_index, dataset, action, verdict, lane, previous, body) =
            columns;
        let place = Place {
            id,
            submission: submission_id,
            index: record_index,
            dataset,
        };
        Ok(RecordRow {
            id,
            submission_id,
            record_index,
            dataset,
            action,
            verdict,
            lane,
            previous,
            body: body.opened(place),
        })
    }
}

/// A row of `links`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = links, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Link {
    pub hash: i64,
    pub record_id: i64,
}

/// A row of `waiting`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = waiting, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Wait {
    pub hash: i64,
    pub record_id: i64,
}

/// Current record versions that are found under any of the hashes, with the hash; in one query.
pub fn found_under(
    connection: &mut Database,
    hashes: &[i64],
) -> Result<Vec<(i64, RecordRow)>, StoreError> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on!(connection, c => links::table
        .inner_join(records::table.on(records::id.eq(links::record_id)))
        .filter(among(links::hash, hashes))
        .select((links::hash, RecordRow::as_select()))
        .load(c))?)
}

/// A record version by its number.
pub fn by_id(connection: &mut Database, id: i64) -> Result<Option<RecordRow>, StoreError> {
    Ok(records::table
        .find(id)
        .select(RecordRow::as_select())
        .first(connection)
        .optional()?)
}

/// The number of the first record version of a submission or, if none of its records was kept, of a later one; none
/// if there is no such version. Versions are numbered in the order of their submissions, so this needs no index.
pub fn first_of(connection: &mut Database, submission: i64) -> Result<Option<i64>, StoreError> {
    let highest: Option<i64> = records::table
        .select(diesel::dsl::max(records::id))
        .first(connection)?;
    let (mut low, mut high) = (1, highest.unwrap_or(0) + 1);
    let end = high;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<i64> = records::table
            .filter(records::id.ge(middle))
            .order(records::id)
            .select(records::submission_id)
            .first(connection)
            .optional()?;
        if found.is_some_and(|found| found < submission) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok((low < end).then_some(low))
}

/// The record versions of some submissions in a row, in order.
pub fn of_submission(
    connection: &mut Database,
    first: i64,
    last: i64,
) -> Result<Vec<RecordRow>, StoreError> {
    let Some(from) = first_of(connection, first)? else {
        return Ok(Vec::new());
    };
    let until = first_of(connection, last + 1)?.unwrap_or(i64::MAX);
    Ok(records::table
        .filter(records::id.ge(from).and(records::id.lt(until)))
        .filter(records::submission_id.between(first, last))
        .order(records::id)
        .select(RecordRow::as_select())
        .load(connection)?)
}

/// The record versions of one submission after a number, in order, so many at most.
pub fn of_submission_after(
    connection: &mut Database,
    submission: i64,
    id: i64,
    limit: i64,
) -> Result<Vec<RecordRow>, StoreError> {
    Ok(records::table
        .filter(records::id.gt(id))
        .filter(records::submission_id.eq(submission))
        .order(records::id)
        .limit(limit)
        .select(RecordRow::as_select())
        .load(connection)?)
}

/// Record versions in order of their numbers, for walks over the whole table.
pub fn after(connection: &mut Database, id: i64, limit: i64) -> Result<Vec<RecordRow>, StoreError> {
    Ok(records::table
        .filter(records::id.gt(id))
        .order(records::id)
        .limit(limit)
        .select(RecordRow::as_select())
        .load(connection)?)
}

/// Takes the values of superseded versions out of the look-up table.
pub fn unlink(connection: &mut Database, links_of: &[Link]) -> Result<(), StoreError> {
    for link in links_of {
        on!(connection, c => diesel::delete(links::table.find((link.hash, link.record_id))).execute(c))?;
    }
    Ok(())
}

/// Puts another body in the place of a version's own: what is left of one that was erased, or the same in a new envelope.
pub fn rewrite(connection: &mut Database, id: i64, body: &Body) -> Result<(), StoreError> {
    let body = records::body.eq(body);
    on!(connection, c => diesel::update(records::table.find(id)).set(body).execute(c))?;
    Ok(())
}
