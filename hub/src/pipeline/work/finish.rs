//! How a judged submission ends: written with its leaf or, when it was only judged again, handed out as it would be
//! written.

use super::super::commit::{Committed, Unsigned, receipt_id};
use super::super::compress;
use super::{Work, broken};
use crate::leaf;
use crate::store::StoreError;
use crate::store::insert;
use crate::store::records::{self, Link};
use crate::store::submissions::{self, Submission};
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
}

impl Work<'_, '_> {
    /// The outcomes as they are kept and hashed.
    pub fn verdicts(mut self) -> Verdicts {
        Verdicts {
            outcomes_root: hash::merkle_root(&self.hashes),
            records_root: hash::merkle_root(&self.kept),
            json: self.closed(),
        }
    }

    /// The JSON list of the outcomes, closed.
    fn closed(&mut self) -> Vec<u8> {
        let mut json = std::mem::take(&mut self.json);
        if json.is_empty() {
            json.push(b'[');
        }
        json.push(b']');
        json
    }

    /// Keeps how the submission is to be read.
    pub fn keep_hint(&mut self, hint: &adapters::Hint) -> Result<(), StoreError> {
        let text = serde_json::to_string(hint).map_err(|error| broken(&error))?;
        submissions::keep_hint(self.transaction.connection, self.number, &text)
    }

    /// Writes everything, appends the leaf, and releases what waited for these records.
    pub fn finish(
        mut self,
        mut row: Submission,
        digests: &super::super::Digests,
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
            outcomes_root: hash::merkle_root(&self.hashes).to_hex(),
            records_root: hash::merkle_root(&self.kept).to_hex(),
        };
        let leaf = leaf::encode(&says)?;
        row.leaf_index = self.transaction.append_leaf(leaf.clone())?;
        let leaf = String::from_utf8(leaf).map_err(|error| broken(&error))?;
        row.outcomes = compress::pack(&self.closed()).map_err(|error| broken(&error))?;
        self.rows.volumes = std::mem::take(&mut self.volumes).into_values().collect();
        records::unlink(self.transaction.connection, &self.superseded)?;
        // A version that came and went within this very submission has no row to unlink yet.
        let superseded: foldhash::HashSet<Link> = self.superseded.iter().copied().collect();
        self.rows.links.retain(|link| !superseded.contains(link));
        insert::submission(self.transaction.connection, &row, &self.rows)?;
        self.transaction.numbers.submission += 1;
        self.history.write(self.transaction.connection)?;
        self.room.settle(self.transaction, self.received)?;
        super::super::release::release(
            self.transaction,
            self.specification,
            self.received,
            &self.became_current,
        )?;
        Ok(Committed::Fresh(Box::new(Unsigned {
            leaf,
            says,
            leaf_index: row.leaf_index as u64,
            outcomes: self.outcomes,
            seal: None,
        })))
    }
}
