//! Look-ups that very many current records answer: asked of the store once a submission, and kept up to date as its
//! records become current. Without them, each of ten thousand bids for one section would read all the others again.

use std::sync::Arc;

use foldhash::HashMap;
use spec::roll::Register;
use spec::{Dataset, Edition, Found, Lookup, stored};

use super::neighbours::{Key, Neighbour, answers};

/// A look-up with fewer answers than this is read through.
pub const MANY: usize = 32;

/// Most records that are held from one part of a submission to the next; beyond that the store is asked again.
const HELD: usize = 200_000;

/// What is known of a record besides its values.
#[derive(Debug, Clone, Copy)]
struct Facts {
    lane: i64,
    came: (i64, i32),
}

/// Registers by the hash of their look-up.
#[derive(Debug, Default)]
pub struct Registers {
    by_hash: HashMap<i64, Vec<(Lookup, Arc<Register>)>>,
    facts: HashMap<i64, Facts>,
}

/// What rules read of a record.
fn found(dataset: &Dataset, neighbour: &Neighbour) -> Found {
    Found {
        id: neighbour.id,
        body: Arc::new(stored::as_read(dataset, neighbour.body())),
    }
}

impl Registers {
    /// The register of a look-up, if it has one.
    pub fn get(&self, key: &Key) -> Option<&Arc<Register>> {
        let mut all = self.by_hash.get(&key.hash)?.iter();
        all.find(|(lookup, _)| *lookup == key.lookup)
            .map(|(_, register)| register)
    }

    /// Begins a register with the records that answer its look-up.
    pub fn enter(
        &mut self,
        key: &Key,
        dataset: &Dataset,
        neighbours: &[Arc<Neighbour>],
    ) -> Arc<Register> {
        for neighbour in neighbours {
            self.note(neighbour);
        }
        let all = neighbours.iter().map(|neighbour| found(dataset, neighbour));
        let register = Arc::new(Register::new(all));
        let same = self.by_hash.entry(key.hash).or_default();
        same.push((key.lookup.clone(), Arc::clone(&register)));
        register
    }

    fn note(&mut self, neighbour: &Neighbour) {
        let facts = Facts {
            lane: neighbour.lane,
            came: neighbour.came,
        };
        self.facts.insert(neighbour.id, facts);
    }

    /// A record became current, and is found under a hash.
    pub fn add(&mut self, edition: &Edition, neighbour: &Neighbour, hash: i64) {
        let Some(registers) = self.by_hash.get_mut(&hash) else {
            return;
        };
        let Some(dataset) = edition.by_code(neighbour.dataset) else {
            return;
        };
        let mut is_in = false;
        for (lookup, register) in registers {
            if !neighbour.withdrawn && answers(edition, neighbour, lookup) {
                // Nobody judges by it now: it is changed where it is.
                Arc::make_mut(register).add(dataset, found(dataset, neighbour));
                is_in = true;
            }
        }
        if is_in {
            self.note(neighbour);
        }
    }

    /// A record is current no longer.
    pub fn remove(&mut self, edition: &Edition, neighbour: &Neighbour, hash: i64) {
        let dataset = edition.by_code(neighbour.dataset);
        let registers = self.by_hash.get_mut(&hash);
        if let (Some(dataset), Some(registers)) = (dataset, registers) {
            for (_, register) in registers {
                Arc::make_mut(register).remove(dataset, neighbour.id);
            }
        }
    }

    /// The submission that brought a record, and its place there.
    pub fn came(&self, id: i64) -> Option<(i64, i32)> {
        self.facts.get(&id).map(|facts| facts.came)
    }

    /// The lane of the oldest record that answers a look-up which has a register.
    pub fn lane(&self, key: &Key) -> Option<i64> {
        let oldest = self.get(key)?.first()?.id;
        self.facts.get(&oldest).map(|facts| facts.lane)
    }

    /// Forgets everything, if it is more than may be held for long.
    pub fn bound(&mut self) {
        let all = self.by_hash.values().flatten();
        if all.map(|(_, register)| register.len()).sum::<usize>() > HELD {
            *self = Registers::default();
        }
    }
}
