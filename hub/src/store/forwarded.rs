//! How far deliveries have come, added up: per destination without reading the table through, per source by a report that
//! does.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::deliveries::{State, explained};
use super::schema::{batches, deliveries, delivery_states, owed_totals, records, submissions};
use super::words::{BADLY, Behind, OPEN, Words};
use super::{Database, StoreError, on};

diesel::allow_columns_to_appear_in_same_group_by_clause!(
    submissions::source,
    delivery_states::state
);
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    deliveries::destination,
    deliveries::state
);

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

/// Deliveries after the last total that are counted each time; with more, the total is to be renewed.
pub const BEHIND: i64 = 100_000;

/// How much was ever owed to each destination, up to a delivery: nothing that is owed ever ceases to have been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owed {
    /// By destination.
    pub totals: BTreeMap<String, i64>,
    /// The last delivery that is counted in.
    pub delivery: i64,
    /// How many had to be counted for it.
    pub counted: i64,
}

/// Counts what was ever owed: the last totals, and what has come since.
pub fn owed(connection: &mut Database) -> Result<Owed, StoreError> {
    let known: Vec<(String, i64, i64)> = owed_totals::table
        .select((
            owed_totals::destination,
            owed_totals::delivery,
            owed_totals::owed,
        ))
        .load(connection)?;
    let from = known.first().map_or(0, |(_, delivery, _)| *delivery);
    let newest: Option<i64> = deliveries::table
        .select(diesel::dsl::max(deliveries::id))
        .first(connection)?;
    let delivery = newest.unwrap_or(0).max(from);
    let since: Vec<(String, i64)> = come_since(from, delivery).load(connection)?;
    let mut owed = Owed {
        totals: known
            .into_iter()
            .map(|(name, _, owed)| (name, owed))
            .collect(),
        delivery,
        counted: 0,
    };
    for (name, number) in since {
        owed.counted += number;
        *owed.totals.entry(name).or_default() += number;
    }
    Ok(owed)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn come_since(from: i64, to: i64) -> _ {
    deliveries::table
        .filter(deliveries::id.gt(from).and(deliveries::id.le(to)))
        .group_by(deliveries::destination)
        .select((deliveries::destination, count_star()))
}

/// Keeps the totals, so that the next count begins after them. Whoever counted further keeps its own.
pub fn keep(connection: &mut Database, owed: &Owed) -> Result<(), StoreError> {
    let known: Option<i64> = owed_totals::table
        .select(diesel::dsl::max(owed_totals::delivery))
        .first(connection)?;
    if known.is_some_and(|known| known >= owed.delivery) {
        return Ok(());
    }
    diesel::delete(owed_totals::table).execute(connection)?;
    for (name, number) in &owed.totals {
        let row = (
            owed_totals::destination.eq(name),
            owed_totals::delivery.eq(owed.delivery),
            owed_totals::owed.eq(number),
        );
        on!(connection, c => diesel::insert_into(owed_totals::table).values(row).execute(c))?;
    }
    Ok(())
}

/// How many deliveries are in which state, per destination: what is open by its index, what ended badly by its own, and
/// what was taken over is the rest of what was ever owed. No table is read through.
pub fn counts(connection: &mut Database, owed: &Owed) -> Result<Vec<Count>, StoreError> {
    let mut badly: BTreeMap<(String, i32), i64> = BTreeMap::new();
    for (name, state, number) in ended_badly().load::<(String, i32, i64)>(connection)? {
        badly.insert((name, state), number);
    }
    let mut all = Vec::new();
    for (name, total) in &owed.totals {
        let open: i64 = open(name).first(connection)?;
        let sent: Vec<i32> = received(name).load(connection)?;
        let sent: i64 = sent.into_iter().map(i64::from).sum();
        let of = |state: State| {
            let number = badly.get(&(name.clone(), state.number()));
            number.copied().unwrap_or_default()
        };
        let pending = open - sent;
        let (refused, exhausted) = (of(State::Refused), of(State::Exhausted));
        let acknowledged = total - pending - sent - refused - exhausted;
        let states = [
            (State::Pending, pending),
            (State::Sent, sent),
            (State::Acknowledged, acknowledged),
            (State::Refused, refused),
            (State::Exhausted, exhausted),
        ];
        let states = states.into_iter().filter(|(_, number)| *number > 0);
        all.extend(states.map(|(state, deliveries)| Count {
            destination: name.clone(),
            state,
            deliveries,
        }));
    }
    Ok(all)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn open<'q>(destination: &'q str) -> _ {
    let is_open: Words = OPEN;
    let behind: Behind<'q> = Behind {
        destination,
        after: 0,
    };
    deliveries::table
        .filter(deliveries::destination.eq(destination))
        .filter(is_open)
        .filter(behind)
        .select(count_star())
}

/// Deliveries in packets that were received and are not answered: nothing leaves an open batch alone.
#[diesel::dsl::auto_type(no_type_alias)]
fn received<'q>(destination: &'q str) -> _ {
    let is_open: Words = OPEN;
    batches::table
        .filter(batches::destination.eq(destination))
        .filter(is_open)
        .filter(batches::state.eq(1_i32))
        .select(batches::records)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn ended_badly() -> _ {
    let badly: Words = BADLY;
    deliveries::table
        .filter(badly)
        .group_by((deliveries::destination, deliveries::state))
        .select((deliveries::destination, deliveries::state, count_star()))
}

/// How the database counts: its plan, a step a line, of what has come since a delivery, what is open, and what ended
/// badly.
pub fn plan(
    connection: &mut Database,
    destination: &str,
    from: i64,
) -> Result<Vec<String>, StoreError> {
    let mut steps = explained::steps(connection, come_since(from, i64::MAX))?;
    steps.extend(explained::steps(connection, open(destination))?);
    steps.extend(explained::steps(connection, received(destination))?);
    steps.extend(explained::steps(connection, ended_badly())?);
    Ok(steps)
}

/// How far the records of each source have come on the way to a destination, in order of source.
pub fn per_source(
    connection: &mut Database,
    destination: &str,
) -> Result<Vec<SourceCount>, StoreError> {
    let rows: Vec<(String, i32, i64)> = delivery_states::table
        .inner_join(records::table.on(records::id.eq(delivery_states::record_id)))
        .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
        .filter(delivery_states::destination.eq(destination))
        .group_by((submissions::source, delivery_states::state))
        .select((submissions::source, delivery_states::state, count_star()))
        .order((submissions::source.asc(), delivery_states::state.asc()))
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
