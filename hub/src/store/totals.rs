//! Sums for reports. Cost grows with the days asked for, not with the history that is kept.
//!
//! Submissions are numbered in order of commit, so the numbers that a span of days covers are found by
//! halving; what lies outside is never read.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::schema::submissions;
use super::{Database, StoreError};

/// Which submissions are added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// Received at or after, milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Received before, milliseconds since 1970 UTC.
    pub to: Option<i64>,
    /// Only of this source.
    pub source: Option<String>,
}

/// Records of one source, day and data set.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct VolumeTotal {
    /// Source.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Days since 1970-01-01 in China.
    #[diesel(sql_type = BigInt)]
    pub day: i64,
    /// Number of the data set; 0 when it is not known.
    #[diesel(sql_type = Integer)]
    pub dataset: i32,
    /// Without a finding.
    #[diesel(sql_type = BigInt)]
    pub accepted: i64,
    /// With warnings.
    #[diesel(sql_type = BigInt)]
    pub warned: i64,
    /// Waiting.
    #[diesel(sql_type = BigInt)]
    pub parked: i64,
    /// Already held.
    #[diesel(sql_type = BigInt)]
    pub duplicate: i64,
    /// Not kept.
    #[diesel(sql_type = BigInt)]
    pub rejected: i64,
}

/// Findings of one kind.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct IssueTotal {
    /// Stable code.
    #[diesel(sql_type = Text)]
    pub code: String,
    /// Rule, if one decided.
    #[diesel(sql_type = Nullable<Text>)]
    pub rule: Option<String>,
    /// Number of the data set.
    #[diesel(sql_type = Integer)]
    pub dataset: i32,
    /// Pointer to the field.
    #[diesel(sql_type = Text)]
    pub path: String,
    /// 0 warning, 1 error: the worst that occurred.
    #[diesel(sql_type = Integer)]
    pub severity: i32,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// In submissions of how many sources.
    #[diesel(sql_type = BigInt)]
    pub sources: i64,
    /// The latest submission that holds one.
    #[diesel(sql_type = BigInt)]
    pub example: i64,
}

/// What one source sent in a span.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SourceTotal {
    /// Source.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Submissions.
    #[diesel(sql_type = BigInt)]
    pub submissions: i64,
    /// Records in them.
    #[diesel(sql_type = BigInt)]
    pub records: i64,
    /// Records not kept.
    #[diesel(sql_type = BigInt)]
    pub rejected: i64,
    /// When the last one came, milliseconds since 1970 UTC.
    #[diesel(sql_type = BigInt)]
    pub last_at: i64,
    /// Number of the last one.
    #[diesel(sql_type = BigInt)]
    pub last_id: i64,
}

/// China is at +08:00 all year.
const CHINA_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Time of receipt is taken before the commit gives the number: neighbours may be out of order by this much.
const SLACK_MS: i64 = 600_000;

/// Adds up records per source, day and data set.
pub fn volumes(connection: &mut Database, span: &Span) -> Result<Vec<VolumeTotal>, StoreError> {
    let among = among(connection, span)?;
    let sql = format!(
        "SELECT s.source AS source, (s.received_at + {CHINA_MS}) / {DAY_MS} AS day, v.dataset AS dataset, \
         SUM(v.accepted) AS accepted, SUM(v.warned) AS warned, SUM(v.parked) AS parked, \
         SUM(v.duplicate) AS duplicate, SUM(v.rejected) AS rejected \
         FROM submissions s JOIN volumes v ON v.submission_id = s.id WHERE {among} \
         GROUP BY s.source, (s.received_at + {CHINA_MS}) / {DAY_MS}, v.dataset \
         ORDER BY 1, 2, 3"
    );
    run(connection, sql, span)
}

/// Adds up findings, the commonest first.
pub fn issues(
    connection: &mut Database,
    span: &Span,
    limit: i64,
) -> Result<Vec<IssueTotal>, StoreError> {
    let among = among(connection, span)?;
    let sql = format!(
        "SELECT i.code AS code, i.rule AS rule, i.dataset AS dataset, i.path AS path, \
         MAX(i.severity) AS severity, COUNT(*) AS count, COUNT(DISTINCT s.source) AS sources, \
         MAX(i.submission_id) AS example \
         FROM submissions s JOIN issues i ON i.submission_id = s.id WHERE {among} \
         GROUP BY i.code, i.rule, i.dataset, i.path ORDER BY 6 DESC, 1, 3, 4 LIMIT {}",
        limit.max(0)
    );
    run(connection, sql, span)
}

/// Adds up submissions per source.
pub fn sources(connection: &mut Database, span: &Span) -> Result<Vec<SourceTotal>, StoreError> {
    let among = among(connection, span)?;
    let sql = format!(
        "SELECT s.source AS source, COUNT(*) AS submissions, \
         CAST(SUM(s.accepted + s.warned + s.parked + s.duplicate + s.rejected) AS BIGINT) AS records, \
         CAST(SUM(s.rejected) AS BIGINT) AS rejected, MAX(s.received_at) AS last_at, MAX(s.id) AS last_id \
         FROM submissions s WHERE {among} GROUP BY s.source ORDER BY 1"
    );
    run(connection, sql, span)
}

/// The first and last submission of a source on one day.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ActiveDay {
    /// Source.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// When the first one came, milliseconds since 1970 UTC.
    #[diesel(sql_type = BigInt)]
    pub first_at: i64,
    /// When the last one came.
    #[diesel(sql_type = BigInt)]
    pub last_at: i64,
}

/// The days in China on which each source sent, in order.
pub fn active_days(connection: &mut Database, span: &Span) -> Result<Vec<ActiveDay>, StoreError> {
    let among = among(connection, span)?;
    let sql = format!(
        "SELECT s.source AS source, MIN(s.received_at) AS first_at, MAX(s.received_at) AS last_at \
         FROM submissions s WHERE {among} \
         GROUP BY s.source, (s.received_at + {CHINA_MS}) / {DAY_MS} ORDER BY 1, 2"
    );
    run(connection, sql, span)
}

/// The last submission of a source.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Last {
    /// Source.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Its number.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// When it came, milliseconds since 1970 UTC.
    #[diesel(sql_type = BigInt)]
    pub at: i64,
}

/// The last submission of each source, whenever it came.
pub fn last(connection: &mut Database) -> Result<Vec<Last>, StoreError> {
    Ok(diesel::sql_query(
        "SELECT s.source AS source, s.id AS id, s.received_at AS at FROM submissions s \
         JOIN (SELECT source, MAX(id) AS id FROM submissions GROUP BY source) newest ON newest.id = s.id \
         ORDER BY 1",
    )
    .load(connection)?)
}

/// The sender's number and the first record of a submission that show a finding.
pub fn example(
    connection: &mut Database,
    total: &IssueTotal,
) -> Result<Option<(String, String, i32)>, StoreError> {
    use super::schema::issues;
    Ok(issues::table
        .inner_join(submissions::table.on(submissions::id.eq(issues::submission_id)))
        .filter(issues::submission_id.eq(total.example))
        .filter(issues::code.eq(&total.code))
        .filter(issues::dataset.eq(total.dataset))
        .filter(issues::path.eq(&total.path))
        .order(issues::seq)
        .select((
            submissions::source,
            submissions::submission,
            issues::record_index,
        ))
        .first(connection)
        .optional()?)
}

fn run<T>(connection: &mut Database, sql: String, span: &Span) -> Result<Vec<T>, StoreError>
where
    T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
{
    let source = span.source.clone().unwrap_or_default();
    // The connection that is either engine cannot load rows by name of column; each can by itself.
    Ok(match connection {
        Database::Sqlite(sqlite) => diesel::sql_query(sql)
            .bind::<Text, _>(source)
            .load(sqlite)?,
        Database::Postgres(postgres) => diesel::sql_query(sql)
            .bind::<Text, _>(source)
            .load(postgres)?,
    })
}

/// The condition on `submissions s`; numbers only, the source is bound as the first parameter.
fn among(connection: &mut Database, span: &Span) -> Result<String, StoreError> {
    let first = match span.from {
        Some(from) => first_at(connection, from.saturating_sub(SLACK_MS))?,
        None => 0,
    };
    let last = match span.to {
        Some(to) => first_at(connection, to.saturating_add(SLACK_MS))?,
        None => i64::MAX,
    };
    let source = if span.source.is_some() {
        "s.source = $1"
    } else {
        "$1 = ''"
    };
    Ok(format!(
        "s.id >= {first} AND s.id <= {last} AND s.received_at >= {} AND s.received_at < {} AND {source}",
        span.from.unwrap_or(i64::MIN + 1),
        span.to.unwrap_or(i64::MAX),
    ))
}

/// The number of the first submission received at or after an instant, or one past the last, by halving.
fn first_at(connection: &mut Database, instant: i64) -> Result<i64, StoreError> {
    let highest: Option<i64> = submissions::table
        .select(diesel::dsl::max(submissions::id))
        .first(connection)?;
    let (mut low, mut high) = (1, highest.map_or(1, |id| id + 1));
    while low < high {
        let middle = low + (high - low) / 2;
        let at: Option<i64> = submissions::table
            .filter(submissions::id.ge(middle))
            .order(submissions::id)
            .select(submissions::received_at)
            .first(connection)
            .optional()?;
        if at.is_some_and(|at| at < instant) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Records of one source that still wait for another.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct WaitingTotal {
    /// Source.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Records.
    #[diesel(sql_type = BigInt)]
    pub records: i64,
}

/// Counts what waits, per source.
pub fn waiting(connection: &mut Database) -> Result<Vec<WaitingTotal>, StoreError> {
    Ok(diesel::sql_query(
        "SELECT s.source AS source, COUNT(DISTINCT w.record_id) AS records \
         FROM waiting w JOIN records r ON r.id = w.record_id JOIN submissions s ON s.id = r.submission_id \
         GROUP BY s.source ORDER BY 1",
    )
    .load(connection)?)
}
