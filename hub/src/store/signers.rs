//! The public keys with which sources sign what they say about a day.

use diesel::prelude::*;

use super::schema::signers;
use super::{Database, StoreError, on};

/// A row of `signers`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = signers, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct SignerRow {
    pub source: String,
    pub vkey: String,
    pub added_at: i64,
    pub retired_at: Option<i64>,
    pub leaf_index: i64,
}

/// Adds a key; false when it is known already.
pub fn add(connection: &mut Database, row: &SignerRow) -> Result<bool, StoreError> {
    let added = on!(connection, c => diesel::insert_into(signers::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Takes a key out of force; false when it was not in force.
pub fn retire(
    connection: &mut Database,
    source: &str,
    vkey: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let rows = on!(connection, c => diesel::update(signers::table.find((source, vkey)))
        .filter(signers::retired_at.is_null())
        .set(signers::retired_at.eq(Some(now)))
        .execute(c))?;
    Ok(rows == 1)
}

/// All keys that a source ever had.
pub fn of(connection: &mut Database, source: &str) -> Result<Vec<SignerRow>, StoreError> {
    Ok(signers::table
        .filter(signers::source.eq(source))
        .order(signers::added_at)
        .select(SignerRow::as_select())
        .load(connection)?)
}

/// All keys that all sources ever had.
pub fn all(connection: &mut Database) -> Result<Vec<SignerRow>, StoreError> {
    Ok(signers::table
        .order((signers::source, signers::vkey))
        .select(SignerRow::as_select())
        .load(connection)?)
}
