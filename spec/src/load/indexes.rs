//! By which fields records must be found: all that the rules of any data set look records up by.
//!
//! A field that alone is the business key needs no index of its own.

use std::collections::BTreeSet;

use crate::{Dataset, DatasetCode, FieldIndex};

/// Fills [`Dataset::indexed`] of every data set.
pub(super) fn fill(datasets: &mut [Dataset]) {
    let mut wanted: BTreeSet<(DatasetCode, FieldIndex)> = BTreeSet::new();
    for dataset in datasets.iter() {
        for rule in &dataset.rules {
            rule.asked(dataset.code, &mut |asked| {
                wanted.insert((asked.dataset, asked.field));
            });
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
    }
}
