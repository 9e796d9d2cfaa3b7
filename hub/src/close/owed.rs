//! What a platform should hold of a day's records: the set of what was sent to it, entry by entry as its packets brought
//! it, and of what is still to be sent, as it would be sent now.
//!
//! What was sent is read as it was written down when the packet was made ([`holding`]): a specification that changed or
//! a record that was erased since changes nothing about it.

use std::collections::HashMap;
use std::path::Path;

use super::fault::Fault;
use super::row::Row;
use super::sorted::Sorter;
use super::tree::{Entry, Tree};
use crate::delivery::holding::{self, Holding};
use crate::delivery::projection::{Projector, Source};
use crate::store::days::Span;
use crate::store::deliveries::{self, State};
use crate::store::{Database, StoreError, books, packets};

/// Deliveries read at once.
const PAGE: i64 = 1000;
/// Packets whose entries are remembered: neighbours are often in the same ones.
const REMEMBERED: usize = 64;

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `records.id`.
    pub version: i64,
    /// `deliveries.id`.
    pub delivery: i64,
    /// Whether the platform said that it took it over.
    pub acknowledged: bool,
    data_set: u32,
}

impl From<&Row> for Place {
    /// As the set of a platform writes it.
    fn from(row: &Row) -> Place {
        let (version, delivery, rest) = row.tag;
        Place {
            version,
            delivery,
            acknowledged: rest & 1 == 1,
            data_set: rest >> 1,
        }
    }
}

/// What a platform should hold.
pub struct Ours {
    /// The set; its rows say where each entry comes from ([`Place`]).
    pub tree: Tree,
    names: Vec<String>,
}

/// By version, what a packet brought.
type Brought = HashMap<i64, Vec<Holding>>;

struct Gathering {
    sorter: Sorter,
    names: Vec<String>,
    packets: HashMap<i64, Brought>,
}

/// Gathers what is owed to a destination of a day's records, without what it refused, sorted in a folder. Within
/// [`books::frozen`].
pub fn ours(
    connection: &mut Database,
    span: &Span,
    owed_in: &[(i64, i64)],
    destination: &str,
    projector: &Projector,
    folder: &Path,
) -> Result<Ours, Fault> {
    let mut gathering = Gathering {
        sorter: Sorter::new(folder),
        names: Vec::new(),
        packets: HashMap::new(),
    };
    for (from, until) in owed_in {
        let mut after = from - 1;
        loop {
            let page = books::owed_versions(connection, span, destination, (after, *until), PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.delivery;
            gathering.page(connection, &page, projector)?;
        }
    }
    let Gathering { sorter, names, .. } = gathering;
    Ok(Ours {
        tree: Tree::try_from(sorter.finish()?)?,
        names,
    })
}

impl Gathering {
    fn page(
        &mut self,
        connection: &mut Database,
        page: &[books::OwedVersion],
        projector: &Projector,
    ) -> Result<(), Fault> {
        self.fetch(connection, page)?;
        let mut never_sent = Vec::new();
        let refused = State::Refused.number();
        for row in page.iter().filter(|row| row.state != refused) {
            let packet = row.batch.and_then(|batch| self.packets.get_mut(&batch));
            match packet.and_then(|brought| brought.remove(&row.record)) {
                Some(brought) => {
                    for one in &brought {
                        self.take(row, one)?;
                    }
                }
                None => never_sent.push(row),
            }
        }
        let ids: Vec<i64> = never_sent.iter().map(|row| row.record).collect();
        let contents = deliveries::contents(connection, &ids)?;
        let contents: HashMap<i64, _> = contents.into_iter().map(|one| (one.id, one)).collect();
        for row in never_sent {
            // What cannot be said in the platform's edition cannot be held there either; it will be refused.
            let source = contents.get(&row.record).map(Source::of);
            let projected = source.as_ref();
            let projected = projected.and_then(|source| projector.project(source, true).ok());
            for record in projected.into_iter().flatten() {
                self.take(row, &record.holding())?;
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

    fn take(&mut self, row: &books::OwedVersion, holding: &Holding) -> Result<(), Fault> {
        let known = self.names.iter().position(|name| *name == holding.data_set);
        let data_set = known.unwrap_or_else(|| {
            self.names.push(holding.data_set.clone());
            self.names.len() - 1
        });
        let entry = Entry {
            id: holding.id(),
            content: holding.content,
        };
        let acknowledged = u32::from(row.state == State::Acknowledged.number());
        let rest = u32::try_from(data_set).unwrap_or(u32::MAX >> 1) << 1 | acknowledged;
        let row = Row::new(entry, (row.record, row.delivery, rest));
        Ok(self.sorter.push(row)?)
    }
}

impl Ours {
    /// The data set of an entry, in the platform's edition.
    pub fn data_set(&self, place: Place) -> &str {
        let name = self.names.get(place.data_set as usize);
        name.map_or("", String::as_str)
    }
}
