//! What judges and who may send, as the log said it last.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::schema::standing;
use super::{Database, StoreError, on};

/// Every subject with its digest.
pub fn all(connection: &mut Database) -> Result<BTreeMap<String, String>, StoreError> {
    let rows: Vec<(String, String)> = standing::table
        .select((standing::subject, standing::digest))
        .load(connection)?;
    Ok(rows.into_iter().collect())
}

/// Writes down what a leaf says of a subject.
pub fn put(
    connection: &mut Database,
    subject: &str,
    digest: &str,
    leaf: i64,
) -> Result<(), StoreError> {
    remove(connection, subject)?;
    let row = (
        standing::subject.eq(subject),
        standing::digest.eq(digest),
        standing::leaf_index.eq(leaf),
    );
    on!(connection, c => diesel::insert_into(standing::table).values(row).execute(c))?;
    Ok(())
}

/// A subject is no more.
pub fn remove(connection: &mut Database, subject: &str) -> Result<(), StoreError> {
    diesel::delete(standing::table.find(subject)).execute(connection)?;
    Ok(())
}
