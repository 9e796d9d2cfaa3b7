//! Figures over a group of records: all that share some fields, the judged one included.
//!
//! Records arrive one by one, so a figure says how the group stands now: the finding is a warning of the
//! data files, and goes away when the rest has come.

use std::collections::BTreeSet;

use super::figures::{Side, at_most, plain};
use super::finding::found;
use super::joins::{Circle, text_of};
use super::pairs::Violation;
use crate::normalize::items;
use crate::rule::{GroupFigure, Limit};
use crate::{FieldIndex, IssueCode};

/// Judges one figure; none if it is right, or cannot be known here.
pub(super) fn judge(
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
        GroupFigure::MaxCount(limit) => {
            let count = distinct().len();
            let most = held(circle, limit, false)?;
            if at_most(count as f64, most) {
                return None;
            }
            let most = plain(most);
            say(
                format!("{count} > {most}"),
                format!("至多{most}个不同的{}", column.name),
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
        GroupFigure::MaxShare { value, max } => {
            let holds = |text: &&str| items(text).any(|item| item == value);
            let count = others().chain([own]).filter(holds).count();
            let all = siblings.len() + 1;
            if at_most(count as f64, max * all as f64) {
                return None;
            }
            say(
                format!("{count}/{all} × “{value}”"),
                format!("{}为“{value}”的至多占{}%", column.name, plain(max * 100.0)),
            )
        }
        GroupFigure::SumMax {
            limit,
            tolerance,
            in_yuan,
        }
        | GroupFigure::SumEquals {
            limit,
            tolerance,
            in_yuan,
        } => {
            let mut total = Side::own(circle.record, field)?.number(*in_yuan)?;
            for other in &siblings {
                let Some(side) = Side::of(&other.body, dataset, field) else {
                    continue;
                };
                total += side.number(*in_yuan)?;
            }
            let bound = held(circle, limit, *in_yuan)?;
            let equal = matches!(figure, GroupFigure::SumEquals { .. });
            if at_most(total, bound + tolerance) && (!equal || at_most(bound, total + tolerance)) {
                return None;
            }
            let (mark, words) = if equal {
                ("≠", "等于")
            } else {
                (">", "不大于")
            };
            let bound = plain(bound);
            say(
                format!("{} {mark} {bound}", plain(total)),
                format!("{}合计{words}{bound}", column.name),
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

/// The figure that a group is held against; of several joined records, the last one received says it.
fn held(circle: &Circle<'_>, limit: &Limit, in_yuan: bool) -> Option<f64> {
    match limit {
        Limit::Fixed(figure) => Some(*figure),
        Limit::Joined(join, field) => {
            let (dataset, others) = circle.joined(join)?;
            Side::of(&others.last()?.body, dataset, *field)?.number(in_yuan)
        }
    }
}
