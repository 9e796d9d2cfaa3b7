//! A business answer that a destination pushes to us instead of being asked for it.
//!
//! It settles the batch in one transaction, whatever the delivery is doing meanwhile; the delivery finds the batch
//! settled and goes on. It may come before we know that the packet arrived, twice, or late; the first answer holds.

use serde::{Deserialize, Serialize};

use super::answer;
use super::board::Tally;
use super::client::RecordResult;
use super::ledger::{self, By, Ending};
use super::retry::Backoff;
use crate::pipeline::writer::Transaction;
use crate::store::deliveries::{self, End};
use crate::store::{StoreError, batches, destinations};

/// What is pushed: the same as the answer to a question.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pushed {
    /// Number of the batch.
    pub batch: i64,
    /// Results, record by record.
    pub records: Vec<RecordResult>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It ended the batch.
    Settled(Tally),
    /// The same was said before.
    Again,
    /// Something else was said before.
    Contradicts,
    /// There is no such batch of this destination.
    Unknown,
}

/// Batches that carry a record before it is refused for its order.
const HORIZON: i32 = 8;

/// Takes a pushed answer.
pub fn take(
    transaction: &mut Transaction<'_>,
    destination: &str,
    pushed: &Pushed,
    now: i64,
) -> Result<Taken, StoreError> {
    let text = serde_json::to_string(pushed).unwrap_or_default();
    let connection = &mut *transaction.connection;
    let Some((to, state, before)) = batches::answered(connection, pushed.batch)? else {
        return Ok(Taken::Unknown);
    };
    if to != destination {
        return Ok(Taken::Unknown);
    }
    if state > 1 {
        let same = before.is_some_and(|before| says(&before) == Some(results(&pushed.records)));
        return Ok(if same {
            Taken::Again
        } else {
            Taken::Contradicts
        });
    }
    let members = deliveries::members(connection, pushed.batch)?;
    let backoff = Backoff {
        base: std::time::Duration::from_millis(500),
        max: std::time::Duration::from_mins(5),
    };
    let (settlement, _) = answer::decide(&members, &pushed.records, HORIZON, |owed| {
        now + backoff
            .wait(owed.id, owed.attempts.unsigned_abs())
            .as_millis() as i64
    });
    let back = settlement.back.iter().map(|(id, ..)| *id);
    let span = back.clone().min().zip(back.max());
    destinations::revive(connection, destination, span)?;
    let (refused, again) = (settlement.refused.len(), settlement.back.len());
    let tally = Tally {
        acknowledged: (members.len() - refused - again) as u64,
        refused: refused as u64,
        again: again as u64,
        ..Tally::default()
    };
    let ending = Ending {
        destination,
        batch: pushed.batch,
        end: End::Answered,
        by: By::Destination,
        answer: &text,
    };
    ledger::settle(transaction, &ending, &settlement, now)?;
    Ok(Taken::Settled(tally))
}

/// What an answer says, whatever the order of its records.
fn results(records: &[RecordResult]) -> Vec<(i64, String)> {
    let mut all: Vec<(i64, String)> = records
        .iter()
        .map(|record| (record.id, format!("{:?}", record.result)))
        .collect();
    all.sort();
    all
}

fn says(answer: &str) -> Option<Vec<(i64, String)>> {
    #[derive(Deserialize)]
    struct Said {
        records: Vec<RecordResult>,
    }
    let said: Said = serde_json::from_str(answer).ok()?;
    Some(results(&said.records))
}
