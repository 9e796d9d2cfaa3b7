//! Figures over a group of records: all that share some fields, the judged one included.
//!
//! Records arrive one by one, so a figure says how the group stands now: the finding is a warning of the
//! data files, and goes away when the rest has come.

use super::figures::{Side, at_most, plain};
use super::finding::found;
use super::joins::{Circle, Counted};
use super::pairs::Violation;
use crate::normalize::items;
use crate::roll::tally::Fellows;
use crate::rule::{GroupFigure, Limit};
use crate::{Field, FieldIndex, IssueCode, Message};

/// Numbers that are shown of a sequence with a gap.
const SHOWN: usize = 12;

/// Judges one figure; none if it is right, or cannot be known here.
pub(super) fn judge(
    circle: &Circle<'_>,
    field: FieldIndex,
    group: &[FieldIndex],
    figure: &GroupFigure,
) -> Option<Violation> {
    let column = circle.record.dataset.field(field)?;
    let text = circle.record.text(field)?;
    let in_yuan = match figure {
        GroupFigure::SumMax { in_yuan, .. } | GroupFigure::SumEquals { in_yuan, .. } => {
            Some(*in_yuan)
        }
        _ => None,
    };
    let limit = match figure.limit() {
        Some(limit) => held(circle, limit, in_yuan.unwrap_or_default())?,
        None => f64::INFINITY,
    };
    let mut counted = Counted {
        field,
        between: None,
        sum: in_yuan,
    };
    let (found, expected) = match figure {
        GroupFigure::SumMax { tolerance, .. } | GroupFigure::SumEquals { tolerance, .. } => {
            let own = Side::own(circle.record, field)?.exact(in_yuan.unwrap_or_default())?;
            let others =
                circle.fellows(group, counted, |fellows: &Fellows<'_>| fellows.sum())??;
            let total = others.saturating_add(own) as f64 / Side::PARTS;
            let equal = matches!(figure, GroupFigure::SumEquals { .. });
            sum(column, total, (limit, *tolerance), equal)
        }
        GroupFigure::DistinctAcross { between } => {
            let mine = circle.record.text(*between)?;
            counted.between = Some(*between);
            let other = circle.fellows(group, counted, |fellows| {
                let other = fellows.first_other_owner(text, mine);
                other.map(str::to_owned)
            })??;
            let between = circle.record.dataset.field(*between)?;
            Some(shared(column, text, between, (mine, &other)))
        }
        _ => circle.fellows(group, counted, |fellows| {
            count(column, text, figure, fellows, limit)
        })?,
    }?;
    Some(Violation {
        field,
        code: IssueCode::RuleViolated,
        found,
        expected,
    })
}

/// What was found, and what was expected.
type Wrong = (String, Message);

/// Judges a figure that counts values or records.
fn count(
    column: &Field,
    text: &str,
    figure: &GroupFigure,
    fellows: &Fellows<'_>,
    limit: f64,
) -> Option<Wrong> {
    let (name, id) = (&column.name, &column.id);
    let holding = |value: &String| {
        let own = usize::from(items(text).any(|item| item == value));
        fellows.holding(value) + own
    };
    match figure {
        GroupFigure::MinCount(least) => {
            let count = fellows.different_with(text);
            (count < *least as usize).then(|| {
                let zh = format!("至少{least}个不同的{name}");
                let en = format!("at least {least} different {id}");
                (count.to_string(), Message::new(zh, en))
            })
        }
        GroupFigure::MaxCount(_) => {
            let count = fellows.different_with(text);
            let most = plain(limit);
            (!at_most(count as f64, limit)).then(|| {
                let zh = format!("至多{most}个不同的{name}");
                let en = format!("at most {most} different {id}");
                (format!("{count} > {most}"), Message::new(zh, en))
            })
        }
        GroupFigure::Odd(least) => {
            let count = fellows.different_with(text);
            (count < *least as usize || count.is_multiple_of(2)).then(|| {
                let zh = format!("不少于{least}的单数个{name}");
                let en = format!("an odd number of different {id}, at least {least}");
                (count.to_string(), Message::new(zh, en))
            })
        }
        GroupFigure::Flag { value, min, max } => {
            let count = holding(value);
            if (*min as usize..=*max as usize).contains(&count) {
                return None;
            }
            let (zh, en) = if *max == u32::MAX {
                (format!("至少{min}条"), format!("at least {min}"))
            } else {
                (format!("{min}至{max}条"), format!("{min} to {max}"))
            };
            let zh = format!("{zh}记录的{name}为“{value}”");
            let en = format!("{en} records with {id} “{value}”");
            Some((format!("{count} × “{value}”"), Message::new(zh, en)))
        }
        GroupFigure::MaxShare { value, max } => {
            let (count, all) = (holding(value), fellows.records() + 1);
            (!at_most(count as f64, max * all as f64)).then(|| {
                let part = plain(max * 100.0);
                let zh = format!("{name}为“{value}”的至多占{part}%");
                let en = format!("at most {part} % of the records with {id} “{value}”");
                let found = format!("{count}/{all} × “{value}”");
                (found, Message::new(zh, en))
            })
        }
        GroupFigure::Sequence { start } => {
            let numbers = fellows.gap(text, *start, SHOWN)?;
            let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            let zh = format!("从{start}起连续，中间不缺");
            let en = format!("numbers from {start} on without a gap");
            Some((list.join(", "), Message::new(zh, en)))
        }
        _ => None,
    }
}

/// Judges a sum of figures.
fn sum(column: &Field, total: f64, (bound, tolerance): (f64, f64), equal: bool) -> Option<Wrong> {
    if at_most(total, bound + tolerance) && (!equal || at_most(bound, total + tolerance)) {
        return None;
    }
    let (mark, zh, en) = if equal {
        ("≠", "等于", "equal to")
    } else {
        (">", "不大于", "of at most")
    };
    let bound = plain(bound);
    let wanted = Message::new(
        format!("{}合计{zh}{bound}", column.name),
        format!("a sum of {} {en} {bound}", column.id),
    );
    Some((format!("{} {mark} {bound}", plain(total)), wanted))
}

/// A value that two hold of whom each should have its own.
fn shared(column: &Field, text: &str, between: &Field, (mine, other): (&str, &str)) -> Wrong {
    let found = format!(
        "{} ({}: {} = {})",
        found(column, text),
        between.id,
        found(between, mine),
        found(between, other)
    );
    let wanted = Message::new(
        format!("不同{}的{}各不相同", between.name, column.name),
        format!("another {} for each {}", column.id, between.id),
    );
    (found, wanted)
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
