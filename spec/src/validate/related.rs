//! The other records that a finding is about: a sender must be led to both.

use super::finding::found;
use super::joins::{Circle, Counted, holds, text_of};
use crate::references::Found;
use crate::rule::{Check, GroupFigure, Join, Operand, Pick};
use crate::{Dataset, FieldIndex, Related, Rule};

/// Records that a finding names.
const NAMED: usize = 3;

impl<'k> Circle<'k> {
    /// The records that a violated rule holds this one against; none where it misses one.
    pub(super) fn related(&self, rule: &'k Rule) -> Vec<Related> {
        let own = self.record.dataset;
        let (dataset, field, others) = match (&rule.check, rule.check.sides()) {
            (check, Some((field, Operand::Joined(join, other)))) if join.pick != Pick::Sum => {
                let breaking = self.breaking(check, field, join, *other);
                (
                    self.of(join),
                    Some(*other),
                    Vec::from_iter(breaking.map(|pair| pair.0)),
                )
            }
            (
                Check::ParentHolds {
                    join,
                    field,
                    values,
                },
                _,
            ) => {
                let parents = self.joined(join).map_or_else(Vec::new, |joined| joined.1);
                let sound = |dataset, parent| holds(dataset, parent, *field, values);
                let dataset = self.of(join);
                let wrong = parents
                    .into_iter()
                    .filter(|parent| dataset.is_some_and(|dataset| !sound(dataset, parent)));
                (dataset, Some(*field), wrong.collect())
            }
            (Check::NotExists { join }, _) => {
                let there = self.joined(join).map_or_else(Vec::new, |joined| joined.1);
                (self.of(join), None, there)
            }
            (Check::Unique { field, within }, _) => {
                let group = if within.is_empty() {
                    std::slice::from_ref(field)
                } else {
                    within.as_slice()
                };
                (Some(own), Some(*field), self.sharing(*field, group))
            }
            (
                Check::Group {
                    field,
                    group,
                    figure: GroupFigure::DistinctAcross { .. },
                },
                _,
            ) => (Some(own), Some(*field), self.sharing(*field, group)),
            (Check::Immutable { field } | Check::Monotone { field }, _) => {
                (Some(own), Some(*field), Vec::from_iter(self.current()))
            }
            _ => match &rule.when_parent {
                Some(join) => {
                    let parents = self.joined(join).map_or_else(Vec::new, |joined| joined.1);
                    (self.of(join), None, parents)
                }
                None => return Vec::new(),
            },
        };
        let Some(dataset) = dataset else {
            return Vec::new();
        };
        let named = others.into_iter().take(NAMED);
        named.map(|other| name(dataset, field, other)).collect()
    }

    fn of(&self, join: &Join) -> Option<&'k Dataset> {
        self.edition.dataset_by_code(join.dataset)
    }

    /// The other records of a group that hold the same value, the first of them.
    fn sharing(&self, field: FieldIndex, group: &[FieldIndex]) -> Vec<&'k Found> {
        let (Some(value), Some(&by)) = (self.record.text(field), group.first()) else {
            return Vec::new();
        };
        let counted = Counted {
            field,
            between: None,
            sum: None,
        };
        let first = self.fellows(group, counted, |fellows| fellows.sharing(value, NAMED));
        self.found(by, &first.unwrap_or_default())
    }
}

fn name(dataset: &Dataset, field: Option<FieldIndex>, other: &Found) -> Related {
    let shown = |place: FieldIndex| {
        let column = dataset.field(place)?;
        Some((column, found(column, text_of(dataset, other, place)?)))
    };
    let key = dataset.key.iter().filter_map(|&place| shown(place));
    let key: Vec<String> = key.map(|(_, text)| text).collect();
    let (path, found) = field
        .and_then(shown)
        .map_or_else(Default::default, |shown| {
            (super::structure::path(&shown.0.id), shown.1)
        });
    Related {
        dataset: dataset.id.clone(),
        key: key.join("|"),
        path,
        found,
        receipt: None,
        record: None,
        id: other.id,
    }
}
