//! The end of a submission, or of a part of it: rows and outcomes are written, the leaf is appended.

use super::{Purpose, Work};
use crate::leaf;
use crate::pipeline::Digests;
use crate::pipeline::commit::{Committed, Unsigned, receipt_id};
use crate::pipeline::sequence::{self, Numbered};
use crate::pipeline::{compress, release};
use crate::store::outcome_parts::{self, OutcomePart};
use crate::store::records::{self, Link};
use crate::store::submissions::{self, Submission};
use crate::store::{StoreError, insert};
use crate::tlog::hash::{self, Hash};

/// What became of all records of a submission.
#[derive(Debug)]
pub struct Verdicts {
    /// Merkle root over the outcomes.
    pub outcomes_root: Hash,
    /// Merkle root over the canonical records that were kept.
    pub records_root: Hash,
    /// The outcomes as a JSON list.
    pub json: Vec<u8>,
    /// The number of an erased record that some of them were judged among.
    pub met_erased: Option<i64>,
}

impl Work<'_, '_> {
    /// The outcomes as they would be kept and hashed.
    pub fn verdicts(mut self) -> Result<Verdicts, StoreError> {
        let packed = self.outcomes.pack().map_err(|error| broken(&error))?;
        let json = compress::unpack(&packed).map_err(|error| broken(&error))?;
        Ok(Verdicts {
            outcomes_root: self.outcomes.tree.root(),
            records_root: self.kept.root(),
            json: json.into_owned(),
            met_erased: self.neighbours.met_erased(),
        })
    }

    /// Keeps how the submission is to be read.
    pub fn keep_hint(&mut self, hint: &adapters::Hint) -> Result<(), StoreError> {
        let text = serde_json::to_string(hint).map_err(|error| broken(&error))?;
        submissions::keep_hint(self.transaction.connection, self.number, &text)
    }

    /// Writes down a part of the outcomes.
    pub(super) fn end_part(&mut self) -> Result<(), StoreError> {
        let root = self.outcomes.tree.roots().pop();
        let part = OutcomePart {
            submission_id: self.number,
            part: self.parts,
            root: root.map_or_else(Vec::new, |root| root.as_bytes().to_vec()),
            outcomes: self.outcomes.pack().map_err(|error| broken(&error))?,
        };
        self.outcomes.list.clear();
        self.parts += 1;
        outcome_parts::insert(self.transaction.connection, &part)
    }

    /// Writes the rows that were collected.
    pub(super) fn write(&mut self) -> Result<(), StoreError> {
        let superseded = std::mem::take(&mut self.superseded);
        records::unlink(self.transaction.connection, &superseded)?;
        // A version that came and went among these very records has no row to unlink yet.
        let superseded: foldhash::HashSet<Link> = superseded.into_iter().collect();
        let mut rows = std::mem::take(&mut self.rows);
        rows.links.retain(|link| !superseded.contains(link));
        insert::rows(self.transaction.connection, &rows)?;
        std::mem::take(&mut self.history).write(self.transaction.connection)?;
        self.room.write(self.transaction.connection)
    }

    /// Writes everything, appends the leaf, and releases what waited for these records.
    pub fn finish(
        mut self,
        mut row: Submission,
        digests: &Digests,
        basis: Option<Hash>,
    ) -> Result<Committed, StoreError> {
        row.id = self.number;
        row.accepted = self.counts.accepted as i32;
        row.warned = self.counts.accepted_with_warnings as i32;
        row.parked = self.counts.parked as i32;
        row.duplicate = self.counts.duplicate as i32;
        row.rejected = self.counts.rejected as i32;
        let (specification, codes) = digests.of(self.edition);
        let says = leaf::Submission {
            id: receipt_id(self.number),
            source: row.source.clone(),
            submission: row.submission.clone(),
            sender_signature: None,
            received_at: self.received.text(),
            edition: row.edition.clone(),
            raw_sha256: hash::hex(&row.raw_sha256),
            raw_bytes: row.raw_bytes as u64,
            specification: specification.to_owned(),
            codes: codes.to_owned(),
            build: digests.build.clone(),
            basis: basis.map(Hash::to_hex),
            counts: self.counts,
            outcomes_root: self.outcomes.tree.root().to_hex(),
            records_root: self.kept.root().to_hex(),
        };
        let leaf = leaf::encode(&says)?;
        row.leaf_index = self.transaction.append_leaf(leaf.clone())?;
        let leaf = String::from_utf8(leaf).map_err(|error| broken(&error))?;
        let mut parts = Vec::new();
        if self.purpose == Purpose::Parts {
            if !self.outcomes.list.is_empty() {
                self.end_part()?;
            }
            parts = self.outcomes.tree.roots();
        } else {
            row.outcomes = self.outcomes.pack().map_err(|error| broken(&error))?;
        }
        self.rows.volumes = std::mem::take(&mut self.volumes).into_values().collect();
        insert::submission(self.transaction.connection, &row)?;
        self.write()?;
        self.transaction.numbers.submission += 1;
        if let Some(sequence) = row.sequence {
            let numbered = Numbered {
                source: &row.source,
                sequence,
                raw_sha256: &row.raw_sha256,
                id: row.id,
            };
            sequence::follow(self.transaction, numbered, self.received)?;
        }
        self.room.settle(self.transaction, self.received)?;
        let (specification, now) = (self.specification, self.received);
        if self.purpose == Purpose::Parts {
            let first = self.first_record;
            release::release_since(self.transaction, &self.under, specification, now, first)?;
        } else {
            let current = &self.became_current;
            release::release(self.transaction, &self.under, specification, now, current)?;
        }
        Ok(Committed::Fresh(Box::new(Unsigned {
            leaf,
            says,
            leaf_index: row.leaf_index as u64,
            outcomes: self.outcomes.list,
            parts,
            seal: None,
        })))
    }
}

/// What cannot be written although it was just made.
pub(super) fn broken(error: &dyn std::error::Error) -> StoreError {
    StoreError::Damaged {
        place: "a new submission".to_owned(),
        what: error.to_string(),
    }
}
