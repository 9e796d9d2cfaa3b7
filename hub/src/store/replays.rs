//! What is sent again at an operator's word: chosen by a filter, counted first, then made pending again step by step.
//!
//! A step is one short transaction that also notes how far it came, so a crash repeats nothing and a stop holds at
//! once. How much time has passed since the last step decides how many may go: two hubs on one database that both
//! take steps do not double the rate.

use diesel::prelude::*;

use super::outbox;
use super::schema::{deliveries, records, replays, submissions};
use super::words::Words;
use super::{Database, StoreError, destinations, packets, refusals};

diesel::allow_columns_to_appear_in_same_group_by_clause!(submissions::source, deliveries::state);

/// Which deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Only in these states, by their words: acknowledged, refused, exhausted.
    pub states: Vec<String>,
    /// Only this source's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Only this data set, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<i32>,
    /// Received at or after, milliseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Received before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Only with a reason that begins so, for example a code of the destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
}

/// Words for the states of a replay, by their number.
pub const STATES: [&str; 3] = ["running", "done", "stopped"];

/// A row of `replays`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, serde::Serialize)]
#[diesel(table_name = replays, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Replay {
    pub id: i64,
    pub destination: String,
    pub filter: String,
    pub per_second: i32,
    pub operator: String,
    pub reason: String,
    pub state: i32,
    pub cursor: i64,
    pub upto: i64,
    pub expected: i64,
    pub revived: i64,
    pub created_at: i64,
    pub stepped_at: i64,
    pub ended_at: Option<i64>,
}

/// What an operator asks for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where to.
    pub destination: String,
    /// What.
    pub filter: Filter,
    /// Records a second.
    pub per_second: i32,
    /// Who.
    pub operator: String,
    /// Why.
    pub reason: String,
}

/// Numbers of deliveries that one step looks at, at most.
const SPAN: i64 = 20_000;

/// Writes the statement over the deliveries of a filter, whatever is selected of them.
macro_rules! chosen {
    ($destination:expr, $filter:expr, $selected:expr $(, by $group:expr)?) => {{
        let filter: &Filter = $filter;
        let words = filter.states.iter();
        let states: Vec<i32> = words
            .filter_map(|word| outbox::state_number(word))
            .collect();
        let mut query = deliveries::table
            .inner_join(records::table.on(records::id.eq(deliveries::record_id)))
            .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
            $(.group_by($group))?
            .filter(deliveries::destination.eq($destination.to_owned()))
            .filter(deliveries::state.eq_any(states))
            .select($selected)
            .into_boxed();
        if let Some(source) = &filter.source {
            query = query.filter(submissions::source.eq(source.clone()));
        }
        if let Some(dataset) = filter.dataset {
            query = query.filter(records::dataset.eq(dataset));
        }
        if let Some(from) = filter.from {
            query = query.filter(submissions::received_at.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(submissions::received_at.lt(to));
        }
        if let Some(issue) = &filter.issue {
            let begin = issue
                .replace('\\', "\\\\")
                .replace('%', "\\%")
                .replace('_', "\\_");
            query = query.filter(deliveries::reason.like(format!("{begin}%")).escape('\\'));
        }
        query
    }};
}

/// How many deliveries a filter chooses, by source and state. A report: it reads the whole table.
pub fn count(
    connection: &mut Database,
    destination: &str,
    filter: &Filter,
) -> Result<Vec<(String, i32, i64)>, StoreError> {
    let by = (submissions::source, deliveries::state);
    let selected = (
        submissions::source,
        deliveries::state,
        diesel::dsl::count_star(),
    );
    Ok(chosen!(destination, filter, selected, by by)
        .order((submissions::source, deliveries::state))
        .load(connection)?)
}

/// Whether a replay went on after an instant, and had come as far as a delivery by then: what was settled before may
/// have been sent again since.
pub fn went_on_since(
    connection: &mut Database,
    at: i64,
    delivery: i64,
) -> Result<bool, StoreError> {
    let went_on = replays::table
        .filter(replays::stepped_at.ge(at))
        .filter(replays::cursor.ge(delivery))
        .filter(replays::revived.gt(0));
    Ok(diesel::select(diesel::dsl::exists(went_on)).get_result(connection)?)
}

/// Begins a replay; its number.
pub fn begin(
    connection: &mut Database,
    order: &Order,
    expected: i64,
    now: i64,
) -> Result<i64, StoreError> {
    let highest: Option<i64> = replays::table
        .select(diesel::dsl::max(replays::id))
        .first(connection)?;
    let upto: Option<i64> = deliveries::table
        .select(diesel::dsl::max(deliveries::id))
        .first(connection)?;
    let filter = serde_json::to_string(&order.filter).map_err(|error| StoreError::Damaged {
        place: "a new replay".to_owned(),
        what: error.to_string(),
    })?;
    let row = Replay {
        id: highest.map_or(1, |highest| highest + 1),
        destination: order.destination.clone(),
        filter,
        per_second: order.per_second,
        operator: order.operator.clone(),
        reason: order.reason.clone(),
        state: 0,
        cursor: 0,
        upto: upto.unwrap_or(0),
        expected,
        revived: 0,
        created_at: now,
        stepped_at: now - 1000,
        ended_at: None,
    };
    diesel::insert_into(replays::table)
        .values(&row)
        .execute(connection)?;
    Ok(row.id)
}

/// The numbers of replays that go on.
pub fn running(connection: &mut Database) -> Result<Vec<i64>, StoreError> {
    Ok(replays::table
        .filter(Words("state = 0"))
        .order(replays::id)
        .select(replays::id)
        .load(connection)?)
}

/// The last replays, the newest first.
pub fn list(connection: &mut Database, limit: i64) -> Result<Vec<Replay>, StoreError> {
    Ok(replays::table
        .order(replays::id.desc())
        .limit(limit)
        .select(Replay::as_select())
        .load(connection)?)
}

/// Stops a replay. False when it is not known, or had ended.
pub fn stop(connection: &mut Database, id: i64, now: i64) -> Result<bool, StoreError> {
    let changed = diesel::update(replays::table.find(id))
        .filter(replays::state.eq(0))
        .set((replays::state.eq(2), replays::ended_at.eq(now)))
        .execute(connection)?;
    Ok(changed > 0)
}

/// Takes one step: makes pending again what may go by now. How many; none when the replay has ended.
pub fn step(connection: &mut Database, id: i64, now: i64) -> Result<Option<usize>, StoreError> {
    let Some(replay) = replays::table
        .find(id)
        .filter(replays::state.eq(0))
        .select(Replay::as_select())
        .first(connection)
        .optional()?
    else {
        return Ok(None);
    };
    let passed = (now - replay.stepped_at).clamp(0, 1000);
    let may = i64::from(replay.per_second) * passed / 1000;
    if may == 0 {
        return Ok(Some(0));
    }
    let filter: Filter =
        serde_json::from_str(&replay.filter).map_err(|error| StoreError::Damaged {
            place: format!("replays, id {id}"),
            what: format!("`filter`: {error}"),
        })?;
    let end = replay.upto.min(replay.cursor + SPAN);
    let rows: Vec<(i64, i64)> = chosen!(
        replay.destination,
        &filter,
        (deliveries::id, deliveries::record_id)
    )
    .filter(deliveries::id.gt(replay.cursor))
    .filter(deliveries::id.le(end))
    .order(deliveries::id)
    .limit(may)
    .load(connection)?;
    for (delivery, record) in &rows {
        packets::leave(connection, *delivery)?;
        diesel::update(deliveries::table.find(delivery))
            .set((
                deliveries::state.eq(0),
                deliveries::attempts.eq(0),
                deliveries::due_at.eq(now),
                deliveries::batch_id.eq(None::<i64>),
                deliveries::updated_at.eq(now),
            ))
            .execute(connection)?;
        refusals::forget(connection, *record, &replay.destination)?;
    }
    let cursor = match rows.last() {
        Some((last, _)) if rows.len() as i64 == may => *last,
        _ => end,
    };
    let done = cursor >= replay.upto;
    diesel::update(replays::table.find(id))
        .set((
            replays::cursor.eq(cursor),
            replays::revived.eq(replays::revived + rows.len() as i64),
            replays::stepped_at.eq(now),
            replays::state.eq(i32::from(done)),
            replays::ended_at.eq(done.then_some(now)),
        ))
        .execute(connection)?;
    if let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) {
        destinations::revive(connection, &replay.destination, Some((*first, *last)))?;
    }
    Ok(Some(rows.len()))
}
