//! Walks over everything that is encrypted: wraps its keys by the newest master key, and encrypts what lies in clear
//! from before there was one. A page a transaction; begun again, it finds what is left.

use spec::Spec;

use crate::attachment::Objects;
use crate::attachment::objects::Stored as Kept;
use crate::error::Error;
use crate::keys::{LookupKey, Masters};
use crate::pipeline::raw::{Stored, sealed};
use crate::pipeline::{RawStore, personal};
use crate::store::attachments as store_attachments;
use crate::store::body::Body;
use crate::store::sealed::{self as store_sealed, RefusedKey};
use crate::store::transaction::begin;
use crate::store::{Database, StoreError, erasures, lookup_keys, outbox, packet_bytes, records};
use crate::tlog::Hash;
use crate::uploads::Uploads;

/// Rows of one transaction.
const PAGE: i64 = 500;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Renewed {
    /// Record versions.
    pub records: u64,
    /// Raw bytes of submissions.
    pub submissions: u64,
    /// Raw bytes of messages that could not be read.
    pub refused: u64,
    /// Files beside records.
    pub attachments: u64,
    /// Packets that were sent.
    pub packets: u64,
    /// Unfinished uploads.
    pub uploads: u64,
}

fn damaged(place: &str, id: i64, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        place: format!("{place}, id {id}"),
        what: why.to_string(),
    }
}

/// Wraps every key anew. With a specification, what holds personal values in clear is encrypted too.
pub async fn renew(
    connection: &mut Database,
    (raw, files, uploads): (&RawStore, &Objects, &Uploads),
    masters: &Masters,
    specification: Option<&Spec>,
) -> Result<Renewed, Error> {
    erasures::overwrite(connection, true)?;
    lookup(connection, masters)?;
    let mut renewed = Renewed {
        records: bodies(connection, masters, specification)?,
        refused: refused(connection, masters)?,
        packets: packets(connection, masters)?,
        ..Renewed::default()
    };
    let mut after = 0;
    while let Some(row) = store_sealed::next(connection, after, specification.is_some())? {
        after = row.id;
        let stored = Stored::of(&row);
        if stored.is_destroyed() {
            continue;
        }
        let (inline, key) = match &stored.key {
            Some(key) => {
                let key = sealed::renewed(masters, &stored.name, key);
                let key = key.map_err(|why| damaged("submissions", row.id, &why))?;
                let Some(key) = key else { continue };
                (stored.inline.clone(), key)
            }
            None => {
                let bytes = raw.get(&stored).await?;
                let kept = raw.keep(&stored.name, &bytes, Some(masters)).await?;
                let Some(key) = kept.key else { continue };
                (kept.inline, key)
            }
        };
        let transaction = begin(connection)?;
        store_sealed::rewrite(transaction.connection, row.id, inline, &stored.column(&key))?;
        transaction.commit()?;
        renewed.submissions += 1;
        let shared = erasures::others_name(connection, &row.raw_sha256, row.id)?;
        if stored.key.is_none() && stored.inline.is_none() && !shared {
            raw.remove(&stored).await?;
        }
    }
    renewed.attachments = attachments(connection, files, masters, specification.is_some()).await?;
    renewed.uploads = uploads.renew()?;
    erasures::overwrite(connection, false)?;
    erasures::scrub(connection)?;
    Ok(renewed)
}

/// Files beside records; `all`: those that lie in clear too.
async fn attachments(
    connection: &mut Database,
    files: &Objects,
    masters: &Masters,
    all: bool,
) -> Result<u64, Error> {
    let (mut after, mut count) = (0, 0);
    loop {
        let page = store_attachments::after(connection, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        after = last.id;
        for row in page {
            let stored = Kept::of(&row);
            let key = match &stored.key {
                Some(_) if row.is_erased() => None,
                Some(key) => {
                    let key = sealed::renewed(masters, &stored.sha256, key);
                    key.map_err(|why| damaged("attachments", row.id, &why))?
                }
                None if all => Some(files.seal(&stored, masters).await?),
                None => None,
            };
            let Some(key) = key else { continue };
            store_attachments::rewrap(connection, row.id, &key)?;
            count += 1;
            if stored.key.is_none() && !store_attachments::others_name(connection, &row)? {
                files.remove(&stored).await?;
            }
        }
    }
}

fn lookup(connection: &mut Database, masters: &Masters) -> Result<(), StoreError> {
    let Some(wrapped) = lookup_keys::wrapped(connection)? else {
        return Ok(());
    };
    let renewed = LookupKey::renewed(masters, &wrapped);
    if let Some(wrapped) = renewed.map_err(|why| damaged("lookup_keys", 0, &why))? {
        lookup_keys::rewrite(connection, &wrapped)?;
    }
    Ok(())
}

fn bodies(
    connection: &mut Database,
    masters: &Masters,
    specification: Option<&Spec>,
) -> Result<u64, StoreError> {
    let (mut after, mut count) = (0, 0);
    loop {
        let page = records::after(connection, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        after = last.id;
        let transaction = begin(connection)?;
        for row in &page {
            let wanted = match &row.body {
                Body::Clear(canonical) => {
                    specification.is_some_and(|all| holds(all, row.dataset, canonical))
                }
                Body::Sealed { .. } | Body::Shut { .. } => true,
                Body::Erased { .. } => false,
            };
            if !wanted {
                continue;
            }
            if let Some(envelope) = row.body.renewed(masters, row.place())? {
                let body = Body::of(envelope, row.place());
                records::rewrite(transaction.connection, row.id, &body)?;
                count += 1;
            }
        }
        transaction.commit()?;
    }
}

/// Whether a stored record holds a personal value, by any edition that has its data set.
fn holds(specification: &Spec, dataset: i32, canonical: &[u8]) -> bool {
    let code = u16::try_from(dataset).ok();
    let editions = specification.editions.iter();
    let mut datasets = editions.filter_map(|edition| edition.by_code(code?));
    datasets.any(|dataset| personal::stored(dataset, canonical))
}

fn packets(connection: &mut Database, masters: &Masters) -> Result<u64, StoreError> {
    let (mut after, mut count) = (0, 0);
    loop {
        let page = packet_bytes::after(connection, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        after = last.batch_id;
        let transaction = begin(connection)?;
        for row in page.iter().filter(|row| !row.is_destroyed()) {
            let Some(key) = &row.wrapped else { continue };
            let sent = outbox::batch(transaction.connection, row.batch_id)?;
            let name = sent.map_or_else(Vec::new, |sent| sent.packet_sha256);
            let name = Hash::of_column(&name);
            let key = sealed::renewed(masters, &name, key);
            if let Some(key) = key.map_err(|why| damaged("packets", row.batch_id, &why))? {
                packet_bytes::rewrap(transaction.connection, row.batch_id, &key)?;
                count += 1;
            }
        }
        transaction.commit()?;
    }
}

fn refused(connection: &mut Database, masters: &Masters) -> Result<u64, StoreError> {
    let mut count = 0;
    let transaction = begin(connection)?;
    for RefusedKey {
        place,
        message_offset,
        raw_sha256,
        raw_key,
    } in store_sealed::refused(transaction.connection)?
    {
        let name = Hash::of_column(&raw_sha256);
        let key = raw_key.unwrap_or_default();
        let key = sealed::renewed(masters, &name, &key);
        let key = key.map_err(|why| damaged("refused_messages", message_offset, &why))?;
        if let Some(key) = key {
            store_sealed::rewrite_refused(transaction.connection, &place, message_offset, &key)?;
            count += 1;
        }
    }
    transaction.commit()?;
    Ok(count)
}
