//! What happens to a submission inside the writer's transaction: judged among other records, numbered,
//! inserted with its log leaf and what is owed to destinations.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use spec::{Edition, Spec};

use super::attached::Arriving;
use super::compress;
use super::judge::Item;
use super::receipt::Outcome;
use super::seal::Seal;
use super::then::Then;
use super::work::{Purpose, Verdicts, Work};
use super::writer::{Numbers, Transaction};
use crate::keys::{LookupKey, Masters};
use crate::leaf;
use crate::store::outcome_parts;
use crate::store::submissions::{self, Submission};
use crate::store::{Database, StoreError, records};
use crate::tlog::Span;
use crate::tlog::hash::{self, Hash, leaf_hash};

/// A submission that is ready to be committed.
#[derive(Debug)]
pub struct Prepared {
    /// Sender.
    pub source: String,
    /// The sender's own number.
    pub submission: String,
    /// The edition that judges.
    pub edition: &'static Edition,
    /// All editions: what waits is judged by its own.
    pub specification: &'static Spec,
    /// The sender's counter.
    pub sequence: Option<i64>,
    /// Time of receipt.
    pub received: super::Instant,
    /// SHA-256 of the bytes.
    pub raw_sha256: Hash,
    /// Their number.
    pub raw_bytes: u64,
    /// The bytes (zstd), when they are kept in the row itself.
    pub raw: Option<Vec<u8>>,
    /// Their wrapped key, when they are encrypted.
    pub raw_key: Option<Vec<u8>>,
    /// Media type as sent.
    pub media_type: String,
    /// Digest of what judges it, archived; none when nothing is kept.
    pub basis: Option<Hash>,
    /// How it is to be read, when the form alone does not say.
    pub hint: Option<adapters::Hint>,
    /// Records.
    pub items: Vec<Item>,
    /// Files that came with them.
    pub arriving: Arriving,
    /// Digests that every leaf names.
    pub digests: Arc<super::Digests>,
    /// The master keys; none when nothing is kept.
    pub masters: Option<Arc<Masters>>,
    /// Under what values are looked up.
    pub under: LookupKey,
}

/// What a receipt is made of, before it is signed.
#[derive(Debug)]
pub struct Unsigned {
    /// The leaf, verbatim.
    pub leaf: String,
    /// What it says.
    pub says: leaf::Submission,
    /// Its place.
    pub leaf_index: u64,
    /// Outcomes in order; none when there are parts.
    pub outcomes: Vec<Outcome>,
    /// Roots over the outcomes of each part, of a submission that was judged in parts.
    pub parts: Vec<Hash>,
    /// The seal of its commit, when that was before now and is known.
    pub seal: Option<Seal>,
}

/// How a commit of a submission ended.
#[derive(Debug)]
pub enum Committed {
    /// It was kept.
    Fresh(Box<Unsigned>),
    /// It had been kept before: the first answer.
    Repeated(Box<Unsigned>),
    /// The same number was used for other bytes.
    Conflict {
        /// SHA-256 of the bytes that were kept, hexadecimal.
        first_sha256: String,
        /// Number of their receipt.
        receipt: String,
    },
}

/// Public number of a submission and its receipt.
pub fn receipt_id(id: i64) -> String {
    format!("S{id:012}")
}

/// Reads a public number.
pub fn parse_receipt_id(text: &str) -> Option<i64> {
    text.strip_prefix('S')?.parse().ok().filter(|&id| id > 0)
}

/// Commits a submission.
pub fn commit(
    transaction: &mut Transaction<'_>,
    mut prepared: Prepared,
) -> Result<Committed, StoreError> {
    if let Some(row) = submissions::by_sender(
        transaction.connection,
        &prepared.source,
        &prepared.submission,
    )? {
        return repeated(transaction, &row, &prepared);
    }
    let mut work = Work::new(transaction, &prepared, Purpose::Whole);
    work.bring(std::mem::take(&mut prepared.arriving))?;
    let items = std::mem::take(&mut prepared.items);
    work.judge(items)?;
    finish(work, prepared)
}

/// Records of a large submission on their way to the writer.
#[derive(Debug)]
pub enum Part {
    /// The next records, in order, and the files that came with them.
    Items(Vec<Item>, Arriving),
    /// There are no more.
    End,
    /// They could not be read to their end.
    Broken(String),
}

/// Commits a submission whose records come part by part, in one transaction: it is seen whole or not at all.
pub fn commit_parts(
    transaction: &mut Transaction<'_>,
    prepared: Prepared,
    parts: &Receiver<Part>,
) -> Result<Committed, StoreError> {
    if let Some(row) = submissions::by_sender(
        transaction.connection,
        &prepared.source,
        &prepared.submission,
    )? {
        return repeated(transaction, &row, &prepared);
    }
    let mut work = Work::new(transaction, &prepared, Purpose::Parts);
    loop {
        match parts.recv() {
            Ok(Part::Items(items, arriving)) => {
                work.bring(arriving)?;
                work.judge_part(items)?;
            }
            Ok(Part::End) => return finish(work, prepared),
            Ok(Part::Broken(why)) => return Err(StoreError::Abandoned(why)),
            Err(_) => {
                let why = "the reader of the file has stopped".to_owned();
                return Err(StoreError::Abandoned(why));
            }
        }
    }
}

fn finish(mut work: Work<'_, '_>, prepared: Prepared) -> Result<Committed, StoreError> {
    if let Some(hint) = &prepared.hint {
        work.keep_hint(hint)?;
    }
    work.finish(
        Submission {
            id: 0,
            source: prepared.source,
            submission: prepared.submission,
            edition: prepared.edition.id.clone(),
            sequence: prepared.sequence,
            received_at: prepared.received.millis,
            raw_sha256: prepared.raw_sha256.as_bytes().to_vec(),
            raw_bytes: prepared.raw_bytes as i64,
            media_type: prepared.media_type,
            raw: prepared.raw,
            accepted: 0,
            warned: 0,
            parked: 0,
            duplicate: 0,
            rejected: 0,
            leaf_index: 0,
            outcomes: Vec::new(),
            raw_key: prepared.raw_key,
        },
        &prepared.digests,
        prepared.basis,
    )
}

/// Judges a submission as [`commit`] would, and keeps nothing.
pub fn judge_only(
    connection: &mut Database,
    mut prepared: Prepared,
) -> Result<Vec<Outcome>, StoreError> {
    let numbers = Numbers {
        waiting: true,
        ..Numbers::default()
    };
    let mut transaction = Transaction::unbegun(connection, numbers);
    let mut work = Work::new(&mut transaction, &prepared, Purpose::Whole);
    work.expect(std::mem::take(&mut prepared.arriving))?;
    work.judge(std::mem::take(&mut prepared.items))?;
    Ok(work.into_outcomes())
}

/// Judges a stored submission again, under its own number, as [`commit`] did when it stood at this place in the log;
/// keeps nothing.
pub fn judge_again(
    connection: &mut Database,
    mut prepared: Prepared,
    row: &Submission,
) -> Result<Verdicts, StoreError> {
    let record = match records::first_of(connection, row.id)? {
        Some(first) => first,
        None => Numbers::read(connection)?.record,
    };
    let numbers = Numbers {
        submission: row.id,
        record,
        waiting: true,
        ..Numbers::default()
    };
    let mut transaction = Transaction::unbegun(connection, numbers);
    let then = Then {
        before: row.leaf_index,
    };
    let mut work = Work::then(&mut transaction, &prepared, then);
    work.judge(std::mem::take(&mut prepared.items))?;
    work.verdicts()
}

fn repeated(
    transaction: &mut Transaction<'_>,
    row: &Submission,
    prepared: &Prepared,
) -> Result<Committed, StoreError> {
    if row.raw_sha256 == prepared.raw_sha256.as_bytes() {
        Ok(Committed::Repeated(Box::new(load(
            transaction.connection,
            row,
        )?)))
    } else {
        let first_sha256 = hash::hex(&row.raw_sha256);
        Ok(Committed::Conflict {
            first_sha256,
            receipt: receipt_id(row.id),
        })
    }
}

/// What the receipt of a stored submission is made of.
pub fn load(connection: &mut Database, row: &Submission) -> Result<Unsigned, StoreError> {
    let damaged = |what: String| StoreError::Damaged {
        place: format!("submissions, id {}", row.id),
        what,
    };
    let body = submissions::leaf(connection, row.leaf_index)?
        .ok_or_else(|| damaged(format!("leaf {} is missing", row.leaf_index)))?;
    let leaf = String::from_utf8(body)
        .map_err(|_| damaged(format!("leaf {} is not UTF-8", row.leaf_index)))?;
    let says = leaf::decode(leaf.as_bytes())
        .map_err(|error| damaged(format!("leaf {}: {error}", row.leaf_index)))?;
    let (mut outcomes, mut parts) = (Vec::new(), Vec::new());
    if row.outcomes.is_empty() {
        for root in outcome_parts::roots(connection, row.id)? {
            let root: [u8; 32] = root
                .try_into()
                .map_err(|_| damaged("a root of outcome_parts is not 32 bytes".to_owned()))?;
            parts.push(Hash::new(root));
        }
    } else {
        outcomes = compress::outcomes(&row.outcomes)
            .map_err(|error| damaged(format!("outcomes: {error}")))?;
    }
    let seal = submissions::span(connection, row.leaf_index)?.map(|(first, bodies)| {
        let hashes = bodies.iter().map(|body| leaf_hash(body)).collect();
        Seal::new(Span::new(first as u64, hashes))
    });
    Ok(Unsigned {
        leaf,
        says,
        leaf_index: row.leaf_index as u64,
        outcomes,
        parts,
        seal,
    })
}
