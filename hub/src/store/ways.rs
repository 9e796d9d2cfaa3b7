//! How each way in fares: when it last brought something, and when and why it last failed.

use diesel::prelude::*;

use super::schema::ways;
use super::{Database, StoreError, on};

/// A row of `ways`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = ways)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct WayRow {
    pub way: String,
    pub place: String,
    pub source: String,
    pub last_success_at: Option<i64>,
    pub last_error_at: Option<i64>,
    pub last_error: Option<String>,
}

/// Notes that something was brought, or that the way was looked along and nothing was there.
pub fn succeeded(
    connection: &mut Database,
    (way, place): (&str, &str),
    source: &str,
    now: i64,
) -> Result<(), StoreError> {
    let row = (
        ways::way.eq(way),
        ways::place.eq(place),
        ways::source.eq(source),
        ways::last_success_at.eq(Some(now)),
    );
    let set = (ways::source.eq(source), ways::last_success_at.eq(Some(now)));
    on!(connection, c => diesel::insert_into(ways::table)
        .values(row)
        .on_conflict((ways::way, ways::place))
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

/// Notes a failure.
pub fn failed(
    connection: &mut Database,
    (way, place): (&str, &str),
    source: &str,
    why: &str,
    now: i64,
) -> Result<(), StoreError> {
    let row = (
        ways::way.eq(way),
        ways::place.eq(place),
        ways::source.eq(source),
        ways::last_error_at.eq(Some(now)),
        ways::last_error.eq(Some(why)),
    );
    let set = (
        ways::last_error_at.eq(Some(now)),
        ways::last_error.eq(Some(why)),
    );
    on!(connection, c => diesel::insert_into(ways::table)
        .values(row)
        .on_conflict((ways::way, ways::place))
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

/// Every way in, in order.
pub fn all(connection: &mut Database) -> Result<Vec<WayRow>, StoreError> {
    Ok(ways::table
        .order((ways::way, ways::place))
        .select(WayRow::as_select())
        .load(connection)?)
}
