//! Counters of sources. A source that numbers its submissions shows by the numbers that none was lost on the way:
//! what is left out, goes back, or stands for two different messages raises an alert. Good records are never refused
//! for it.

use super::Instant;
use super::commit::receipt_id;
use super::writer::Transaction;
use crate::leaf;
use crate::store::StoreError;
use crate::store::sequence::{self, Alert, Gap};

/// What is wrong with a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers were left out. Closed by itself when they come after all.
    Gap,
    /// The counter went back to a number that never came.
    Rollback,
    /// The same number stands for other bytes than before.
    Fork,
}

/// Words for the kinds, by their number.
pub const WORDS: [&str; 3] = ["gap", "rollback", "fork"];

/// The word for the number in the table.
pub fn word(kind: i32) -> &'static str {
    let place = usize::try_from(kind).ok();
    place
        .and_then(|place| WORDS.get(place).copied())
        .unwrap_or("unknown")
}

/// A submission with its number.
#[derive(Debug, Clone, Copy)]
pub struct Numbered<'s> {
    /// Who sent it.
    pub source: &'s str,
    /// The number that it gave.
    pub sequence: i64,
    /// SHA-256 of the bytes.
    pub raw_sha256: &'s [u8],
    /// `submissions.id`.
    pub id: i64,
}

/// Holds a number against the counter of its source, and moves that on. The first number that a source ever gives is
/// where its counter begins.
pub fn follow(
    transaction: &mut Transaction<'_>,
    new: Numbered<'_>,
    now: Instant,
) -> Result<Option<Kind>, StoreError> {
    let connection = &mut *transaction.connection;
    let Some(highest) = sequence::highest(connection, new.source)? else {
        sequence::advance(connection, new.source, new.sequence, new.id)?;
        return Ok(None);
    };
    let expected = highest.saturating_add(1);
    if new.sequence > highest {
        sequence::advance(connection, new.source, new.sequence, new.id)?;
        if new.sequence == expected {
            return Ok(None);
        }
        let alert = raise(transaction, new, Kind::Gap, expected, None, now)?;
        let gap = Gap {
            source: new.source.to_owned(),
            first: expected,
            last: new.sequence - 1,
            alert_id: alert,
        };
        sequence::open(transaction.connection, &[gap])?;
        return Ok(Some(Kind::Gap));
    }
    if let Some(gap) = sequence::gap_around(connection, new.source, new.sequence)? {
        fill(transaction, &gap, new.sequence, now)?;
        return Ok(None);
    }
    match sequence::first_under(connection, new.source, new.sequence, new.id)? {
        // The same bytes under another number of the submission: sent again, nothing lost.
        Some((_, bytes)) if bytes == new.raw_sha256 => Ok(None),
        Some((first, _)) => {
            raise(transaction, new, Kind::Fork, expected, Some(first), now)?;
            Ok(Some(Kind::Fork))
        }
        None => {
            raise(transaction, new, Kind::Rollback, expected, None, now)?;
            Ok(Some(Kind::Rollback))
        }
    }
}

/// A number that was left out has come: what is left of the gap stays open.
fn fill(
    transaction: &mut Transaction<'_>,
    gap: &Gap,
    number: i64,
    now: Instant,
) -> Result<(), StoreError> {
    let part = |first, last| Gap {
        first,
        last,
        ..gap.clone()
    };
    let mut left = Vec::new();
    if gap.first < number {
        left.push(part(gap.first, number - 1));
    }
    if number < gap.last {
        left.push(part(number + 1, gap.last));
    }
    if sequence::narrow(transaction.connection, gap, &left)? {
        sequence::close(transaction.connection, gap.alert_id, now.millis)?;
    }
    Ok(())
}

fn raise(
    transaction: &mut Transaction<'_>,
    new: Numbered<'_>,
    kind: Kind,
    expected: i64,
    first_id: Option<i64>,
    now: Instant,
) -> Result<i64, StoreError> {
    let leaf = leaf::Sequence {
        alert: word(kind as i32).to_owned(),
        source: new.source.to_owned(),
        expected,
        found: new.sequence,
        submission: receipt_id(new.id),
        first: first_id.map(receipt_id),
        at: now.text(),
    };
    let leaf = leaf::encode(&leaf).map_err(|error| StoreError::Damaged {
        place: "a new alert".to_owned(),
        what: error.to_string(),
    })?;
    let leaf_index = transaction.append_leaf(leaf)?;
    let alert = Alert {
        id: sequence::next_alert(transaction.connection)?,
        source: new.source.to_owned(),
        kind: kind as i32,
        expected,
        found: new.sequence,
        submission_id: new.id,
        first_id,
        at: now.millis,
        closed_at: None,
        leaf_index,
    };
    sequence::raise(transaction.connection, &alert)?;
    tracing::warn!(
        source = new.source,
        alert = word(kind as i32),
        expected,
        found = new.sequence,
        submission = receipt_id(new.id),
        "the counter of a source went wrong"
    );
    Ok(alert.id)
}
