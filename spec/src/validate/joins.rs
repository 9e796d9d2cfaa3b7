//! The records that a rule finds from the one that is judged: joined ones, those of its group, its current version.
//! An answer that is not there cannot be known here, and whoever asks stays silent.

use super::rules::Bench;
use crate::normalize::{Normalized, items};
use crate::references::{Found, lookup, own_key};
use crate::roll::Roll;
pub(super) use crate::roll::tally::text_of;
use crate::roll::tally::{Fellows, Group, Question};
use crate::rule::{Join, Pick, Rule};
use crate::{Context, Dataset, Edition, FieldIndex, Known, Lookup};

/// A record among the others that are known.
#[derive(Debug)]
pub(super) struct Circle<'k> {
    pub edition: &'k Edition,
    pub bench: Bench<'k>,
    pub record: &'k Normalized<'k, 'k>,
    pub known: &'k Known,
    /// The record's business key.
    own: Option<Lookup>,
}

/// Records found by one item of the own field.
type ByItem<'k> = Vec<(&'k str, Vec<&'k Found>)>;

impl<'k> Circle<'k> {
    pub(super) fn new(
        context: &'k Context<'k>,
        record: &'k Normalized<'k, 'k>,
        known: &'k Known,
    ) -> Self {
        Circle {
            edition: context.edition,
            bench: Bench::new(context),
            record,
            known,
            own: own_key(record),
        }
    }

    /// Whether the other records that a rule asks for let it apply; none if that cannot be known here.
    pub(super) fn admits(&self, rule: &Rule) -> Option<bool> {
        if let Some(parent) = &rule.when_parent
            && self.joined(parent)?.1.is_empty()
        {
            return Some(false);
        }
        match &rule.unless {
            Some(other) => Some(self.joined(other)?.1.is_empty()),
            None => Some(true),
        }
    }

    /// Records that a join finds, apart for each item of the own field; none if that cannot be known here.
    pub(super) fn by_item(&self, join: &Join) -> Option<ByItem<'k>> {
        let &(own, other) = join.on.first()?;
        let dataset = self.edition.dataset_by_code(join.dataset)?;
        let mut all = Vec::new();
        for item in items(self.record.text(own)?) {
            let answers =
                self.known
                    .answers
                    .get(&lookup(self.edition, join.dataset, other, item))?;
            let mut found = Vec::new();
            let mut take = |answer| {
                if self.fits(join, dataset, answer)? {
                    found.push(answer);
                }
                Some(())
            };
            match (answers, join.on.get(1)) {
                // Of very many only those are read that fit the second pair too.
                (Roll::Many(register), Some(&(own, theirs))) => {
                    let near = register.sharing(dataset, theirs, self.record.text(own)?);
                    near.into_iter().try_for_each(&mut take)?;
                }
                _ => answers.iter().try_for_each(&mut take)?,
            }
            all.push((item, found));
        }
        Some(all)
    }

    /// Whether a record found by the first pair of a join fits the other pairs and the filter; none where the
    /// own side is absent.
    fn fits(&self, join: &Join, dataset: &Dataset, other: &Found) -> Option<bool> {
        for &(own, theirs) in join.on.iter().skip(1) {
            let own = self.record.text(own)?;
            let theirs = text_of(dataset, other, theirs).unwrap_or_default();
            if !items(own).any(|item| items(theirs).any(|their| their == item)) {
                return Some(false);
            }
        }
        let passes = join.filter.iter().all(|condition| {
            let text = text_of(dataset, other, condition.field());
            condition.holds(text, text.is_some())
        });
        Some(passes && !(join.dataset == self.record.dataset.code && self.is_own(other)))
    }

    /// All records that a join finds, once each and oldest first, after the choice among them.
    pub(super) fn joined(&self, join: &Join) -> Option<(&'k Dataset, Vec<&'k Found>)> {
        let mut all: Vec<&Found> = self
            .by_item(join)?
            .into_iter()
            .flat_map(|(_, found)| found)
            .collect();
        all.sort_by_key(|found| found.id);
        all.dedup_by_key(|found| found.id);
        match join.pick {
            Pick::First => all.truncate(1),
            Pick::Last => {
                all.drain(..all.len().saturating_sub(1));
            }
            Pick::Every | Pick::Any | Pick::Sum => {}
        }
        Some((self.edition.dataset_by_code(join.dataset)?, all))
    }

    /// Other current records of the own data set that share the value of `by`, and of all `within`.
    pub(super) fn siblings(&self, by: FieldIndex, within: &[FieldIndex]) -> Option<Vec<&'k Found>> {
        let dataset = self.record.dataset;
        let mut all: Vec<&Found> = Vec::new();
        for item in items(self.record.text(by)?) {
            let asked = lookup(self.edition, dataset.code, by, item);
            all.extend(self.known.answers.get(&asked)?);
        }
        for &field in within {
            let own = self.record.text(field)?;
            all.retain(|other| {
                text_of(dataset, other, field)
                    .is_some_and(|text| items(text).any(|item| items(own).any(|own| own == item)))
            });
        }
        all.retain(|other| !self.is_own(other));
        all.sort_by_key(|found| found.id);
        all.dedup_by_key(|found| found.id);
        Some(all)
    }

    /// Reads what is counted over the other records of the own data set that share a group: first the field by which
    /// they are looked up, then those that must agree too.
    pub(super) fn fellows<T>(
        &self,
        group: &[FieldIndex],
        counted: Counted,
        read: impl FnOnce(&Fellows<'_>) -> T,
    ) -> Option<T> {
        let dataset = self.record.dataset;
        let (&by, within) = group.split_first()?;
        let mut question = Question {
            within: None,
            field: counted.field,
            between: counted.between,
            sum: counted.sum,
        };
        if let Some(item) = single(self.record.text(by)?)
            && within.len() <= 1
        {
            let asked = lookup(self.edition, dataset.code, by, item);
            if let Roll::Many(register) = self.known.answers.get(&asked)? {
                question.within = within.first().copied();
                let shared = match question.within {
                    Some(field) => single(self.record.text(field)?),
                    None => Some(""),
                };
                if let Some(shared) = shared {
                    let own = self.current().and_then(|own| register.get(own.id));
                    let own = own.filter(|own| {
                        question.within.is_none_or(|field| {
                            text_of(dataset, own, field)
                                .is_some_and(|text| items(text).any(|item| item == shared))
                        })
                    });
                    return Some(register.ask(dataset, question, shared, |group| {
                        read(&Fellows {
                            group,
                            dataset,
                            question,
                            own,
                        })
                    }));
                }
            }
        }
        // Few, or of several items: read through.
        let mut all = Group::default();
        for other in self.siblings(by, within)? {
            all.add(dataset, question, other);
        }
        Some(read(&Fellows {
            group: &all,
            dataset,
            question,
            own: None,
        }))
    }

    /// The records of numbers that a look-up by a field of this record gave.
    pub(super) fn found(&self, by: FieldIndex, ids: &[i64]) -> Vec<&'k Found> {
        let dataset = self.record.dataset.code;
        let mut rolls = Vec::new();
        for item in self.record.text(by).into_iter().flat_map(items) {
            let asked = lookup(self.edition, dataset, by, item);
            rolls.extend(self.known.answers.get(&asked));
        }
        let one = |id: &i64| rolls.iter().find_map(|roll| roll.get(*id));
        ids.iter().filter_map(one).collect()
    }

    /// Whether a record of the own data set is the current version of this one.
    pub(super) fn is_own(&self, other: &Found) -> bool {
        let Some(own) = &self.own else {
            return false;
        };
        let dataset = self.record.dataset;
        let parts = dataset
            .key
            .iter()
            .map(|&field| text_of(dataset, other, field).unwrap_or_default());
        own.value.split('\u{1f}').eq(parts)
    }

    /// The current version of this record.
    pub(super) fn current(&self) -> Option<&'k Found> {
        self.known.answers.get(self.own.as_ref()?)?.last()
    }
}

/// What is counted over a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// The field.
    pub field: FieldIndex,
    /// The field that says whose a value is.
    pub between: Option<FieldIndex>,
    /// Whether the figures are added up: in yuan, or as they stand.
    pub sum: Option<bool>,
}

/// The only item of a value; none if there are several.
fn single(text: &str) -> Option<&str> {
    let mut all = items(text);
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// Whether a field of a found record holds one of the values (for lists: an item does).
pub(super) fn holds(
    dataset: &Dataset,
    found: &Found,
    field: FieldIndex,
    values: &[String],
) -> bool {
    text_of(dataset, found, field)
        .is_some_and(|text| items(text).any(|item| values.iter().any(|value| value == item)))
}
