//! Makes a commitment: the lists are gathered from the store and archived first, then the leaf and its row are written
//! in one transaction. A crash in between leaves lists that nothing names.
//!
//! A list is 32 bytes a key, all of it in memory while it is sorted.

use spec::{Dataset, Spec};

use super::{SALT, Subject};
use crate::error::Error;
use crate::keys::salt::new_salt;
use crate::leaf::{self, Commitment};
use crate::pipeline::neighbours::key_of;
use crate::pipeline::writer::Transaction;
use crate::pipeline::{Instant, RawStore};
use crate::store::commitments::{self, Row};
use crate::store::submissions::{self, Filter};
use crate::store::{Database, StoreError, records};
use crate::tlog::{Hash, leaf_hash, merkle_root, sha256};

/// Submissions read at once.
const PAGE: i64 = 500;

/// The sorted entries of record keys, and of submissions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Of record keys.
    pub records: Vec<Hash>,
    /// Of submissions.
    pub submissions: Vec<Hash>,
}

/// A commitment that is archived, but not yet in the log.
#[derive(Debug)]
pub struct Ready {
    leaf: Commitment,
    row: Row,
}

/// Everything that was received before an instant and has its leaf below the boundary.
pub fn list(
    connection: &mut Database,
    specification: &Spec,
    salt: &[u8],
    until: i64,
    boundary: i64,
) -> Result<Lists, StoreError> {
    let mut lists = Lists::default();
    let mut filter = Filter {
        limit: PAGE,
        ..Filter::default()
    };
    loop {
        let page = submissions::list(connection, &filter)?;
        let Some((first, last)) = page.first().zip(page.last()) else {
            break;
        };
        filter.after = last.id;
        let held = |id: i64| {
            let found = page.iter().find(|line| line.id == id);
            found.is_some_and(|line| line.received_at < until && line.leaf_index < boundary)
        };
        for record in records::of_submission(connection, first.id, last.id)? {
            if held(record.submission_id) {
                let body = serde_json::from_slice(record.canonical()?).unwrap_or_default();
                let dataset = dataset(specification, record.dataset);
                let key = dataset.and_then(|dataset| Some((dataset.code, key_of(dataset, &body)?)));
                lists.records.extend(key.map(|(dataset, key)| {
                    let key = key.replace('\u{1f}', "|");
                    Subject::Record { dataset, key }.entry(salt)
                }));
            }
        }
        for line in page.iter().filter(|line| held(line.id)) {
            let subject = Subject::Submission {
                source: line.source.clone(),
                submission: line.submission.clone(),
            };
            lists.submissions.push(subject.entry(salt));
        }
    }
    for entries in [&mut lists.records, &mut lists.submissions] {
        entries.sort_unstable_by_key(|entry| *entry.as_bytes());
        entries.dedup();
    }
    Ok(lists)
}

fn dataset(specification: &Spec, number: i32) -> Option<&Dataset> {
    let code = u16::try_from(number).ok()?;
    let mut editions = specification.editions.iter().rev();
    editions.find_map(|edition| edition.by_code(code))
}

/// Root over the entries of a list.
pub fn root(entries: &[Hash]) -> Hash {
    let hashes: Vec<Hash> = entries
        .iter()
        .map(|entry| leaf_hash(entry.as_bytes()))
        .collect();
    merkle_root(&hashes)
}

/// Gathers and archives everything about what was received before an instant.
pub async fn prepare(
    connection: &mut Database,
    specification: &Spec,
    raw: &RawStore,
    until: i64,
) -> Result<Ready, Error> {
    let salt: [u8; SALT] = new_salt().map_err(|error| Error::Internal(error.to_string()))?;
    let boundary = commitments::leaves(connection)?;
    let lists = list(connection, specification, &salt, until, boundary)?;
    let (records_root, submissions_root) = (root(&lists.records), root(&lists.submissions));
    let records_list = archive(raw, &lists.records).await?;
    let submissions_list = archive(raw, &lists.submissions).await?;
    Ok(Ready {
        leaf: Commitment {
            until: Instant::from_millis(until).text(),
            boundary: boundary as u64,
            salt_sha256: sha256(&salt).to_hex(),
            records: lists.records.len() as u64,
            records_root: records_root.to_hex(),
            submissions: lists.submissions.len() as u64,
            submissions_root: submissions_root.to_hex(),
            at: Instant::now().text(),
        },
        row: Row {
            leaf_index: 0,
            until,
            salt: salt.to_vec(),
            records_list,
            submissions_list,
        },
    })
}

async fn archive(raw: &RawStore, entries: &[Hash]) -> Result<Vec<u8>, Error> {
    let bytes: Vec<u8> = entries.iter().flat_map(|entry| *entry.as_bytes()).collect();
    let name = sha256(&bytes);
    raw.archive(&name, &bytes).await?;
    Ok(name.as_bytes().to_vec())
}

/// Writes a commitment into the log; its place there.
pub fn write(transaction: &mut Transaction<'_>, ready: Ready) -> Result<i64, StoreError> {
    let leaf_index = transaction.append_leaf(leaf::encode(&ready.leaf)?)?;
    let row = Row {
        leaf_index,
        ..ready.row
    };
    commitments::add(transaction.connection, &row)?;
    Ok(leaf_index)
}
