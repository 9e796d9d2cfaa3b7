//! Figures over a group of records: all that share some fields, the judged one included.
//!
//! Records arrive one by one, so a figure says how the group stands now: the finding is a warning of the
//! data files, and goes away when the rest has come.

use std::collections::BTreeSet;

use super::among::{Circle, text_of};
use super::finding::found;
use super::pairs::Violation;
use crate::normalize::items;
use crate::rule::GroupFigure;
use crate::{FieldIndex, IssueCode};

/// Judges one figure; empty if it is right, or cannot be known here.
pub(super) fn judge(
    circle: &Circle<'_>,
    field: FieldIndex,
    group: &[FieldIndex],
    figure: &GroupFigure,
) -> Vec<Violation> {
    violation(circle, field, group, figure)
        .into_iter()
        .collect()
}

fn violation(
    circle: &Circle<'_>,
    field: FieldIndex,
    group: &[FieldIndex],
    figure: &GroupFigure,
) -> Option<Violation> {
    let dataset = circle.record.dataset;
    let own = circle.record.text(field)?;
    let siblings = circle.siblings(*group.first()?, group)?;
    let others = || {
        siblings
            .iter()
            .filter_map(|other| text_of(dataset, other, field))
    };
    let column = dataset.field(field)?;
    let say = |found: String, expected: String| {
        Some(Violation {
            field,
            code: IssueCode::RuleViolated,
            found,
            expected,
        })
    };
    let distinct = || -> BTreeSet<&str> { others().chain([own]).flat_map(items).collect() };
    match figure {
        GroupFigure::MinCount(least) => {
            let count = distinct().len();
            if count >= *least as usize {
                return None;
            }
            say(
                count.to_string(),
                format!("至少{least}个不同的{}", column.name),
            )
        }
        GroupFigure::Odd(least) => {
            let count = distinct().len();
            if count >= *least as usize && count % 2 == 1 {
                return None;
            }
            say(
                count.to_string(),
                format!("不少于{least}的单数个{}", column.name),
            )
        }
        GroupFigure::Flag { value, min, max } => {
            let count = others()
                .chain([own])
                .filter(|text| items(text).any(|item| item == value))
                .count();
            if (*min as usize..=*max as usize).contains(&count) {
                return None;
            }
            let wanted = if *max == u32::MAX {
                format!("至少{min}条")
            } else {
                format!("{min}至{max}条")
            };
            say(
                format!("{count} × “{value}”"),
                format!("{wanted}记录的{}为“{value}”", column.name),
            )
        }
        GroupFigure::Sequence { start } => {
            let numbers: BTreeSet<i64> = distinct()
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect();
            let gapless = numbers
                .iter()
                .zip(*start..)
                .all(|(&number, expected)| number == expected);
            if gapless {
                return None;
            }
            let list: Vec<String> = numbers.iter().take(12).map(ToString::to_string).collect();
            say(list.join(", "), format!("从{start}起连续，中间不缺"))
        }
        GroupFigure::DistinctAcross { between } => {
            let mine = circle.record.text(*between)?;
            let same = |text: &str| items(text).any(|item| items(own).any(|own| own == item));
            let other = siblings.iter().find_map(|other| {
                let theirs = text_of(dataset, other, *between)?;
                (theirs != mine && same(text_of(dataset, other, field)?)).then_some(theirs)
            })?;
            let between = dataset.field(*between)?;
            say(
                format!(
                    "{} ({}: {} = {})",
                    found(column, own),
                    between.id,
                    found(between, mine),
                    found(between, other)
                ),
                format!("不同{}的{}各不相同", between.name, column.name),
            )
        }
    }
}
