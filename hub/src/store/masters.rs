//! Which master keys a database is encrypted under: their ids, each with a text that only the right key opens.

use diesel::prelude::*;

use super::schema::master_keys;
use super::{Database, StoreError};

/// A row of `master_keys`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = master_keys, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct MasterRow {
    pub key_id: String,
    pub proof: Vec<u8>,
    pub created_at: i64,
    pub retired_at: Option<i64>,
}

/// All of them, in the order in which they came into force.
pub fn list(connection: &mut Database) -> Result<Vec<MasterRow>, StoreError> {
    Ok(master_keys::table
        .order((master_keys::created_at, master_keys::key_id))
        .select(MasterRow::as_select())
        .load(connection)?)
}

/// Adds one.
pub fn add(connection: &mut Database, row: &MasterRow) -> Result<(), StoreError> {
    super::on!(connection, c => diesel::insert_into(master_keys::table).values(row).execute(c))?;
    Ok(())
}

/// Nothing is encrypted under any but this one now.
pub fn retire_others(connection: &mut Database, key_id: &str, now: i64) -> Result<(), StoreError> {
    diesel::update(
        master_keys::table
            .filter(master_keys::key_id.ne(key_id))
            .filter(master_keys::retired_at.is_null()),
    )
    .set(master_keys::retired_at.eq(Some(now)))
    .execute(connection)?;
    Ok(())
}
