//! The figures of a day: what was received of whom, what became of what waited, what is owed and how it stands.
//!
//! Every statement goes along a range of numbers of one day ([`super::days`]); none reads a whole table.

use diesel::dsl::{count_star, sql, sum};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::days::{self, Span};
use super::deliveries::State;
use super::schema::{changes, deliveries, delivery_states, parked, records, submissions};
use super::words::BADLY;
use super::{Database, StoreError};

diesel::allow_columns_to_appear_in_same_group_by_clause!(
    submissions::source,
    changes::kind,
    changes::verdict
);
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    submissions::source,
    records::dataset,
    records::action,
    records::verdict
);
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    delivery_states::destination,
    delivery_states::state
);

/// Begins a view of the database that nothing changes until [`ended`]: figures from several statements fit each other.
pub fn frozen(connection: &mut Database) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection as _;
    connection.batch_execute(match connection {
        Database::Sqlite(_) => "BEGIN",
        Database::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    })?;
    Ok(())
}

/// Ends it.
pub fn ended(connection: &mut Database) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection as _;
    connection.batch_execute("ROLLBACK")?;
    Ok(())
}

/// What was received of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// The source.
    pub source: String,
    /// Its submissions.
    pub submissions: i64,
    /// Records by verdict, as they were receipted: accepted, with warnings, parked, duplicate, rejected.
    pub by_verdict: [i64; 5],
}

/// What was received on a day, by source.
pub fn received(connection: &mut Database, span: &Span) -> Result<Vec<Received>, StoreError> {
    type Row = (
        String,
        i64,
        Option<i64>,
        Option<i64>,
        Option<i64>,
        Option<i64>,
        Option<i64>,
    );
    let rows: Vec<Row> = submissions::table
        .filter(submissions::id.ge(span.from.submission))
        .filter(submissions::id.lt(span.until.submission))
        .group_by(submissions::source)
        .select((
            submissions::source,
            count_star(),
            sum(submissions::accepted),
            sum(submissions::warned),
            sum(submissions::parked),
            sum(submissions::duplicate),
            sum(submissions::rejected),
        ))
        .order(submissions::source)
        .load(connection)?;
    let line =
        |(source, submissions, accepted, warned, parked, duplicate, rejected): Row| Received {
            source,
            submissions,
            by_verdict: [accepted, warned, parked, duplicate, rejected]
                .map(Option::unwrap_or_default),
        };
    Ok(rows.into_iter().map(line).collect())
}

/// What became of records of a day that were parked: source, kind and verdict of the change, how many.
pub fn changed(
    connection: &mut Database,
    span: &Span,
) -> Result<Vec<(String, i32, i32, i64)>, StoreError> {
    Ok(changes::table
        .inner_join(submissions::table.on(submissions::id.eq(changes::submission_id)))
        .filter(changes::submission_id.ge(span.from.submission))
        .filter(changes::submission_id.lt(span.until.submission))
        .group_by((submissions::source, changes::kind, changes::verdict))
        .select((
            submissions::source,
            changes::kind,
            changes::verdict,
            count_star(),
        ))
        .load(connection)?)
}

/// Records of a day that wait still, by source.
pub fn waiting(connection: &mut Database, span: &Span) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(parked::table
        .inner_join(submissions::table.on(submissions::id.eq(parked::submission_id)))
        .filter(parked::submission_id.ge(span.from.submission))
        .filter(parked::submission_id.lt(span.until.submission))
        .group_by(submissions::source)
        .select((submissions::source, count_star()))
        .load(connection)?)
}

/// Record versions of a day that are alike.
#[derive(Debug, Clone, Queryable)]
pub struct Versions {
    /// Who sent them.
    pub source: String,
    /// Number of the data set.
    pub dataset: i32,
    /// 0 upsert, 1 correct, 2 withdraw.
    pub action: i32,
    /// The verdict that they have now.
    pub verdict: i32,
    /// How many.
    pub number: i64,
}

/// The record versions of a day.
pub fn versions(connection: &mut Database, span: &Span) -> Result<Vec<Versions>, StoreError> {
    Ok(records::table
        .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
        .filter(records::id.ge(span.from.record))
        .filter(records::id.lt(span.until.record))
        .group_by((
            submissions::source,
            records::dataset,
            records::action,
            records::verdict,
        ))
        .select((
            submissions::source,
            records::dataset,
            records::action,
            records::verdict,
            count_star(),
        ))
        .load(connection)?)
}

/// The ranges of numbers in which deliveries of a day's records lie: those of the day itself, and of each day on which
/// some of them were released from waiting.
pub fn owed_in(connection: &mut Database, span: &Span) -> Result<Vec<(i64, i64)>, StoreError> {
    let late: Vec<i64> = changes::table
        .filter(changes::submission_id.ge(span.from.submission))
        .filter(changes::submission_id.lt(span.until.submission))
        .filter(changes::kind.eq(0))
        .filter(changes::leaf_index.ge(span.until.leaf))
        .select(changes::leaf_index)
        .load(connection)?;
    let mut ranges = vec![(span.from.delivery, span.until.delivery)];
    for later in days::of_leaves(connection, &late)? {
        ranges.push((later.from.delivery, later.until.delivery));
    }
    Ok(ranges)
}

/// How many deliveries of a day's records are in which state: destination, state, how many.
pub fn owed(
    connection: &mut Database,
    span: &Span,
    ranges: &[(i64, i64)],
) -> Result<Vec<(String, State, i64)>, StoreError> {
    let mut found = Vec::new();
    for (from, until) in ranges {
        let rows: Vec<(String, i32, i64)> = delivery_states::table
            .filter(
                delivery_states::id
                    .ge(from)
                    .and(delivery_states::id.lt(until)),
            )
            .filter(delivery_states::record_id.ge(span.from.record))
            .filter(delivery_states::record_id.lt(span.until.record))
            .group_by((delivery_states::destination, delivery_states::state))
            .select((
                delivery_states::destination,
                delivery_states::state,
                count_star(),
            ))
            .load(connection)?;
        for (destination, state, number) in rows {
            found.push((destination, State::from_number(state)?, number));
        }
    }
    Ok(found)
}

/// How many versions of a day, withdrawals left out, are owed to a destination.
pub fn owed_without_withdrawals(
    connection: &mut Database,
    span: &Span,
    ranges: &[(i64, i64)],
    destination: &str,
) -> Result<i64, StoreError> {
    let mut found = 0;
    for (from, until) in ranges {
        found += deliveries::table
            .inner_join(records::table.on(records::id.eq(deliveries::record_id)))
            .filter(deliveries::id.ge(from).and(deliveries::id.lt(until)))
            .filter(deliveries::destination.eq(destination))
            .filter(records::id.ge(span.from.record))
            .filter(records::id.lt(span.until.record))
            .filter(records::action.lt(2))
            .count()
            .get_result::<i64>(connection)?;
    }
    Ok(found)
}

/// A record version that is owed to a destination.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct OwedVersion {
    /// `deliveries.id`.
    pub delivery: i64,
    /// Its state, by number.
    pub state: i32,
    /// The batch that carried it last.
    pub batch: Option<i64>,
    /// `records.id`.
    pub record: i64,
}

/// The versions of a day that are owed to a destination, in a range of deliveries, after one, so many at most.
pub fn owed_versions(
    connection: &mut Database,
    span: &Span,
    destination: &str,
    (after, until): (i64, i64),
    limit: i64,
) -> Result<Vec<OwedVersion>, StoreError> {
    Ok(delivery_states::table
        .filter(
            delivery_states::id
                .gt(after)
                .and(delivery_states::id.lt(until)),
        )
        .filter(delivery_states::destination.eq(destination))
        .filter(delivery_states::record_id.ge(span.from.record))
        .filter(delivery_states::record_id.lt(span.until.record))
        .order(delivery_states::id)
        .limit(limit)
        .select((
            delivery_states::id,
            delivery_states::state,
            delivery_states::batch_id,
            delivery_states::record_id,
        ))
        .load(connection)?)
}

/// Where a record version came from.
#[derive(Debug, Clone, Queryable)]
pub struct Origin {
    /// `records.id`.
    pub record: i64,
    /// Who sent it.
    pub source: String,
    /// `submissions.id`.
    pub submission: i64,
    /// Place in the submission, from 0.
    pub place: i32,
}

/// Where record versions came from.
pub fn origins(connection: &mut Database, versions: &[i64]) -> Result<Vec<Origin>, StoreError> {
    let mut found = Vec::with_capacity(versions.len());
    for chunk in versions.chunks(400) {
        let rows: Vec<Origin> = records::table
            .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
            .filter(records::id.eq_any(chunk.to_vec()))
            .select((
                records::id,
                submissions::source,
                records::submission_id,
                records::record_index,
            ))
            .load(connection)?;
        found.extend(rows);
    }
    Ok(found)
}

/// A submission as the books go through it.
#[derive(Debug, Clone, Queryable)]
pub struct SentSubmission {
    /// `submissions.id`.
    pub id: i64,
    /// Who sent it.
    pub source: String,
    /// The sender's own number.
    pub submission: String,
    /// Records in it.
    pub records: i64,
}

/// Submissions of a day after one, in order, so many at most; of one source, or of all.
pub fn submissions_after(
    connection: &mut Database,
    span: &Span,
    source: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<SentSubmission>, StoreError> {
    let from = span.from.submission.max(after.saturating_add(1));
    let mut query = submissions::table
        .filter(submissions::id.ge(from))
        .filter(submissions::id.lt(span.until.submission))
        .order(submissions::id)
        .limit(limit)
        .select((
            submissions::id,
            submissions::source,
            submissions::submission,
            sql::<BigInt>("CAST(accepted + warned + parked + duplicate + rejected AS BIGINT)"),
        ))
        .into_boxed();
    if let Some(source) = source {
        query = query.filter(submissions::source.eq(source.to_owned()));
    }
    Ok(query.load(connection)?)
}

/// The outcomes of submissions as they are kept, in order of their numbers, which are given in order; empty for one whose
/// outcomes are kept in parts.
pub fn outcomes(connection: &mut Database, ids: &[i64]) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(400) {
        let rows: Vec<Vec<u8>> = submissions::table
            .filter(submissions::id.eq_any(chunk.to_vec()))
            .order(submissions::id)
            .select(submissions::outcomes)
            .load(connection)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The deliveries of record versions that a destination refused: version and delivery.
pub fn refused(
    connection: &mut Database,
    destination: &str,
    versions: &[i64],
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut found = Vec::new();
    for chunk in versions.chunks(400) {
        // Said as the index says it, so that SQLite takes it.
        let rows: Vec<(i64, i64)> = deliveries::table
            .filter(deliveries::record_id.eq_any(chunk.to_vec()))
            .filter(BADLY)
            .filter(deliveries::state.eq(State::Refused.number()))
            .filter(deliveries::destination.eq(destination))
            .select((deliveries::record_id, deliveries::id))
            .load(connection)?;
        found.extend(rows);
    }
    Ok(found)
}
