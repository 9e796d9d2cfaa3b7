//! Normalization: total, idempotent, and every repair is listed as a [`Change`].
//!
//! A value that is canonical already is recognized in one look and stays borrowed from the input; only
//! the others take the slow way of `field`. What would need a guess is never repaired: it becomes a finding.

mod amount;
mod beside;
mod canonical;
mod code;
mod date;
mod field;
mod figure;
mod identifier;
mod list;
mod number;
mod quick;
mod reason;
mod region;
mod scan;
mod text;

use std::borrow::Cow;

use beside::Beside;

use crate::{Action, Change, Dataset, Edition, FieldIndex, Issue, Record};

pub use amount::bare_figure;
pub(crate) use date::{is_canonical as is_date, is_zero as is_zero_date};
pub(crate) use list::{items, keeps_places, parts};
pub(crate) use number::canonical_digits;
pub use reason::Reason;
pub(crate) use text::half_width;

/// What a verdict depends on besides the record: the edition, and facts of the submission.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The edition that judges.
    pub edition: &'c Edition,
    /// Time of receipt, as the clock on the wall in China (UTC+8) shows it.
    pub received: jiff::civil::DateTime,
    /// Platform codes registered for the source; empty: not known here, the rule stays silent.
    pub platforms: &'c [String],
}

/// A value in the canonical form of its field.
#[derive(Debug, Clone)]
pub struct Value<'a> {
    /// Canonical text: decimals plain, dates in digits, lists joined with `;`. Never empty.
    pub text: Cow<'a, str>,
    /// Byte offset of the value in the original document.
    pub at: usize,
    /// Structure already failed, or the sender blacked the value out: later stages leave the field alone.
    pub failed: bool,
    /// JSON writes it as it is, without an escape.
    pub(crate) plain: bool,
    /// Code or identifier already found sound on the way.
    pub(crate) settled: bool,
}

/// A record in canonical form, with what normalization did and what it could not read.
#[derive(Debug)]
pub struct Normalized<'s, 'a> {
    /// Its data set.
    pub dataset: &'s Dataset,
    /// What the sender wants done.
    pub action: Action,
    /// Why it is corrected or taken back, in one line; none for an upsert.
    pub reason: Option<String>,
    /// Byte offset of the record in the original document.
    pub at: usize,
    /// Values by the place of their field.
    pub values: Vec<Option<Value<'a>>>,
    /// Repairs, in field order.
    pub changes: Vec<Change>,
    /// Structure findings met on the way (unknown and repeated fields, wrong types, formats, lengths).
    pub issues: Vec<Issue>,
    /// Names of the files that travel with it; none where the way in does not say which do.
    pub attachments: Option<Vec<String>>,
}

/// Brings a record to its canonical form.
pub fn normalize<'s, 'a>(context: &Context<'_>, record: Record<'s, 'a>) -> Normalized<'s, 'a> {
    let mut desk = field::Desk::new(context, record.dataset);
    let mut values = Vec::with_capacity(record.dataset.fields.len());
    let mut later = Vec::new();
    let mut inputs = record.values.into_iter();
    for (place, field) in record.dataset.fields.iter().enumerate() {
        let Some(input) = inputs.next().flatten() else {
            values.push(None);
            continue;
        };
        let quick = desk.quick(field, &input);
        values.push(match quick {
            Some(quick) => Some(Value {
                text: input.text,
                at: input.at,
                failed: false,
                plain: quick.plain,
                settled: quick.settled,
            }),
            None if field::waits(field) => {
                later.push((place, field, input));
                None
            }
            None => desk.repair(place, field, input, Beside::Own),
        });
    }
    // Amounts whose unit stands in another field, which is canonical by now.
    let named: Vec<_> = later
        .iter()
        .map(|(_, field, input)| (field.unit.as_ref(), beside::named(input)))
        .collect();
    for ((place, field, input), &(_, own)) in later.into_iter().zip(&named) {
        let at = input.at;
        let beside = beside::of(record.dataset, field, &values, own, &named);
        let value = desk.repair(place, field, input, beside);
        if let (Beside::Empty(unit, power), Some(_)) = (beside, &value)
            && let Some(slot) = values.get_mut(usize::from(unit))
        {
            *slot = desk.fill(unit, beside::fitting(power).0, at);
        }
        if let Some(slot) = values.get_mut(place) {
            *slot = value;
        }
    }
    desk.strangers(&record.unknown, &record.repeated, &values);
    let (changes, issues) = desk.finish();
    Normalized {
        dataset: record.dataset,
        action: record.action,
        reason: record
            .reason
            .filter(|_| record.action != Action::Upsert)
            .map(|reason| one_line(&reason))
            .filter(|reason| !reason.is_empty()),
        at: record.at,
        values,
        changes,
        issues,
        attachments: record.attachments,
    }
}

/// A text without control characters and outer blanks.
fn one_line(text: &str) -> String {
    let plain = text.replace(char::is_control, " ");
    plain.trim().to_owned()
}

impl<'a> Normalized<'_, 'a> {
    /// The canonical text of a field, if it is there and its structure is sound.
    pub fn text(&self, field: FieldIndex) -> Option<&str> {
        self.values
            .get(usize::from(field))?
            .as_ref()
            .filter(|value| !value.failed)
            .map(|value| value.text.as_ref())
    }

    /// The value of a field, sound or not.
    pub(crate) fn value(&self, field: FieldIndex) -> Option<&Value<'a>> {
        self.values.get(usize::from(field))?.as_ref()
    }

    /// Business key: canonical texts of the key fields joined with `\u{1f}`; none when one is missing or unsound.
    pub fn key(&self) -> Option<String> {
        if self.dataset.key.is_empty() {
            return None;
        }
        let mut key = String::new();
        for (place, &field) in self.dataset.key.iter().enumerate() {
            if place > 0 {
                key.push('\u{1f}');
            }
            key.push_str(self.text(field)?);
        }
        Some(key)
    }
}

impl<'a> Value<'a> {
    /// A value that is known to be canonical.
    pub(crate) fn canonical(text: Cow<'a, str>) -> Self {
        Value {
            text,
            at: 0,
            failed: false,
            plain: false,
            settled: false,
        }
    }

    /// The same value, free of the document.
    pub(crate) fn into_owned(self) -> Value<'static> {
        Value {
            text: Cow::Owned(self.text.into_owned()),
            at: self.at,
            failed: self.failed,
            plain: self.plain,
            settled: self.settled,
        }
    }
}

#[cfg(test)]
mod tests;
