//! Rules about which fields are filled.

use super::finding::label;
use super::pairs::Violation;
use crate::issue::shown;
use crate::normalize::Normalized;
use crate::rule::Check;
use crate::{Field, FieldIndex, IssueCode, Message};

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
                    expected: Message::new("填写", "a value"),
                });
            }
        }
        Check::ForbiddenIf { fields } => {
            for &field in fields.iter().filter(|field| is_filled(field)) {
                tell(Violation {
                    field,
                    code: IssueCode::RuleViolated,
                    found: show(record, field),
                    expected: Message::new("不填写", "no value"),
                });
            }
        }
        Check::OneOfRequired { fields, min, max } => {
            let count = fields.iter().filter(|field| is_filled(field)).count();
            if !(*min as usize..=*max as usize).contains(&count)
                && let Some(&field) = fields.first()
            {
                let Message { zh, en } = names(record, fields.iter());
                let (wanted, wanted_en) = if min == max {
                    (format!("填写{min}项"), min.to_string())
                } else {
                    (format!("填写{min}至{max}项"), format!("{min} to {max}"))
                };
                tell(Violation {
                    field,
                    code: IssueCode::RuleViolated,
                    found: format!("{count}/{}", fields.len()),
                    expected: Message::new(
                        format!("{zh}中{wanted}"),
                        format!("{wanted_en} of {en} filled"),
                    ),
                });
            }
        }
        Check::AllOrNone { fields } => {
            let (there, absent): (Vec<&FieldIndex>, Vec<&FieldIndex>) =
                fields.iter().partition(|field| is_filled(field));
            if let (Some(_), Some(&&first)) = (there.first(), absent.first()) {
                let Message { zh, en } = names(record, absent.iter().copied());
                tell(Violation {
                    field: first,
                    code: IssueCode::RuleViolated,
                    found: format!("{}/{}", there.len(), fields.len()),
                    expected: Message::new(format!("{zh}一并填写"), format!("{en} filled too")),
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

fn names<'f>(record: &Normalized<'_, '_>, fields: impl Iterator<Item = &'f FieldIndex>) -> Message {
    let all: Vec<&Field> = fields
        .filter_map(|&field| record.dataset.field(field))
        .collect();
    let first = || all.iter().take(NAMED);
    let mut zh = first()
        .map(|field| label(field))
        .collect::<Vec<_>>()
        .join("、");
    let mut en = first()
        .map(|field| field.id.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > NAMED {
        zh = format!("{zh}等{}项", all.len());
        en = format!("{en}, … ({} in all)", all.len());
    }
    Message::new(zh, en)
}
