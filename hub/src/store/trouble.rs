//! The last message of each source that could not be taken at all: what a clerk looks at when a source falls silent.

use diesel::prelude::*;

use super::schema::last_errors;
use super::{Database, StoreError, on};

/// A row of `last_errors`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = last_errors, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Trouble {
    pub source: String,
    pub at: i64,
    pub way: String,
    pub code: String,
    pub zh: String,
    pub en: String,
}

/// Writes down what was the matter last.
pub fn note(connection: &mut Database, row: &Trouble) -> Result<(), StoreError> {
    let changed = on!(connection, c => diesel::update(last_errors::table.find(&row.source)).set(row).execute(c))?;
    if changed == 0 {
        on!(connection, c => diesel::insert_into(last_errors::table).values(row).execute(c))?;
    }
    Ok(())
}

/// All of them.
pub fn all(connection: &mut Database) -> Result<Vec<Trouble>, StoreError> {
    Ok(last_errors::table
        .order(last_errors::source)
        .select(Trouble::as_select())
        .load(connection)?)
}
