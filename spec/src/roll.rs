//! The records that answer one look-up. Few of them are read through; where thousands share a section, reading all of
//! them for each would cost a submission the square of its size, so a [`Register`] keeps what rules ask about them.

pub(crate) mod tally;

use std::collections::{BTreeMap, btree_map};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap;

use crate::normalize::items;
use crate::references::Found;
use crate::{Dataset, FieldIndex};
use tally::{Group, Question, Tally};

/// Records that answer a look-up, oldest first.
#[derive(Debug, Clone)]
pub enum Roll {
    /// So few that they are read through.
    Few(Vec<Found>),
    /// So many that what is asked about them is kept.
    Many(Arc<Register>),
}

impl Default for Roll {
    fn default() -> Self {
        Roll::Few(Vec::new())
    }
}

impl From<Vec<Found>> for Roll {
    fn from(found: Vec<Found>) -> Self {
        Roll::Few(found)
    }
}

impl<'r> IntoIterator for &'r Roll {
    type Item = &'r Found;
    type IntoIter = Iter<'r>;

    fn into_iter(self) -> Iter<'r> {
        self.iter()
    }
}

/// The records of a [`Roll`], oldest first.
#[derive(Debug)]
pub enum Iter<'r> {
    /// Of few.
    Few(std::slice::Iter<'r, Found>),
    /// Of many.
    Many(btree_map::Values<'r, i64, Found>),
}

impl<'r> Iterator for Iter<'r> {
    type Item = &'r Found;

    fn next(&mut self) -> Option<&'r Found> {
        match self {
            Iter::Few(found) => found.next(),
            Iter::Many(found) => found.next(),
        }
    }
}

impl Roll {
    /// The records, oldest first.
    pub fn iter(&self) -> Iter<'_> {
        match self {
            Roll::Few(found) => Iter::Few(found.iter()),
            Roll::Many(register) => Iter::Many(register.found.values()),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The newest.
    pub fn last(&self) -> Option<&Found> {
        match self {
            Roll::Few(found) => found.last(),
            Roll::Many(register) => register.found.values().next_back(),
        }
    }

    /// The record of a number.
    pub fn get(&self, id: i64) -> Option<&Found> {
        match self {
            Roll::Few(found) => found.iter().find(|found| found.id == id),
            Roll::Many(register) => register.get(id),
        }
    }

    /// The others, as if one of them were not there.
    #[must_use]
    pub fn without(&self, id: i64) -> Roll {
        if self.get(id).is_none() {
            return self.clone();
        }
        let others = self.iter().filter(|found| found.id != id);
        Roll::Few(others.cloned().collect())
    }
}

/// Very many records that answer a look-up. What a rule asks about them is counted when it is first asked, and kept up
/// to date as records come and go.
#[derive(Debug, Default)]
pub struct Register {
    found: BTreeMap<i64, Found>,
    /// Filled by who asks, so that nothing is counted that nobody wants to know.
    tallies: Mutex<Vec<Tally>>,
}

impl Clone for Register {
    fn clone(&self) -> Self {
        let tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        Register {
            found: self.found.clone(),
            tallies: Mutex::new(tallies.clone()),
        }
    }
}

impl Register {
    /// A register of records of one data set.
    pub fn new(found: impl IntoIterator<Item = Found>) -> Self {
        Register {
            found: found.into_iter().map(|found| (found.id, found)).collect(),
            tallies: Mutex::default(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The oldest.
    pub fn first(&self) -> Option<&Found> {
        self.found.values().next()
    }

    /// The record of a number.
    pub fn get(&self, id: i64) -> Option<&Found> {
        self.found.get(&id)
    }

    /// A record came.
    pub fn add(&mut self, dataset: &Dataset, found: Found) {
        self.remove(dataset, found.id);
        let tallies = self.tallies.get_mut();
        for tally in tallies.unwrap_or_else(PoisonError::into_inner) {
            tally.add(dataset, &found);
        }
        self.found.insert(found.id, found);
    }

    /// A record is there no longer.
    pub fn remove(&mut self, dataset: &Dataset, id: i64) {
        let Some(found) = self.found.remove(&id) else {
            return;
        };
        let tallies = self.tallies.get_mut();
        for tally in tallies.unwrap_or_else(PoisonError::into_inner) {
            tally.remove(dataset, &found);
        }
    }

    /// Reads what is counted over the records that hold `within` in the further field of a question.
    pub(crate) fn ask<T>(
        &self,
        dataset: &Dataset,
        question: Question,
        within: &str,
        read: impl FnOnce(&Group) -> T,
    ) -> T {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = tallies.iter().find(|tally| tally.question == question) {
            return read(tally.group(within).unwrap_or(&Group::default()));
        }
        let mut tally = Tally {
            question,
            groups: HashMap::default(),
        };
        for found in self.found.values() {
            tally.add(dataset, found);
        }
        let answer = read(tally.group(within).unwrap_or(&Group::default()));
        tallies.push(tally);
        answer
    }

    /// Records that share an item of a field with a text, oldest first.
    pub(crate) fn sharing(&self, dataset: &Dataset, field: FieldIndex, text: &str) -> Vec<&Found> {
        let question = Question {
            within: None,
            field,
            between: None,
            sum: None,
        };
        let mut ids: Vec<i64> = self.ask(dataset, question, "", |group| {
            items(text).flat_map(|item| group.holders(item)).collect()
        });
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter_map(|id| self.found.get(id)).collect()
    }
}
