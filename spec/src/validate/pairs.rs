//! Checks that compare two values: both of the record, or one of a joined record.

use super::figures::{Side, at_most, plain};
use super::instants;
use crate::calendar::Calendar;
use crate::normalize::items;
use crate::rule::{Check, Near};
use crate::{FieldIndex, IssueCode, Message};

/// What a comparison found wrong.
#[derive(Debug)]
pub(super) struct Violation {
    /// Field that the finding points at; [`WHOLE`] for the record.
    pub field: FieldIndex,
    pub code: IssueCode,
    /// Both values, as they stand.
    pub found: String,
    /// In words.
    pub expected: Message,
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
        let held = show(&self.right);
        let Message { zh, en } = match self.right.field {
            None => Message::from(format!("“{held}”")),
            Some(field) => Message::new(
                format!("{}（{held}）", field.name),
                format!("{} ({held})", field.id),
            ),
        };
        let (mark, expected) = match self.check {
            Check::Equals { near, .. } => {
                let (but, but_en) = allowance(*near);
                let zh = format!("等于{zh}{but}");
                ("≠", Message::new(zh, format!("equal to {en}{but_en}")))
            }
            Check::NotEquals { .. } => (
                "=",
                Message::new(format!("不同于{zh}"), format!("different from {en}")),
            ),
            Check::AtMost { scale, .. } => {
                let (times, times_en) = times(scale.ratio);
                let en = format!("at most {times_en}{en}");
                (">", Message::new(format!("不大于{zh}{times}"), en))
            }
            Check::AtLeast { scale, .. } => {
                let (times, times_en) = times(scale.ratio);
                let en = format!("at least {times_en}{en}");
                ("<", Message::new(format!("不小于{zh}{times}"), en))
            }
            Check::Prefix { .. } => (
                "⊅",
                Message::new(format!("以{zh}开头"), format!("beginning with {en}")),
            ),
            Check::NotBefore { .. } => (
                "<",
                Message::new(format!("不早于{zh}"), format!("not before {en}")),
            ),
            Check::NotAfter { .. } => (
                ">",
                Message::new(format!("不晚于{zh}"), format!("not after {en}")),
            ),
            Check::MinDaysBetween { workdays, .. } => {
                let (days, days_en) = self.count(*workdays);
                let en = format!("at least {days_en} after {en}");
                ("−", Message::new(format!("距{zh}至少{days}"), en))
            }
            Check::MaxDaysBetween { workdays, .. } => {
                let (days, days_en) = self.count(*workdays);
                let en = format!("at most {days_en} after {en}");
                ("−", Message::new(format!("距{zh}至多{days}"), en))
            }
            _ => ("?", Message::new(zh, en)),
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

    fn count(&self, workdays: bool) -> (String, String) {
        let days = self.days.unwrap_or_default();
        if workdays {
            (format!("{days}个工作日"), format!("{days} working days"))
        } else {
            (format!("{days}天"), format!("{days} days"))
        }
    }
}

/// A factor in Chinese, behind what it multiplies, and in English, before it.
fn times(ratio: f64) -> (String, String) {
    if (ratio - 1.0).abs() > f64::EPSILON {
        (format!("的{ratio}倍"), format!("{ratio} times "))
    } else {
        Default::default()
    }
}

fn allowance(near: Near) -> (String, String) {
    match near {
        Near::Figure { tolerance, .. } if tolerance > 0.0 => {
            let most = plain(tolerance);
            (
                format!("（相差不超过{most}）"),
                format!(", give or take {most}"),
            )
        }
        Near::Minutes(minutes) => (
            format!("（相差不超过{minutes}分钟）"),
            format!(", give or take {minutes} minutes"),
        ),
        _ => Default::default(),
    }
}

fn show(side: &Side<'_>) -> String {
    let sensitivity = side
        .field
        .map_or(crate::Sensitivity::Public, |field| field.sensitivity);
    crate::issue::shown(side.text, sensitivity)
}
