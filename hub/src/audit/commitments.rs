//! Daily commitments, held against their archived lists and against the store: a record that was receipted and is left
//! out of a list could later be "proven" never to have been held.

use std::collections::BTreeSet;

use spec::Spec;

use super::{fault, lost};
use crate::absence::commit::{self, Lists};
use crate::leaf::Commitment;
use crate::pipeline::raw::Stored;
use crate::pipeline::{Instant, RawStore};
use crate::store::commitments::{self, Row};
use crate::store::{Database, StoreError, erasures, submissions};
use crate::tlog::{FirstFault, Hash, hash, sha256};

/// The commitments seen so far.
pub(super) struct Commitments<'s> {
    specification: &'s Spec,
    /// Whether every list is made again from the store, or that of the last commitment only.
    every: bool,
    last: Option<(i64, Row, Lists)>,
    /// How many there were.
    pub count: u64,
}

impl<'s> Commitments<'s> {
    /// None seen yet.
    pub fn new(specification: &'s Spec, every: bool) -> Self {
        Commitments {
            specification,
            every,
            last: None,
            count: 0,
        }
    }

    /// The row of a commitment and its lists are those of the leaf.
    pub async fn of_leaf(
        &mut self,
        index: i64,
        leaf: &Commitment,
        connection: &mut Database,
        raw: &RawStore,
    ) -> Result<(), FirstFault> {
        let place = format!("commitments, leaf_index {index}");
        let row = commitments::of_leaf(connection, index).map_err(|error| lost(&error))?;
        let row = row.ok_or_else(|| {
            fault(
                &place,
                "行缺失，但日志有其条目 / the row is missing, but the log holds its leaf",
            )
        })?;
        let lists = Lists {
            records: listed(&place, &row.records_list, raw).await?,
            submissions: listed(&place, &row.submissions_list, raw).await?,
        };
        for (what, found, expected) in [
            (
                "until",
                Instant::from_millis(row.until).text(),
                leaf.until.clone(),
            ),
            ("salt", sha256(&row.salt).to_hex(), leaf.salt_sha256.clone()),
            (
                "records",
                lists.records.len().to_string(),
                leaf.records.to_string(),
            ),
            (
                "records_list",
                commit::root(&lists.records).to_hex(),
                leaf.records_root.clone(),
            ),
            (
                "submissions",
                lists.submissions.len().to_string(),
                leaf.submissions.to_string(),
            ),
            (
                "submissions_list",
                commit::root(&lists.submissions).to_hex(),
                leaf.submissions_root.clone(),
            ),
        ] {
            if found != expected {
                return Err(fault(
                    format!("{place}, {what}"),
                    format!(
                        "为“{found}”，日志为“{expected}” / is `{found}`, the log says `{expected}`"
                    ),
                ));
            }
        }
        self.count += 1;
        let boundary = i64::try_from(leaf.boundary).unwrap_or(i64::MAX);
        if self.every {
            return self.complete(boundary, &row, &lists, connection);
        }
        self.last = Some((boundary, row, lists));
        Ok(())
    }

    /// The last list is complete.
    pub fn conclude(mut self, connection: &mut Database) -> Result<u64, FirstFault> {
        if let Some((boundary, row, lists)) = self.last.take() {
            self.complete(boundary, &row, &lists, connection)?;
        }
        Ok(self.count)
    }

    /// A list holds exactly what the store held when it was made.
    fn complete(
        &self,
        boundary: i64,
        row: &Row,
        lists: &Lists,
        connection: &mut Database,
    ) -> Result<(), FirstFault> {
        let again = commit::list(
            connection,
            self.specification,
            &row.salt,
            row.until,
            boundary,
        );
        let again = again.map_err(|error| lost(&error))?;
        for (what, list, again) in [
            ("records_list", &lists.records, &again.records),
            ("submissions_list", &lists.submissions, &again.submissions),
        ] {
            if list != again {
                let only = |these: &[Hash], those: &[Hash]| {
                    let absent = |entry: &&Hash| {
                        those
                            .binary_search_by_key(&entry.as_bytes(), |one| one.as_bytes())
                            .is_err()
                    };
                    these.iter().filter(absent).count()
                };
                let (left_out, too_many) = (only(again, list), only(list, again));
                if what == "records_list" && left_out == 0 {
                    // The key of a record that was erased since is not known any more: its entry stands for itself.
                    let erased = erased_since(row, boundary, connection);
                    if too_many <= erased.map_err(|error| lost(&error))? {
                        continue;
                    }
                }
                return Err(fault(
                    format!("commitments, leaf_index {}, {what}", row.leaf_index),
                    format!(
                        "清单与库中当时的记录不符：漏 {left_out} 项，多 {too_many} 项 / does not hold what was stored: \
                         {left_out} entries are left out, {too_many} too many"
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// How many records a list named that were erased after it was made: each erasure has its own leaf, and counts only if
/// the list was to hold one of its versions.
fn erased_since(row: &Row, boundary: i64, connection: &mut Database) -> Result<usize, StoreError> {
    let mut explained = BTreeSet::new();
    for (leaf, submission) in erasures::later(connection, row.leaf_index)? {
        if explained.contains(&leaf) {
            continue;
        }
        let held = submissions::by_id(connection, submission)?
            .is_some_and(|one| one.received_at < row.until && one.leaf_index < boundary);
        if held {
            explained.insert(leaf);
        }
    }
    Ok(explained.len())
}

/// An archived list: whole, in order, nothing twice.
async fn listed(place: &str, name: &[u8], raw: &RawStore) -> Result<Vec<Hash>, FirstFault> {
    let wrong = |what: String| fault(format!("{place}, {}", hash::hex(name)), what);
    let name = Hash::from_hex(&hash::hex(name)).map_err(|error| wrong(error.to_string()))?;
    let bytes = raw
        .get(&Stored::archived(name))
        .await
        .map_err(|error| wrong(error.to_string()))?;
    if sha256(&bytes) != name {
        return Err(wrong("清单被改动 / the list was changed".to_owned()));
    }
    let (entries, rest) = bytes.as_chunks::<{ hash::LENGTH }>();
    let entries: Vec<Hash> = entries.iter().copied().map(Hash::new).collect();
    if !rest.is_empty() || !entries.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()) {
        return Err(wrong("清单未按序 / the list is not in order".to_owned()));
    }
    Ok(entries)
}
