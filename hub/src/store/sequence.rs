//! Counters of sources: how far they came, what they left out, and what went wrong with them.

use diesel::prelude::*;

use super::schema::{counters, sequence_alerts, sequence_gaps, submissions};
use super::{Database, StoreError, on};

/// A row of `sequence_alerts`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sequence_alerts, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Alert {
    pub id: i64,
    pub source: String,
    pub kind: i32,
    pub expected: i64,
    pub found: i64,
    pub submission_id: i64,
    pub first_id: Option<i64>,
    pub at: i64,
    pub closed_at: Option<i64>,
    pub leaf_index: i64,
}

/// A row of `sequence_gaps`: numbers that did not come, from first to last.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sequence_gaps, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Gap {
    pub source: String,
    pub first: i64,
    pub last: i64,
    pub alert_id: i64,
}

/// The highest number that a source gave so far.
pub fn highest(connection: &mut Database, source: &str) -> Result<Option<i64>, StoreError> {
    Ok(on!(connection, c => counters::table
        .find(source)
        .select(counters::highest)
        .get_result(c)
        .optional())?)
}

/// Moves the counter of a source on.
pub fn advance(
    connection: &mut Database,
    source: &str,
    highest: i64,
    submission_id: i64,
) -> Result<(), StoreError> {
    let new = (
        counters::highest.eq(highest),
        counters::submission_id.eq(submission_id),
    );
    let moved =
        on!(connection, c => diesel::update(counters::table.find(source)).set(new).execute(c))?;
    if moved == 0 {
        let row = (counters::source.eq(source), new.0, new.1);
        on!(connection, c => diesel::insert_into(counters::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The first submission of a source under a number before another, with the SHA-256 of its bytes.
pub fn first_under(
    connection: &mut Database,
    source: &str,
    sequence: i64,
    before: i64,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    Ok(submissions::table
        .filter(submissions::id.lt(before))
        .filter(submissions::source.eq(source))
        .filter(submissions::sequence.eq(sequence))
        .order(submissions::id)
        .select((submissions::id, submissions::raw_sha256))
        .first(connection)
        .optional()?)
}

/// The gap that a number lies in.
pub fn gap_around(
    connection: &mut Database,
    source: &str,
    number: i64,
) -> Result<Option<Gap>, StoreError> {
    let gap = sequence_gaps::table
        .filter(sequence_gaps::source.eq(source))
        .filter(sequence_gaps::first.le(number))
        .order(sequence_gaps::first.desc())
        .select(Gap::as_select())
        .first(connection)
        .optional()?;
    Ok(gap.filter(|gap| number <= gap.last))
}

/// Puts what is left of a gap in its place; says whether nothing is left of what its alert was about.
pub fn narrow(connection: &mut Database, gap: &Gap, left: &[Gap]) -> Result<bool, StoreError> {
    let key = (gap.source.as_str(), gap.first);
    on!(connection, c => diesel::delete(sequence_gaps::table.find(key)).execute(c))?;
    open(connection, left)?;
    let others: i64 = sequence_gaps::table
        .filter(sequence_gaps::source.eq(&gap.source))
        .filter(sequence_gaps::alert_id.eq(gap.alert_id))
        .count()
        .get_result(connection)?;
    Ok(others == 0)
}

/// Writes down numbers that did not come.
pub fn open(connection: &mut Database, gaps: &[Gap]) -> Result<(), StoreError> {
    for gap in gaps {
        on!(connection, c => diesel::insert_into(sequence_gaps::table).values(gap).execute(c))?;
    }
    Ok(())
}

/// The next free number of an alert.
pub fn next_alert(connection: &mut Database) -> Result<i64, StoreError> {
    let highest: Option<i64> = sequence_alerts::table
        .select(diesel::dsl::max(sequence_alerts::id))
        .first(connection)?;
    Ok(highest.map_or(1, |id| id + 1))
}

/// Raises an alert.
pub fn raise(connection: &mut Database, alert: &Alert) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(sequence_alerts::table).values(alert).execute(c))?;
    Ok(())
}

/// Closes an alert: what it was about is mended.
pub fn close(connection: &mut Database, id: i64, at: i64) -> Result<(), StoreError> {
    let closed = sequence_alerts::closed_at.eq(Some(at));
    on!(connection, c => diesel::update(sequence_alerts::table.find(id)).set(closed).execute(c))?;
    Ok(())
}

/// Alerts of one source or of all, the newest first; only those raised in a span of time.
pub fn alerts(
    connection: &mut Database,
    source: Option<&str>,
    (from, to): (i64, i64),
    limit: i64,
) -> Result<Vec<Alert>, StoreError> {
    let mut query = sequence_alerts::table
        .filter(sequence_alerts::at.ge(from))
        .filter(sequence_alerts::at.lt(to))
        .order(sequence_alerts::id.desc())
        .limit(limit)
        .select(Alert::as_select())
        .into_boxed();
    if let Some(source) = source {
        query = query.filter(sequence_alerts::source.eq(source.to_owned()));
    }
    Ok(query.load(connection)?)
}

/// How many alerts of each source and kind are not closed.
pub fn open_alerts(connection: &mut Database) -> Result<Vec<(String, i32, i64)>, StoreError> {
    Ok(sequence_alerts::table
        .filter(sequence_alerts::closed_at.is_null())
        .group_by((sequence_alerts::source, sequence_alerts::kind))
        .order((sequence_alerts::source, sequence_alerts::kind))
        .select((
            sequence_alerts::source,
            sequence_alerts::kind,
            diesel::dsl::count_star(),
        ))
        .load(connection)?)
}

/// The numbers of an alert's gap that have not come yet.
pub fn gaps_of(
    connection: &mut Database,
    source: &str,
    alert_id: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(sequence_gaps::table
        .filter(sequence_gaps::source.eq(source))
        .filter(sequence_gaps::alert_id.eq(alert_id))
        .order(sequence_gaps::first)
        .limit(20)
        .select((sequence_gaps::first, sequence_gaps::last))
        .load(connection)?)
}
