//! By which fields records must be found: all that the rules of any data set look records up by, and the fields that
//! refer to others, so that a record that is to be taken back finds those that hang on it.
//!
//! What bears on the standing of a subject is found by the subject, and what ends it by what it names.
//!
//! A field that alone is the business key needs no index of its own.

use std::collections::BTreeSet;

use crate::rule::{Check, Park};
use crate::standing::Standing;
use crate::{Dataset, DatasetCode, FieldIndex, Referrer, Unit};

/// Fills [`Dataset::indexed`], [`Dataset::read`] and [`Dataset::referrers`] of every data set.
pub(super) fn fill(datasets: &mut [Dataset], standing: &[Standing]) {
    let mut wanted: BTreeSet<(DatasetCode, FieldIndex)> = BTreeSet::new();
    let mut read: BTreeSet<(DatasetCode, FieldIndex)> = BTreeSet::new();
    let mut referrers: BTreeSet<(DatasetCode, Referrer)> = BTreeSet::new();
    for one in standing {
        wanted.insert((one.dataset, one.subject));
        wanted.extend(one.ended_by.map(|ended| (ended.dataset, ended.field)));
    }
    for dataset in datasets.iter() {
        for rule in &dataset.rules {
            rule.asked(dataset.code, &mut |asked| {
                wanted.insert((asked.dataset, asked.field));
            });
            rule.read(dataset.code, &mut |dataset, field| {
                read.insert((dataset, field));
            });
            let Check::Reference {
                field,
                to,
                park: Park::Wait,
                ..
            } = &rule.check
            else {
                continue;
            };
            wanted.insert((dataset.code, *field));
            referrers.extend(to.iter().map(|target| {
                let referrer = Referrer {
                    field: target.field,
                    dataset: dataset.code,
                    by: *field,
                };
                (target.dataset, referrer)
            }));
        }
    }
    for dataset in datasets {
        let key = dataset.key.as_slice();
        // Deals are looked up by people.
        wanted.extend(dataset.deal.map(|deal| (dataset.code, deal)));
        dataset.indexed = wanted
            .iter()
            .filter(|(code, field)| *code == dataset.code && key != [*field])
            .map(|(_, field)| *field)
            .collect();
        dataset.read = dataset.read_of(&read);
        dataset.referrers = referrers
            .iter()
            .filter(|(code, _)| *code == dataset.code)
            .map(|(_, referrer)| *referrer)
            .collect();
    }
}

impl Dataset {
    /// What is read of a record: those fields, the business key that names it, and the units of amounts.
    fn read_of(&self, read: &BTreeSet<(DatasetCode, FieldIndex)>) -> Vec<FieldIndex> {
        let own = read.iter().filter(|(code, _)| *code == self.code);
        let mut all: BTreeSet<FieldIndex> = own.map(|(_, field)| *field).collect();
        all.extend(&self.key);
        let units = all
            .iter()
            .filter_map(|&field| match self.field(field)?.unit {
                Some(Unit::By(unit)) => Some(unit),
                _ => None,
            });
        let units: Vec<FieldIndex> = units.collect();
        all.extend(units);
        all.into_iter().collect()
    }
}
