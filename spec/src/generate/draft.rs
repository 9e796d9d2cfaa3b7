//! A record in the making: canonical texts by field, and names that the data set does not have.

use crate::record::{Input, Kind};
use crate::{Action, Dataset, FieldIndex, Record};

/// A record in the making.
#[derive(Debug, Clone)]
pub struct Draft<'s> {
    /// Its data set.
    pub dataset: &'s Dataset,
    pub(super) values: Vec<Option<String>>,
    /// Names that the data set does not know, with their values.
    pub strangers: Vec<(String, String)>,
    /// A field that comes a second time, with its second value.
    pub again: Option<(FieldIndex, String)>,
    /// A field that is written as an object.
    pub nested: Option<FieldIndex>,
    /// What the sender wants done.
    pub action: Action,
    /// Why it is corrected or taken back.
    pub reason: Option<String>,
    /// What the sender calls the data set, where that is not its name.
    pub called: Option<&'static str>,
}

impl<'s> Draft<'s> {
    /// An empty record.
    pub fn new(dataset: &'s Dataset) -> Self {
        Draft {
            dataset,
            values: vec![None; dataset.fields.len()],
            strangers: Vec::new(),
            again: None,
            nested: None,
            action: Action::Upsert,
            reason: None,
            called: None,
        }
    }

    /// The text of a field.
    pub fn get(&self, field: FieldIndex) -> Option<&str> {
        self.values.get(usize::from(field))?.as_deref()
    }

    /// Puts a text into a field, or takes it out. An empty text is none.
    pub fn set(&mut self, field: FieldIndex, text: Option<String>) {
        if let Some(slot) = self.values.get_mut(usize::from(field)) {
            *slot = text.filter(|text| !text.is_empty());
        }
    }

    /// Puts a text under a name, or takes it out; a name that the data set does not have becomes a stranger.
    pub fn put(&mut self, name: &str, text: Option<String>) {
        match (self.dataset.field_index(name), text) {
            (Some(place), text) => self.set(place, text),
            (None, Some(text)) => self.strangers.push((name.to_owned(), text)),
            (None, None) => self.strangers.retain(|(held, _)| held != name),
        }
    }

    /// Column codes and texts in the order of the standard, strangers last.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let known = self.dataset.fields.iter().zip(&self.values);
        known
            .filter_map(|(field, text)| Some((field.id.as_str(), text.as_deref()?)))
            .chain(
                self.strangers
                    .iter()
                    .map(|(name, text)| (name.as_str(), text.as_str())),
            )
    }

    /// The record as a sender would send it.
    pub fn record(&self) -> Record<'s, '_> {
        let input = |text: &'_ String| Input {
            text: text.clone().into(),
            kind: Kind::Text,
            at: 0,
            mapped: None,
        };
        let mut record = Record::new(self.dataset);
        record.action = self.action;
        record.reason = self.reason.as_deref().map(Into::into);
        for (slot, text) in record.values.iter_mut().zip(&self.values) {
            *slot = text.as_ref().map(input);
        }
        if let Some((place, text)) = &self.again {
            record.repeated.push((*place, input(text)));
        }
        let nested = self
            .nested
            .and_then(|place| record.values.get_mut(usize::from(place)));
        if let Some(Some(value)) = nested {
            value.kind = Kind::Nested;
            value.text = format!("{{\"value\":{}}}", serde_json::Value::from(&*value.text)).into();
        }
        for (name, text) in &self.strangers {
            record.unknown.push((name.as_str().into(), input(text)));
        }
        record
    }
}
