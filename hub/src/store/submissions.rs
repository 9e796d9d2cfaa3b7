//! Submissions, their counts and findings.

use diesel::prelude::*;

use super::schema::{hints, issues, leaves, spans, submissions, volumes};
use super::{Database, StoreError, on};

/// A row of `submissions`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = submissions, treat_none_as_default_value = false)]
#[expect(
    clippy::struct_field_names,
    reason = "the sender's own number is called `submission`"
)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Submission {
    pub id: i64,
    pub source: String,
    pub submission: String,
    pub edition: String,
    pub sequence: Option<i64>,
    pub received_at: i64,
    pub raw_sha256: Vec<u8>,
    pub raw_bytes: i64,
    pub media_type: String,
    pub raw: Option<Vec<u8>>,
    pub accepted: i32,
    pub warned: i32,
    pub parked: i32,
    pub duplicate: i32,
    pub rejected: i32,
    pub leaf_index: i64,
    pub outcomes: Vec<u8>,
    pub raw_key: Option<Vec<u8>>,
}

/// A row of `submissions` without its blobs, for lists.
#[derive(Debug, Clone, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = submissions)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct SubmissionLine {
    pub id: i64,
    pub source: String,
    pub submission: String,
    pub edition: String,
    pub received_at: i64,
    pub raw_bytes: i64,
    pub media_type: String,
    pub accepted: i32,
    pub warned: i32,
    pub parked: i32,
    pub duplicate: i32,
    pub rejected: i32,
    pub leaf_index: i64,
}

/// A row of `volumes`.
#[derive(Debug, Clone, Copy, Default, Queryable, Insertable)]
#[diesel(table_name = volumes, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Volume {
    pub submission_id: i64,
    pub dataset: i32,
    pub accepted: i32,
    pub warned: i32,
    pub parked: i32,
    pub duplicate: i32,
    pub rejected: i32,
}

impl Volume {
    /// Accepted, with warnings, parked, duplicate, rejected.
    pub fn by_verdict(&self) -> [i32; 5] {
        [
            self.accepted,
            self.warned,
            self.parked,
            self.duplicate,
            self.rejected,
        ]
    }
}

/// A row of `issues`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = issues, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct IssueRow {
    pub submission_id: i64,
    pub seq: i32,
    pub record_index: i32,
    pub dataset: i32,
    pub severity: i32,
    pub code: String,
    pub rule: Option<String>,
    pub path: String,
}

/// Which submissions a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this source's.
    pub source: Option<String>,
    /// Only with this number of the sender.
    pub submission: Option<String>,
    /// Received at or after, milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Received before, milliseconds since 1970 UTC.
    pub to: Option<i64>,
    /// Only after this number.
    pub after: i64,
    /// At most so many.
    pub limit: i64,
}

/// Finds the submission with this number of the sender.
pub fn by_sender(
    connection: &mut Database,
    source: &str,
    submission: &str,
) -> Result<Option<Submission>, StoreError> {
    let wanted = submissions::source
        .eq(source)
        .and(submissions::submission.eq(submission));
    // Without a limit (the pair is unique): SQLite prepares a statement anew whenever its LIMIT is bound.
    Ok(on!(connection, c => submissions::table
        .filter(wanted)
        .select(Submission::as_select())
        .get_result(c)
        .optional())?)
}

/// Finds a submission by its own number.
pub fn by_id(connection: &mut Database, id: i64) -> Result<Option<Submission>, StoreError> {
    Ok(submissions::table
        .find(id)
        .select(Submission::as_select())
        .first(connection)
        .optional()?)
}

/// Who sent a submission.
pub fn source_of(connection: &mut Database, id: i64) -> Result<String, StoreError> {
    Ok(submissions::table
        .find(id)
        .select(submissions::source)
        .first(connection)?)
}

/// The place of a submission in the log.
pub fn leaf_index(connection: &mut Database, id: i64) -> Result<Option<i64>, StoreError> {
    Ok(submissions::table
        .find(id)
        .select(submissions::leaf_index)
        .first(connection)
        .optional()?)
}

/// How a submission was to be read, when its media type alone did not say (JSON).
pub fn hint(connection: &mut Database, id: i64) -> Result<Option<String>, StoreError> {
    Ok(hints::table
        .find(id)
        .select(hints::hint)
        .first(connection)
        .optional()?)
}

/// Keeps how a submission was to be read.
pub fn keep_hint(connection: &mut Database, id: i64, hint: &str) -> Result<(), StoreError> {
    let row = (hints::submission_id.eq(id), hints::hint.eq(hint));
    on!(connection, c => diesel::insert_into(hints::table).values(row).execute(c))?;
    Ok(())
}

/// The counts of one submission per data set.
pub fn volumes(connection: &mut Database, id: i64) -> Result<Vec<Volume>, StoreError> {
    Ok(volumes::table
        .filter(volumes::submission_id.eq(id))
        .load(connection)?)
}

/// The findings of one submission in order, from a place on.
pub fn issues_from(
    connection: &mut Database,
    id: i64,
    seq: i32,
    limit: i64,
) -> Result<Vec<IssueRow>, StoreError> {
    Ok(issues::table
        .filter(issues::submission_id.eq(id))
        .filter(issues::seq.ge(seq))
        .order(issues::seq)
        .limit(limit)
        .load(connection)?)
}

/// The entry of the log at an index.
pub fn leaf(connection: &mut Database, index: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(leaves::table
        .find(index)
        .select(leaves::body)
        .first(connection)
        .optional()?)
}

/// The last entries of the log, newest first.
pub fn last_leaves(connection: &mut Database, limit: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(leaves::table
        .order(leaves::leaf_index.desc())
        .limit(limit)
        .select(leaves::body)
        .load(connection)?)
}

/// The index of the first of some entries of the log, and their bodies in order.
pub type Span = (i64, Vec<Vec<u8>>);

/// The entries that were committed together with the one at an index, and the index of the first; none before it
/// was kept what belongs together.
pub fn span(connection: &mut Database, index: i64) -> Result<Option<Span>, StoreError> {
    let found: Option<(i64, i64)> = spans::table
        .filter(spans::first_leaf.le(index))
        .order(spans::first_leaf.desc())
        .first(connection)
        .optional()?;
    let Some((first, size)) = found.filter(|(first, size)| index - first < *size) else {
        return Ok(None);
    };
    let bodies: Vec<Vec<u8>> = leaves::table
        .filter(leaves::leaf_index.between(first, first + size - 1))
        .order(leaves::leaf_index)
        .select(leaves::body)
        .load(connection)?;
    Ok((bodies.len() as i64 == size).then_some((first, bodies)))
}

/// Entries of the log from an index on, in order.
pub fn leaves_from(
    connection: &mut Database,
    index: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    Ok(leaves::table
        .filter(leaves::leaf_index.ge(index))
        .order(leaves::leaf_index)
        .limit(limit)
        .select((leaves::leaf_index, leaves::body))
        .load(connection)?)
}

/// Lists submissions in order of receipt.
pub fn list(connection: &mut Database, filter: &Filter) -> Result<Vec<SubmissionLine>, StoreError> {
    // One shape of statement for all filters: absent ones are opened wide.
    let mut query = submissions::table
        .filter(submissions::id.gt(filter.after))
        .filter(submissions::received_at.ge(filter.from.unwrap_or(i64::MIN)))
        .filter(submissions::received_at.lt(filter.to.unwrap_or(i64::MAX)))
        .order(submissions::id)
        .limit(filter.limit)
        .select(SubmissionLine::as_select())
        .into_boxed();
    if let Some(source) = &filter.source {
        query = query.filter(submissions::source.eq(source));
    }
    if let Some(submission) = &filter.submission {
        query = query.filter(submissions::submission.eq(submission));
    }
    Ok(query.load(connection)?)
}
