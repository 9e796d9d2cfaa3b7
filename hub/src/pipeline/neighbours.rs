//! What a record is judged among: current records of the store, and those of the same submission.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt, HashSet};
use serde_json::{Map, Value};
use spec::{Action, Dataset, Edition, Found, Issue, Known, Lookup, Normalized, Roll};

use super::commit::receipt_id;
use super::registers::{MANY, Registers};
use super::then::Then;
use crate::keys::LookupKey;
use crate::store::records::{self, Link, RecordRow};
use crate::store::{Database, StoreError};
use crate::tlog::hash::sha256;

/// A current record version, near enough to matter.
#[derive(Debug)]
pub struct Neighbour {
    /// Its number.
    pub id: i64,
    /// The lane in which it is delivered.
    pub lane: i64,
    /// It takes the record back: only history leads to it.
    pub withdrawn: bool,
    /// Its data set.
    pub dataset: u16,
    /// The submission that brought it, and its place there.
    pub came: (i64, i32),
    /// It was erased: what it said is not known any more, only that it was there.
    pub erased: bool,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
    /// The same as an object of strings, read when it is first asked for: most records are never compared with.
    body: OnceLock<Arc<Map<String, Value>>>,
}

impl Neighbour {
    /// Reads a row.
    pub fn from_row(row: RecordRow) -> Result<Self, StoreError> {
        let damaged = |what: String| StoreError::Damaged {
            place: format!("records, id {}", row.id),
            what,
        };
        let dataset =
            u16::try_from(row.dataset).map_err(|_| damaged(format!("data set {}", row.dataset)))?;
        Ok(Neighbour {
            id: row.id,
            lane: row.lane,
            withdrawn: row.action == Action::Withdraw as i32,
            dataset,
            came: (row.submission_id, row.record_index),
            erased: row.body.is_erased(),
            canonical: row.body.into_canonical(row.id)?,
            body: OnceLock::new(),
        })
    }

    /// The record as an object of strings.
    pub fn body(&self) -> &Arc<Map<String, Value>> {
        self.body.get_or_init(|| {
            if self.erased {
                return Arc::default();
            }
            let body = serde_json::from_slice(&self.canonical);
            Arc::new(body.unwrap_or_else(|error| {
                // Only a damaged store can hold this; `log verify` names the row. Nothing is found in it.
                tracing::error!(record = self.id, %error, "a stored record is not canonical JSON");
                Map::new()
            }))
        })
    }
}

/// Stands for the sender's own key of a message in a [`Lookup`]: no data set has so many fields.
const MESSAGE: spec::FieldIndex = u16::MAX - 1;

/// The look-up of a record by the key that its sender gave the message. Other than business keys, such a link
/// stays when a newer version comes: it leads to some version of the record, and that to the current one.
pub fn by_message(dataset: &Dataset, source: &str, key: &str) -> Lookup {
    Lookup {
        dataset: dataset.code,
        field: Some(MESSAGE),
        value: format!("{source}\u{1f}{key}"),
    }
}

/// A look-up with the 64 bits under which its value is kept in the look-up table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What is looked up.
    pub lookup: Lookup,
    /// 64 bits of a keyed digest over data set, field and value.
    pub hash: i64,
}

impl Key {
    /// As it is kept under the look-up key of a database.
    pub fn new(under: &LookupKey, lookup: Lookup) -> Self {
        let mut bytes = Vec::with_capacity(4 + lookup.value.len());
        bytes.extend_from_slice(&lookup.dataset.to_be_bytes());
        bytes.extend_from_slice(&lookup.field.unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(lookup.value.as_bytes());
        let digest = sha256(&bytes);
        let first = digest.as_bytes().first_chunk().copied().unwrap_or_default();
        Key {
            lookup,
            hash: under.keyed(i64::from_be_bytes(first)),
        }
    }

    /// All of them.
    pub fn all(under: &LookupKey, lookups: impl IntoIterator<Item = Lookup>) -> Vec<Key> {
        let keyed = |lookup| Key::new(under, lookup);
        lookups.into_iter().map(keyed).collect()
    }

    /// Whether it is the key that a sender gave a message, and no value of the record.
    pub fn is_message(&self) -> bool {
        self.lookup.field == Some(MESSAGE)
    }
}

/// The look-up of a record by its business key.
pub fn by_key(under: &LookupKey, dataset: &Dataset, value: String) -> Key {
    let lookup = Lookup {
        dataset: dataset.code,
        field: None,
        value,
    };
    Key::new(under, lookup)
}

/// Current records by the hash of what they were looked up by: those of the store and, as they become current,
/// those of the submission itself.
#[derive(Debug)]
pub struct Neighbours {
    under: LookupKey,
    by_hash: HashMap<i64, Vec<Arc<Neighbour>>>,
    asked: HashSet<i64>,
    registers: Registers,
    gone: HashSet<i64>,
    then: Option<Then>,
    /// The number of an erased record that somebody was judged among.
    met_erased: Cell<Option<i64>>,
}

impl Neighbours {
    /// Nobody yet, in a database with this look-up key.
    pub fn new(under: LookupKey) -> Self {
        Neighbours {
            under,
            by_hash: HashMap::default(),
            asked: HashSet::default(),
            registers: Registers::default(),
            gone: HashSet::default(),
            then: None,
            met_erased: Cell::new(None),
        }
    }

    /// Those of an earlier state of the store.
    pub fn then(under: LookupKey, then: Then) -> Self {
        Neighbours {
            then: Some(then),
            ..Neighbours::new(under)
        }
    }

    /// The look-up key under which they are found.
    pub fn under(&self) -> &LookupKey {
        &self.under
    }

    /// Fetches what the keys may find and a judge wants to know, all at once: what a register answers is known.
    pub fn ask<'k>(
        &mut self,
        connection: &mut Database,
        keys: impl Iterator<Item = &'k Key>,
    ) -> Result<(), StoreError> {
        let unknown: Vec<&Key> = keys
            .filter(|key| self.registers.get(key).is_none())
            .collect();
        self.fetch(connection, unknown.into_iter())
    }

    /// Fetches what the keys may find, all at once.
    pub fn fetch<'k>(
        &mut self,
        connection: &mut Database,
        keys: impl Iterator<Item = &'k Key>,
    ) -> Result<(), StoreError> {
        let mut keys: Vec<&Key> = keys.filter(|key| self.asked.insert(key.hash)).collect();
        keys.sort_unstable_by_key(|key| key.hash);
        let found = match self.then {
            Some(then) => then.found_under(connection, &keys)?,
            None => {
                let hashes: Vec<i64> = keys.iter().map(|key| key.hash).collect();
                records::found_under(connection, &hashes)?
            }
        };
        let mut by_id: HashMap<i64, Arc<Neighbour>> = HashMap::new();
        for (hash, row) in found {
            let neighbour = if let Some(known) = by_id.get(&row.id) {
                Arc::clone(known)
            } else {
                let id = row.id;
                let neighbour = Arc::new(Neighbour::from_row(row)?);
                by_id.insert(id, Arc::clone(&neighbour));
                neighbour
            };
            self.by_hash.entry(hash).or_default().push(neighbour);
        }
        Ok(())
    }

    /// Adds a record of this submission that became current.
    pub fn add(&mut self, edition: &Edition, neighbour: &Arc<Neighbour>, links: &[Link]) {
        for link in links {
            self.by_hash
                .entry(link.hash)
                .or_default()
                .push(Arc::clone(neighbour));
            self.registers.add(edition, neighbour, link.hash);
        }
    }

    /// A version is current no longer, and is not found under its links.
    pub fn remove(&mut self, edition: &Edition, old: &Neighbour, links: &[Link]) {
        self.gone.insert(old.id);
        for link in links {
            self.registers.remove(edition, old, link.hash);
            // Among few it is taken out, so that a record sent again and again is not found in every version; of many
            // the register answers.
            let same = self.by_hash.get_mut(&link.hash);
            if let Some(same) = same.filter(|same| same.len() <= MANY) {
                same.retain(|other| other.id != old.id);
            }
        }
    }

    /// Lets go of what the store can be asked for again; registers stay, as far as they are not too large.
    pub fn forget(&mut self) {
        self.registers.bound();
        *self = Neighbours {
            registers: std::mem::take(&mut self.registers),
            then: self.then,
            ..Neighbours::new(self.under.clone())
        };
    }

    /// Forgets the registers too: something else changed what is current.
    pub fn forget_all(&mut self) {
        self.registers = Registers::default();
        self.forget();
    }

    /// Current records that a key finds, oldest first.
    pub fn find(&self, edition: &Edition, key: &Key) -> Vec<Arc<Neighbour>> {
        let mut found = self.newest(edition, key);
        found.retain(|neighbour| !neighbour.withdrawn);
        found
    }

    /// The newest versions that a key finds, withdrawals included. Equal hashes are told apart by their values.
    pub fn newest(&self, edition: &Edition, key: &Key) -> Vec<Arc<Neighbour>> {
        let mut found: Vec<Arc<Neighbour>> = self
            .by_hash
            .get(&key.hash)
            .into_iter()
            .flatten()
            .filter(|neighbour| {
                !self.gone.contains(&neighbour.id) && answers(edition, neighbour, &key.lookup)
            })
            .map(Arc::clone)
            .collect();
        found.sort_by_key(|neighbour| neighbour.id);
        found.dedup_by_key(|neighbour| neighbour.id);
        if let Some(erased) = found.iter().find(|neighbour| neighbour.erased) {
            self.met_erased.set(Some(erased.id));
        }
        found
    }

    /// The number of an erased record that somebody was judged among, if there was one: what it said then is not known.
    pub fn met_erased(&self) -> Option<i64> {
        self.met_erased.get()
    }

    /// What took back the record that a look-up by business key means, if it is not there because of that.
    pub fn taken_back(&self, edition: &Edition, lookup: &Lookup) -> Option<Arc<Neighbour>> {
        let key = Key::new(&self.under, lookup.clone());
        let newest = self.newest(edition, &key).pop();
        newest.filter(|newest| newest.withdrawn)
    }

    /// Answers for the judge.
    pub fn known(&mut self, edition: &Edition, keys: Vec<Key>) -> Known {
        let mut known = Known::default();
        for key in keys {
            let roll = self.roll(edition, &key);
            known.answers.insert(key.lookup, roll);
        }
        known
    }

    fn roll(&mut self, edition: &Edition, key: &Key) -> Roll {
        if let Some(register) = self.registers.get(key) {
            return Roll::Many(Arc::clone(register));
        }
        let found = self.find(edition, key);
        if found.len() >= MANY
            && let Some(dataset) = edition.by_code(key.lookup.dataset)
        {
            return Roll::Many(self.registers.enter(key, dataset, &found));
        }
        let found = found.iter().map(|neighbour| Found {
            id: neighbour.id,
            body: Arc::clone(neighbour.body()),
        });
        Roll::Few(found.collect())
    }

    /// Says of the records that a finding names which submissions brought them; of those that came with the judged
    /// record itself, in submission `own`, only their place: a check has no number yet, and must say the same.
    /// `known` is what they were found by.
    pub fn name(&self, edition: &Edition, known: &Known, own: i64, issue: &mut Issue) {
        for related in &mut issue.related {
            let came = self.registers.came(related.id).or_else(|| {
                let mut keys = known.answers.iter();
                let (lookup, _) = keys.find(|(_, found)| found.get(related.id).is_some())?;
                let found = self.find(edition, &Key::new(&self.under, lookup.clone()));
                Some(found.iter().find(|other| other.id == related.id)?.came)
            });
            if let Some((submission, record)) = came {
                related.receipt = (submission != own).then(|| receipt_id(submission));
                related.record = u32::try_from(record).ok();
            }
        }
    }

    /// The lane of the first record that this one hangs on, if it is here.
    pub fn lane(&self, edition: &Edition, parents: &[Key]) -> Option<i64> {
        parents.iter().find_map(|parent| {
            let registered = self.registers.lane(parent);
            registered.or_else(|| Some(self.find(edition, parent).first()?.lane))
        })
    }
}

/// Whether a neighbour is what a look-up means.
pub fn answers(edition: &Edition, neighbour: &Neighbour, lookup: &Lookup) -> bool {
    if neighbour.dataset != lookup.dataset {
        return false;
    }
    // A message key is not part of the record: here the hash alone decides, and the sender is part of it. So it does
    // where the record was erased, so that what refers to it stays right.
    lookup.field == Some(MESSAGE)
        || neighbour.erased
        || edition
            .by_code(lookup.dataset)
            .is_some_and(|dataset| holds(dataset, neighbour.body(), lookup))
}

/// Whether a stored record really holds the looked-up value: equal hashes are not proof.
pub fn holds(dataset: &Dataset, body: &Map<String, Value>, lookup: &Lookup) -> bool {
    match lookup.field {
        None => key_of(dataset, body).is_some_and(|key| key == lookup.value),
        Some(place) => dataset.field(place).is_some_and(|field| {
            let text = body.get(&field.id).and_then(Value::as_str);
            text.is_some_and(|text| {
                text == lookup.value
                    || (field.list && text.split(';').any(|item| item == lookup.value))
            })
        }),
    }
}

/// Business key of a stored record, parts joined with `\u{1f}`.
pub fn key_of(dataset: &Dataset, body: &Map<String, Value>) -> Option<String> {
    let mut key = String::new();
    for (place, &field) in dataset.key.iter().enumerate() {
        if place > 0 {
            key.push('\u{1f}');
        }
        key.push_str(body.get(&dataset.field(field)?.id)?.as_str()?);
    }
    Some(key)
}

/// The links of a record under the given keys, each once.
pub fn links<'k>(keys: impl Iterator<Item = &'k Key>, record_id: i64) -> Vec<Link> {
    let mut links: Vec<Link> = keys
        .map(|key| Link {
            hash: key.hash,
            record_id,
        })
        .collect();
    links.sort_unstable_by_key(|link| link.hash);
    links.dedup();
    links
}

/// The links that a stored version has: all of its entries, or only its key when it is a withdrawal.
pub fn links_of(under: &LookupKey, edition: &Edition, version: &Neighbour) -> Vec<Link> {
    let Some(dataset) = edition.by_code(version.dataset) else {
        return Vec::new();
    };
    let record = Normalized::from_canonical(dataset, version.body());
    let entries = spec::references::index_entries(dataset, &record);
    let kept = entries
        .into_iter()
        .filter(|entry| !version.withdrawn || entry.field.is_none());
    let keys = Key::all(under, kept);
    links(keys.iter(), version.id)
}

/// The links of a version that gives way to another. Of one that was erased nothing is left to take them from: what the
/// new one is found by leads to it no more.
pub fn links_of_old(
    under: &LookupKey,
    edition: &Edition,
    old: &Neighbour,
    new: &[Link],
) -> Vec<Link> {
    if !old.erased {
        return links_of(under, edition, old);
    }
    let of_old = |link: &Link| Link {
        hash: link.hash,
        record_id: old.id,
    };
    new.iter().map(of_old).collect()
}
