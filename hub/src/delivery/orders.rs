//! What an operator tells a delivery: stop, start, retire, send again. Each order is one transaction with its entry in
//! the log: who, what, why.

use crate::leaf;
use crate::pipeline::Instant;
use crate::store::replays::{self, Order};
use crate::store::transaction::Transaction;
use crate::store::{StoreError, destinations};

/// Who gives an order, and why.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Name of the operator.
    pub operator: String,
    /// The reason.
    pub reason: String,
}

/// What may be ordered about a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send it nothing.
    Stop,
    /// Go on.
    Start,
    /// Owe it nothing more.
    Retire,
}

impl Action {
    /// The word in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Action::Stop => "stop",
            Action::Start => "start",
            Action::Retire => "retire",
        }
    }
}

/// Orders something about a destination. False, and nothing written, when it was so already or is not known.
pub fn order(
    transaction: &mut Transaction<'_>,
    destination: &str,
    action: Action,
    authority: &Authority,
    now: Instant,
) -> Result<bool, StoreError> {
    let connection = &mut *transaction.connection;
    let changed = match action {
        Action::Stop => destinations::stop(
            connection,
            destination,
            &authority.operator,
            &authority.reason,
            now.millis,
        )?,
        Action::Start => destinations::start(connection, destination)?,
        Action::Retire => destinations::retire(connection, destination, now.millis)?,
    };
    if changed {
        let facts = [
            ("change", action.word().to_owned()),
            ("reason", authority.reason.clone()),
        ];
        log(
            transaction,
            leaf::operator::Action::DestinationChanged,
            &authority.operator,
            destination,
            facts,
            now,
        )?;
    }
    Ok(changed)
}

fn log<const N: usize>(
    transaction: &mut Transaction<'_>,
    action: leaf::operator::Action,
    by: &str,
    about: &str,
    facts: [(&str, String); N],
    now: Instant,
) -> Result<(), StoreError> {
    let leaf = leaf::encode(&leaf::Operator {
        action,
        by: by.to_owned(),
        about: about.to_owned(),
        facts: facts.map(|(name, fact)| (name.to_owned(), fact)).into(),
        at: now.text(),
    })?;
    transaction.append_leaf(leaf)?;
    Ok(())
}

/// Orders that records be sent again; the number of the replay.
pub fn replay(
    transaction: &mut Transaction<'_>,
    order: &Order,
    expected: i64,
    now: Instant,
) -> Result<i64, StoreError> {
    let id = replays::begin(transaction.connection, order, expected, now.millis)?;
    let filter = serde_json::to_string(&order.filter).unwrap_or_default();
    let facts = [
        ("deliveries", expected.to_string()),
        ("destination", order.destination.clone()),
        ("filter", filter),
        ("per_second", order.per_second.to_string()),
        ("reason", order.reason.clone()),
    ];
    log(
        transaction,
        leaf::operator::Action::Replay,
        &order.operator,
        &id.to_string(),
        facts,
        now,
    )?;
    Ok(id)
}

/// Orders that a replay stop. False, and nothing written, when it had ended or is not known.
pub fn stop_replay(
    transaction: &mut Transaction<'_>,
    id: i64,
    authority: &Authority,
    now: Instant,
) -> Result<bool, StoreError> {
    let changed = replays::stop(transaction.connection, id, now.millis)?;
    if changed {
        log(
            transaction,
            leaf::operator::Action::ReplayStopped,
            &authority.operator,
            &id.to_string(),
            [("reason", authority.reason.clone())],
            now,
        )?;
    }
    Ok(changed)
}
