//! A file beside records inside the writer's transaction: named by a row, entered in the log, and whatever waited for
//! it released. Its bytes are durable already.

mod files;

use serde::{Deserialize, Serialize};
use spec::Spec;
use spec::waiting::Awaited;

use super::receipt::Group;
use super::seal::Seal;
use super::writer::Transaction;
use crate::attachment::enclosed::Carried;
use crate::keys::LookupKey;
use crate::leaf::{self, Attachment};
use crate::store::attachments::{self, AttachmentRow};
use crate::store::{Database, StoreError, submissions};
use crate::tlog::Span;
use crate::tlog::hash::{Hash, hex, leaf_hash, sha256};

pub use files::Files;

/// A file whose bytes are kept.
#[derive(Debug, Clone)]
pub struct File {
    /// Who sent it.
    pub source: String,
    /// The code that joins it to a record.
    pub code: String,
    /// What it is among the files of a record.
    pub slot: String,
    /// Its name at the sender's.
    pub file_name: String,
    /// Its type.
    pub media_type: String,
    /// Number of its bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Hash,
    /// Text that nobody can guess: hides names and codes in the log, where all can read.
    pub salt: String,
    /// The wrapped key of the kept bytes; none where nothing is kept.
    pub key: Option<Vec<u8>>,
}

impl File {
    fn into_row(self, id: i64, now: super::Instant) -> AttachmentRow {
        AttachmentRow {
            id,
            source: self.source,
            code: self.code,
            slot: self.slot,
            sha256: self.sha256.as_bytes().to_vec(),
            bytes: self.bytes as i64,
            media_type: self.media_type,
            file_name: self.file_name,
            salt: self.salt,
            received_at: now.millis,
            leaf_index: 0,
            wrapped: self.key,
        }
    }

    /// A file that came with a record.
    pub fn of_carried(source: &str, carried: &Carried, salt: String, key: Option<Vec<u8>>) -> File {
        File {
            source: source.to_owned(),
            code: carried.named.code.clone(),
            slot: carried.named.slot.clone(),
            file_name: carried.file_name.clone(),
            media_type: carried.media_type.clone(),
            bytes: carried.bytes.len() as u64,
            sha256: carried.named.sha256,
            salt,
            key,
        }
    }
}

/// The leaf of a row.
pub fn leaf_of(row: &AttachmentRow) -> Attachment {
    Attachment {
        attachment: row.id,
        source: row.source.clone(),
        slot: row.slot.clone(),
        sha256: hex(&row.sha256),
        bytes: row.bytes,
        media_type: row.media_type.clone(),
        named: leaf::attachment::named(&row.salt, &row.code, &row.file_name),
        at: super::Instant::from_millis(row.received_at).text(),
    }
}

/// The signed answer to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileReceipt {
    /// The code that joins it to a record.
    pub code: String,
    /// What it is among the files of a record.
    pub slot: String,
    /// Its name at the sender's.
    pub file: String,
    /// Who sent it.
    pub source: String,
    /// Its type.
    pub media_type: String,
    /// Number of its bytes.
    pub bytes: i64,
    /// Their SHA-256, hexadecimal.
    pub sha256: String,
    /// When it came.
    pub received_at: String,
    /// Hides code and name in the leaf.
    pub salt: String,
    /// The leaf, verbatim.
    pub leaf: String,
    /// Its hash in the log (RFC 6962), base64.
    pub leaf_hash: String,
    /// Its place there.
    pub leaf_index: i64,
    /// Name of the log.
    pub origin: String,
    /// How the leaf belongs to what is signed.
    pub group: Option<Group>,
    /// Ed25519 over the group, as in the receipt of a submission; base64.
    pub signature: Option<String>,
}

/// Whether the very file is kept already under the code, so that its bytes need not be kept again. Should it be erased
/// in this very moment, it must be sent once more.
pub fn is_kept(
    app: &crate::app::App,
    named: (&str, &str, &str),
    sha256: &Hash,
) -> Result<bool, crate::error::Error> {
    let mut connection = app.readers.take()?;
    let same = attachments::same(&mut connection, named, sha256.as_bytes())?;
    Ok(same.is_some_and(|row| !row.is_erased()))
}

/// Files that came with the records of a submission; their bytes are kept.
#[derive(Debug, Default)]
pub struct Arriving {
    /// The files.
    pub files: Vec<File>,
    /// Most files of a source under one code.
    pub most: i64,
}

/// Names the files that came with records. One more than may be under a code is left out: see [`Files::crowded`].
pub fn arrive(
    transaction: &mut Transaction<'_>,
    under: &LookupKey,
    specification: &'static Spec,
    arriving: Arriving,
    now: super::Instant,
) -> Result<(), StoreError> {
    for file in arriving.files {
        let named = commit(transaction, under, specification, file, arriving.most, now)?;
        drop(named);
    }
    Ok(())
}

/// A file that was named by a row, now or before.
#[derive(Debug)]
pub struct Kept {
    /// Its row.
    pub row: AttachmentRow,
    leaf: String,
    /// The seal of its commit, when that was before now.
    seal: Option<Seal>,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowded(pub i64);

/// Names a file. The same bytes under the same code and slot are one file, however often they come.
pub fn commit(
    transaction: &mut Transaction<'_>,
    under: &LookupKey,
    specification: &'static Spec,
    file: File,
    most_files: i64,
    now: super::Instant,
) -> Result<Result<Kept, Crowded>, StoreError> {
    let named = (&*file.source, &*file.code, &*file.slot);
    if let Some(mut row) = attachments::same(transaction.connection, named, file.sha256.as_bytes())?
    {
        if row.is_erased()
            && let Some(key) = file.key
        {
            // Sent again after it was erased: it is there again, under the leaf that it has.
            attachments::rewrap(transaction.connection, row.id, &key)?;
            row.wrapped = Some(key);
        }
        return load(transaction.connection, row).map(Ok);
    }
    let count = attachments::count(transaction.connection, &file.source, &file.code)?;
    if count >= most_files {
        return Ok(Err(Crowded(most_files)));
    }
    let mut row = file.into_row(attachments::next(transaction.connection)?, now);
    let leaf = written(&row)?;
    row.leaf_index = transaction.append_leaf(leaf.clone().into_bytes())?;
    attachments::insert(transaction.connection, &row)?;
    let hash = wait_hash(under, &row.source, &row.code, &row.slot);
    super::release::release(transaction, under, specification, now, &[hash])?;
    Ok(Ok(Kept {
        row,
        leaf,
        seal: None,
    }))
}

/// A file that was named before, with the seal of its commit.
pub fn load(connection: &mut Database, row: AttachmentRow) -> Result<Kept, StoreError> {
    let seal = submissions::span(connection, row.leaf_index)?.map(|(first, bodies)| {
        let hashes = bodies.iter().map(|body| leaf_hash(body)).collect();
        Seal::new(Span::new(first as u64, hashes))
    });
    Ok(Kept {
        leaf: written(&row)?,
        row,
        seal,
    })
}

fn written(row: &AttachmentRow) -> Result<String, StoreError> {
    let damaged = |what: String| StoreError::Damaged {
        place: format!("attachments, id {}", row.id),
        what,
    };
    let bytes = leaf::encode(&leaf_of(row)).map_err(|error| damaged(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))
}

/// The signed answer, by the seal of the file's own commit or, for what was just committed, by the given one.
pub fn receipt(
    (key, origin): (&crate::keys::SigningKey, &str),
    kept: Kept,
    seal: Option<&Seal>,
) -> FileReceipt {
    let row = kept.row;
    let seal = kept.seal.as_ref().or(seal);
    FileReceipt {
        group: seal.and_then(|seal| seal.group(row.leaf_index as u64)),
        signature: seal.map(|seal| seal.signature(key, origin)),
        received_at: super::Instant::from_millis(row.received_at).text(),
        sha256: hex(&row.sha256),
        code: row.code,
        slot: row.slot,
        file: row.file_name,
        source: row.source,
        media_type: row.media_type,
        bytes: row.bytes,
        salt: row.salt,
        leaf_hash: leaf_hash(kept.leaf.as_bytes()).to_string(),
        leaf: kept.leaf,
        leaf_index: row.leaf_index,
        origin: origin.to_owned(),
    }
}

/// Under what a record is found in the waiting room that waits for a file: 64 bits of a keyed digest.
fn wait_hash(under: &LookupKey, source: &str, code: &str, slot: &str) -> i64 {
    let digest = sha256(format!("attachment\u{1f}{source}\u{1f}{slot}\u{1f}{code}").as_bytes());
    let first = digest.as_bytes().first_chunk().copied();
    under.keyed(i64::from_be_bytes(first.unwrap_or_default()))
}

/// Under what a record is found in the waiting room while it waits for these files of its source.
pub fn wait_hashes(under: &LookupKey, source: &str, awaited: &[Awaited]) -> Vec<i64> {
    let mut hashes = Vec::new();
    for one in awaited {
        let slot = one.places.first().map_or("", |place| &*place.field);
        let codes = one.attachment.iter();
        hashes.extend(codes.map(|code| wait_hash(under, source, code, slot)));
    }
    hashes
}

/// Those of the awaited files that have not come.
pub fn still_awaited(
    connection: &mut Database,
    source: &str,
    awaited: Vec<Awaited>,
) -> Result<Vec<Awaited>, StoreError> {
    let codes: Vec<String> = awaited
        .iter()
        .flat_map(|one| one.attachment.clone())
        .collect();
    let there = attachments::under(connection, source, &codes)?;
    let missing = |one: &Awaited| {
        let slot = one.places.first().map_or("", |place| &*place.field);
        let came = |row: &AttachmentRow| row.slot == slot && one.attachment.contains(&row.code);
        !there.iter().any(came)
    };
    Ok(awaited.into_iter().filter(missing).collect())
}
