//! A record on its way in, borrowed from the bytes of its source.

use std::borrow::Cow;

use crate::{Dataset, FieldIndex, Reason};

/// What the sender wants done with a record.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Add, or replace by a newer version.
    #[default]
    Upsert,
    /// Supersede with a reason.
    Correct,
    /// Take back.
    Withdraw,
}

/// How a value was written in the source's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string (JSON), or any text (XML, CSV).
    Text,
    /// A number token of JSON, verbatim.
    Number,
    /// `true` or `false` of JSON.
    Bool,
    /// An object, or an array with anything but plain values: never fits a field. Text is the raw JSON.
    Nested,
}

/// One value as it was sent.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The value, decoded (escapes, entities, charset) but not repaired.
    pub text: Cow<'a, str>,
    /// How it was written.
    pub kind: Kind,
    /// Byte offset of the value in the original document.
    pub at: usize,
    /// Repairs that the source's profile already made, if any (boxed: rare).
    pub mapped: Option<Box<Change>>,
}

/// One row of one data set, as sent, with the source's names already mapped to the standard's.
#[derive(Debug)]
pub struct Record<'s, 'a> {
    /// The data set that it claims to belong to.
    pub dataset: &'s Dataset,
    /// What to do with it.
    pub action: Action,
    /// Why it is corrected or taken back.
    pub reason: Option<Cow<'a, str>>,
    /// Byte offset of the record in the original document.
    pub at: usize,
    /// Values by the place of their field; same length as the data set's fields.
    pub values: Vec<Option<Input<'a>>>,
    /// Names that the data set does not know: name as sent, value, byte offset.
    pub unknown: Vec<(Cow<'a, str>, Input<'a>)>,
    /// Fields that came twice: place, and the second value.
    pub repeated: Vec<(FieldIndex, Input<'a>)>,
    /// Names of the files that travel with it; none where the way in does not say which do.
    pub attachments: Option<Vec<String>>,
}

impl<'s> Record<'s, '_> {
    /// An empty record of a data set.
    pub fn new(dataset: &'s Dataset) -> Self {
        let mut values = Vec::new();
        values.resize_with(dataset.fields.len(), || None);
        Record {
            dataset,
            action: Action::Upsert,
            reason: None,
            at: 0,
            values,
            unknown: Vec::new(),
            repeated: Vec::new(),
            attachments: None,
        }
    }
}

/// One repair that normalization made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// JSON Pointer into the record, for example `/TENDER_MODE`.
    pub path: String,
    /// The value as sent (masked where personal).
    pub before: String,
    /// The value as kept (masked where personal).
    pub after: String,
    /// Why, as a stable word.
    pub why: Reason,
}
