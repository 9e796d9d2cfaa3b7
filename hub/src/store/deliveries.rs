//! Record versions owed to destinations, and the batches in which they travel.
//!
//! Open work is found through partial indexes whose condition must stand in the statement word for word ([`OPEN`],
//! [`URGENT`]), so it is never bound as a parameter. Nothing here scans the table, and what is picked costs by how much
//! is picked, not by how much is open ([`plan`]). Every change belongs inside the one writer's transaction.

pub(super) mod explained;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashSet;

use diesel::prelude::*;

use super::among::among;
use super::body::{Body, Place};
use super::schema::{batches, deliveries, reasons, records, submissions};
use super::words::{BADLY, Behind, OPEN, URGENT, Words};
use super::{Database, StoreError, on, refusals};

/// Where a delivery stands 转发状态.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be sent, or in a batch whose receipt is not confirmed yet.
    Pending,
    /// The destination has confirmed receipt, and owes its business answer. It stands with the batch.
    Sent,
    /// The destination has taken it over.
    Acknowledged,
    /// The destination, or the hub on its behalf, refuses it.
    Refused,
    /// Given up after too many attempts; waits for an operator.
    Exhausted,
}

impl State {
    /// Every state, in the order of its number.
    pub const ALL: [State; 5] = [
        State::Pending,
        State::Sent,
        State::Acknowledged,
        State::Refused,
        State::Exhausted,
    ];

    /// The number in the table.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The word for it, in leaves and reports.
    pub const fn word(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Sent => "sent",
            State::Acknowledged => "acknowledged",
            State::Refused => "refused",
            State::Exhausted => "exhausted",
        }
    }

    pub(super) fn from_number(number: i32) -> Result<Self, StoreError> {
        usize::try_from(number)
            .ok()
            .and_then(|place| State::ALL.get(place).copied())
            .ok_or_else(|| StoreError::Damaged {
                place: "deliveries.state".to_owned(),
                what: format!("there is no state {number}"),
            })
    }
}

/// A delivery that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Owed {
    /// `deliveries.id`.
    pub id: i64,
    /// `records.id`.
    pub record: i64,
    /// What must stay in order.
    pub lane: i64,
    /// Batches that carried it so far.
    pub attempts: i32,
    /// Not before this instant.
    pub due_at: i64,
}

type OwedColumns = (
    deliveries::id,
    deliveries::record_id,
    deliveries::lane,
    deliveries::attempts,
    deliveries::due_at,
);

/// The columns of [`Owed`].
pub(super) const OWED: OwedColumns = (
    deliveries::id,
    deliveries::record_id,
    deliveries::lane,
    deliveries::attempts,
    deliveries::due_at,
);

/// A record version, as deliveries need it.
#[derive(Debug, Clone, Queryable)]
pub struct Content {
    /// `records.id`.
    pub id: i64,
    /// Number of the data set.
    pub dataset: i32,
    /// 0 upsert, 1 correct, 2 withdraw.
    pub action: i32,
    /// The version before this one.
    pub previous: Option<i64>,
    /// Canonical bytes.
    pub body: Body,
    /// As it was judged: 0 accepted, 1 with warnings.
    pub verdict: i32,
    /// `submissions.id`.
    pub submission: i64,
    /// Place in the submission, from 0.
    pub place: i32,
    /// Who sent it.
    pub source: String,
    /// By which edition it was judged.
    pub edition: String,
    /// Why it corrects or takes back the version before it.
    pub reason: Option<String>,
}

impl Content {
    fn opened(self) -> Content {
        let place = Place {
            id: self.id,
            submission: self.submission,
            index: self.place,
            dataset: self.dataset,
        };
        Content {
            body: self.body.opened(place),
            ..self
        }
    }
}

/// A batch that is not settled.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct OpenBatch {
    /// `batches.id`.
    pub id: i64,
    /// SHA-256 of the packet.
    pub packet_sha256: Vec<u8>,
    /// Number of records.
    pub records: i32,
    /// 0 to be sent, 1 sent.
    pub state: i32,
    /// Times it was sent, begun ones included.
    pub attempts: i32,
    /// When it was made.
    pub created_at: i64,
}

/// The open deliveries that are in no batch, in order, after a number. Urgent ones are among them.
pub fn pending_after(
    connection: &mut Database,
    destination: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Owed>, StoreError> {
    Ok(on!(connection, c => pick(OPEN, destination, after, limit).load(c))?)
}

/// Of these only the urgent ones, however many others are before them.
pub fn urgent_after(
    connection: &mut Database,
    destination: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Owed>, StoreError> {
    Ok(on!(connection, c => pick(URGENT, destination, after, limit).load(c))?)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn pick<'q>(of_index: Words, destination: &'q str, after: i64, limit: i64) -> _ {
    let behind: Behind<'q> = Behind { destination, after };
    let columns: OwedColumns = OWED;
    deliveries::table
        .filter(deliveries::destination.eq(destination))
        .filter(of_index)
        .filter(deliveries::id.gt(after))
        .filter(behind)
        .filter(deliveries::batch_id.is_null())
        .order(deliveries::id.asc())
        .limit(limit)
        .select(columns)
}

/// How the database finds the next work after a number: its plan, a step a line, of what is open and of what is
/// urgent. PostgreSQL takes the steps to count the rows that they touch.
pub fn plan(
    connection: &mut Database,
    destination: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let mut steps = Vec::new();
    for words in [OPEN, URGENT] {
        let statement = pick(words, destination, after, limit);
        steps.extend(explained::steps(connection, statement)?);
    }
    Ok(steps)
}

/// The highest number of a delivery that is open.
pub fn newest(connection: &mut Database, destination: &str) -> Result<Option<i64>, StoreError> {
    let newest = on!(connection, c => deliveries::table
        .filter(deliveries::destination.eq(destination))
        .filter(OPEN)
        .filter(Behind { destination, after: 0 })
        .order(deliveries::id.desc())
        .limit(1)
        .select(deliveries::id)
        .first(c)
        .optional());
    Ok(newest?)
}

/// The deliveries of a batch that are open, in order.
pub fn members(connection: &mut Database, batch: i64) -> Result<Vec<Owed>, StoreError> {
    Ok(on!(connection, c => carried(batch).load(c))?)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn carried(batch: i64) -> _ {
    let open: Words = OPEN;
    let columns: OwedColumns = OWED;
    deliveries::table
        .filter(deliveries::batch_id.eq(batch))
        .filter(open)
        .order(deliveries::id.asc())
        .select(columns)
}

/// The batches of a destination that are not settled, in order.
pub fn open_batches(
    connection: &mut Database,
    destination: &str,
) -> Result<Vec<OpenBatch>, StoreError> {
    Ok(batches::table
        .filter(batches::destination.eq(destination))
        .filter(OPEN)
        .order(batches::id.asc())
        .select((
            batches::id,
            batches::packet_sha256,
            batches::records,
            batches::state,
            batches::attempts,
            batches::created_at,
        ))
        .load(connection)?)
}

/// The contents of record versions, in no particular order.
pub fn contents(connection: &mut Database, ids: &[i64]) -> Result<Vec<Content>, StoreError> {
    let rows: Vec<Content> = on!(connection, c => records::table
        .inner_join(submissions::table.on(submissions::id.eq(records::submission_id)))
        .left_join(reasons::table.on(reasons::record_id.eq(records::id)))
        .filter(among(records::id, ids))
        .select((
            records::id,
            records::dataset,
            records::action,
            records::previous,
            records::body,
            records::verdict,
            records::submission_id,
            records::record_index,
            submissions::source,
            submissions::edition,
            reasons::reason.nullable(),
        ))
        .load(c))?;
    Ok(rows.into_iter().map(Content::opened).collect())
}

/// Whether the destination holds some earlier version of a record: follows the versions back, over those that it
/// never got or refused. One that it took over last as a withdrawal leaves it with nothing.
pub fn holds_earlier(
    connection: &mut Database,
    destination: &str,
    previous: i64,
) -> Result<bool, StoreError> {
    let mut seen = HashSet::new();
    let mut version = Some(previous);
    while let Some(id) = version
        && seen.insert(id)
    {
        let row: Option<(i32, i32, Option<i64>)> = records::table
            .find(id)
            .select((records::action, records::verdict, records::previous))
            .first(connection)
            .optional()?;
        let Some((action, verdict, previous)) = row else {
            return Ok(false);
        };
        // 0 and 1 are the accepted ones: what waited in vain, or was replaced, was never owed.
        let refused = not_taken(destination, id).first::<i64>(connection);
        if verdict < 2 && refused.optional()?.is_none() {
            return Ok(action != 2);
        }
        version = previous;
    }
    Ok(false)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn not_taken<'q>(destination: &'q str, record: i64) -> _ {
    let ended: Words = BADLY;
    deliveries::table
        .filter(deliveries::record_id.eq(record))
        .filter(ended)
        .filter(deliveries::destination.eq(destination))
        .select(deliveries::id)
}

/// Writes down that the destination has confirmed receipt: of the batch, and thereby of what it carries (the view
/// `delivery_states`). False when that was known.
pub fn mark_sent(connection: &mut Database, batch: i64) -> Result<bool, StoreError> {
    let received = on!(connection, c => diesel::update(batches::table.find(batch))
        .filter(batches::state.eq(0))
        .set(batches::state.eq(1))
        .execute(c))?;
    Ok(received > 0)
}

/// How a batch ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The destination has answered: 2 in the table.
    Answered,
    /// No use in going on: 3 in the table.
    GivenUp,
}

/// What becomes of the deliveries of a batch.
#[derive(Debug, Clone, Default)]
pub struct Settlement {
    /// Refused: delivery and reason.
    pub refused: Vec<(i64, String)>,
    /// Back to be sent again: delivery, not before, and why.
    pub back: Vec<(i64, i64, String)>,
    /// What becomes of the others, with the reason.
    pub others: Option<(State, Option<String>)>,
}

/// Ends a batch, and gives each of its deliveries its state. False when it had ended before.
pub fn settle(
    connection: &mut Database,
    batch: i64,
    end: &End,
    answer: &str,
    settlement: &Settlement,
    now: i64,
) -> Result<bool, StoreError> {
    let changed = diesel::update(batches::table.find(batch))
        .filter(OPEN)
        .set((
            batches::state.eq(if *end == End::Answered { 2 } else { 3 }),
            batches::answered_at.eq(now),
            batches::answer.eq(answer),
        ))
        .execute(connection)?;
    if changed == 0 {
        return Ok(false);
    }
    for (id, reason) in &settlement.refused {
        refuse(connection, *id, reason, now)?;
    }
    for (id, due_at, why) in &settlement.back {
        diesel::update(deliveries::table.find(id))
            .set((
                deliveries::state.eq(State::Pending.number()),
                deliveries::batch_id.eq(None::<i64>),
                deliveries::due_at.eq(due_at),
                deliveries::reason.eq(why),
                deliveries::updated_at.eq(now),
            ))
            .execute(connection)?;
    }
    if let Some((state, reason)) = &settlement.others {
        close_members(connection, batch, *state, reason.as_deref(), now)?;
    }
    Ok(true)
}

/// Refuses one delivery; the source sees it beside its submission.
pub fn refuse(
    connection: &mut Database,
    id: i64,
    reason: &str,
    now: i64,
) -> Result<(), StoreError> {
    diesel::update(deliveries::table.find(id))
        .set((
            deliveries::state.eq(State::Refused.number()),
            deliveries::reason.eq(reason),
            deliveries::updated_at.eq(now),
        ))
        .execute(connection)?;
    refusals::note(connection, id, reason, now)
}

fn close_members(
    connection: &mut Database,
    batch: i64,
    state: State,
    reason: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    if state == State::Refused {
        for member in members(connection, batch)? {
            refuse(connection, member.id, reason.unwrap_or_default(), now)?;
        }
        return Ok(());
    }
    on!(connection, c => diesel::update(deliveries::table)
        .filter(deliveries::batch_id.eq(batch))
        .filter(OPEN)
        .set((
            deliveries::state.eq(state.number()),
            deliveries::reason.eq(reason),
            deliveries::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}
