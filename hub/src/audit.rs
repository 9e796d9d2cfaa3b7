//! Holds the database and the raw bytes against the published log: what was receipted is what is stored.
//!
//! Everything is derived again from the rows; nothing is changed, and nothing needs a running hub. The first
//! wrong place is named: table and row, or file.

mod attachments;
mod changes;
mod closes;
mod commitments;
mod deliveries;
mod erasures;
mod packets;
mod parts;
mod pending;
mod submission;
mod vouchers;

use std::path::Path;

use commitments::Commitments;
use spec::Spec;

use crate::attachment::Objects;
use crate::leaf::{self, Leaf, LeafError};
use crate::pipeline::RawStore;
use crate::store::{Database, submissions};
use crate::tlog::layout::{Kind, Tile};
use crate::tlog::{FirstFault, Keyring, Storage, bundle, verify_folder};

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Audited {
    /// Leaves in the published log.
    pub published: u64,
    /// Root of the published log, base64.
    pub root: String,
    /// Leaves that are committed but not yet published.
    pub pending: u64,
    /// Submissions held against their leaves.
    pub submissions: u64,
    /// Record versions held against their submission's leaf.
    pub records: u64,
    /// Deliveries held against the leaves of their acknowledgements.
    pub deliveries: u64,
    /// Daily commitments held against their lists.
    pub commitments: u64,
}

/// What commitments are made again by.
pub struct Against<'a> {
    /// Says what the key of a record is.
    pub specification: &'a Spec,
    /// Whether every daily list is made again from the store, which reads the whole store for each, or the last only.
    pub every_commitment: bool,
}

/// The published log, which is whole by now.
struct Log<'l> {
    keys: &'l Keyring,
    storage: &'l Storage,
    size: u64,
}

fn fault(place: impl Into<String>, what: impl Into<String>) -> FirstFault {
    FirstFault {
        place: place.into(),
        what: what.into(),
    }
}

fn lost(error: &dyn std::error::Error) -> FirstFault {
    let cause = error
        .source()
        .map_or_else(String::new, |source| format!(": {source}"));
    fault("database", format!("{error}{cause}"))
}

/// Verifies the log of a folder, then every leaf, submission, record and raw byte of the database.
pub async fn verify(
    log: &Path,
    keys: &Keyring,
    connection: &mut Database,
    raw: &RawStore,
    objects: &Objects,
    against: &Against<'_>,
) -> Result<Audited, FirstFault> {
    let folder = verify_folder(log, keys)?;
    let pending = leaves(log, folder.size, connection)?;
    let storage = Storage::new(log);
    let published = Log {
        keys,
        storage: &storage,
        size: folder.size,
    };
    let found = rows(connection, raw, objects, &published, against).await?;
    let (submissions, records, deliveries, commitments) = found;
    Ok(Audited {
        published: folder.size,
        root: folder.root.to_string(),
        pending,
        submissions,
        records,
        deliveries,
        commitments,
    })
}

const PAGE: i64 = 1024;

/// Every leaf of the database is the entry of the same index; returns how many are not yet published.
fn leaves(log: &Path, size: u64, connection: &mut Database) -> Result<u64, FirstFault> {
    let storage = Storage::new(log);
    let mut next = 0_u64;
    loop {
        let page =
            submissions::leaves_from(connection, next as i64, 256).map_err(|error| lost(&error))?;
        let Some(tile) = Tile::at(Kind::Entries, next / 256, size) else {
            if next < size {
                return Err(fault(
                    format!("leaves, leaf_index {next}"),
                    "the row is missing",
                ));
            }
            return pending::count(connection, next);
        };
        let bytes = storage.read_tile(tile).map_err(|error| lost(&error))?;
        let entries = bundle::entries(&bytes).skip((next % 256) as usize);
        let mut rows = page.into_iter();
        for entry in entries {
            let entry = entry.map_err(|error| lost(&error))?;
            match rows.next() {
                Some((index, body)) if index as u64 == next => {
                    if body != entry {
                        return Err(fault(
                            format!("leaves, leaf_index {next}"),
                            "differs from the published entry",
                        ));
                    }
                }
                _ => {
                    return Err(fault(
                        format!("leaves, leaf_index {next}"),
                        "the row is missing",
                    ));
                }
            }
            next += 1;
        }
        if next >= size {
            return pending::count(connection, next);
        }
    }
}

/// Every submission and its records fit the leaf that names them; every submission leaf has its row.
async fn rows(
    connection: &mut Database,
    raw: &RawStore,
    objects: &Objects,
    log: &Log<'_>,
    against: &Against<'_>,
) -> Result<(u64, u64, u64, u64), FirstFault> {
    let (mut count, mut versions, mut files) = (0, 0, 0);
    let mut said = deliveries::Said::new(connection)?;
    let mut closed = closes::Closed::default();
    let mut announced = vouchers::Announced::default();
    let mut committed = Commitments::new(against.specification, against.every_commitment);
    let mut from = 0;
    loop {
        let page =
            submissions::leaves_from(connection, from, PAGE).map_err(|error| lost(&error))?;
        let Some((last, _)) = page.last() else { break };
        from = last + 1;
        for (index, body) in &page {
            let leaf = match leaf::read(body) {
                Ok(Leaf::Submission(leaf)) => leaf,
                Ok(Leaf::Change(leaf)) => {
                    changes::of_leaf(&leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Attachment(leaf)) => {
                    attachments::of_leaf(*index, &leaf, connection, objects).await?;
                    files += 1;
                    continue;
                }
                Ok(Leaf::Delivery(leaf)) => {
                    deliveries::Said::attempted(&leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Acknowledgement(leaf)) => {
                    said.acknowledged(&leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Operator(leaf)) => {
                    said.operated(&leaf);
                    closed.operated(*index, &leaf);
                    continue;
                }
                Ok(Leaf::Close(leaf)) => {
                    closed.closed(*index, &leaf, connection, log.keys)?;
                    continue;
                }
                Ok(Leaf::Manifest(leaf)) => {
                    closed.said(*index, &leaf, connection)?;
                    continue;
                }
                Ok(Leaf::Packet(leaf)) => {
                    deliveries::Said::packed(&leaf, connection)?;
                    packets::of_leaf(&leaf, connection, raw).await?;
                    continue;
                }
                Ok(Leaf::Witness(leaf)) => {
                    vouchers::witness(*index, &leaf, log.keys, log.storage)?;
                    continue;
                }
                Ok(Leaf::LogKey(leaf)) => {
                    // What is not published yet is in no list yet.
                    if index.unsigned_abs() < log.size {
                        announced.take(*index, &leaf);
                    }
                    continue;
                }
                Ok(Leaf::Commitment(leaf)) => {
                    committed.of_leaf(*index, &leaf, connection, raw).await?;
                    continue;
                }
                // Of these no table holds a counterpart, or a later version of this program knows which.
                Ok(_) | Err(LeafError::Unknown { .. }) => continue,
                Err(error) => {
                    let place = format!("leaves, leaf_index {index}");
                    return Err(fault(place, error.to_string()));
                }
            };
            versions += submission::of_leaf(*index, &leaf, connection, raw).await?;
            count += 1;
        }
    }
    attachments::counted(connection, files)?;
    closed.conclude(connection)?;
    let deliveries = said.conclude(connection)?;
    announced.conclude(log.keys)?;
    let commitments = committed.conclude(connection)?;
    Ok((count, versions, deliveries, commitments))
}
