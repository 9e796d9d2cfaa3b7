//! What a record is judged among: current records of the store, and those of the same submission.

use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt, HashSet};
use serde_json::{Map, Value};
use spec::{Action, Dataset, Edition, Found, Known, Lookup, Normalized};

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
            canonical: row.body,
            body: OnceLock::new(),
        })
    }

    /// The record as an object of strings.
    pub fn body(&self) -> &Arc<Map<String, Value>> {
        self.body.get_or_init(|| {
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

/// The 64 bits under which a value is kept in the look-up table.
pub fn hash_of(lookup: &Lookup) -> i64 {
    let mut bytes = Vec::with_capacity(4 + lookup.value.len());
    bytes.extend_from_slice(&lookup.dataset.to_be_bytes());
    bytes.extend_from_slice(&lookup.field.unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend_from_slice(lookup.value.as_bytes());
    let digest = sha256(&bytes);
    let mut first = [0; 8];
    first.copy_from_slice(digest.as_bytes().first_chunk::<8>().unwrap_or(&[0; 8]));
    i64::from_be_bytes(first)
}

/// Current records by what they were looked up by.
#[derive(Debug, Default)]
pub struct Neighbours {
    stored: HashMap<i64, Vec<Arc<Neighbour>>>,
    asked: HashSet<i64>,
    fresh: HashMap<Lookup, Vec<Arc<Neighbour>>>,
    gone: HashSet<i64>,
}

impl Neighbours {
    /// Fetches what the lookups may find, all at once.
    pub fn fetch<'l>(
        &mut self,
        connection: &mut Database,
        lookups: impl Iterator<Item = &'l Lookup>,
    ) -> Result<(), StoreError> {
        let mut hashes: Vec<i64> = lookups
            .map(hash_of)
            .filter(|&hash| self.asked.insert(hash))
            .collect();
        hashes.sort_unstable();
        let mut by_id: HashMap<i64, Arc<Neighbour>> = HashMap::new();
        for (hash, row) in records::found_under(connection, &hashes)? {
            let neighbour = if let Some(known) = by_id.get(&row.id) {
                Arc::clone(known)
            } else {
                let id = row.id;
                let neighbour = Arc::new(Neighbour::from_row(row)?);
                by_id.insert(id, Arc::clone(&neighbour));
                neighbour
            };
            self.stored.entry(hash).or_default().push(neighbour);
        }
        Ok(())
    }

    /// Adds a record of this submission that became current, and takes out the version it supersedes.
    pub fn add<'l>(
        &mut self,
        neighbour: &Arc<Neighbour>,
        entries: impl Iterator<Item = &'l Lookup>,
    ) {
        for entry in entries {
            self.fresh
                .entry(entry.clone())
                .or_default()
                .push(Arc::clone(neighbour));
        }
    }

    /// A version is current no longer.
    pub fn remove(&mut self, id: i64) {
        self.gone.insert(id);
    }

    /// Current records that a lookup finds, oldest first.
    pub fn find(&self, edition: &Edition, lookup: &Lookup) -> Vec<Arc<Neighbour>> {
        let mut found = self.newest(edition, lookup);
        found.retain(|neighbour| !neighbour.withdrawn);
        found
    }

    /// The newest versions that a lookup finds, withdrawals included. Equal hashes are told apart by their values.
    pub fn newest(&self, edition: &Edition, lookup: &Lookup) -> Vec<Arc<Neighbour>> {
        let stored = self.stored.get(&hash_of(lookup)).into_iter().flatten();
        let fresh = self.fresh.get(lookup).into_iter().flatten();
        let mut found: Vec<Arc<Neighbour>> = stored
            .chain(fresh)
            .filter(|neighbour| {
                !self.gone.contains(&neighbour.id) && holds(edition, neighbour, lookup)
            })
            .map(Arc::clone)
            .collect();
        found.sort_by_key(|neighbour| neighbour.id);
        found.dedup_by_key(|neighbour| neighbour.id);
        found
    }

    /// Answers for the judge.
    pub fn known<'l>(&self, edition: &Edition, lookups: impl Iterator<Item = &'l Lookup>) -> Known {
        let mut known = Known::default();
        for lookup in lookups {
            let found = self
                .find(edition, lookup)
                .iter()
                .map(|neighbour| Found {
                    id: neighbour.id,
                    body: Arc::clone(neighbour.body()),
                })
                .collect();
            known.answers.insert(lookup.clone(), found);
        }
        known
    }
}

/// Whether a record really holds the looked-up value.
fn holds(edition: &Edition, neighbour: &Neighbour, lookup: &Lookup) -> bool {
    if neighbour.dataset != lookup.dataset {
        return false;
    }
    // A message key is not part of the record: here the hash alone decides, and the sender is part of it.
    if lookup.field == Some(MESSAGE) {
        return true;
    }
    let Some(dataset) = edition.by_code(lookup.dataset) else {
        return false;
    };
    match lookup.field {
        None => key_of(dataset, neighbour.body()).is_some_and(|key| key == lookup.value),
        Some(place) => {
            let Some(field) = dataset.field(place) else {
                return false;
            };
            let Some(text) = neighbour.body().get(&field.id).and_then(Value::as_str) else {
                return false;
            };
            text == lookup.value || (field.list && text.split(';').any(|item| item == lookup.value))
        }
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

/// The links of a record under the given entries, each once.
pub fn links<'l>(entries: impl Iterator<Item = &'l Lookup>, record_id: i64) -> Vec<Link> {
    let mut links: Vec<Link> = entries
        .map(|entry| Link {
            hash: hash_of(entry),
            record_id,
        })
        .collect();
    links.sort_unstable_by_key(|link| link.hash);
    links.dedup();
    links
}

/// The links that a stored version has: all of its entries, or only its key when it is a withdrawal.
pub fn links_of(edition: &Edition, version: &Neighbour) -> Vec<Link> {
    let Some(dataset) = edition.by_code(version.dataset) else {
        return Vec::new();
    };
    let record = Normalized::from_canonical(dataset, version.body());
    let mut entries = spec::references::index_entries(dataset, &record);
    if version.withdrawn {
        entries.retain(|entry| entry.field.is_none());
    }
    links(entries.iter(), version.id)
}
