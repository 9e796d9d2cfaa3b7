//! Records that come back from the store: canonical already, so nothing is normalized again.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use crate::normalize::{Value, items};
use crate::references::lookup;
use crate::rule::Park;
use crate::{Action, Check, Dataset, Edition, FieldIndex, Lookup, Normalized};

impl<'s> Normalized<'s, '_> {
    /// The same record, owning its values, free of the document it came from.
    pub fn into_owned(self) -> Normalized<'s, 'static> {
        let own = |value: Value<'_>| value.into_owned();
        Normalized {
            dataset: self.dataset,
            action: self.action,
            reason: self.reason,
            at: self.at,
            values: self
                .values
                .into_iter()
                .map(|value| value.map(own))
                .collect(),
            changes: self.changes,
            issues: self.issues,
            attachments: self.attachments,
        }
    }

    /// A record from its canonical bytes, read as an object of strings.
    pub fn from_canonical(
        dataset: &'s Dataset,
        body: &Map<String, Json>,
    ) -> Normalized<'s, 'static> {
        let value = |text: &str| Value::canonical(Cow::Owned(text.to_owned()));
        let values = dataset
            .fields
            .iter()
            .map(|field| body.get(&field.id).and_then(Json::as_str).map(value))
            .collect();
        Normalized {
            dataset,
            action: Action::Upsert,
            reason: None,
            at: 0,
            values,
            changes: Vec::new(),
            issues: Vec::new(),
            attachments: None,
        }
    }
}

/// What rules read of a stored record that they find, and no more: very many are held so.
pub fn as_read(dataset: &Dataset, body: &Map<String, Json>) -> Map<String, Json> {
    let fields = dataset
        .read
        .iter()
        .filter_map(|&place| dataset.field(place));
    let held = fields.filter_map(|field| body.get_key_value(&field.id));
    held.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The field that says since when a record holds in the world: the time of its event, or, where the data set has
/// none, the stamp that never goes back between versions.
pub fn valid_from(dataset: &Dataset) -> Option<FieldIndex> {
    let stamp = |rule: &crate::Rule| match rule.check {
        Check::Monotone { field } => Some(field),
        _ => None,
    };
    dataset
        .time
        .or_else(|| dataset.rules.iter().find_map(stamp))
}

/// The records that this one hangs on: what it would wait for, in the order of its rules.
pub fn parents(edition: &Edition, record: &Normalized<'_, '_>) -> Vec<Lookup> {
    let mut parents = Vec::new();
    for rule in &record.dataset.rules {
        let Check::Reference {
            field,
            to,
            park: Park::Wait,
            ..
        } = &rule.check
        else {
            continue;
        };
        for item in record.text(*field).into_iter().flat_map(items) {
            for target in to {
                parents.push(lookup(edition, target.dataset, target.field, item));
            }
        }
    }
    parents
}
