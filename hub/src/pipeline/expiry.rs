//! The deadline of the waiting room: a record that has waited too long is rejected, with the reason.
//!
//! [`sweep`] runs in the writer's transaction, so a crash leaves a record either waiting or rejected with its leaf
//! and its change; a second sweep finds nothing. The instant is an argument.

use std::collections::BTreeMap;

use spec::{Issue, Spec, Verdict};

use super::Instant;
use super::ending::{self, Ending};
use super::writer::Transaction;
use crate::store::StoreError;
use crate::store::records::RecordRow;
use crate::store::waiting::{self, Parked};

const DAY_MS: i64 = 86_400_000;

/// How long records may wait, by edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    days: BTreeMap<String, i64>,
}

impl Deadlines {
    /// The days that each edition allows, or `days` for all of them when it is not negative.
    pub fn new(specification: &Spec, days: i64) -> Self {
        let days = |edition: &spec::Edition| match days {
            ..0 => i64::from(edition.waiting_days),
            days => days,
        };
        let editions = specification.editions.iter();
        Deadlines {
            days: editions
                .map(|edition| (edition.id.clone(), days(edition)))
                .collect(),
        }
    }

    /// When the wait of a record of an edition is over, in milliseconds; none for one that is gone.
    pub fn of(&self, edition: &str, since: i64) -> i64 {
        let days = self.days.get(edition).copied().unwrap_or_default();
        since.saturating_add(days.saturating_mul(DAY_MS))
    }
}

/// A record that was rejected because nothing came for it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Expired {
    /// Number of its submission and receipt.
    pub submission: String,
    /// Its place there.
    pub index: i32,
    /// Since when it waited.
    pub since: String,
    /// Until when it might.
    pub deadline: String,
    /// The reasons.
    pub issues: Vec<Issue>,
}

/// Rejects at most `most` of the records whose deadline is at or before `due`, those that waited longest first.
pub fn sweep(
    transaction: &mut Transaction<'_>,
    deadlines: &Deadlines,
    due: Instant,
    now: Instant,
    most: i64,
) -> Result<Vec<Expired>, StoreError> {
    let mut expired = Vec::new();
    for edition in deadlines.days.keys() {
        let left = most - expired.len() as i64;
        // All of an edition have the same time, so those over it are the ones that came early enough.
        let latest = due.millis.saturating_sub(deadlines.of(edition, 0));
        for (parked, row) in waiting::since(transaction.connection, edition, latest, left)? {
            expired.push(expire(transaction, deadlines, now, &parked, &row)?);
        }
    }
    Ok(expired)
}

fn expire(
    transaction: &mut Transaction<'_>,
    deadlines: &Deadlines,
    now: Instant,
    parked: &Parked,
    row: &RecordRow,
) -> Result<Expired, StoreError> {
    let since = Instant::from_millis(parked.since).text();
    let deadline = Instant::from_millis(deadlines.of(&parked.edition, parked.since)).text();
    let issues: Vec<Issue> = awaited(parked)?
        .iter()
        .map(|awaited| spec::waiting::overdue(awaited, &since, &deadline))
        .collect();
    let outcome = (Verdict::Rejected, issues.as_slice());
    ending::settle(transaction, row, row.lane, Ending::Expired, outcome, now)?;
    Ok(Expired {
        submission: super::commit::receipt_id(row.submission_id),
        index: row.record_index,
        since,
        deadline,
        issues,
    })
}

/// What a record waits for, as it was written down.
pub fn awaited(parked: &Parked) -> Result<Vec<spec::waiting::Awaited>, StoreError> {
    serde_json::from_str(&parked.awaits).map_err(|error| StoreError::Damaged {
        place: format!("parked, record {}", parked.record_id),
        what: format!("`awaits` cannot be read: {error}"),
    })
}
