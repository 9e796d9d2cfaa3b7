//! Commitments to what was held at an instant, and where their lists are archived.

use diesel::dsl::{max, min};
use diesel::prelude::*;

use super::schema::{commitments, leaves, submissions};
use super::{Database, StoreError, on};

/// A row of `commitments`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = commitments)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Row {
    pub leaf_index: i64,
    pub until: i64,
    pub salt: Vec<u8>,
    pub records_list: Vec<u8>,
    pub submissions_list: Vec<u8>,
}

/// Adds one.
pub fn add(connection: &mut Database, row: &Row) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(commitments::table).values(row).execute(c))?;
    Ok(())
}

/// The one that a leaf is about.
pub fn of_leaf(connection: &mut Database, leaf_index: i64) -> Result<Option<Row>, StoreError> {
    Ok(commitments::table
        .find(leaf_index)
        .select(Row::as_select())
        .first(connection)
        .optional()?)
}

/// The latest about an instant that is not after the given one.
pub fn latest(connection: &mut Database, until: i64) -> Result<Option<Row>, StoreError> {
    Ok(commitments::table
        .filter(commitments::until.le(until))
        .order((commitments::until.desc(), commitments::leaf_index.desc()))
        .select(Row::as_select())
        .first(connection)
        .optional()?)
}

/// Number of leaves.
pub fn leaves(connection: &mut Database) -> Result<i64, StoreError> {
    let last: Option<i64> = leaves::table
        .select(max(leaves::leaf_index))
        .first(connection)?;
    Ok(last.map_or(0, |last| last + 1))
}

/// When the first submission was received.
pub fn first_received(connection: &mut Database) -> Result<Option<i64>, StoreError> {
    let first: Option<i64> = submissions::table
        .select(min(submissions::id))
        .first(connection)?;
    let Some(first) = first else { return Ok(None) };
    Ok(submissions::table
        .find(first)
        .select(submissions::received_at)
        .first(connection)
        .optional()?)
}
