//! Checks that compare two values: both of the record, or one of a joined record.

use super::figures::{Side, at_most, plain};
use super::instants;
use crate::calendar::Calendar;
use crate::normalize::items;
use crate::rule::{Check, Near};
use crate::{FieldIndex, IssueCode};

/// What a comparison found wrong.
#[derive(Debug)]
pub(super) struct Violation {
    /// Field that the finding points at; [`WHOLE`] for the record.
    pub field: FieldIndex,
    pub code: IssueCode,
    /// Both values, as they stand.
    pub found: String,
    /// In words.
    pub expected: String,
}

/// Stands where a finding is about a record as a whole.
pub(super) const WHOLE: FieldIndex = FieldIndex::MAX;

/// Two values that a check compares.
#[derive(Debug)]
pub(super) struct Pair<'p> {
    pub check: &'p Check,
    /// Field that the finding points at.
    pub field: FieldIndex,
    pub left: Side<'p>,
    pub right: Side<'p>,
    /// Days that the check asks for; none where they cannot be known.
    pub days: Option<i64>,
    pub calendar: &'p Calendar,
}

impl Pair<'_> {
    /// Whether the values are in the relation that the check wants; none if that cannot be said.
    pub(super) fn holds(&self) -> Option<bool> {
        let (left, right) = (&self.left, &self.right);
        let order = || instants::compare(left.text.as_bytes(), right.text.as_bytes());
        Some(match self.check {
            Check::Equals { near, .. } => self.near(*near)?,
            Check::NotEquals { .. } => left.text != right.text && !self.share(),
            Check::AtMost { scale, .. } => {
                let bound = right.number(scale.in_yuan)? * scale.ratio;
                at_most(left.number(scale.in_yuan)?, bound + scale.tolerance)
            }
            Check::AtLeast { scale, .. } => {
                let bound = right.number(scale.in_yuan)? * scale.ratio;
                at_most(bound - scale.tolerance, left.number(scale.in_yuan)?)
            }
            Check::Prefix { .. } => items(left.text)
                .all(|item| items(right.text).any(|beginning| item.starts_with(beginning))),
            Check::NotBefore { .. } => order().is_ge(),
            Check::NotAfter { .. } => order().is_le(),
            Check::MinDaysBetween { workdays, .. } => self.distance(*workdays)? >= self.days?,
            Check::MaxDaysBetween { workdays, .. } => self.distance(*workdays)? <= self.days?,
            _ => return None,
        })
    }

    fn near(&self, near: Near) -> Option<bool> {
        let (left, right) = (&self.left, &self.right);
        let same =
            || left.text == right.text || (left.is_list() != right.is_list() && self.share());
        Some(match near {
            Near::Same => same(),
            Near::Figure { tolerance, in_yuan } => {
                let difference = (left.number(in_yuan)? - right.number(in_yuan)?).abs();
                at_most(difference, tolerance)
            }
            Near::Minutes(minutes) => match instants::minutes_between(right.text, left.text) {
                Some(distance) => distance.abs() <= minutes,
                None => instants::compare(left.text.as_bytes(), right.text.as_bytes()).is_eq(),
            },
        })
    }

    /// Whether a value stands on both sides.
    fn share(&self) -> bool {
        items(self.left.text).any(|item| items(self.right.text).any(|other| item == other))
    }

    fn distance(&self, workdays: bool) -> Option<i64> {
        let earlier = instants::day(self.right.text)?;
        let later = instants::day(self.left.text)?;
        Some(if workdays {
            self.calendar.workdays_between(earlier, later)
        } else {
            instants::days_between(earlier, later)
        })
    }

    /// How two values that break the check stand to each other, and what was wanted.
    pub(super) fn violation(&self) -> Violation {
        let name = self.right.field.map_or("", |field| field.name.as_str());
        let other = if name.is_empty() {
            format!("“{}”", show(&self.right))
        } else {
            format!("{name}（{}）", show(&self.right))
        };
        let (mark, expected) = match self.check {
            Check::Equals { near, .. } => ("≠", format!("等于{other}{}", allowance(*near))),
            Check::NotEquals { .. } => ("=", format!("不同于{other}")),
            Check::AtMost { scale, .. } => (">", format!("不大于{other}{}", times(scale.ratio))),
            Check::AtLeast { scale, .. } => ("<", format!("不小于{other}{}", times(scale.ratio))),
            Check::Prefix { .. } => ("⊅", format!("以{other}开头")),
            Check::NotBefore { .. } => ("<", format!("不早于{other}")),
            Check::NotAfter { .. } => (">", format!("不晚于{other}")),
            Check::MinDaysBetween { workdays, .. } => {
                ("−", format!("距{other}至少{}", self.count(*workdays)))
            }
            Check::MaxDaysBetween { workdays, .. } => {
                ("−", format!("距{other}至多{}", self.count(*workdays)))
            }
            _ => ("?", other),
        };
        let code = match self.check {
            Check::NotBefore { .. }
            | Check::NotAfter { .. }
            | Check::MinDaysBetween { .. }
            | Check::MaxDaysBetween { .. }
            | Check::Equals {
                near: Near::Minutes(_),
                ..
            } => IssueCode::TimeOrder,
            _ => IssueCode::RuleViolated,
        };
        // A value that stands in the rule, or begins another, is told once, as what was expected.
        let told = match self.check {
            Check::Prefix { .. } => true,
            Check::Equals { .. } => self.right.field.is_none(),
            _ => false,
        };
        let mut found = show(&self.left);
        if !told {
            found = format!("{found} {mark} {}", show(&self.right));
        }
        if let Check::MinDaysBetween { workdays, .. } | Check::MaxDaysBetween { workdays, .. } =
            self.check
            && let Some(days) = self.distance(*workdays)
        {
            found = format!("{found} = {days} d");
        }
        Violation {
            field: self.field,
            code,
            found,
            expected,
        }
    }

    fn count(&self, workdays: bool) -> String {
        let days = self.days.unwrap_or_default();
        if workdays {
            format!("{days}个工作日")
        } else {
            format!("{days}天")
        }
    }
}

fn times(ratio: f64) -> String {
    if (ratio - 1.0).abs() > f64::EPSILON {
        format!("的{ratio}倍")
    } else {
        String::new()
    }
}

fn allowance(near: Near) -> String {
    match near {
        Near::Figure { tolerance, .. } if tolerance > 0.0 => {
            format!("（相差不超过{}）", plain(tolerance))
        }
        Near::Minutes(minutes) => format!("（相差不超过{minutes}分钟）"),
        _ => String::new(),
    }
}

fn show(side: &Side<'_>) -> String {
    let sensitivity = side
        .field
        .map_or(crate::Sensitivity::Public, |field| field.sensitivity);
    crate::issue::shown(side.text, sensitivity)
}
