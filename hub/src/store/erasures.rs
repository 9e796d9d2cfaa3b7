//! What was erased: when, by whose order, why, and at which leaf of the log.

pub mod duties;
pub mod notices;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::among::among;
use super::schema::{attachments, erasures, file_erasures, raw_erasures, submissions};
use super::totals::Span;
use super::{Database, StoreError, on};

/// A row of `erasures`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = erasures, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Erasure {
    pub record_id: i64,
    pub submission_id: i64,
    pub leaf_index: i64,
    pub at: i64,
    pub ordered_by: String,
    pub reason: String,
}

/// The erasure of a record version, if it was erased.
pub fn of(connection: &mut Database, record_id: i64) -> Result<Option<Erasure>, StoreError> {
    Ok(erasures::table
        .find(record_id)
        .select(Erasure::as_select())
        .first(connection)
        .optional()?)
}

/// Whether any of these record versions was erased.
pub fn any(connection: &mut Database, records: &[i64]) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(connection, c => erasures::table
        .filter(among(erasures::record_id, records))
        .select(erasures::record_id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// Versions that were erased after a leaf: the leaf of each erasure, with a submission that brought one of them.
pub fn later(connection: &mut Database, leaf_index: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(erasures::table
        .filter(erasures::leaf_index.gt(leaf_index))
        .order(erasures::record_id)
        .select((erasures::leaf_index, erasures::submission_id))
        .load(connection)?)
}

/// An erasure as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Listed {
    pub at: i64,
    pub leaf_index: i64,
    pub versions: i64,
    pub files: i64,
    pub ordered_by: String,
    pub reason: String,
}

/// Erasures of a span of time, the newest first.
pub fn listed(
    connection: &mut Database,
    span: &Span,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    let mut query = erasures::table
        .select((
            erasures::leaf_index,
            erasures::at,
            erasures::ordered_by,
            erasures::reason,
        ))
        .distinct()
        .order(erasures::leaf_index.desc())
        .limit(limit)
        .into_boxed();
    if let Some(from) = span.from {
        query = query.filter(erasures::at.ge(from));
    }
    if let Some(to) = span.to {
        query = query.filter(erasures::at.lt(to));
    }
    let found: Vec<(i64, i64, String, String)> = query.load(connection)?;
    let mut all = Vec::with_capacity(found.len());
    for (leaf_index, at, ordered_by, reason) in found {
        let versions = erasures::table
            .filter(erasures::leaf_index.eq(leaf_index))
            .count()
            .get_result(connection)?;
        let files = file_erasures::table
            .filter(file_erasures::leaf_index.eq(leaf_index))
            .count()
            .get_result(connection)?;
        all.push(Listed {
            at,
            leaf_index,
            versions,
            files,
            ordered_by,
            reason,
        });
    }
    Ok(all)
}

/// Writes an erasure down.
pub fn add(connection: &mut Database, row: &Erasure) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(erasures::table).values(row).execute(c))?;
    Ok(())
}

/// A row of `raw_erasures`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = raw_erasures, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct RawErasure {
    pub submission_id: i64,
    pub leaf_index: i64,
    pub left_sha256: Option<Vec<u8>>,
    pub spans: String,
}

/// What was destroyed of the raw bytes of a submission, if anything was.
pub fn of_raw(
    connection: &mut Database,
    submission: i64,
) -> Result<Option<RawErasure>, StoreError> {
    Ok(raw_erasures::table
        .find(submission)
        .select(RawErasure::as_select())
        .first(connection)
        .optional()?)
}

/// Puts what is left of the raw bytes of a submission in their place, or nothing. Done twice it is done once.
pub fn leave_of_raw(
    connection: &mut Database,
    row: &RawErasure,
    raw: Option<Vec<u8>>,
    raw_key: Vec<u8>,
) -> Result<(), StoreError> {
    let left = (
        submissions::raw.eq(raw),
        submissions::raw_key.eq(Some(raw_key)),
    );
    on!(connection, c => diesel::update(submissions::table.find(row.submission_id)).set(left).execute(c))?;
    on!(connection, c => diesel::insert_into(raw_erasures::table)
        .values(row)
        .on_conflict(raw_erasures::submission_id)
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// What stands in `raw_key` of a submission whose raw bytes were destroyed: no wrapped key begins so.
pub const DESTROYED: [u8; 1] = [0];

/// The next submission after a number in which something was rejected, or sent once more.
pub fn next_attempt(connection: &mut Database, after: i64) -> Result<Option<i64>, StoreError> {
    Ok(submissions::table
        .filter(submissions::id.gt(after))
        .filter(submissions::rejected.gt(0).or(submissions::duplicate.gt(0)))
        .order(submissions::id)
        .select(submissions::id)
        .first(connection)
        .optional()?)
}

/// The leaf at which the bytes of a file beside records were destroyed, if they were.
pub fn of_file(connection: &mut Database, id: i64) -> Result<Option<i64>, StoreError> {
    Ok(file_erasures::table
        .find(id)
        .select(file_erasures::leaf_index)
        .first(connection)
        .optional()?)
}

/// Destroys the key of a file beside records; those that lie in clear are to be removed besides.
pub fn destroy_file(connection: &mut Database, id: i64, leaf_index: i64) -> Result<(), StoreError> {
    let nothing = attachments::wrapped.eq(Some(DESTROYED.to_vec()));
    on!(connection, c => diesel::update(attachments::table.find(id)).set(nothing).execute(c))?;
    let row = (
        file_erasures::attachment_id.eq(id),
        file_erasures::leaf_index.eq(leaf_index),
    );
    on!(connection, c => diesel::insert_into(file_erasures::table)
        .values(row)
        .on_conflict(file_erasures::attachment_id)
        .do_update()
        .set(file_erasures::leaf_index.eq(leaf_index))
        .execute(c))?;
    Ok(())
}

/// Whether other submissions have the same raw bytes, and name the same object.
pub fn others_name(
    connection: &mut Database,
    raw_sha256: &[u8],
    submission: i64,
) -> Result<bool, StoreError> {
    let same = submissions::table
        .filter(submissions::raw_sha256.eq(raw_sha256.to_vec()))
        .filter(submissions::id.ne(submission))
        .filter(submissions::raw_key.is_null());
    Ok(diesel::select(diesel::dsl::exists(same)).get_result(connection)?)
}

/// Destinations that may hold any of these versions: they were in a packet for it, and it did not refuse them.
pub fn holders(connection: &mut Database, records: &[i64]) -> Result<Vec<String>, StoreError> {
    let held = notices::held(connection, records)?;
    let mut names: Vec<String> = held.into_iter().map(|one| one.destination).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Lets the embedded engine overwrite what it deletes, or stop doing so.
pub fn overwrite(connection: &mut Database, on: bool) -> Result<(), StoreError> {
    if let Database::Sqlite(sqlite) = connection {
        sqlite.batch_execute(if on {
            "PRAGMA secure_delete = ON"
        } else {
            "PRAGMA secure_delete = OFF"
        })?;
    }
    Ok(())
}

/// Times that the write-ahead log is tried to be emptied while readers hold it.
const TRIES: usize = 50;

#[derive(QueryableByName)]
struct Busy {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}

/// Removes earlier states of rows from what the engine keeps beside its tables: the write-ahead log of SQLite, dead
/// versions of rows in PostgreSQL. False when readers kept it from it.
pub fn scrub(connection: &mut Database) -> Result<bool, StoreError> {
    match connection {
        Database::Sqlite(sqlite) => {
            for _ in 0..TRIES {
                let done: Busy =
                    diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(sqlite)?;
                if done.busy == 0 {
                    return Ok(true);
                }
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            Ok(false)
        }
        Database::Postgres(postgres) => {
            for table in [
                "records",
                "submissions",
                "links",
                "past_links",
                "attachments",
                "packets",
            ] {
                postgres.batch_execute(&format!("VACUUM {table}"))?;
            }
            Ok(true)
        }
    }
}
