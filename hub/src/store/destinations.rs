//! Who is served: registered, begun in the past or now, led by one hub at a time, stopped, retired.
//!
//! The configuration says how a destination is reached; this table says what it is owed, and survives the
//! configuration. Every change belongs inside the one writer's transaction, or is one short statement of a command.

use diesel::dsl::max;
use diesel::prelude::*;

use super::owing::{self, Rule};
use super::schema::destinations;
use super::{Database, StoreError, on};

/// A row of `destinations`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = destinations)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Destination {
    pub name: String,
    pub ordinal: i64,
    pub kind: String,
    pub owes: String,
    pub filled: Option<i64>,
    pub epoch: i64,
    pub rewinds: i64,
    pub registered_at: i64,
    pub retired_at: Option<i64>,
    pub stopped_at: Option<i64>,
    pub stopped_by: Option<String>,
    pub stop_reason: Option<String>,
    pub revived_from: Option<i64>,
    pub revived_to: Option<i64>,
    pub address: Option<String>,
}

impl Destination {
    /// What it is owed.
    pub fn rule(&self) -> Result<Rule, StoreError> {
        owing::parse(&self.name, &self.owes)
    }

    /// Whether it is told of records by events; a platform is not.
    pub fn hears_events(&self) -> bool {
        self.kind != super::NATIONAL
    }

    /// The first and the last of the deliveries that are pending again and were not read again yet.
    pub fn revived(&self) -> Option<(i64, i64)> {
        self.revived_from.zip(self.revived_to)
    }
}

/// All destinations, in the order in which they were registered.
pub fn all(connection: &mut Database) -> Result<Vec<Destination>, StoreError> {
    Ok(destinations::table
        .order(destinations::ordinal)
        .select(Destination::as_select())
        .load(connection)?)
}

/// One destination.
pub fn by_name(connection: &mut Database, name: &str) -> Result<Option<Destination>, StoreError> {
    Ok(on!(connection, c => destinations::table
        .find(name)
        .select(Destination::as_select())
        .first(c)
        .optional())?)
}

/// A destination as the configuration describes it.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its name.
    pub name: String,
    /// `national`, `webhook` or `kafka`.
    pub kind: String,
    /// What it is owed from now on.
    pub owes: String,
    /// For a new one: the last record version that it is not owed; none: nothing of the past.
    pub after: Option<i64>,
    /// Now.
    pub now: i64,
}

/// What a registration changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// It was not known.
    New,
    /// It is owed something else from now on, or has come back from retirement.
    Changed,
    /// Nothing.
    Same,
}

/// Registers a destination, or notes what changed about it.
pub fn register(
    connection: &mut Database,
    registration: &Registration,
) -> Result<Registered, StoreError> {
    if let Some(known) = by_name(connection, &registration.name)? {
        if known.owes == registration.owes
            && known.kind == registration.kind
            && known.retired_at.is_none()
        {
            return Ok(Registered::Same);
        }
        diesel::update(destinations::table.find(&registration.name))
            .set((
                destinations::kind.eq(&registration.kind),
                destinations::owes.eq(&registration.owes),
                destinations::retired_at.eq(None::<i64>),
            ))
            .execute(connection)?;
        return Ok(Registered::Changed);
    }
    let highest: Option<i64> = destinations::table
        .select(max(destinations::ordinal))
        .first(connection)?;
    diesel::insert_into(destinations::table)
        .values((
            destinations::name.eq(&registration.name),
            destinations::ordinal.eq(highest.map_or(0, |highest| highest + 1)),
            destinations::kind.eq(&registration.kind),
            destinations::owes.eq(&registration.owes),
            destinations::filled.eq(registration.after),
            destinations::epoch.eq(0),
            destinations::registered_at.eq(registration.now),
        ))
        .execute(connection)?;
    Ok(Registered::New)
}

/// Notes where a destination is reached from now on; none: it is not served. The one that every hub has is registered by
/// being reached for the first time.
pub fn reached(
    connection: &mut Database,
    name: &str,
    address: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    let Some(known) = by_name(connection, name)? else {
        return Ok(());
    };
    let since = match known.registered_at {
        0 if address.is_some() => now,
        since => since,
    };
    if (known.address.as_deref(), known.registered_at) != (address, since) {
        diesel::update(destinations::table.find(name))
            .set((
                destinations::address.eq(address),
                destinations::registered_at.eq(since),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Begins to serve a destination: whoever did so before may write no more. The number of this reign.
pub fn lead(connection: &mut Database, name: &str) -> Result<i64, StoreError> {
    diesel::update(destinations::table.find(name))
        .set((
            destinations::epoch.eq(destinations::epoch + 1),
            // Whoever begins reads everything.
            destinations::revived_from.eq(None::<i64>),
            destinations::revived_to.eq(None::<i64>),
        ))
        .execute(connection)?;
    Ok(destinations::table
        .find(name)
        .select(destinations::epoch)
        .first(connection)?)
}

/// Whether this reign still holds.
pub fn leads(connection: &mut Database, name: &str, epoch: i64) -> Result<bool, StoreError> {
    let held: Option<i64> = on!(connection, c => destinations::table
        .find(name)
        .select(destinations::epoch)
        .first(c)
        .optional())?;
    Ok(held == Some(epoch))
}

/// Stops a destination until somebody starts it. False when it is not known, or was stopped before.
pub fn stop(
    connection: &mut Database,
    name: &str,
    by: &str,
    reason: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let changed = diesel::update(destinations::table.find(name))
        .filter(destinations::stopped_at.is_null())
        .set((
            destinations::stopped_at.eq(now),
            destinations::stopped_by.eq(by),
            destinations::stop_reason.eq(reason),
        ))
        .execute(connection)?;
    Ok(changed > 0)
}

/// Starts a destination that was stopped. False when it is not known, or was not stopped.
pub fn start(connection: &mut Database, name: &str) -> Result<bool, StoreError> {
    let changed = diesel::update(destinations::table.find(name))
        .filter(destinations::stopped_at.is_not_null())
        .set((
            destinations::stopped_at.eq(None::<i64>),
            destinations::stopped_by.eq(None::<String>),
            destinations::stop_reason.eq(None::<String>),
        ))
        .execute(connection)?;
    Ok(changed > 0)
}

/// Owes a destination nothing more. False when it is not known, or was retired before.
pub fn retire(connection: &mut Database, name: &str, now: i64) -> Result<bool, StoreError> {
    let changed = diesel::update(destinations::table.find(name))
        .filter(destinations::retired_at.is_null())
        .set(destinations::retired_at.eq(now))
        .execute(connection)?;
    Ok(changed > 0)
}

/// Notes how far into the past a destination has been filled; none: it is live.
pub fn filled(connection: &mut Database, name: &str, upto: Option<i64>) -> Result<(), StoreError> {
    diesel::update(destinations::table.find(name))
        .set(destinations::filled.eq(upto))
        .execute(connection)?;
    Ok(())
}

/// Tells whoever serves a destination to look again: deliveries in this span of numbers are pending again.
pub fn revive(
    connection: &mut Database,
    name: &str,
    span: Option<(i64, i64)>,
) -> Result<(), StoreError> {
    let known = by_name(connection, name)?.and_then(|known| known.revived());
    let span = match (known, span) {
        (Some((from, to)), Some((low, high))) => Some((low.min(from), high.max(to))),
        (known, span) => span.or(known),
    };
    diesel::update(destinations::table.find(name))
        .set((
            destinations::rewinds.eq(destinations::rewinds + 1),
            destinations::revived_from.eq(span.map(|span| span.0)),
            destinations::revived_to.eq(span.map(|span| span.1)),
        ))
        .execute(connection)?;
    Ok(())
}

/// Whoever serves a destination has taken note of what was revived, up to a count of revivals.
pub fn noted(connection: &mut Database, name: &str, rewinds: i64) -> Result<(), StoreError> {
    diesel::update(destinations::table.find(name))
        .filter(destinations::rewinds.eq(rewinds))
        .set((
            destinations::revived_from.eq(None::<i64>),
            destinations::revived_to.eq(None::<i64>),
        ))
        .execute(connection)?;
    Ok(())
}
