//! A business answer that a destination pushes to us instead of being asked for it.
//!
//! It settles the batch in one transaction, whatever the delivery is doing meanwhile; the delivery finds the batch
//! settled and goes on. It may come before we know that the packet arrived, twice, or late; the first answer holds.

use serde::{Deserialize, Serialize};

use super::answer;
use super::board::Tally;
use super::client::RecordResult;
use super::contradiction::{self, Heard};
use super::ledger::{self, By, Ending};
use super::retry::Backoff;
use crate::pipeline::writer::Transaction;
use crate::store::deliveries::{self, End};
use crate::store::{StoreError, batches, destinations};
use crate::tlog::hash::hex;

/// What is pushed: the same as the answer to a question.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pushed {
    /// Number of the batch.
    pub batch: i64,
    /// SHA-256 of the packet, hexadecimal; whoever signs must name it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub packet: Option<String>,
    /// When it was answered, by the clock of the destination, which nothing depends on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<String>,
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
    /// It speaks of another packet than the one that bears this number here.
    OtherPacket,
    /// The batch was given up before.
    TooLate,
    /// There is no such batch of this destination.
    Unknown,
}

/// Batches that carry a record before it is refused for its order.
const HORIZON: i32 = 8;

/// Takes a pushed answer; `text` is how it came.
pub fn take(
    transaction: &mut Transaction<'_>,
    destination: &str,
    pushed: &Pushed,
    text: &str,
    now: i64,
) -> Result<Taken, StoreError> {
    let known = batches::known(transaction.connection, pushed.batch)?;
    let Some(known) = known.filter(|known| known.destination == destination) else {
        return Ok(Taken::Unknown);
    };
    if let Some(packet) = &pushed.packet
        && *packet != hex(&known.packet_sha256)
    {
        return Ok(Taken::OtherPacket);
    }
    if known.state > 1 {
        return Ok(
            match contradiction::hear(transaction, pushed.batch, text, now)? {
                Heard::Same => Taken::Again,
                Heard::Other => Taken::Contradicts,
                Heard::Nothing => Taken::TooLate,
            },
        );
    }
    let connection = &mut *transaction.connection;
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
        answer: text,
    };
    ledger::settle(transaction, &ending, &settlement, now)?;
    Ok(Taken::Settled(tally))
}
