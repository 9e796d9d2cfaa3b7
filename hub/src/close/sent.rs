//! The records that sources sent on a day, one by one, from the outcomes that the receipts listed. Held are the outcomes
//! of a few thousand records, or of one submission.

use std::borrow::Cow;

use serde::Deserialize;
use spec::Verdict;

use super::fault::Fault;
use crate::pipeline::compress;
use crate::store::books::{self, SentSubmission};
use crate::store::days::Span;
use crate::store::{Database, StoreError, outcome_parts};

/// Submissions looked at together.
const PAGE: i64 = 1000;
/// Records whose outcomes are read together.
const RECORDS: i64 = 4096;

/// Of an outcome, what an entry is made of.
#[derive(Debug, Deserialize)]
pub struct Sent<'o> {
    /// Place in the submission, from 0.
    pub index: u32,
    /// Column code of the data set.
    #[serde(borrow)]
    pub dataset: Cow<'o, str>,
    /// The verdict.
    pub verdict: Verdict,
    /// SHA-256 of the canonical bytes, hexadecimal; none when there are none.
    #[serde(borrow, default)]
    pub digest: Option<Cow<'o, str>>,
}

/// What is done with each record.
type Take<'t> = dyn FnMut(&SentSubmission, &Sent<'_>) -> Result<(), Fault> + 't;

/// Goes through the records that were sent on a day, in order: by one source, or by all.
pub fn every(
    connection: &mut Database,
    span: &Span,
    source: Option<&str>,
    take: &mut Take<'_>,
) -> Result<(), Fault> {
    let mut after = 0;
    loop {
        let page = books::submissions_after(connection, span, source, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        let mut rest = page.as_slice();
        while !rest.is_empty() {
            let (some, others) = rest.split_at(together(rest));
            rest = others;
            let ids: Vec<i64> = some.iter().map(|row| row.id).collect();
            for (row, outcomes) in some.iter().zip(books::outcomes(connection, &ids)?) {
                if outcomes.is_empty() {
                    by_parts(connection, row, take)?;
                } else {
                    each(row, &outcomes, take)?;
                }
            }
        }
    }
}

/// How many of the next submissions are read together: at least one.
fn together(rows: &[SentSubmission]) -> usize {
    let mut records = 0;
    let few = rows.iter().take_while(|row| {
        records += row.records.max(1);
        records <= RECORDS
    });
    few.count().max(1)
}

/// A large submission, whose outcomes are kept in parts.
fn by_parts(
    connection: &mut Database,
    row: &SentSubmission,
    take: &mut Take<'_>,
) -> Result<(), Fault> {
    for part in 0.. {
        let Some(kept) = outcome_parts::one(connection, row.id, part)? else {
            break;
        };
        each(row, &kept.outcomes, take)?;
    }
    Ok(())
}

fn each(row: &SentSubmission, kept: &[u8], take: &mut Take<'_>) -> Result<(), Fault> {
    let damaged = |error: &dyn std::fmt::Display| StoreError::Damaged {
        place: format!("outcomes of submission {}", row.id),
        what: error.to_string(),
    };
    let list = compress::unpack(kept).map_err(|error| damaged(&error))?;
    let list: Vec<Sent<'_>> = serde_json::from_slice(&list).map_err(|error| damaged(&error))?;
    list.iter().try_for_each(|sent| take(row, sent))
}
