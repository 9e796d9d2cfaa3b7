//! What was erased: when, by whose order, why, and at which leaf of the log.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::schema::{deliveries, erasures, raw_erasures, submissions};
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

/// How many record versions were erased.
pub fn count(connection: &mut Database) -> Result<usize, StoreError> {
    let count: i64 = erasures::table.count().get_result(connection)?;
    Ok(usize::try_from(count).unwrap_or(0))
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

/// Destinations that were sent any of these versions, or took it over.
pub fn holders(connection: &mut Database, records: &[i64]) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    for chunk in records.chunks(500) {
        names.extend(
            deliveries::table
                .filter(deliveries::record_id.eq_any(chunk.to_vec()))
                .filter(deliveries::state.eq_any([1, 2]))
                .select(deliveries::destination)
                .distinct()
                .load::<String>(connection)?,
        );
    }
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
            for table in ["records", "submissions", "links", "past_links"] {
                postgres.batch_execute(&format!("VACUUM {table}"))?;
            }
            Ok(true)
        }
    }
}
