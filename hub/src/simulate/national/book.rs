//! The books: what was taken over and in which order, packets with their answers, what others may refer to.
//!
//! Texts are kept by the journal; here are marks and figures, some hundreds of bytes a record.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::entry::{Answered, Decision, Entry, Line, Noted, Verdict};
use super::holdings::Holdings;
use super::mark::Mark;

/// Most planted differences that are named one by one.
const NAMED: usize = 10_000;

/// A record in order of acceptance.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Taken {
    pub n: u64,
    pub id: i64,
    pub batch: i64,
    pub dataset: Arc<str>,
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
pub(super) struct Filed {
    pub sha256: String,
    pub answers: Vec<Verdict>,
    pub frame: Option<(u64, u64)>,
    /// When the answer is there.
    pub ready: Instant,
    /// Whether the answer has arrived, as far as can be told.
    pub answered: bool,
    /// Whether the answer is not to be had by asking, because it is to be pushed.
    pub withheld: bool,
}

/// A record with a business key.
struct Held {
    /// The version that was taken over last.
    version: i64,
    /// Where others find it; none: it was deleted.
    places: Option<Vec<Mark>>,
}

/// What was held otherwise than acknowledged, on purpose.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Planted {
    pub fault: String,
    pub data_set: String,
    pub version: i64,
}

/// The books.
#[derive(Default)]
pub(super) struct Book {
    pub packets: BTreeMap<i64, Filed>,
    pub taken: Vec<Taken>,
    pub by_dataset: BTreeMap<String, Counts>,
    /// Why records were refused.
    pub codes: BTreeMap<String, u64>,
    /// Why packets were turned away.
    pub turned_away: BTreeMap<String, u64>,
    pub holdings: Holdings,
    pub planted: Vec<Planted>,
    /// Answers that arrived: asked for, and pushed.
    pub answered: (u64, u64),
    /// Packets that brought a record of a deal of which an earlier packet was not answered yet.
    pub overtaken: u64,
    names: HashMap<String, Arc<str>>,
    /// Contents of the accepted versions, by their number; several when a record went as several.
    versions: HashMap<i64, Vec<Mark>>,
    /// Number, data set and key of what was accepted.
    identities: HashSet<Mark>,
    /// By data set and business key.
    held: HashMap<Mark, Held>,
    /// How many current records are found under a place.
    found: HashMap<Mark, u32>,
    /// The packet that brought a deal last.
    deals: HashMap<Mark, i64>,
}

/// The mark of a business key.
pub(super) fn key_mark(dataset: &str, key: &str) -> Mark {
    Mark::of(&["key", dataset, key])
}

fn identity(id: i64, dataset: &str, key: &str) -> Mark {
    Mark::of(&["identity", &id.to_string(), dataset, key])
}

impl Book {
    /// Versions of records that were accepted, each once: a record may have come as several of the national edition.
    pub fn versions(&self) -> usize {
        self.versions.len()
    }

    /// Deals of which something was accepted.
    pub fn deals(&self) -> usize {
        self.deals.len()
    }

    /// Whether this very content of a version is held.
    pub fn has(&self, id: i64, content: Mark) -> bool {
        let contents = self.versions.get(&id);
        contents.is_some_and(|contents| contents.contains(&content))
    }

    /// Whether something was accepted under this number, data set and key.
    pub fn knows(&self, id: i64, dataset: &str, key: &str) -> bool {
        self.identities.contains(&identity(id, dataset, key))
    }

    /// The version that was taken over last under a key, and whether it is current: not deleted.
    pub fn newest(&self, dataset: &str, key: &str) -> Option<(i64, bool)> {
        let held = self.held.get(&key_mark(dataset, key))?;
        Some((held.version, held.places.is_some()))
    }

    /// Whether a current record is found under a place.
    pub fn finds(&self, place: Mark) -> bool {
        self.found.contains_key(&place)
    }

    /// Enters a record with its verdict.
    pub fn enter(&mut self, batch: i64, noted: &Noted) {
        let verdict = &noted.verdict;
        let counts = self.by_dataset.entry(noted.dataset.clone()).or_default();
        match verdict.result {
            Decision::Accepted => counts.accepted += 1,
            Decision::Refused => counts.refused += 1,
            Decision::NotProcessed => counts.not_processed += 1,
        }
        if let Some(code) = &verdict.code {
            *self.codes.entry(code.clone()).or_default() += 1;
        }
        if verdict.result == Decision::Accepted {
            self.take_over(batch, noted);
        }
    }

    fn take_over(&mut self, batch: i64, noted: &Noted) {
        let (id, dataset) = (noted.verdict.id, noted.dataset.as_str());
        let name = self.names.entry(dataset.to_owned());
        let name = Arc::clone(name.or_insert_with(|| dataset.into()));
        self.taken.push(Taken {
            n: self.taken.len() as u64 + 1,
            id,
            batch,
            dataset: name,
            operation: noted.operation,
        });
        self.versions.entry(id).or_default().push(noted.content);
        for holding in &noted.held {
            self.holdings.hold(holding);
        }
        if let Some(fault) = &noted.planted
            && self.planted.len() < NAMED
        {
            self.planted.push(Planted {
                fault: fault.clone(),
                data_set: dataset.to_owned(),
                version: id,
            });
        }
        let before: HashSet<i64> = noted
            .deals
            .iter()
            .filter_map(|deal| self.deals.insert(*deal, batch))
            .filter(|before| *before != batch)
            .collect();
        let unanswered = |batch: &i64| self.packets.get(batch).is_some_and(|one| !one.answered);
        if before.iter().any(unanswered) {
            self.overtaken += 1;
        }
        let current = noted.operation != 3;
        if let Some(key) = &noted.key {
            self.identities.insert(identity(id, dataset, key));
            let now = Held {
                version: id,
                places: current.then(|| noted.places.clone()),
            };
            let before = self.held.insert(key_mark(dataset, key), now);
            for place in before.and_then(|held| held.places).unwrap_or_default() {
                if let Slot::Occupied(mut count) = self.found.entry(place) {
                    *count.get_mut() -= 1;
                    if *count.get() == 0 {
                        count.remove();
                    }
                }
            }
        }
        if current {
            for &place in &noted.places {
                *self.found.entry(place).or_default() += 1;
            }
        }
    }

    /// Files a packet whose records are entered.
    pub fn file(&mut self, entry: &Entry, delay: Duration, withheld: bool) {
        let answers = entry.records.iter().map(|noted| noted.verdict.clone());
        let filed = Filed {
            sha256: entry.sha256.clone(),
            answers: answers.collect(),
            frame: entry.frame,
            ready: Instant::now() + delay,
            answered: false,
            withheld,
        };
        self.packets.insert(entry.batch, filed);
    }

    /// Counts a packet that was turned away.
    pub fn turn_away(&mut self, code: &str) {
        *self.turned_away.entry(code.to_owned()).or_default() += 1;
    }

    /// Writes down that an answer arrived; false when that was known.
    pub fn answered(&mut self, batch: i64, pushed: bool) -> bool {
        let Some(filed) = self.packets.get_mut(&batch).filter(|one| !one.answered) else {
            return false;
        };
        filed.answered = true;
        filed.withheld = false;
        if pushed {
            self.answered.1 += 1;
        } else {
            self.answered.0 += 1;
        }
        true
    }

    /// Enters a line that the journal remembers. `withheld`: answers are to be pushed before they can be asked for.
    pub fn restore(&mut self, line: Line, withheld: bool) {
        match line {
            Line::Packet(entry) => {
                for noted in &entry.records {
                    self.enter(entry.batch, noted);
                }
                self.file(&entry, Duration::ZERO, withheld);
            }
            Line::TurnedAway(one) => self.turn_away(&one.code),
            Line::Answered(Answered { batch, pushed, .. }) => {
                self.answered(batch, pushed);
            }
        }
    }
}
