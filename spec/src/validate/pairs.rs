//! Checks that compare two values: both of the record, or one of a joined record.

use super::figures::{Side, at_most};
use super::instants;
use crate::normalize::items;
use crate::rule::{Check, Operand};
use crate::{FieldIndex, IssueCode};

/// What a comparison found wrong.
#[derive(Debug)]
pub(super) struct Violation {
    /// Field that the finding points at.
    pub field: FieldIndex,
    pub code: IssueCode,
    /// Both values, as they stand.
    pub found: String,
    /// In words.
    pub expected: String,
}

/// The field and the operand of a check that compares two values.
pub(super) fn sides(check: &Check) -> Option<(FieldIndex, &Operand)> {
    match check {
        Check::Equals { field, with }
        | Check::NotEquals { field, with }
        | Check::AtMost { field, with, .. }
        | Check::Prefix { field, with }
        | Check::NotBefore { field, with }
        | Check::NotAfter { field, with }
        | Check::MinDaysBetween { field, with, .. }
        | Check::MaxDaysBetween { field, with, .. } => Some((*field, with)),
        _ => None,
    }
}

/// Whether the values are in the relation that the check wants; none if that cannot be said.
pub(super) fn holds(check: &Check, left: &Side<'_>, right: &Side<'_>) -> Option<bool> {
    Some(match check {
        Check::Equals { .. } => {
            left.text == right.text || (left.is_list() != right.is_list() && share(left, right))
        }
        Check::NotEquals { .. } => left.text != right.text && !share(left, right),
        Check::AtMost { ratio, in_yuan, .. } => {
            at_most(left.number(*in_yuan)?, right.number(*in_yuan)? * ratio)
        }
        Check::Prefix { .. } => items(left.text)
            .all(|item| items(right.text).any(|beginning| item.starts_with(beginning))),
        Check::NotBefore { .. } => {
            instants::compare(left.text.as_bytes(), right.text.as_bytes()).is_ge()
        }
        Check::NotAfter { .. } => {
            instants::compare(left.text.as_bytes(), right.text.as_bytes()).is_le()
        }
        Check::MinDaysBetween { days, workdays, .. } => distance(left, right, *workdays)? >= *days,
        Check::MaxDaysBetween { days, workdays, .. } => distance(left, right, *workdays)? <= *days,
        _ => return None,
    })
}

/// Whether a value stands on both sides.
fn share(left: &Side<'_>, right: &Side<'_>) -> bool {
    items(left.text).any(|item| items(right.text).any(|other| item == other))
}

fn distance(later: &Side<'_>, earlier: &Side<'_>, workdays: bool) -> Option<i64> {
    Some(instants::days_between(
        instants::day(earlier.text)?,
        instants::day(later.text)?,
        workdays,
    ))
}

/// How two values that break the check stand to each other, and what was wanted.
pub(super) fn violation(
    check: &Check,
    field: FieldIndex,
    left: &Side<'_>,
    right: &Side<'_>,
) -> Violation {
    let name = right
        .field
        .map_or_else(String::new, |field| field.name.clone());
    let other = if name.is_empty() {
        format!("“{}”", show(right))
    } else {
        format!("{name}（{}）", show(right))
    };
    let (mark, expected, code) = match check {
        Check::Equals { .. } => ("≠", format!("等于{other}"), IssueCode::RuleViolated),
        Check::NotEquals { .. } => ("=", format!("不同于{other}"), IssueCode::RuleViolated),
        Check::AtMost { ratio, .. } if (*ratio - 1.0).abs() > f64::EPSILON => (
            ">",
            format!("不大于{other}的{ratio}倍"),
            IssueCode::RuleViolated,
        ),
        Check::AtMost { .. } => (">", format!("不大于{other}"), IssueCode::RuleViolated),
        Check::Prefix { .. } => ("⊅", format!("以{other}开头"), IssueCode::RuleViolated),
        Check::NotBefore { .. } => ("<", format!("不早于{other}"), IssueCode::TimeOrder),
        Check::NotAfter { .. } => (">", format!("不晚于{other}"), IssueCode::TimeOrder),
        Check::MinDaysBetween { days, workdays, .. } => (
            "−",
            format!("距{other}至少{}", count(*days, *workdays)),
            IssueCode::TimeOrder,
        ),
        Check::MaxDaysBetween { days, workdays, .. } => (
            "−",
            format!("距{other}至多{}", count(*days, *workdays)),
            IssueCode::TimeOrder,
        ),
        _ => ("?", other, IssueCode::RuleViolated),
    };
    let mut found = format!("{} {mark} {}", show(left), show(right));
    if let Check::MinDaysBetween { workdays, .. } | Check::MaxDaysBetween { workdays, .. } = check
        && let Some(days) = distance(left, right, *workdays)
    {
        found = format!("{found} = {days} d");
    }
    Violation {
        field,
        code,
        found,
        expected,
    }
}

fn count(days: i64, workdays: bool) -> String {
    if workdays {
        format!("{days}个工作日")
    } else {
        format!("{days}天")
    }
}

fn show(side: &Side<'_>) -> String {
    let sensitivity = side
        .field
        .map_or(crate::Sensitivity::Public, |field| field.sensitivity);
    crate::issue::shown(side.text, sensitivity)
}
