//! Sources on their way into production: which has a sandbox, which was promoted and by whom.

use diesel::prelude::*;

use super::schema::onboarding;
use super::{Database, StoreError, on};

/// A row of `onboarding`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = onboarding, treat_none_as_default_value = false, treat_none_as_null = true)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Onboarding {
    pub source: String,
    pub sandbox_at: i64,
    pub promoted_at: Option<i64>,
    pub promoted_by: Option<String>,
    pub certificate_sha256: Option<String>,
    pub leaf_index: Option<i64>,
}

/// What is known about a source.
pub fn find(connection: &mut Database, source: &str) -> Result<Option<Onboarding>, StoreError> {
    Ok(on!(connection, c => onboarding::table
        .find(source)
        .select(Onboarding::as_select())
        .get_result(c)
        .optional())?)
}

/// All sources that have or had a sandbox.
pub fn all(connection: &mut Database) -> Result<Vec<Onboarding>, StoreError> {
    Ok(onboarding::table
        .order(onboarding::source)
        .select(Onboarding::as_select())
        .load(connection)?)
}

/// Writes down how far a source came.
pub fn put(connection: &mut Database, row: &Onboarding) -> Result<(), StoreError> {
    let changed = on!(connection, c => diesel::update(onboarding::table.find(&row.source)).set(row).execute(c))?;
    if changed == 0 {
        on!(connection, c => diesel::insert_into(onboarding::table).values(row).execute(c))?;
    }
    Ok(())
}
