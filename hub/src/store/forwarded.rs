//! How far deliveries have come, added up. These are reports: they read the whole table.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::deliveries::State;
use super::schema::{deliveries, records, submissions};
use super::{Database, StoreError};

diesel::allow_columns_to_appear_in_same_group_by_clause!(submissions::source, deliveries::state);

/// A number of deliveries in one state.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// Where to.
    pub destination: String,
    /// Where they stand.
    pub state: State,
    /// How many.
    pub deliveries: i64,
}

/// How far the records of one source have come on the way to one destination.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SourceCount {
    /// The source.
    pub source: String,
    /// Record versions owed, whatever became of them.
    pub owed: i64,
    /// Sent, and everything that comes after it; also what was refused.
    pub forwarded: i64,
    /// Taken over by the destination.
    pub acknowledged: i64,
    /// Refused, with a reason.
    pub refused: i64,
    /// Given up.
    pub exhausted: i64,
}

/// How many deliveries are in which state, per destination.
pub fn counts(connection: &mut Database) -> Result<Vec<Count>, StoreError> {
    let rows: Vec<(String, i32, i64)> = deliveries::table
        .group_by((deliveries::destination, deliveries::state))
        .select((deliveries::destination, deliveries::state, count_star()))
        .order((deliveries::destination.asc(), deliveries::state.asc()))
        .load(connection)?;
    rows.into_iter()
        .map(|(destination, state, deliveries)| {
            Ok(Count {
                destination,
                state: State::from_number(state)?,
                deliveries,
            })
        })
        .collect()
}

/// How far the records of each source have come on the way to a destination, in order of source.
pub fn per_source(
    connection: &mut Database,
    destination: &str,
) -> Result<Vec<SourceCount>, StoreError> {
    let rows: Vec<(String, i32, i64)> = deliveries::table
        .inner_join(records::table.on(records::id.eq(deliveries::record_id)))
        .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
        .filter(deliveries::destination.eq(destination))
        .group_by((submissions::source, deliveries::state))
        .select((submissions::source, deliveries::state, count_star()))
        .order((submissions::source.asc(), deliveries::state.asc()))
        .load(connection)?;
    let mut sources: Vec<SourceCount> = Vec::new();
    for (source, state, number) in rows {
        if sources.last().is_none_or(|last| last.source != source) {
            sources.push(SourceCount {
                source,
                ..SourceCount::default()
            });
        }
        let Some(count) = sources.last_mut() else {
            continue;
        };
        count.owed += number;
        match State::from_number(state)? {
            State::Pending => {}
            State::Sent => count.forwarded += number,
            State::Acknowledged => {
                count.forwarded += number;
                count.acknowledged += number;
            }
            State::Refused => {
                count.forwarded += number;
                count.refused += number;
            }
            State::Exhausted => count.exhausted += number,
        }
    }
    Ok(sources)
}
