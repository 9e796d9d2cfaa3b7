//! Wrapped keys of raw bytes, as a change of the master key walks over them.

use diesel::prelude::*;

use super::schema::{refused_messages, submissions};
use super::submissions::Submission;
use super::{Database, StoreError};

/// The next submission after a number whose raw bytes are encrypted; `all`: or not.
pub fn next(
    connection: &mut Database,
    after: i64,
    all: bool,
) -> Result<Option<Submission>, StoreError> {
    let mut query = submissions::table
        .filter(submissions::id.gt(after))
        .order(submissions::id)
        .select(Submission::as_select())
        .into_boxed();
    if !all {
        query = query.filter(submissions::raw_key.is_not_null());
    }
    Ok(query.first(connection).optional()?)
}

/// Puts raw bytes of a submission, and their wrapped key, in the place of those that are there.
pub fn rewrite(
    connection: &mut Database,
    id: i64,
    raw: Option<Vec<u8>>,
    key: &[u8],
) -> Result<(), StoreError> {
    diesel::update(submissions::table.find(id))
        .set((
            submissions::raw.eq(raw),
            submissions::raw_key.eq(Some(key.to_vec())),
        ))
        .execute(connection)?;
    Ok(())
}

/// The wrapped key of a message that could not be read.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = refused_messages)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct RefusedKey {
    pub place: String,
    pub message_offset: i64,
    pub raw_sha256: Vec<u8>,
    pub raw_key: Option<Vec<u8>>,
}

/// All of them.
pub fn refused(connection: &mut Database) -> Result<Vec<RefusedKey>, StoreError> {
    Ok(refused_messages::table
        .filter(refused_messages::raw_key.is_not_null())
        .select(RefusedKey::as_select())
        .load(connection)?)
}

/// Puts another in its place.
pub fn rewrite_refused(
    connection: &mut Database,
    place: &str,
    message_offset: i64,
    key: &[u8],
) -> Result<(), StoreError> {
    diesel::update(refused_messages::table.find((place, message_offset)))
        .set(refused_messages::raw_key.eq(Some(key.to_vec())))
        .execute(connection)?;
    Ok(())
}
