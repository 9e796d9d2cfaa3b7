//! What an operator tells a delivery: stop, start, retire, send again. Each order is one transaction with its entry in
//! the log: who, what, why.

use serde_json::json;

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
        let leaf = json!({
            "v": 1, "kind": "operator", "action": action.word(), "operator": authority.operator,
            "destination": destination, "reason": authority.reason, "at": now.text(),
        });
        transaction.append_leaf(leaf.to_string().into_bytes())?;
    }
    Ok(changed)
}

/// Orders that records be sent again; the number of the replay.
pub fn replay(
    transaction: &mut Transaction<'_>,
    order: &Order,
    expected: i64,
    now: Instant,
) -> Result<i64, StoreError> {
    let id = replays::begin(transaction.connection, order, expected, now.millis)?;
    let leaf = json!({
        "v": 1, "kind": "operator", "action": "replay", "operator": order.operator,
        "destination": order.destination, "reason": order.reason, "replay": id,
        "filter": order.filter, "per_second": order.per_second, "records": expected,
        "at": now.text(),
    });
    transaction.append_leaf(leaf.to_string().into_bytes())?;
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
        let leaf = json!({
            "v": 1, "kind": "operator", "action": "stop_replay", "operator": authority.operator,
            "replay": id, "reason": authority.reason, "at": now.text(),
        });
        transaction.append_leaf(leaf.to_string().into_bytes())?;
    }
    Ok(changed)
}
