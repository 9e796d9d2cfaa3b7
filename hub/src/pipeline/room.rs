//! The waiting room as one submission meets it: which of its records replace one that still waits, and which of
//! them wait themselves. Nothing is written before the submission's own rows are.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use spec::waiting::Awaited;
use spec::{Edition, Issue, Lookup, Normalized, Verdict};

use super::attached;
use super::ending::{self, Ending};
use super::neighbours::{Key, Neighbour, answers};
use super::then::Then;
use super::writer::Transaction;
use crate::keys::LookupKey;
use crate::store::records::{self, RecordRow, Wait};
use crate::store::waiting::{self, Parked};
use crate::store::{Database, StoreError};

/// The waiting room as one submission meets it.
#[derive(Debug, Default)]
pub struct Room {
    guests: BTreeMap<i64, Arc<Neighbour>>,
    /// By the hash of their business key, and of their sender's key of the message.
    by_hash: HashMap<i64, Vec<i64>>,
    asked: HashSet<i64>,
    /// What this submission parked.
    entered: Vec<Parked>,
    /// Numbers of those that are replaced, each by which record; they stay in the store until the end.
    replaced: BTreeMap<i64, Option<i64>>,
    then: Option<Then>,
}

impl Room {
    /// The room as it was at an earlier state of the store.
    pub fn then(then: Then) -> Self {
        Room {
            then: Some(then),
            ..Room::default()
        }
    }

    /// Fetches the waiting records that have any of the keys.
    pub fn fetch<'k>(
        &mut self,
        connection: &mut Database,
        keys: impl Iterator<Item = &'k Key>,
    ) -> Result<(), StoreError> {
        let hashes: Vec<i64> = keys
            .map(|key| key.hash)
            .filter(|&hash| self.asked.insert(hash))
            .collect();
        let found = match self.then {
            Some(then) => then.waiting_under(connection, &hashes)?,
            None => waiting::by_own_hash(connection, &hashes)?,
        };
        for (parked, row) in found {
            if !self.replaced.contains_key(&row.id) {
                self.seat(&parked, row)?;
            }
        }
        Ok(())
    }

    fn seat(&mut self, parked: &Parked, row: RecordRow) -> Result<(), StoreError> {
        for hash in std::iter::once(parked.own_hash).chain(parked.message_hash) {
            let ids = self.by_hash.entry(hash).or_default();
            if !ids.contains(&row.id) {
                ids.push(row.id);
            }
        }
        let version = Arc::new(Neighbour::from_row(row)?);
        self.guests.insert(version.id, version);
        Ok(())
    }

    /// The newest record that waits under a business key, or under its sender's key of the message.
    pub fn holds(
        &self,
        edition: &Edition,
        own: Option<&Key>,
        message: Option<&Key>,
    ) -> Option<&Arc<Neighbour>> {
        let ids = self.under(edition, own, message);
        self.guests.get(ids.last()?)
    }

    fn under(&self, edition: &Edition, own: Option<&Key>, message: Option<&Key>) -> Vec<i64> {
        let mut ids = Vec::new();
        for key in own.into_iter().chain(message) {
            let found = self.by_hash.get(&key.hash).into_iter().flatten();
            ids.extend(found.filter(|id| {
                let guest = self.guests.get(id);
                guest.is_some_and(|guest| answers(edition, guest, &key.lookup))
            }));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// What waits under the keys waits no longer: something newer of the same record came.
    pub fn replace(
        &mut self,
        edition: &Edition,
        own: Option<&Key>,
        message: Option<&Key>,
        by: Option<i64>,
    ) {
        if self.guests.is_empty() {
            return;
        }
        for id in self.under(edition, own, message) {
            if self.guests.remove(&id).is_some() {
                self.replaced.insert(id, by);
            }
        }
    }

    /// A record begins to wait; returns what releases it.
    pub fn enter(
        &mut self,
        row: &RecordRow,
        parked: Parked,
        hashes: Vec<i64>,
    ) -> Result<Vec<Wait>, StoreError> {
        self.seat(&parked, row.clone())?;
        self.entered.push(parked);
        Ok(rows_of(hashes, row.id))
    }

    /// Writes down who entered; what is asked next is asked of the store again.
    pub fn write(&mut self, connection: &mut Database) -> Result<(), StoreError> {
        waiting::enter(connection, &self.entered, &[])?;
        self.entered.clear();
        self.guests.clear();
        self.by_hash.clear();
        self.asked.clear();
        Ok(())
    }

    /// Writes down who was replaced, when all rows are written.
    pub fn settle(
        self,
        transaction: &mut Transaction<'_>,
        now: super::Instant,
    ) -> Result<(), StoreError> {
        for (id, by) in self.replaced {
            let Some(row) = records::by_id(transaction.connection, id)? else {
                continue;
            };
            // Not kept, and nothing to do about it: what counts is held already, or was taken back.
            let outcome = (Verdict::Duplicate, [].as_slice());
            ending::settle(
                transaction,
                &row,
                row.lane,
                Ending::Replaced { by },
                outcome,
                now,
            )?;
        }
        Ok(())
    }
}

/// The rows by which a record is found when what it waits for comes.
pub fn rows_of(mut hashes: Vec<i64>, record_id: i64) -> Vec<Wait> {
    hashes.sort_unstable();
    hashes.dedup();
    let row = |hash| Wait { hash, record_id };
    hashes.into_iter().map(row).collect()
}

/// Under what a record is found that waits for other records, or for files of its source.
pub fn hashes(under: &LookupKey, waits: &[Lookup], source: &str, files: &[Awaited]) -> Vec<i64> {
    let records = waits
        .iter()
        .map(|lookup| Key::new(under, lookup.clone()).hash);
    let mut hashes: Vec<i64> = records.collect();
    hashes.extend(attached::wait_hashes(under, source, files));
    hashes
}

/// What a record waits for, records and files, as the store keeps it.
pub fn awaits(
    edition: &Edition,
    record: &Normalized<'_, '_>,
    waits: &[Lookup],
    issues: &[Issue],
    files: &[Awaited],
) -> String {
    let mut awaited = spec::waiting::awaited(edition, record, waits, issues);
    // For people only: what is looked for is in the record itself.
    for one in awaited.iter_mut().filter(|one| one.personal) {
        one.value = one.shown();
    }
    awaited.extend_from_slice(files);
    serde_json::to_string(&awaited).unwrap_or_default()
}
