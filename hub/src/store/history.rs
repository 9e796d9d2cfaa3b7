//! What history keeps beside the versions themselves: why one was corrected or taken back, and the values by which
//! versions were found that are current no longer.

use diesel::prelude::*;

use super::records::{Link, RecordRow};
use super::schema::{past_links, reasons, records};
use super::{Database, StoreError, on};

/// A row of `reasons`.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = reasons, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Reason {
    pub record_id: i64,
    pub reason: String,
}

/// A row of `past_links`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Insertable)]
#[diesel(table_name = past_links, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct PastLink {
    pub hash: i64,
    pub record_id: i64,
    pub until: i64,
    pub until_leaf: Option<i64>,
}

/// Most values in one statement.
const CHUNK: usize = 400;

/// Adds to the history.
pub fn insert(
    connection: &mut Database,
    why: &[Reason],
    past: &[PastLink],
) -> Result<(), StoreError> {
    for row in why {
        on!(connection, c => diesel::insert_into(reasons::table).values(row).execute(c))?;
    }
    for row in past {
        on!(connection, c => diesel::insert_into(past_links::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Why a version corrects or takes back the one before it.
pub fn reason(connection: &mut Database, record_id: i64) -> Result<Option<String>, StoreError> {
    Ok(reasons::table
        .find(record_id)
        .select(reasons::reason)
        .first(connection)
        .optional()?)
}

/// Versions that were found under any of the hashes until they were superseded: hash, until when, version.
pub fn found_under(
    connection: &mut Database,
    hashes: &[i64],
) -> Result<Vec<(i64, i64, RecordRow)>, StoreError> {
    let mut rows = Vec::new();
    for chunk in hashes.chunks(CHUNK) {
        rows.extend(
            past_links::table
                .inner_join(records::table.on(records::id.eq(past_links::record_id)))
                .filter(past_links::hash.eq_any(chunk))
                .select((past_links::hash, past_links::until, RecordRow::as_select()))
                .load::<(i64, i64, RecordRow)>(connection)?,
        );
    }
    Ok(rows)
}

/// The same with the leaf at which each was superseded, where that was kept.
pub fn superseded_under(
    connection: &mut Database,
    hashes: &[i64],
) -> Result<Vec<(i64, Option<i64>, RecordRow)>, StoreError> {
    let mut rows = Vec::new();
    for chunk in hashes.chunks(CHUNK) {
        rows.extend(
            past_links::table
                .inner_join(records::table.on(records::id.eq(past_links::record_id)))
                .filter(past_links::hash.eq_any(chunk))
                .select((
                    past_links::hash,
                    past_links::until_leaf,
                    RecordRow::as_select(),
                ))
                .load::<(i64, Option<i64>, RecordRow)>(connection)?,
        );
    }
    Ok(rows)
}

/// A value leads to a version no more.
pub fn forget(connection: &mut Database, link: Link) -> Result<(), StoreError> {
    diesel::delete(past_links::table.find((link.hash, link.record_id))).execute(connection)?;
    Ok(())
}
