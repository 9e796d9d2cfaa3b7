//! What the platform holds: packets and their answers, records, and what others may refer to.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::judge::Judge;
use super::links::{Column, Linked, Links, values};
use super::packet::{Packet, Sent};

/// A packet as it is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub batch: i64,
    pub sha256: String,
    pub records: Vec<Sent>,
    pub answers: Vec<Verdict>,
}

/// The answer about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Verdict {
    pub id: i64,
    pub result: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// A record in order of acceptance.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Taken {
    pub n: u64,
    pub id: i64,
    pub batch: i64,
    pub dataset: String,
    pub operation: u8,
}

/// Counts of one data set.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Counts {
    pub accepted: u64,
    pub refused: u64,
    pub not_processed: u64,
}

/// A packet's place.
pub(super) struct Answered {
    pub sha256: String,
    pub answers: Vec<Verdict>,
    pub ready: Instant,
}

/// The books.
#[derive(Default)]
pub(super) struct Book {
    pub packets: BTreeMap<i64, Answered>,
    pub taken: Vec<Taken>,
    pub by_dataset: BTreeMap<String, Counts>,
    pub codes: BTreeMap<String, u64>,
    links: Links,
    referred: HashMap<String, Vec<Column>>,
    /// Accepted versions: (record number, operation) and its content; several when a record went as several.
    versions: HashMap<(i64, u8), Vec<Map<String, Value>>>,
    /// Current records by data set and business key.
    held: HashMap<(String, String), Map<String, Value>>,
    /// How many current records hold a value: (data set, column, value).
    found: HashMap<(String, String, String), u32>,
}

/// Records of one packet that were not accepted, and what hangs on them.
#[derive(Default)]
struct Fallen {
    keys: HashSet<(String, String)>,
    values: HashSet<(String, String, String)>,
    deals: HashSet<String>,
}

impl Book {
    /// Versions of records that were accepted, each once: a record may have come as several of the national edition.
    pub fn versions(&self) -> usize {
        self.versions.len()
    }

    /// Empty books.
    pub fn new(links: Links) -> Self {
        Book {
            referred: links.referred(),
            links,
            ..Book::default()
        }
    }

    /// Judges a packet that was never seen before, and enters it.
    pub fn enter(
        &mut self,
        judge: &Judge,
        packet: Packet,
        sha256: String,
        delay: Duration,
    ) -> Entry {
        let mut fallen = Fallen::default();
        let mut answers = Vec::with_capacity(packet.records.len());
        for sent in &packet.records {
            let verdict = match self.decide(judge, sent, &fallen) {
                Ok(()) => {
                    self.take_over(packet.batch, sent);
                    verdict(sent.id, "accepted", None)
                }
                Err((result, code, reason)) => {
                    // A repetition is held already: nothing that hangs on it falls.
                    if code != "duplicate" {
                        self.fall(sent, &mut fallen);
                    }
                    verdict(sent.id, result, Some((code, reason)))
                }
            };
            self.count(&sent.dataset, &verdict);
            answers.push(verdict);
        }
        let entry = Entry {
            batch: packet.batch,
            sha256,
            records: packet.records,
            answers,
        };
        self.file(&entry, delay);
        entry
    }

    /// Enters a packet that the journal remembers.
    pub fn restore(&mut self, entry: &Entry) {
        for (sent, verdict) in entry.records.iter().zip(&entry.answers) {
            if verdict.result == "accepted" {
                self.take_over(entry.batch, sent);
            }
            self.count(&sent.dataset, verdict);
        }
        self.file(entry, Duration::ZERO);
    }

    fn file(&mut self, entry: &Entry, delay: Duration) {
        let answered = Answered {
            sha256: entry.sha256.clone(),
            answers: entry.answers.clone(),
            ready: Instant::now() + delay,
        };
        self.packets.insert(entry.batch, answered);
    }

    fn decide(
        &self,
        judge: &Judge,
        sent: &Sent,
        fallen: &Fallen,
    ) -> Result<(), (&'static str, &'static str, String)> {
        let refused = |code, reason: String| Err(("refused", code, reason));
        let versions = self.versions.get(&(sent.id, sent.operation));
        if versions.is_some_and(|held| held.contains(&sent.data)) {
            return refused("duplicate", "the record is held already".to_owned());
        }
        if let Some(why) = self.hangs_on(sent, fallen) {
            return Err(("not_processed", "not_processed", why));
        }
        if let Some(findings) = judge.find(sent) {
            return refused("schema", findings);
        }
        let Some(linked) = self.links.dataset(&sent.dataset) else {
            return Ok(());
        };
        if let Some(key) = key(linked, sent) {
            let held = self.held.contains_key(&(sent.dataset.clone(), key));
            if held && sent.operation == 1 {
                return refused("exists", "a record with this key is held".to_owned());
            }
            if !held && sent.operation != 1 {
                return refused("order", "no record with this key is held".to_owned());
            }
        }
        if sent.operation != 3 {
            for (reference, value) in owed(linked, sent) {
                let there = reference.targets.iter().any(|(dataset, column)| {
                    let place = (dataset.clone(), column.name.clone(), value.to_owned());
                    self.found.contains_key(&place)
                });
                if !there {
                    let column = &reference.column.name;
                    return refused("order", format!("what /{column} refers to is not held"));
                }
            }
        }
        Ok(())
    }

    /// Whether the record hangs on one of this packet that was not accepted.
    fn hangs_on(&self, sent: &Sent, fallen: &Fallen) -> Option<String> {
        let linked = self.links.dataset(&sent.dataset)?;
        if let Some(key) = key(linked, sent)
            && fallen.keys.contains(&(sent.dataset.clone(), key))
        {
            return Some("an earlier version in this packet was not accepted".to_owned());
        }
        for (reference, value) in owed(linked, sent) {
            for (dataset, column) in &reference.targets {
                let place = (dataset.clone(), column.name.clone(), value.to_owned());
                if fallen.values.contains(&place) && !self.found.contains_key(&place) {
                    let column = &reference.column.name;
                    return Some(format!("what /{column} refers to was not accepted"));
                }
            }
        }
        let deal = linked.deal.as_ref()?;
        values(&sent.data, deal)
            .iter()
            .any(|deal| fallen.deals.contains(*deal))
            .then(|| "an earlier record of the deal in this packet was not accepted".to_owned())
    }

    fn fall(&self, sent: &Sent, fallen: &mut Fallen) {
        let Some(linked) = self.links.dataset(&sent.dataset) else {
            return;
        };
        if let Some(key) = key(linked, sent) {
            fallen.keys.insert((sent.dataset.clone(), key));
        }
        fallen.values.extend(self.places(&sent.dataset, &sent.data));
        if let Some(deal) = &linked.deal {
            let deals = values(&sent.data, deal).into_iter().map(str::to_owned);
            fallen.deals.extend(deals);
        }
    }

    fn take_over(&mut self, batch: i64, sent: &Sent) {
        let versions = self.versions.entry((sent.id, sent.operation));
        versions.or_default().push(sent.data.clone());
        self.taken.push(Taken {
            n: self.taken.len() as u64 + 1,
            id: sent.id,
            batch,
            dataset: sent.dataset.clone(),
            operation: sent.operation,
        });
        let key = self
            .links
            .dataset(&sent.dataset)
            .and_then(|linked| key(linked, sent));
        if let Some(key) = key {
            let place = (sent.dataset.clone(), key);
            let before = if sent.operation == 3 {
                self.held.remove(&place)
            } else {
                self.held.insert(place, sent.data.clone())
            };
            if let Some(before) = before {
                for place in self.places(&sent.dataset, &before) {
                    if let Slot::Occupied(mut count) = self.found.entry(place) {
                        *count.get_mut() -= 1;
                        if *count.get() == 0 {
                            count.remove();
                        }
                    }
                }
            }
        }
        if sent.operation != 3 {
            for place in self.places(&sent.dataset, &sent.data) {
                *self.found.entry(place).or_default() += 1;
            }
        }
    }

    /// The places where others may find a record.
    fn places(&self, dataset: &str, data: &Map<String, Value>) -> Vec<(String, String, String)> {
        let columns = self.referred.get(dataset).map_or(&[][..], Vec::as_slice);
        let mut places = Vec::new();
        for column in columns {
            for value in values(data, column) {
                places.push((dataset.to_owned(), column.name.clone(), value.to_owned()));
            }
        }
        places
    }

    fn count(&mut self, dataset: &str, verdict: &Verdict) {
        let counts = self.by_dataset.entry(dataset.to_owned()).or_default();
        match verdict.result.as_str() {
            "accepted" => counts.accepted += 1,
            "refused" => counts.refused += 1,
            _ => counts.not_processed += 1,
        }
        if let Some(code) = &verdict.code {
            *self.codes.entry(code.clone()).or_default() += 1;
        }
    }
}

fn verdict(id: i64, result: &str, why: Option<(&str, String)>) -> Verdict {
    let (code, reason) = why.map_or((None, None), |(code, reason)| {
        (Some(code.to_owned()), Some(reason))
    });
    Verdict {
        id,
        result: result.to_owned(),
        code,
        reason,
    }
}

fn key(linked: &Linked, sent: &Sent) -> Option<String> {
    let parts: Option<Vec<&str>> = linked
        .key
        .iter()
        .map(|column| sent.data.get(column).and_then(Value::as_str))
        .collect();
    parts
        .filter(|parts| !parts.is_empty())
        .map(|parts| parts.join("\u{1f}"))
}

/// The references of a record that apply to it, with each value that must be found.
fn owed<'r>(
    linked: &'r Linked,
    sent: &'r Sent,
) -> impl Iterator<Item = (&'r super::links::Reference, &'r str)> {
    linked
        .references
        .iter()
        .filter(|reference| reference.when.iter().all(|when| when.holds(&sent.data)))
        .flat_map(|reference| {
            values(&sent.data, &reference.column)
                .into_iter()
                .map(move |value| (reference, value))
        })
}
