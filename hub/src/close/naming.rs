//! The differences between what a platform is owed and what it holds, as they come: each is counted under its kind, and
//! the first by their versions are named in words. However many there are, a bounded number is held.

use std::collections::{BTreeMap, HashMap};

use super::difference::Difference;
use super::fault::Fault;
use super::national::{Differences, Kind, Named};
use super::owed::{Ours, Place};
use super::row::Row;
use crate::store::{Database, books};
use crate::tlog::Hash;

/// Most that are named in a document.
pub const NAMED: usize = 1000;
/// Surplus entries that are looked up together.
const TOGETHER: usize = 400;

/// What the platform says an entry is that the hub does not owe so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surplus {
    /// The hub's number of the record version, as the platform has it.
    pub version: i64,
    /// Column code of the data set.
    pub data_set: String,
}

/// What was found.
pub struct Found {
    /// All, counted.
    pub differences: Differences,
    /// The first, named.
    pub named: Vec<Named>,
}

/// Names differences.
pub struct Naming<'o> {
    ours: &'o Ours,
    destination: &'o str,
    after: i64,
    counts: Differences,
    /// By version, data set, and order of finding.
    named: BTreeMap<(i64, String, u64), Named>,
    found: u64,
    /// Held and not owed: refused, or never owed; the store is asked about many at once.
    surplus: Vec<Surplus>,
}

impl<'o> Naming<'o> {
    /// Of what is owed to a destination; named are those of versions after one.
    pub fn new(ours: &'o Ours, destination: &'o str, after: i64) -> Naming<'o> {
        Naming {
            ours,
            destination,
            after,
            counts: Differences::default(),
            named: BTreeMap::new(),
            found: 0,
            surplus: Vec::new(),
        }
    }

    /// Takes a difference; here is the hub.
    pub fn take(
        &mut self,
        connection: &mut Database,
        difference: Difference,
        surplus: impl Fn(&Hash) -> Surplus,
    ) -> Result<(), Fault> {
        match difference {
            Difference::Here(row) if Place::from(&row).acknowledged => {
                self.owed(Kind::AcknowledgedNotHeld, &row);
            }
            Difference::Here(row) => self.owed(Kind::OwedNotHeld, &row),
            Difference::Otherwise(row, _) => self.owed(Kind::HeldDifferently, &row),
            Difference::There(row) => match self.ours.tree.find(&row.entry.id)? {
                Some(own) => self.owed(Kind::HeldTwice, &own),
                None => {
                    self.surplus.push(surplus(&row.entry.id));
                    if self.surplus.len() >= TOGETHER {
                        self.settle(connection)?;
                    }
                }
            },
        }
        Ok(())
    }

    /// All that was found.
    pub fn finish(mut self, connection: &mut Database) -> Result<Found, Fault> {
        self.settle(connection)?;
        Ok(Found {
            differences: self.counts,
            named: self.named.into_values().collect(),
        })
    }

    /// Tells what is held and not owed: what the platform refused, and what it never was to have.
    fn settle(&mut self, connection: &mut Database) -> Result<(), Fault> {
        let surplus = std::mem::take(&mut self.surplus);
        let versions: Vec<i64> = surplus.iter().map(|one| one.version).collect();
        let refused = books::refused(connection, self.destination, &versions)?;
        let refused: HashMap<i64, i64> = refused.into_iter().collect();
        for one in &surplus {
            match refused.get(&one.version) {
                Some(delivery) => self.add(one, |one| {
                    name(Kind::RefusedButHeld, *delivery, one.version, &one.data_set)
                }),
                None => self.add(one, never_owed),
            }
        }
        Ok(())
    }

    fn owed(&mut self, kind: Kind, row: &Row) {
        let place = Place::from(row);
        let one = Surplus {
            version: place.version,
            data_set: self.ours.data_set(place).to_owned(),
        };
        self.add(&one, |one| {
            name(kind, place.delivery, one.version, &one.data_set)
        });
    }

    /// Counts one, and names it if it is among the first.
    fn add(&mut self, one: &Surplus, name: impl FnOnce(&Surplus) -> Named) {
        let named = name(one);
        *self.counts.of(named.kind) += 1;
        if one.version <= self.after && self.after > 0 {
            return;
        }
        let key = (one.version, one.data_set.clone(), self.found);
        self.found += 1;
        self.named.insert(key, named);
        if self.named.len() > NAMED {
            self.named.pop_last();
        }
    }
}

/// What is held, and was never owed.
fn never_owed(one: &Surplus) -> Named {
    let version = one.version;
    Named {
        kind: Kind::NeverOwed,
        data_set: one.data_set.clone(),
        version,
        delivery: None,
        source: None,
        receipt: None,
        index: None,
        zh: format!("平台持有记录版本 {version}，但枢纽从未应转发；请平台核查其来源"),
        en: format!(
            "the platform holds record version {version}, which the hub never owed; ask the platform where it came from"
        ),
    }
}

/// A difference about what is owed, in words.
fn name(kind: Kind, delivery: i64, version: i64, data_set: &str) -> Named {
    let (zh, en) = match kind {
        Kind::AcknowledgedNotHeld => (
            format!("平台已确认接收但未持有；请凭确认回执向平台核实，再重新转发 {delivery}"),
            format!(
                "the platform acknowledged it and does not hold it; show it the acknowledgement, then replay delivery {delivery}"
            ),
        ),
        Kind::OwedNotHeld => (
            format!("应转发而平台尚未持有（转发 {delivery} 未了结）；待其了结后补充对账"),
            format!(
                "owed and not held yet (delivery {delivery} is not settled); a supplement will tell when it is"
            ),
        ),
        Kind::RefusedButHeld => (
            format!("平台已拒收却仍持有（转发 {delivery}）；请平台删除或改为接收"),
            format!(
                "the platform refused it and holds it all the same (delivery {delivery}); ask it to drop it or to accept it"
            ),
        ),
        Kind::HeldDifferently => (
            format!("平台持有的内容与所转发的不一致（转发 {delivery}）；请平台按报文更正"),
            format!(
                "the platform holds other contents than were sent (delivery {delivery}); ask it to correct them by the packet"
            ),
        ),
        Kind::HeldTwice | Kind::NeverOwed => (
            format!("平台重复持有记录版本 {version}；请平台去重"),
            format!(
                "the platform holds record version {version} more than once; ask it to drop the repetition"
            ),
        ),
    };
    Named {
        kind,
        data_set: data_set.to_owned(),
        version,
        delivery: Some(delivery),
        source: None,
        receipt: None,
        index: None,
        zh,
        en,
    }
}
