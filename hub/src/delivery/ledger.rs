//! What came of packets and records, written down together with its leaf in the log, in one transaction.
//!
//! Nothing about a delivery ends without passing here: the table and the log cannot tell different stories.

use super::contradiction;
use crate::leaf::{self, Acknowledgement, acknowledgement};
use crate::pipeline::Instant;
use crate::pipeline::writer::Transaction;
use crate::store::StoreError;
use crate::store::deliveries::{self, End, Settlement, State};
use crate::store::packets;
use crate::tlog::sha256;

pub(super) use crate::leaf::acknowledgement::By;
pub(super) use crate::leaf::delivery::Outcome;

/// One attempt at a packet.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// Where to.
    pub destination: String,
    /// Number of the packet.
    pub batch: i64,
    /// Which attempt, from 1.
    pub number: i32,
    /// SHA-256 of the packet, hexadecimal.
    pub packet_sha256: String,
    /// Records in it.
    pub records: usize,
}

/// Logs what came of an attempt.
pub(super) fn attempted(
    transaction: &mut Transaction<'_>,
    attempt: &Attempt,
    outcome: Outcome,
    reason: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    let leaf = leaf::encode(&leaf::Delivery {
        destination: attempt.destination.clone(),
        batch: attempt.batch,
        attempt: attempt.number,
        outcome,
        packet_sha256: attempt.packet_sha256.clone(),
        records: attempt.records as u64,
        reason_sha256: reason.map(|reason| sha256(reason.as_bytes()).to_hex()),
        at: Instant::from_millis(now).text(),
    })?;
    let index = transaction.append_leaf(leaf)?;
    packets::spoken_of(transaction.connection, attempt.batch, index)
}

/// How a batch ends, and who says so.
pub(super) struct Ending<'e> {
    /// Where it went.
    pub destination: &'e str,
    /// Its number.
    pub batch: i64,
    /// How it ends.
    pub end: End,
    /// Who says so.
    pub by: By,
    /// In which words.
    pub answer: &'e str,
}

/// Ends a batch, gives each of its deliveries its state, and logs what became of them. Nothing when it had ended
/// before.
pub(super) fn settle(
    transaction: &mut Transaction<'_>,
    ending: &Ending<'_>,
    settlement: &Settlement,
    now: i64,
) -> Result<(), StoreError> {
    let members = deliveries::members(transaction.connection, ending.batch)?;
    let connection = &mut *transaction.connection;
    if !deliveries::settle(
        connection,
        ending.batch,
        &ending.end,
        ending.answer,
        settlement,
        now,
    )? {
        // It was pushed meanwhile, or somebody else asked: what is heard now must be the same.
        if ending.end == End::Answered && ending.by == By::Destination {
            contradiction::hear(transaction, ending.batch, ending.answer, now)?;
        }
        return Ok(());
    }
    for (delivery, ..) in &settlement.back {
        packets::left(connection, *delivery, ending.batch)?;
    }
    let named = |id: i64| {
        settlement
            .refused
            .iter()
            .find(|(refused, _)| *refused == id)
    };
    let back = |id: i64| settlement.back.iter().any(|(back, ..)| *back == id);
    let ended = members.iter().filter(|member| !back(member.id));
    let ended = ended.filter_map(|member| match (named(member.id), &settlement.others) {
        (Some((_, reason)), _) => Some(outcome(member.id, State::Refused, Some(reason))),
        (None, Some((state, reason))) => Some(outcome(member.id, *state, reason.as_deref())),
        (None, None) => None,
    });
    let ended: Vec<_> = ended.collect();
    let again = members.len() - ended.len();
    log(
        transaction,
        ending.destination,
        Some(ending.batch),
        ending.by,
        ending.answer,
        &ended,
        again,
        now,
    )
}

/// Refuses deliveries that fit into no packet, and logs it.
pub(super) fn unfit(
    transaction: &mut Transaction<'_>,
    destination: &str,
    unfit: &[(i64, String)],
    now: i64,
) -> Result<(), StoreError> {
    if unfit.is_empty() {
        return Ok(());
    }
    for (id, reason) in unfit {
        deliveries::refuse(transaction.connection, *id, reason, now)?;
    }
    let refused = unfit
        .iter()
        .map(|(id, reason)| outcome(*id, State::Refused, Some(reason)));
    let refused: Vec<_> = refused.collect();
    log(
        transaction,
        destination,
        None,
        By::Hub,
        "unfit",
        &refused,
        0,
        now,
    )
}

fn outcome(delivery: i64, state: State, reason: Option<&str>) -> acknowledgement::Outcome {
    acknowledgement::Outcome {
        delivery,
        state: state.word().to_owned(),
        reason: reason.map(str::to_owned),
    }
}

/// Logs outcomes, in as many leaves as they need.
#[expect(
    clippy::too_many_arguments,
    reason = "the members of one leaf, used by two callers above"
)]
fn log(
    transaction: &mut Transaction<'_>,
    destination: &str,
    batch: Option<i64>,
    by: By,
    answer: &str,
    ended: &[acknowledgement::Outcome],
    again: usize,
    now: i64,
) -> Result<(), StoreError> {
    // A batch of which nothing ended is worth a leaf too.
    let parts = ended.chunks(acknowledgement::MOST);
    let none: [&[acknowledgement::Outcome]; 1] = [&[]];
    let none = none.into_iter().filter(|_| ended.is_empty());
    for (part, again) in parts
        .chain(none)
        .zip([again].into_iter().chain(std::iter::repeat(0)))
    {
        let of = |state: State| {
            let of = part.iter().filter(|outcome| outcome.state == state.word());
            of.map(|outcome| outcome.delivery).collect()
        };
        let leaf = leaf::encode(&Acknowledgement {
            destination: destination.to_owned(),
            batch,
            by,
            answer_sha256: sha256(answer.as_bytes()).to_hex(),
            acknowledged: of(State::Acknowledged),
            refused: of(State::Refused),
            exhausted: of(State::Exhausted),
            again: again as u64,
            outcomes_root: acknowledgement::outcomes_root(part.to_vec()),
            at: Instant::from_millis(now).text(),
        })?;
        let index = transaction.append_leaf(leaf)?;
        if let Some(batch) = batch {
            packets::spoken_of(transaction.connection, batch, index)?;
        } else {
            for outcome in part {
                packets::unfit(transaction.connection, outcome.delivery, index)?;
            }
        }
    }
    Ok(())
}
