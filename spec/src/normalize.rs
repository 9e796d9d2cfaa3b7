//! Normalization: total, idempotent, and every repair is listed as a [`Change`].

use std::borrow::Cow;

use crate::{Action, Change, Dataset, Edition, FieldIndex, Issue, Record};

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
    /// Structure already failed: later stages leave the field alone.
    pub failed: bool,
}

/// A record in canonical form, with what normalization did and what it could not read.
#[derive(Debug)]
pub struct Normalized<'s, 'a> {
    /// Its data set.
    pub dataset: &'s Dataset,
    /// What the sender wants done.
    pub action: Action,
    /// Byte offset of the record in the original document.
    pub at: usize,
    /// Values by the place of their field.
    pub values: Vec<Option<Value<'a>>>,
    /// Repairs, in field order.
    pub changes: Vec<Change>,
    /// Structure findings met on the way (unknown and repeated fields, wrong types, formats, lengths).
    pub issues: Vec<Issue>,
}

/// Brings a record to its canonical form.
pub fn normalize<'s, 'a>(context: &Context<'_>, record: Record<'s, 'a>) -> Normalized<'s, 'a> {
    let _ = context;
    Normalized {
        dataset: record.dataset,
        action: record.action,
        at: record.at,
        values: Vec::new(),
        changes: Vec::new(),
        issues: Vec::new(),
    }
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

    /// Business key: canonical texts of the key fields joined with `\u{1f}`; none when one is missing or unsound.
    pub fn key(&self) -> Option<String> {
        let mut key = String::new();
        for (place, &field) in self.dataset.key.iter().enumerate() {
            if place > 0 {
                key.push('\u{1f}');
            }
            key.push_str(self.text(field)?);
        }
        Some(key)
    }

    /// Appends the canonical bytes: JSON object, fields in data-set order, no nulls, every value a
    /// string, UTF-8, no spaces. Their SHA-256 is the record's digest.
    pub fn canonical(&self, out: &mut Vec<u8>) {
        let _ = out;
    }
}

impl<'a> Value<'a> {
    pub(crate) fn canonical(text: Cow<'a, str>) -> Self {
        Value {
            text,
            at: 0,
            failed: false,
        }
    }
    pub(crate) fn into_owned(self) -> Value<'static> {
        Value {
            text: Cow::Owned(self.text.into_owned()),
            at: self.at,
            failed: self.failed,
        }
    }
}
/// x
pub fn mask(text: &str) -> String {
    text.to_owned()
}
