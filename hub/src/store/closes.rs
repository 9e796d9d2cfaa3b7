//! What was closed: one row per day, party and number; a later number is a supplement, nothing is written over. And what
//! sources said about it.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::schema::{closes, manifests};
use super::{Database, StoreError, on};

/// A row of `closes`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = closes, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Close {
    pub date: String,
    pub party: String,
    pub number: i32,
    pub document: String,
    pub note: String,
    pub leaf_index: i64,
    pub balanced: i32,
    pub agreed: Option<i32>,
    pub open: i64,
    pub at: i64,
}

/// A row of `manifests`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = manifests, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Manifest {
    pub date: String,
    pub source: String,
    pub sha256: String,
    pub number: i32,
    pub note: String,
    pub agreed: i32,
    pub leaf_index: i64,
    pub at: i64,
}

/// Adds a close.
pub fn add(connection: &mut Database, row: &Close) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(closes::table).values(row).execute(c))?;
    Ok(())
}

/// The latest close of a day with a party.
pub fn latest(
    connection: &mut Database,
    date: &str,
    party: &str,
) -> Result<Option<Close>, StoreError> {
    Ok(closes::table
        .filter(closes::date.eq(date))
        .filter(closes::party.eq(party))
        .order(closes::number.desc())
        .limit(1)
        .select(Close::as_select())
        .first(connection)
        .optional()?)
}

/// One close.
pub fn one(
    connection: &mut Database,
    date: &str,
    party: &str,
    number: i32,
) -> Result<Option<Close>, StoreError> {
    Ok(closes::table
        .find((date, party, number))
        .select(Close::as_select())
        .first(connection)
        .optional()?)
}

/// All closes of a day, in order of party and number.
pub fn of_day(connection: &mut Database, date: &str) -> Result<Vec<Close>, StoreError> {
    Ok(closes::table
        .filter(closes::date.eq(date))
        .order((closes::party, closes::number))
        .select(Close::as_select())
        .load(connection)?)
}

/// The latest number of each party of each day between two, without its document: newest day first, so many at most.
pub fn lines(
    connection: &mut Database,
    (from, to): (&str, &str),
    party: Option<&str>,
    limit: i64,
) -> Result<Vec<Close>, StoreError> {
    let mut query = closes::table
        .filter(closes::date.between(from, to))
        .filter(newest())
        .order((closes::date.desc(), closes::party))
        .limit(limit)
        .select(Close::as_select())
        .into_boxed();
    if let Some(party) = party {
        query = query.filter(closes::party.eq(party.to_owned()));
    }
    Ok(query.load(connection)?)
}

/// The latest close of a party, without its document.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Line {
    pub date: String,
    pub party: String,
    pub balanced: i32,
    pub agreed: Option<i32>,
    pub open: i64,
}

/// The latest number of each party of each day from one on, without documents.
pub fn short_lines(connection: &mut Database, from: &str) -> Result<Vec<Line>, StoreError> {
    Ok(closes::table
        .filter(closes::date.ge(from))
        .filter(newest())
        .select((
            closes::date,
            closes::party,
            closes::balanced,
            closes::agreed,
            closes::open,
        ))
        .load(connection)?)
}

/// That a row is the last of its day and party.
fn newest() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>(
        "number = (SELECT MAX(later.number) FROM closes AS later \
         WHERE later.date = closes.date AND later.party = closes.party)",
    )
}

/// Adds what a source said.
pub fn say(connection: &mut Database, row: &Manifest) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(manifests::table).values(row).execute(c))?;
    Ok(())
}

/// What a source said, by its digest.
pub fn said(
    connection: &mut Database,
    date: &str,
    source: &str,
    sha256: &str,
) -> Result<Option<Manifest>, StoreError> {
    Ok(manifests::table
        .find((date, source, sha256))
        .select(Manifest::as_select())
        .first(connection)
        .optional()?)
}

/// The last thing that a source said about a day.
pub fn last_said(
    connection: &mut Database,
    date: &str,
    source: &str,
) -> Result<Option<Manifest>, StoreError> {
    Ok(manifests::table
        .filter(manifests::date.eq(date))
        .filter(manifests::source.eq(source))
        .order(manifests::leaf_index.desc())
        .limit(1)
        .select(Manifest::as_select())
        .first(connection)
        .optional()?)
}

/// How often a source said something about a day.
pub fn times_said(connection: &mut Database, date: &str, source: &str) -> Result<i64, StoreError> {
    Ok(manifests::table
        .filter(manifests::date.eq(date))
        .filter(manifests::source.eq(source))
        .count()
        .get_result(connection)?)
}

/// The row that a leaf is about: what a source said.
pub fn said_at(connection: &mut Database, leaf_index: i64) -> Result<Option<Manifest>, StoreError> {
    Ok(manifests::table
        .filter(manifests::leaf_index.eq(leaf_index))
        .select(Manifest::as_select())
        .first(connection)
        .optional()?)
}

/// How many closes and manifests there are.
pub fn counts(connection: &mut Database) -> Result<(i64, i64), StoreError> {
    Ok((
        closes::table.count().get_result(connection)?,
        manifests::table.count().get_result(connection)?,
    ))
}
