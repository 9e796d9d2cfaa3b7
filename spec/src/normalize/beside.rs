//! Amounts whose unit stands in another field of the record.
//!
//! Where that field is empty and the amount names its unit, the field is filled; but never while a plain
//! amount beside it shares the field, whose unit nobody knows.

use super::amount::{self, Reading, Suffix};
use super::text::{Work, clean, narrow};
use super::{Reason, Value};
use crate::record::Input;
use crate::{Change, Dataset, Domain, Field, FieldIndex, Unit};

/// What the record says about the unit of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// The unit does not stand in another field.
    Own,
    /// The amount counts in this power of ten yuan.
    Said(i32),
    /// The field of the unit is empty, and is filled with what fits this power of ten yuan.
    Empty(FieldIndex, i32),
    /// The field of the unit holds something else, or other amounts depend on it.
    Unknown,
}

/// Codes of the unit: yuan and ten thousand yuan.
const YUAN: (&str, i32) = ("0", 0);
const WAN_YUAN: (&str, i32) = ("1", 4);

/// The unit and its power of ten that an amount fills, by the power that it names.
pub(super) fn fitting(power: i32) -> (&'static str, i32) {
    if power < WAN_YUAN.1 { YUAN } else { WAN_YUAN }
}

/// What an amount that waits for its unit says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// This power of ten yuan.
    Money(i32),
    /// There is no figure in it.
    Nothing,
    /// No unit, or nothing certain.
    Open,
}

/// Reads what an amount says about its unit.
pub(super) fn named(input: &Input<'_>) -> Named {
    let mut work = Work::new(input.text.to_string());
    clean(&mut work, false);
    narrow(&mut work);
    match amount::read(&work.text) {
        Reading::Sure(figure) => match figure.suffix {
            Some(Suffix::Money(power)) => Named::Money(power),
            Some(Suffix::Sign) => Named::Money(YUAN.1),
            Some(Suffix::Other(..)) | None => Named::Open,
        },
        Reading::None if !work.text.bytes().any(|byte| byte.is_ascii_digit()) => Named::Nothing,
        Reading::Perhaps(_) | Reading::None => Named::Open,
    }
}

/// Unit of an amount that another field of the record gives. `own` is what the amount says itself, `others` what
/// all amounts that wait for a unit say, by the unit that they wait for.
pub(super) fn of(
    dataset: &Dataset,
    field: &Field,
    values: &[Option<Value<'_>>],
    own: Named,
    others: &[(Option<&Unit>, Named)],
) -> Beside {
    let Some(Unit::By(other)) = field.unit else {
        return Beside::Own;
    };
    if let Some(Some(unit)) = values.get(usize::from(other)) {
        return match unit.text.as_ref() {
            code if code == YUAN.0 => Beside::Said(YUAN.1),
            code if code == WAN_YUAN.0 => Beside::Said(WAN_YUAN.1),
            _ => Beside::Unknown,
        };
    }
    let Named::Money(power) = own else {
        return Beside::Unknown;
    };
    let coded = |code| match dataset.field(other).map(|field| &field.domain) {
        Some(Domain::Codes(table)) => table.find(code).is_some(),
        _ => false,
    };
    let shares = |unit: Option<&Unit>| unit == Some(&Unit::By(other));
    let all = dataset.fields.iter().zip(values);
    let plain = all
        .filter(|(field, value)| shares(field.unit.as_ref()) && value.is_some())
        .count();
    let open = others
        .iter()
        .any(|(unit, named)| shares(*unit) && *named == Named::Open);
    if plain == 0 && !open && coded(YUAN.0) && coded(WAN_YUAN.0) {
        Beside::Empty(other, power)
    } else {
        Beside::Unknown
    }
}

/// The value that fills the field of the unit, and the change that tells of it.
pub(super) fn filled<'a>(field: &Field, code: &'static str, at: usize) -> (Value<'a>, Change) {
    let change = Change {
        path: crate::validate::structure::path(&field.id),
        before: String::new(),
        after: code.to_owned(),
        why: Reason::UnitFilled,
    };
    let mut value = Value::canonical(code.into());
    value.at = at;
    (value, change)
}
