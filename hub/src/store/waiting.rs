//! The waiting room: who waits since when for what, and what became of those who waited.
//!
//! `parked` and `waiting` hold what waits now; a row of `changes` is written once, when the wait ends.
//! Every change belongs inside the one writer's transaction.

use diesel::prelude::*;

use super::among::among;
use super::records::{RecordRow, Wait};
use super::schema::{changes, links, parked, past_parked, records, submissions, waiting};
use super::{Database, StoreError, on};

/// Most values in one statement.
const CHUNK: usize = 400;

/// A row of `parked`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = parked, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Parked {
    pub record_id: i64,
    pub submission_id: i64,
    pub edition: String,
    pub own_hash: i64,
    pub message_hash: Option<i64>,
    pub since: i64,
    pub warned: i32,
    pub awaits: String,
}

/// A row of `changes`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = changes, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Change {
    pub submission_id: i64,
    pub record_index: i32,
    pub record_id: i64,
    pub kind: i32,
    pub verdict: i32,
    pub at: i64,
    pub leaf_index: i64,
    pub issues: String,
    pub replaced_by: Option<i64>,
}

/// Writes down that records wait.
pub fn enter(connection: &mut Database, rows: &[Parked], waits: &[Wait]) -> Result<(), StoreError> {
    for row in rows {
        on!(connection, c => diesel::insert_into(parked::table).values(row).execute(c))?;
    }
    for wait in waits {
        on!(connection, c => diesel::insert_into(waiting::table).values(wait).execute(c))?;
    }
    Ok(())
}

/// Takes a record out of the waiting room.
pub fn leave(connection: &mut Database, record_id: i64) -> Result<(), StoreError> {
    on!(connection, c => diesel::delete(waiting::table.filter(waiting::record_id.eq(record_id))).execute(c))?;
    on!(connection, c => diesel::delete(parked::table.find(record_id)).execute(c))?;
    Ok(())
}

/// Records that wait for any of the hashes, in the order of their numbers; in one query.
pub fn ready(
    connection: &mut Database,
    hashes: &[i64],
) -> Result<Vec<(Parked, RecordRow)>, StoreError> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(in_order(on!(connection, c => waiting::table
        .inner_join(parked::table.on(parked::record_id.eq(waiting::record_id)))
        .inner_join(records::table.on(records::id.eq(waiting::record_id)))
        .filter(among(waiting::hash, hashes))
        .select((Parked::as_select(), RecordRow::as_select()))
        .load(c))?))
}

/// Values that are waited for although a record version from a number on is found under them; in order, after a hash.
pub fn satisfied(
    connection: &mut Database,
    first_record: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    Ok(waiting::table
        .inner_join(links::table.on(links::hash.eq(waiting::hash)))
        .filter(links::record_id.ge(first_record))
        .filter(waiting::hash.gt(after))
        .select(waiting::hash)
        .distinct()
        .order(waiting::hash)
        .limit(limit)
        .load(connection)?)
}

/// Waiting records that have one of these hashes of their own: by business key, or by the key of their message; in
/// one query.
pub fn by_own_hash(
    connection: &mut Database,
    hashes: &[i64],
) -> Result<Vec<(Parked, RecordRow)>, StoreError> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(in_order(on!(connection, c => parked::table
        .inner_join(records::table.on(records::id.eq(parked::record_id)))
        .filter(
            among(parked::own_hash, hashes)
                .or(among(parked::message_hash.assume_not_null(), hashes)),
        )
        .select((Parked::as_select(), RecordRow::as_select()))
        .load(c))?))
}

/// Each once, in the order of their numbers: one record may be found under several hashes.
fn in_order(mut found: Vec<(Parked, RecordRow)>) -> Vec<(Parked, RecordRow)> {
    found.sort_by_key(|(parked, _)| parked.record_id);
    found.dedup_by_key(|(parked, _)| parked.record_id);
    found
}

/// Records that waited once under one of these hashes of their own, and do no longer: hash, version.
pub fn waited_under(
    connection: &mut Database,
    hashes: &[i64],
) -> Result<Vec<(i64, RecordRow)>, StoreError> {
    let mut rows = Vec::new();
    for chunk in hashes.chunks(CHUNK) {
        rows.extend(
            past_parked::table
                .inner_join(records::table.on(records::id.eq(past_parked::record_id)))
                .filter(past_parked::hash.eq_any(chunk))
                .select((past_parked::hash, RecordRow::as_select()))
                .load::<(i64, RecordRow)>(connection)?,
        );
    }
    Ok(rows)
}

/// Records of an edition that wait since an instant or longer, the longest first.
pub fn since(
    connection: &mut Database,
    edition: &str,
    instant: i64,
    limit: i64,
) -> Result<Vec<(Parked, RecordRow)>, StoreError> {
    Ok(parked::table
        .inner_join(records::table.on(records::id.eq(parked::record_id)))
        .filter(parked::edition.eq(edition))
        .filter(parked::since.le(instant))
        .order((parked::since, parked::record_id))
        .limit(limit)
        .select((Parked::as_select(), RecordRow::as_select()))
        .load(connection)?)
}

/// All that waits, with the submission's source and the sender's number of it, the longest first.
pub fn all(
    connection: &mut Database,
    source: Option<&str>,
    limit: i64,
) -> Result<Vec<(Parked, RecordRow, String, String)>, StoreError> {
    let mut query = parked::table
        .inner_join(records::table.on(records::id.eq(parked::record_id)))
        .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
        .order((parked::since, parked::record_id))
        .limit(limit)
        .select((
            Parked::as_select(),
            RecordRow::as_select(),
            submissions::source,
            submissions::submission,
        ))
        .into_boxed();
    if let Some(source) = source {
        query = query.filter(submissions::source.eq(source.to_owned()));
    }
    Ok(query.load(connection)?)
}

/// Writes down how a wait ended: the record's verdict and lane, and the change that its source can see.
pub fn settle(connection: &mut Database, change: &Change, lane: i64) -> Result<(), StoreError> {
    let decided = (records::verdict.eq(change.verdict), records::lane.eq(lane));
    on!(connection, c => diesel::update(records::table.find(change.record_id)).set(decided).execute(c))?;
    on!(connection, c => diesel::insert_into(changes::table).values(change).execute(c))?;
    let found: Option<(i64, Option<i64>)> = on!(connection, c => parked::table
        .find(change.record_id)
        .select((parked::own_hash, parked::message_hash))
        .get_result(c)
        .optional())?;
    // Who waited then must be found when an older submission is judged again.
    for hash in found
        .into_iter()
        .flat_map(|(own, message)| std::iter::once(own).chain(message))
    {
        let row = (
            past_parked::hash.eq(hash),
            past_parked::record_id.eq(change.record_id),
        );
        on!(connection, c => diesel::insert_into(past_parked::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    leave(connection, change.record_id)
}

/// How the wait of a record ended, if it waited and does no longer.
pub fn change_of(connection: &mut Database, row: &RecordRow) -> Result<Option<Change>, StoreError> {
    change_at(connection, row.submission_id, row.record_index)
}

/// The same by the record's submission, and its place there.
pub fn change_at(
    connection: &mut Database,
    submission: i64,
    index: i32,
) -> Result<Option<Change>, StoreError> {
    let place = (submission, index);
    Ok(on!(connection, c => changes::table
        .find(place)
        .select(Change::as_select())
        .get_result(c)
        .optional())?)
}

/// What changed about the records of a submission since its receipt, in their order.
pub fn changes_of(
    connection: &mut Database,
    submission: i64,
) -> Result<Vec<(Change, RecordRow)>, StoreError> {
    Ok(changes::table
        .inner_join(records::table.on(records::id.eq(changes::record_id)))
        .filter(changes::submission_id.eq(submission))
        .order(changes::record_index)
        .select((Change::as_select(), RecordRow::as_select()))
        .load(connection)?)
}

/// How many records of a submission still wait.
pub fn waiting_of(connection: &mut Database, submission: i64) -> Result<i64, StoreError> {
    Ok(parked::table
        .filter(parked::submission_id.eq(submission))
        .count()
        .get_result(connection)?)
}
