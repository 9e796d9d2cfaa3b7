//! The store as it was just before a place in the log: what a submission was judged among when it was received.
//!
//! The log is the order of everything that changed what others are judged among: a version became current at the leaf
//! of its submission or, if it had to wait, at the leaf of its release. Versions are never deleted, and the values by
//! which superseded ones were found are kept, so that the state of then is derived, not remembered.

use super::neighbours::Key;
use crate::store::records::{self, RecordRow};
use crate::store::waiting::{self, Parked};
use crate::store::{Database, StoreError, history, submissions, verdict_number};

/// An earlier state of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Then {
    /// Index in the log of the first leaf that was not there yet.
    pub before: i64,
}

/// When a version began to count, by places in the log.
enum Life {
    /// It was current from the leaf on, until the next version was.
    Current(i64),
    /// It waited from the first leaf on, and was current from the second on.
    Released(i64, i64),
    /// It waited from the first leaf on until the second, if that has come, and was never current.
    Waited(i64, Option<i64>),
}

impl Then {
    /// Versions that were current and may be found under any of the keys; by the hash of the key.
    pub fn found_under(
        self,
        connection: &mut Database,
        keys: &[&Key],
    ) -> Result<Vec<(i64, RecordRow)>, StoreError> {
        let hashes: Vec<i64> = keys.iter().map(|key| key.hash).collect();
        let by_message = |hash: i64| keys.iter().any(|key| key.hash == hash && key.is_message());
        let mut starts = records::found_under(connection, &hashes)?;
        for (hash, until, row) in history::superseded_under(connection, &hashes)? {
            let until = until.ok_or_else(|| StoreError::Damaged {
                place: format!("past_links of record {}", row.id),
                what: "it was superseded before the place in the log was kept, so that the state of then cannot be \
                       had"
                    .to_owned(),
            })?;
            if self.before <= until {
                starts.push((hash, row));
            }
        }
        let mut found: Vec<(i64, RecordRow)> = Vec::new();
        for (hash, row) in starts {
            let known = if by_message(hash) {
                // Such a link stays with the version that it was made for.
                self.was_current(connection, &row)?.then_some(row)
            } else {
                self.back_from(connection, row)?
            };
            found.extend(known.map(|row| (hash, row)));
        }
        found.sort_by_key(|(hash, row)| (*hash, row.id));
        found.dedup_by_key(|(hash, row)| (*hash, row.id));
        Ok(found)
    }

    /// Versions that waited under any of the hashes of their own.
    pub fn waiting_under(
        self,
        connection: &mut Database,
        hashes: &[i64],
    ) -> Result<Vec<(Parked, RecordRow)>, StoreError> {
        let mut found = waiting::by_own_hash(connection, hashes)?;
        for (hash, row) in waiting::waited_under(connection, hashes)? {
            let parked = Parked {
                record_id: row.id,
                submission_id: row.submission_id,
                edition: String::new(),
                own_hash: hash,
                message_hash: None,
                since: 0,
                warned: 0,
                awaits: String::new(),
            };
            found.push((parked, row));
        }
        let mut then = Vec::new();
        for (parked, row) in found {
            let waited = match life(connection, &row)? {
                Life::Current(_) => false,
                Life::Released(from, to) => from < self.before && self.before <= to,
                Life::Waited(from, to) => {
                    from < self.before && to.is_none_or(|to| self.before <= to)
                }
            };
            if waited {
                then.push((parked, row));
            }
        }
        Ok(then)
    }

    /// The version of a chain that was current: the newest that had become so.
    fn back_from(
        self,
        connection: &mut Database,
        newest: RecordRow,
    ) -> Result<Option<RecordRow>, StoreError> {
        let mut next = Some(newest);
        while let Some(row) = next {
            if self.was_current(connection, &row)? {
                return Ok(Some(row));
            }
            next = match row.previous.filter(|&previous| previous < row.id) {
                Some(previous) => records::by_id(connection, previous)?,
                None => None,
            };
        }
        Ok(None)
    }

    fn was_current(self, connection: &mut Database, row: &RecordRow) -> Result<bool, StoreError> {
        Ok(match life(connection, row)? {
            Life::Current(from) | Life::Released(_, from) => from < self.before,
            Life::Waited(..) => false,
        })
    }
}

fn life(connection: &mut Database, row: &RecordRow) -> Result<Life, StoreError> {
    let received = submissions::leaf_index(connection, row.submission_id)?.ok_or_else(|| {
        StoreError::Damaged {
            place: format!("submissions, id {}", row.submission_id),
            what: "a record names it, but it is not there".to_owned(),
        }
    })?;
    let kept = [spec::Verdict::Accepted, spec::Verdict::AcceptedWithWarnings]
        .map(verdict_number)
        .contains(&row.verdict);
    Ok(match waiting::change_of(connection, row)? {
        Some(change) if kept => Life::Released(received, change.leaf_index),
        Some(change) => Life::Waited(received, Some(change.leaf_index)),
        None if kept => Life::Current(received),
        None => Life::Waited(received, None),
    })
}
