//! What a platform should hold of a day's records: the set of what was sent to it, entry by entry as its packets brought
//! it, and of what is still to be sent, as it would be sent now.
//!
//! What was sent is read as it was written down when the packet was made ([`holding`]): a specification that changed or
//! a record that was erased since changes nothing about it. 88 bytes an entry, whatever the records hold.

use std::collections::{BTreeMap, HashMap};

use super::tree::{Entry, Tree};
use crate::delivery::holding::{self, Holding};
use crate::delivery::projection::Projector;
use crate::store::days::Span;
use crate::store::deliveries::{self, State};
use crate::store::{Database, StoreError, books, packets};
use crate::tlog::Hash;

/// Deliveries read at once.
const PAGE: i64 = 1000;
/// Packets whose entries are remembered: neighbours are often in the same ones.
const REMEMBERED: usize = 64;

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `records.id`.
    pub version: i64,
    /// `deliveries.id`.
    pub delivery: i64,
    /// Whether the platform said that it took it over.
    pub acknowledged: bool,
    data_set: u16,
}

/// What a platform should hold.
pub struct Ours {
    /// The set.
    pub tree: Tree,
    places: Vec<Place>,
    names: Vec<String>,
    refused: BTreeMap<i64, i64>,
}

/// By version, what a packet brought.
type Brought = HashMap<i64, Vec<Holding>>;

#[derive(Default)]
struct Gathering {
    placed: Vec<(Entry, Place)>,
    names: Vec<String>,
    refused: BTreeMap<i64, i64>,
    packets: HashMap<i64, Brought>,
}

/// Gathers what is owed to a destination of a day's records. Within [`books::frozen`].
pub fn ours(
    connection: &mut Database,
    span: &Span,
    owed_in: &[(i64, i64)],
    destination: &str,
    projector: &Projector,
) -> Result<Ours, StoreError> {
    let mut gathering = Gathering::default();
    for (from, until) in owed_in {
        let mut after = from - 1;
        loop {
            let page = books::owed_versions(connection, span, destination, (after, *until), PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.delivery;
            gathering.page(connection, &page, projector)?;
        }
    }
    let Gathering {
        mut placed,
        names,
        refused,
        packets: _,
    } = gathering;
    placed.sort_unstable();
    Ok(Ours {
        tree: placed.iter().map(|(entry, _)| *entry).collect(),
        places: placed.into_iter().map(|(_, place)| place).collect(),
        names,
        refused,
    })
}

impl Gathering {
    fn page(
        &mut self,
        connection: &mut Database,
        page: &[books::OwedVersion],
        projector: &Projector,
    ) -> Result<(), StoreError> {
        self.fetch(connection, page)?;
        let mut never_sent = Vec::new();
        for row in page {
            if row.state == State::Refused.number() {
                self.refused.insert(row.record, row.delivery);
                continue;
            }
            let packet = row.batch.and_then(|batch| self.packets.get_mut(&batch));
            match packet.and_then(|brought| brought.remove(&row.record)) {
                Some(brought) => brought.iter().for_each(|one| self.take(row, one)),
                None => never_sent.push(row),
            }
        }
        let ids: Vec<i64> = never_sent.iter().map(|row| row.record).collect();
        let contents = deliveries::contents(connection, &ids)?;
        let contents: HashMap<i64, _> = contents.into_iter().map(|one| (one.id, one)).collect();
        for row in never_sent {
            // What cannot be said in the platform's edition cannot be held there either; it will be refused.
            let projected = contents.get(&row.record);
            let projected = projected.and_then(|content| projector.project(content, true).ok());
            for record in projected.into_iter().flatten() {
                self.take(row, &record.holding());
            }
        }
        Ok(())
    }

    /// Reads what the packets of a page brought.
    fn fetch(
        &mut self,
        connection: &mut Database,
        page: &[books::OwedVersion],
    ) -> Result<(), StoreError> {
        let mut batches: Vec<i64> = page.iter().filter_map(|row| row.batch).collect();
        batches.sort_unstable();
        batches.dedup();
        if self.packets.len() > REMEMBERED {
            self.packets
                .retain(|batch, _| batches.binary_search(batch).is_ok());
        }
        batches.retain(|batch| !self.packets.contains_key(batch));
        for (batch, bytes) in packets::entries(connection, &batches)? {
            let holdings = holding::decode(&bytes).ok_or_else(|| StoreError::Damaged {
                place: format!("packet_entries, batch {batch}"),
                what: "is not a list of entries".to_owned(),
            })?;
            let mut brought = Brought::new();
            for one in holdings {
                brought.entry(one.version).or_default().push(one);
            }
            self.packets.insert(batch, brought);
        }
        Ok(())
    }

    fn take(&mut self, row: &books::OwedVersion, holding: &Holding) {
        let known = self.names.iter().position(|name| *name == holding.data_set);
        let data_set = known.unwrap_or_else(|| {
            self.names.push(holding.data_set.clone());
            self.names.len() - 1
        });
        let entry = Entry {
            id: holding.id(),
            content: holding.content,
        };
        let place = Place {
            version: row.record,
            delivery: row.delivery,
            acknowledged: row.state == State::Acknowledged.number(),
            data_set: u16::try_from(data_set).unwrap_or(u16::MAX),
        };
        self.placed.push((entry, place));
    }
}

impl Ours {
    /// Where the record of an id comes from, if the set has it.
    pub fn place(&self, id: &Hash) -> Option<Place> {
        let entries = self.tree.entries();
        let at = entries.partition_point(|entry| entry.id < *id);
        let found = entries.get(at).is_some_and(|entry| entry.id == *id);
        self.places.get(at).copied().filter(|_| found)
    }

    /// The data set of an entry, in the platform's edition.
    pub fn data_set(&self, place: Place) -> &str {
        let name = self.names.get(usize::from(place.data_set));
        name.map_or("", String::as_str)
    }

    /// The delivery of a version that the platform refused.
    pub fn refused(&self, version: i64) -> Option<i64> {
        self.refused.get(&version).copied()
    }
}
