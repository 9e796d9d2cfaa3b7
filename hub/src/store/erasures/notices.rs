//! What an erasure tells subscribers: a delivery of its own for each version that a subscriber may hold, behind all earlier
//! ones of the same deal.

use std::collections::BTreeMap;

use diesel::prelude::*;
use spec::Action;

use crate::store::deliveries::State;
use crate::store::destinations;
use crate::store::insert::{self, Owed, Rows};
use crate::store::schema::{
    deliveries, delivery_states, earlier_packets, erasure_notices, records,
};
use crate::store::transaction::Transaction;
use crate::store::{Database, StoreError, on};

/// Most numbers in one statement.
const CHUNK: usize = 400;

/// A row of `erasure_notices`: a delivery that says that a record was erased.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = erasure_notices, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Notice {
    pub delivery_id: i64,
    pub leaf_index: i64,
    pub class: String,
}

/// A version that a destination may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who.
    pub destination: String,
    /// `records.id`.
    pub record: i64,
    /// What is to be kept in order.
    pub lane: i64,
}

/// How far the notices of an erasure to one destination have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Notices.
    pub all: usize,
    /// Confirmed by the destination.
    pub told: usize,
    /// Given up, or refused: an operator has them sent again.
    pub failed: usize,
    /// When the last of them ended, milliseconds since 1970.
    pub at: i64,
}

/// Who may hold which of these versions: it was in a packet for him, and he did not refuse it. Walks over the deliveries.
pub fn held(connection: &mut Database, records: &[i64]) -> Result<Vec<Held>, StoreError> {
    let mut held: Vec<Held> = Vec::new();
    for chunk in records.chunks(CHUNK) {
        let rows: Vec<(i64, String, i64, i64, Option<i64>)> = deliveries::table
            .filter(deliveries::record_id.eq_any(chunk.to_vec()))
            .filter(deliveries::state.ne(State::Refused.number()))
            .order((deliveries::record_id, deliveries::id))
            .select((
                deliveries::id,
                deliveries::destination,
                deliveries::record_id,
                deliveries::lane,
                deliveries::batch_id,
            ))
            .load(connection)?;
        for (id, destination, record, lane, batch) in rows {
            let was_sent = batch.is_some() || was_in_a_packet(connection, id)?;
            let known = |one: &Held| (&one.destination, one.record) == (&destination, record);
            if was_sent && !held.iter().any(known) {
                held.push(Held {
                    destination,
                    record,
                    lane,
                });
            }
        }
    }
    Ok(held)
}

fn was_in_a_packet(connection: &mut Database, delivery: i64) -> Result<bool, StoreError> {
    let earlier = earlier_packets::table.filter(earlier_packets::delivery_id.eq(delivery));
    Ok(diesel::select(diesel::dsl::exists(earlier)).get_result(connection)?)
}

/// Whether a platform holds one of these versions of a record: the newest that it was sent is no withdrawal, or it has not
/// confirmed that withdrawal yet.
pub fn is_current(
    connection: &mut Database,
    destination: &str,
    versions: &[i64],
) -> Result<bool, StoreError> {
    let mut newest: Option<(i64, i32, i32)> = None;
    for chunk in versions.chunks(CHUNK) {
        let found: Option<(i64, i32, i32)> = delivery_states::table
            .inner_join(records::table.on(records::id.eq(delivery_states::record_id)))
            .filter(delivery_states::record_id.eq_any(chunk.to_vec()))
            .filter(delivery_states::destination.eq(destination))
            .filter(delivery_states::state.eq_any([
                State::Sent.number(),
                State::Acknowledged.number(),
                State::Exhausted.number(),
            ]))
            .order(delivery_states::record_id.desc())
            .select((
                delivery_states::record_id,
                records::action,
                delivery_states::state,
            ))
            .first(connection)
            .optional()?;
        newest = newest.max(found);
    }
    Ok(newest.is_some_and(|(_, action, state)| {
        action != Action::Withdraw as i32 || state != State::Acknowledged.number()
    }))
}

/// Owes every subscriber the notice that what it may hold was erased; whom.
pub fn owe(
    transaction: &mut Transaction<'_>,
    records: &[i64],
    (leaf_index, class): (i64, &str),
    now: i64,
) -> Result<Vec<String>, StoreError> {
    let known = destinations::all(transaction.connection)?;
    let hears = |name: &str| {
        let mut known = known.iter().filter(|one| one.name == name);
        known.any(|one| one.retired_at.is_none() && one.hears_events())
    };
    let (mut rows, mut notices) = (Rows::default(), Vec::new());
    let held = held(transaction.connection, records)?;
    for one in held.into_iter().filter(|one| hears(&one.destination)) {
        let id = transaction.numbers.delivery;
        transaction.numbers.delivery += 1;
        notices.push(Notice {
            delivery_id: id,
            leaf_index,
            class: class.to_owned(),
        });
        rows.owed.push(Owed {
            id,
            destination: one.destination,
            record_id: one.record,
            lane: one.lane,
            state: State::Pending.number(),
            attempts: 0,
            due_at: now,
            updated_at: now,
        });
    }
    insert::rows(transaction.connection, &rows)?;
    for notice in &notices {
        on!(transaction.connection, c => diesel::insert_into(erasure_notices::table)
            .values(notice)
            .execute(c))?;
    }
    let mut told: Vec<String> = rows.owed.into_iter().map(|row| row.destination).collect();
    told.sort();
    told.dedup();
    Ok(told)
}

/// Which of these deliveries are notices.
pub fn of(
    connection: &mut Database,
    deliveries: &[i64],
) -> Result<BTreeMap<i64, Notice>, StoreError> {
    let mut found = BTreeMap::new();
    for chunk in deliveries.chunks(CHUNK) {
        let rows: Vec<Notice> = on!(connection, c => erasure_notices::table
            .filter(erasure_notices::delivery_id.eq_any(chunk))
            .select(Notice::as_select())
            .load(c))?;
        found.extend(rows.into_iter().map(|row| (row.delivery_id, row)));
    }
    Ok(found)
}

/// How far the notices of an erasure have come, by destination.
pub fn progress(
    connection: &mut Database,
    leaf_index: i64,
) -> Result<BTreeMap<String, Progress>, StoreError> {
    let rows: Vec<(String, i32, i64)> = erasure_notices::table
        .inner_join(deliveries::table.on(deliveries::id.eq(erasure_notices::delivery_id)))
        .filter(erasure_notices::leaf_index.eq(leaf_index))
        .select((
            deliveries::destination,
            deliveries::state,
            deliveries::updated_at,
        ))
        .load(connection)?;
    let mut all: BTreeMap<String, Progress> = BTreeMap::new();
    for (destination, state, at) in rows {
        let progress = all.entry(destination).or_default();
        progress.all += 1;
        if state == State::Acknowledged.number() {
            progress.told += 1;
        } else if state > State::Acknowledged.number() {
            progress.failed += 1;
        }
        progress.at = progress.at.max(at);
    }
    Ok(all)
}
