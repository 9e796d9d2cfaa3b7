//! Rules about which fields are filled.

use super::finding::label;
use super::pairs::Violation;
use crate::issue::shown;
use crate::normalize::Normalized;
use crate::rule::Check;
use crate::{FieldIndex, IssueCode};

/// Judges a check of this kind; says whether it is one.
pub(super) fn judge(
    check: &Check,
    record: &Normalized<'_, '_>,
    tell: &mut impl FnMut(Violation),
) -> bool {
    let is_filled = |field: &FieldIndex| record.value(*field).is_some();
    match check {
        Check::RequiredIf { fields } => {
            for &field in fields.iter().filter(|field| !is_filled(field)) {
                tell(Violation {
                    field,
                    code: IssueCode::RuleViolated,
                    found: String::new(),
                    expected: "填写".to_owned(),
                });
            }
        }
        Check::ForbiddenIf { fields } => {
            for &field in fields.iter().filter(|field| is_filled(field)) {
                tell(Violation {
                    field,
                    code: IssueCode::RuleViolated,
                    found: show(record, field),
                    expected: "不填写".to_owned(),
                });
            }
        }
        Check::OneOfRequired { fields, min, max } => {
            let count = fields.iter().filter(|field| is_filled(field)).count();
            if !(*min as usize..=*max as usize).contains(&count)
                && let Some(&field) = fields.first()
            {
                let names = names(record, fields.iter());
                let wanted = if min == max {
                    format!("填写{min}项")
                } else {
                    format!("填写{min}至{max}项")
                };
                tell(Violation {
                    field,
                    code: IssueCode::RuleViolated,
                    found: format!("{count}/{}", fields.len()),
                    expected: format!("{names}中{wanted}"),
                });
            }
        }
        Check::AllOrNone { fields } => {
            let (there, absent): (Vec<&FieldIndex>, Vec<&FieldIndex>) =
                fields.iter().partition(|field| is_filled(field));
            if let (Some(_), Some(&&first)) = (there.first(), absent.first()) {
                tell(Violation {
                    field: first,
                    code: IssueCode::RuleViolated,
                    found: format!("{}/{}", there.len(), fields.len()),
                    expected: format!("{}一并填写", names(record, absent.iter().copied())),
                });
            }
        }
        _ => return false,
    }
    true
}

fn show(record: &Normalized<'_, '_>, field: FieldIndex) -> String {
    match (record.value(field), record.dataset.field(field)) {
        (Some(value), Some(field)) => shown(&value.text, field.sensitivity),
        _ => String::new(),
    }
}

/// Fields that are named in one sentence.
const NAMED: usize = 8;

fn names<'f>(record: &Normalized<'_, '_>, fields: impl Iterator<Item = &'f FieldIndex>) -> String {
    let all: Vec<String> = fields
        .filter_map(|&field| record.dataset.field(field))
        .map(label)
        .collect();
    let mut text = all
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join("、");
    if all.len() > NAMED {
        text = format!("{text}等{}项", all.len());
    }
    text
}
