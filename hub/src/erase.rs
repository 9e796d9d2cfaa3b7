//! Erases the personal data of a record, and keeps its proofs.
//!
//! All versions go, and the bytes in which they were sent, also where they were rejected or sent once more: out of the
//! raw bytes of a submission the record is cut ([`cut`]), so that those that came with it are judged again as before;
//! what cannot be cut is destroyed whole. It is made ready first ([`rest`]), then done in one transaction, which writes
//! the leaf that says so, then scrubbed out of what the engine has not overwritten yet. What stays is what proofs need,
//! and no value can be read from it: digests, verdicts, masked findings, and the digest by which other records refer to
//! it. Done twice it is done once; killed in between, it is not done, or done again to its end.
//!
//! Copies elsewhere are not reached: backups show personal values only to who has the master key, which is kept apart
//! from them, and to nobody once the master key was changed and the old one destroyed (`hub keys master rotate`).

mod class;
mod confirm;
mod cut;
mod files;
mod mentions;
mod packets;
mod rest;

use spec::{Sensitivity, Spec, Verdict};

pub use class::Class;
pub use confirm::confirm;
pub use cut::{Blank, Reading, is_blank, standing};
pub use rest::{Desk, Ready, blanks, ready};

use crate::attachment::Objects;
use crate::attachment::objects::Stored as Kept;
use crate::evidence::Subject;
use crate::keys::LookupKey;
use crate::leaf::operator::Action;
use crate::leaf::{self, Operator};
use crate::pipeline::commit::receipt_id;
use crate::pipeline::ending::{self, Ending};
use crate::pipeline::neighbours::{Key, key_of};
use crate::pipeline::raw::Stored;
use crate::pipeline::{Instant, RawStore};
use crate::store::body::Body;
use crate::store::erasures::{self, DESTROYED, Erasure, RawErasure, duties, notices};
use crate::store::records::{self, Link, RecordRow};
use crate::store::transaction::Transaction;
use crate::store::{
    Database, StoreError, attachments, destinations, history, lookup_keys, submissions,
    verdict_number, waiting,
};
use crate::tlog::{Hash, sha256};

/// Whose order it is, and why.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who.
    pub by: String,
    /// Why, in words; kept beside the erasure, and in the log as a digest.
    pub reason: String,
    /// What kind of reason that is; told to subscribers.
    pub class: Class,
}

/// What an erasure has done, or had done before.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Erased {
    /// Numbers of the versions.
    pub records: Vec<i64>,
    /// Numbers of the submissions in which it was sent.
    pub submissions: Vec<String>,
    /// Those of them whose raw bytes were cut: every other record in them is there as it was.
    pub cut: Vec<String>,
    /// Those whose raw bytes had to be destroyed whole: the record came alone, or in what cannot be cut.
    pub destroyed: Vec<String>,
    /// The leaf that says so.
    pub leaf_index: i64,
    /// When.
    pub at: String,
    /// Numbers of the files beside it whose keys were destroyed.
    pub attachments: Vec<i64>,
    /// Numbers of files that stay, because another record has them too.
    pub attachments_shared: Vec<i64>,
    /// Packets that were sent to destinations and carried it: their bytes were destroyed whole.
    pub packets: Vec<i64>,
    /// It was erased before; nothing was done.
    pub before: bool,
    /// Destinations that hold the record, and must erase it themselves.
    pub held_by: Vec<String>,
    /// Those of them that are told by an event, in order, until they confirm.
    pub told: Vec<String>,
    /// Platforms that hold it as current: there it is taken back by a withdrawal, which has to go before the erasure.
    pub current_at: Vec<String>,
    /// Objects to be removed.
    #[serde(skip)]
    objects: Vec<Stored>,
    #[serde(skip)]
    file_objects: Vec<Kept>,
}

/// The record that somebody means: `DATASET/KEY`, or the number of one of its versions.
pub fn subject(
    connection: &mut Database,
    specification: &Spec,
    text: &str,
) -> Result<Option<Subject>, StoreError> {
    let Ok(number) = text.parse::<i64>() else {
        let parsed = Subject::parse(text);
        return Ok(matches!(parsed, Subject::Record(..)).then_some(parsed));
    };
    let Some(row) = records::by_id(connection, number)? else {
        return Ok(None);
    };
    let code = u16::try_from(row.dataset).ok();
    let mut editions = specification.editions.iter().rev();
    let dataset = code.and_then(|code| editions.find_map(|edition| edition.by_code(code)));
    let body = serde_json::from_slice(row.canonical()?).unwrap_or_default();
    let named = dataset.and_then(|dataset| Some((dataset.id.clone(), key_of(dataset, &body)?)));
    // Of what was erased only the number is left.
    Ok(Some(
        named.map_or(Subject::Version(number), |(dataset, key)| {
            Subject::Record(dataset, key.replace('\u{1f}', "|"))
        }),
    ))
}

/// Erases all versions of a record, as it was made ready. What came in between is told, and nothing is done.
pub fn erase(
    transaction: &mut Transaction<'_>,
    specification: &Spec,
    ready: Ready,
    order: &Order,
    now: Instant,
) -> Result<Erased, StoreError> {
    let Ready {
        subject,
        places,
        rests,
        files,
    } = ready;
    let changed = || {
        let what = "the record changed while its erasure was made ready; order it again";
        StoreError::Abandoned(what.to_owned())
    };
    let versions = subject.versions(specification, transaction.connection)?;
    let newest = versions.iter().max_by_key(|row| row.id);
    let newest = newest.ok_or_else(changed)?.id;
    if versions
        .iter()
        .any(|row| !places.contains_key(&row.submission_id))
    {
        return Err(changed());
    }
    let left: Vec<&RecordRow> = versions
        .iter()
        .filter(|row| !row.body.is_erased())
        .collect();
    let mut erased = Erased {
        records: numbers(&versions),
        submissions: places.keys().copied().map(receipt_id).collect(),
        cut: Vec::new(),
        destroyed: Vec::new(),
        leaf_index: 0,
        at: now.text(),
        before: true,
        held_by: erasures::holders(transaction.connection, &numbers(&versions))?,
        told: Vec::new(),
        current_at: Vec::new(),
        attachments: Vec::new(),
        attachments_shared: files.shared,
        packets: Vec::new(),
        objects: Vec::new(),
        file_objects: Vec::new(),
    };
    if left.is_empty() {
        let done = erasures::of(transaction.connection, newest)?.ok_or_else(changed)?;
        erased.leaf_index = done.leaf_index;
        erased.at = Instant::from_millis(done.at).text();
        for &id in places.keys() {
            erased
                .objects
                .extend(left_over(transaction.connection, id)?);
        }
        return Ok(erased);
    }
    erased.before = false;
    erased.current_at = current_at(transaction.connection, &erased.held_by, &numbers(&versions))?;
    erased.records = left.iter().map(|row| row.id).collect();
    erasures::overwrite(transaction.connection, true)?;
    let mut before = Vec::new();
    for (&id, rest) in &rests {
        let row = submissions::by_id(transaction.connection, id)?.ok_or_else(changed)?;
        if (&row.raw, &row.raw_key) != (&rest.before.0, &rest.before.1) {
            return Err(changed());
        }
        before.push((id, Stored::of(&row), row.raw_sha256.clone()));
        let told = if rest.left.is_some() {
            &mut erased.cut
        } else {
            &mut erased.destroyed
        };
        told.push(receipt_id(id));
    }
    let under = lookup_keys::read(transaction.connection)?;
    for row in &left {
        one(transaction, &under, specification, row, now)?;
    }
    let names = rests.iter().filter_map(|(id, rest)| {
        let (stored, _) = rest.left.as_ref()?;
        Some(format!("{}={}", receipt_id(*id), stored.name.to_hex()))
    });
    erased.attachments = files.gone.iter().map(|file| file.id).collect();
    let facts = [
        ("attachments", listed(&erased.attachments)),
        ("destroyed", erased.destroyed.join(",")),
        ("left", names.collect::<Vec<_>>().join(",")),
        ("reason_class", order.class.word().to_owned()),
        ("reason_sha256", sha256(order.reason.as_bytes()).to_hex()),
        ("records", listed(&erased.records)),
        ("submissions", erased.submissions.join(",")),
    ];
    let leaf = leaf::encode(&Operator {
        action: Action::Erasure,
        by: order.by.clone(),
        about: format!("record {newest}"),
        facts: facts.map(|(name, fact)| (name.to_owned(), fact)).into(),
        at: now.text(),
    })?;
    let leaf_index = transaction.append_leaf(leaf)?;
    erased.leaf_index = leaf_index;
    for row in &left {
        erasures::add(
            transaction.connection,
            &Erasure {
                record_id: row.id,
                submission_id: row.submission_id,
                leaf_index,
                at: now.millis,
                ordered_by: order.by.clone(),
                reason: order.reason.clone(),
            },
        )?;
    }
    duties::add(transaction.connection, leaf_index, &erased.held_by)?;
    let notice = (leaf_index, order.class.word());
    erased.told = notices::owe(transaction, &erased.records, notice, now.millis)?;
    for (id, rest) in rests {
        leave(transaction.connection, id, leaf_index, rest.left)?;
    }
    for file in &files.gone {
        erasures::destroy_file(transaction.connection, file.id, leaf_index)?;
    }
    packets::destroy(transaction.connection, leaf_index, &mut erased)?;
    for file in &files.gone {
        if file.wrapped.is_some() || !attachments::others_name(transaction.connection, file)? {
            erased.file_objects.push(Kept::of(file));
        }
    }
    // Bytes in clear are named by everyone who sent the very same.
    for (id, stored, raw_sha256) in before {
        let shared =
            stored.key.is_none() && erasures::others_name(transaction.connection, &raw_sha256, id)?;
        if stored.inline.is_none() && !stored.is_destroyed() && !shared {
            erased.objects.push(stored);
        }
    }
    erasures::overwrite(transaction.connection, false)?;
    Ok(erased)
}

/// Of the holders the platforms that hold a version which was not taken back there.
fn current_at(
    connection: &mut Database,
    holders: &[String],
    versions: &[i64],
) -> Result<Vec<String>, StoreError> {
    let mut current = Vec::new();
    for known in destinations::all(connection)? {
        if holders.contains(&known.name)
            && !known.hears_events()
            && notices::is_current(connection, &known.name, versions)?
        {
            current.push(known.name);
        }
    }
    Ok(current)
}

/// Puts what is left of raw bytes in their place, or nothing.
fn leave(
    connection: &mut Database,
    submission_id: i64,
    leaf_index: i64,
    left: Option<(Stored, Vec<Blank>)>,
) -> Result<(), StoreError> {
    let mut row = RawErasure {
        submission_id,
        leaf_index,
        left_sha256: None,
        spans: "[]".to_owned(),
    };
    let Some((stored, blanks)) = left else {
        let nothing = (Some(Vec::new()), DESTROYED.to_vec());
        return erasures::leave_of_raw(connection, &row, nothing.0, nothing.1);
    };
    row.left_sha256 = Some(stored.name.as_bytes().to_vec());
    row.spans = serde_json::to_string(&blanks).unwrap_or_default();
    let key = stored.column(stored.key.as_deref().unwrap_or_default());
    erasures::leave_of_raw(connection, &row, stored.inline, key)
}

fn listed(numbers: &[i64]) -> String {
    let all: Vec<String> = numbers.iter().map(i64::to_string).collect();
    all.join(",")
}

fn numbers(rows: &[RecordRow]) -> Vec<i64> {
    let mut ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}
/// Erases one version, and what personal values of it lead to it.
fn one(
    transaction: &mut Transaction<'_>,
    under: &LookupKey,
    specification: &Spec,
    row: &RecordRow,
    now: Instant,
) -> Result<(), StoreError> {
    // A body that does not open is not erased in silence: its digests would be lost.
    let body = serde_json::from_slice(row.canonical()?).unwrap_or_default();
    let waits = row.verdict == verdict_number(Verdict::Parked)
        && waiting::change_of(transaction.connection, row)?.is_none();
    if waits {
        let outcome = (Verdict::Duplicate, [].as_slice());
        ending::settle(
            transaction,
            row,
            row.lane,
            Ending::Replaced { by: None },
            outcome,
            now,
        )?;
    }
    let code = u16::try_from(row.dataset).ok();
    for edition in &specification.editions {
        let Some(dataset) = code.and_then(|code| edition.by_code(code)) else {
            continue;
        };
        let record = spec::Normalized::from_canonical(dataset, &body);
        for lookup in spec::references::index_entries(dataset, &record) {
            let personal = lookup.field.is_some_and(|place| {
                let field = dataset.field(place);
                !dataset.key.contains(&place)
                    && field.is_none_or(|field| field.sensitivity == Sensitivity::Personal)
            });
            // The own key stays, as a digest: others refer to it.
            if personal {
                let link = Link {
                    hash: Key::new(under, lookup).hash,
                    record_id: row.id,
                };
                records::unlink(transaction.connection, &[link])?;
                history::forget(transaction.connection, link)?;
            }
        }
    }
    let left = Body::erased(row.body.leaf_hash(), row.body.digest());
    records::rewrite(transaction.connection, row.id, &left)
}

/// What a crash may have left of raw bytes in clear, after they were replaced. Under a key they are lost with their key.
fn left_over(connection: &mut Database, submission: i64) -> Result<Option<Stored>, StoreError> {
    let Some(row) = submissions::by_id(connection, submission)? else {
        return Ok(None);
    };
    let stored = Stored::of(&row);
    let replaced = stored.is_destroyed() || stored.is_left;
    let shared = erasures::others_name(connection, &row.raw_sha256, submission)?;
    Ok((replaced && !shared).then(|| Stored::archived(Hash::of_column(&row.raw_sha256))))
}

/// After the commit: removes the objects, and what the engine still holds of the rows as they were. False when readers
/// kept the engine from it; doing it again does it then.
pub async fn scrub(
    (raw, files): (&RawStore, &Objects),
    connection: &mut Database,
    erased: &Erased,
) -> Result<bool, crate::error::Error> {
    for object in &erased.file_objects {
        files.remove(object).await?;
    }
    for object in &erased.objects {
        raw.remove(object).await?;
    }
    Ok(erasures::scrub(connection)?)
}
