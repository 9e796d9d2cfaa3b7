//! By which fields records must be found: all that the rules of any data set look records up by.
//!
//! A join looks up by the first of its pairs and filters by the others; a group by its first field; a
//! unique value by the first field it is unique within, or by itself. A field that alone is the
//! business key needs no index of its own.

use std::collections::BTreeSet;

use crate::rule::{Check, Join, Operand, Rule};
use crate::{Dataset, DatasetCode, FieldIndex};

/// Fills [`Dataset::indexed`] of every data set.
pub(super) fn fill(datasets: &mut [Dataset]) {
    let mut wanted: BTreeSet<(DatasetCode, FieldIndex)> = BTreeSet::new();
    for dataset in datasets.iter() {
        for rule in &dataset.rules {
            lookups(dataset.code, rule, &mut wanted);
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

fn lookups(own: DatasetCode, rule: &Rule, wanted: &mut BTreeSet<(DatasetCode, FieldIndex)>) {
    let mut join = |join: &Join| {
        if let Some((_, other)) = join.on.first() {
            wanted.insert((join.dataset, *other));
        }
    };
    match &rule.check {
        Check::RequiredIf { parent, .. } => {
            if let Some((parent, _, _)) = parent {
                join(parent);
            }
        }
        Check::Equals { with, .. }
        | Check::NotEquals { with, .. }
        | Check::AtMost { with, .. }
        | Check::Prefix { with, .. }
        | Check::NotBefore { with, .. }
        | Check::NotAfter { with, .. }
        | Check::MinDaysBetween { with, .. }
        | Check::MaxDaysBetween { with, .. } => {
            if let Operand::Joined(other, _) = with {
                join(other);
            }
        }
        Check::Exists { join: other }
        | Check::NotExists { join: other }
        | Check::ParentHolds { join: other, .. }
        | Check::MinCountOf { join: other, .. } => join(other),
        Check::Reference { to, .. } => {
            for target in to {
                wanted.insert((target.dataset, target.field));
            }
        }
        Check::Unique { field, within } => {
            wanted.insert((own, within.first().copied().unwrap_or(*field)));
        }
        Check::Group { group, unless, .. } => {
            if let Some(unless) = unless {
                join(unless);
            }
            if let Some(first) = group.first() {
                wanted.insert((own, *first));
            }
        }
        Check::ForbiddenIf { .. }
        | Check::OneOfRequired { .. }
        | Check::AllOrNone { .. }
        | Check::InSet { .. }
        | Check::Range { .. }
        | Check::SubstringEquals { .. }
        | Check::ListSameLength { .. }
        | Check::ListMinLength { .. }
        | Check::CountEquals { .. }
        | Check::ProductEquals { .. }
        | Check::NotFuture { .. }
        | Check::NotExpired { .. }
        | Check::TimelinessHours { .. }
        | Check::RegionPrefix { .. }
        | Check::RegionLevel { .. }
        | Check::DealDateNotAfter { .. }
        | Check::SourceRegistered { .. }
        | Check::Immutable { .. }
        | Check::Monotone { .. } => {}
    }
}
