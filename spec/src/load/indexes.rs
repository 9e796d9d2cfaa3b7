//! By which fields records must be found: all that the rules of any data set look records up by, and the fields that
//! refer to others, so that a record that is to be taken back finds those that hang on it.
//!
//! What bears on the standing of a subject is found by the subject, and what ends it by what it names.
//!
//! A field that alone is the business key needs no index of its own.

use std::collections::BTreeSet;

use crate::rule::{Check, Park};
use crate::standing::Standing;
use crate::{Dataset, DatasetCode, FieldIndex, Referrer};

/// Fills [`Dataset::indexed`] and [`Dataset::referrers`] of every data set.
pub(super) fn fill(datasets: &mut [Dataset], standing: &[Standing]) {
    let mut wanted: BTreeSet<(DatasetCode, FieldIndex)> = BTreeSet::new();
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
        dataset.referrers = referrers
            .iter()
            .filter(|(code, _)| *code == dataset.code)
            .map(|(_, referrer)| *referrer)
            .collect();
    }
}
