//! What is still to be done elsewhere after an erasure: destinations that hold the record, until an operator confirms
//! that they erased it too.

use diesel::prelude::*;

use crate::store::schema::erasure_duties;
use crate::store::{Database, StoreError, on};

/// A row of `erasure_duties`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = erasure_duties, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Duty {
    pub leaf_index: i64,
    pub destination: String,
    pub done_at: Option<i64>,
    pub done_by: Option<String>,
    pub done_leaf: Option<i64>,
}

/// Destinations that must erase what an erasure erased here.
pub fn add(
    connection: &mut Database,
    leaf_index: i64,
    destinations: &[String],
) -> Result<(), StoreError> {
    for destination in destinations {
        let row = Duty {
            leaf_index,
            destination: destination.clone(),
            done_at: None,
            done_by: None,
            done_leaf: None,
        };
        on!(connection, c => diesel::insert_into(erasure_duties::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The duties of an erasure.
pub fn of(connection: &mut Database, leaf_index: i64) -> Result<Vec<Duty>, StoreError> {
    Ok(erasure_duties::table
        .filter(erasure_duties::leaf_index.eq(leaf_index))
        .order(erasure_duties::destination)
        .select(Duty::as_select())
        .load(connection)?)
}

/// A destination has erased it: who says so, when, and the leaf that holds it.
pub fn done(
    connection: &mut Database,
    leaf_index: i64,
    destination: &str,
    (by, at, leaf): (&str, i64, i64),
) -> Result<(), StoreError> {
    let said = (
        erasure_duties::done_at.eq(Some(at)),
        erasure_duties::done_by.eq(Some(by.to_owned())),
        erasure_duties::done_leaf.eq(Some(leaf)),
    );
    let row = erasure_duties::table.find((leaf_index, destination));
    on!(connection, c => diesel::update(row).set(said).execute(c))?;
    Ok(())
}
