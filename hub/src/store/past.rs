//! The past in the order in which it became current: what a destination that begins there is owed.
//!
//! A version that was accepted became current with the leaf of its submission, one that had to wait with the leaf of
//! its release. Record numbers grow with the leaves of their submissions, so the past is read along them, page by
//! page, and the releases between two pages are merged in by their leaves. Costs by the page, not by the table.

use diesel::prelude::*;

use super::schema::{changes, records, submissions};
use super::words::Words;
use super::{Database, StoreError};

/// A record version that became current.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Became {
    /// The leaf at which it did.
    pub leaf: i64,
    /// `records.id`.
    pub record: i64,
    /// Number of the data set.
    pub dataset: i32,
    /// Deal.
    pub lane: i64,
    /// 0 upsert, 1 correct, 2 withdraw.
    pub action: i32,
    /// The version before it.
    pub previous: Option<i64>,
    /// Who sent it.
    pub source: String,
}

/// A page of the past.
#[derive(Debug, Default)]
pub struct Page {
    /// What became current, in order.
    pub became: Vec<Became>,
    /// The last record number that was gone through; none: there is nothing after this page.
    pub upto: Option<i64>,
}

/// What became current after a record number, over `limit` records.
pub fn page(connection: &mut Database, after: i64, limit: i64) -> Result<Page, StoreError> {
    let begin = leaf_of(connection, after)?.unwrap_or(-1);
    let numbers: Vec<i64> = records::table
        .filter(records::id.gt(after))
        .order(records::id)
        .limit(limit)
        .select(records::id)
        .load(connection)?;
    let last = numbers.last().copied();
    let end = match last.filter(|_| numbers.len() as i64 == limit) {
        Some(last) => leaf_of(connection, last)?,
        None => None,
    };
    let mut became: Vec<Became> = Vec::new();
    if let Some(last) = last {
        became = records::table
            .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
            .left_join(
                changes::table.on(changes::record_id
                    .eq(records::id)
                    .and(changes::submission_id.eq(records::submission_id))
                    .and(changes::record_index.eq(records::record_index))),
            )
            .filter(records::id.gt(after))
            .filter(records::id.le(last))
            .filter(records::verdict.lt(2))
            .filter(changes::record_id.nullable().is_null())
            .order(records::id)
            .select((
                submissions::leaf_index,
                records::id,
                records::dataset,
                records::lane,
                records::action,
                records::previous,
                submissions::source,
            ))
            .load(connection)?;
    }
    became.extend(
        changes::table
            .inner_join(records::table.on(records::id.eq(changes::record_id)))
            .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
            .filter(Words("kind = 0"))
            .filter(changes::leaf_index.gt(begin))
            .filter(changes::leaf_index.lt(end.unwrap_or(i64::MAX)))
            .filter(changes::verdict.lt(2))
            .order((changes::leaf_index, records::id))
            .select((
                changes::leaf_index,
                records::id,
                records::dataset,
                records::lane,
                records::action,
                records::previous,
                submissions::source,
            ))
            .load::<Became>(connection)?,
    );
    became.sort_by_key(|one| (one.leaf, one.record));
    Ok(Page {
        became,
        upto: end.and(last),
    })
}

fn leaf_of(connection: &mut Database, record: i64) -> Result<Option<i64>, StoreError> {
    Ok(records::table
        .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
        .filter(records::id.eq(record))
        .select(submissions::leaf_index)
        .first(connection)
        .optional()?)
}

/// The last record number that was received before an instant; 0 when none was. Found by halving: record numbers
/// grow with the time of receipt.
pub fn last_before(connection: &mut Database, instant: i64) -> Result<i64, StoreError> {
    let highest: Option<i64> = records::table
        .select(diesel::dsl::max(records::id))
        .first(connection)?;
    let (mut low, mut high) = (0, highest.unwrap_or(0));
    // Always: what has number `low` was received before, what comes after `high` was not.
    while low < high {
        let middle = low + (high - low + 1) / 2;
        let received: Option<i64> = records::table
            .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
            .filter(records::id.ge(middle))
            .order(records::id)
            .limit(1)
            .select(submissions::received_at)
            .first(connection)
            .optional()?;
        if received.is_some_and(|received| received < instant) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}
