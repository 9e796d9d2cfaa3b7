//! What must be looked up before a record can be judged among others, and the answers.
//!
//! `hub` asks [`lookups`] once per record, answers all lookups of a batch at once from its store, and
//! hands the answers to [`crate::validate::judge_among`] as [`Known`].

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::HashMap;

use crate::normalize::items;
use crate::roll::Roll;
use crate::rule::Stage;
use crate::validate::rules::applies;
use crate::{Dataset, DatasetCode, Edition, FieldIndex, Normalized};

/// A question to the store: which current records of a data set hold this value in this field (in one
/// of its items, for lists)? With no field: which record has this business key?
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lookup {
    /// Data set that is searched.
    pub dataset: DatasetCode,
    /// Field that is searched; none for the whole business key.
    pub field: Option<FieldIndex>,
    /// The value; key parts joined with `\u{1f}`.
    pub value: String,
}

/// A current record that answers a lookup.
#[derive(Debug, Clone)]
pub struct Found {
    /// The store's number of the record version; grows with time of receipt.
    pub id: i64,
    /// Canonical bytes of the record (an object of strings).
    pub body: Arc<serde_json::Map<String, serde_json::Value>>,
}

/// Answers to lookups. A lookup without an entry was not asked ("cannot be known here"): rules that need
/// it stay silent. An empty list means "asked, and there is none".
#[derive(Debug, Default)]
pub struct Known {
    /// Answers, oldest record first.
    pub answers: HashMap<Lookup, Roll>,
}

impl Edition {
    /// Finds a data set by its number.
    pub(crate) fn dataset_by_code(&self, code: DatasetCode) -> Option<&Dataset> {
        let place = self
            .datasets
            .binary_search_by_key(&code, |dataset| dataset.code)
            .ok()?;
        self.datasets.get(place)
    }
}

/// The lookup that finds records by a value of a field. A field that alone is the business key is not indexed
/// apart from it.
pub(crate) fn lookup(
    edition: &Edition,
    dataset: DatasetCode,
    field: FieldIndex,
    value: &str,
) -> Lookup {
    let is_key = edition
        .dataset_by_code(dataset)
        .is_some_and(|dataset| dataset.key == [field]);
    Lookup {
        dataset,
        field: (!is_key).then_some(field),
        value: value.to_owned(),
    }
}

/// The lookup of a record's own business key.
pub(crate) fn own_key(record: &Normalized<'_, '_>) -> Option<Lookup> {
    Some(Lookup {
        dataset: record.dataset.code,
        field: None,
        value: record.key()?,
    })
}

/// Everything that must be looked up to judge this record among others when it arrives, without repetition. The
/// first is always the record's own business key (when it has one).
pub fn lookups(edition: &Edition, record: &Normalized<'_, '_>) -> Vec<Lookup> {
    lookups_at(edition, record, Stage::Arrival)
}

/// The same for the rules of a stage.
pub fn lookups_at(edition: &Edition, record: &Normalized<'_, '_>, stage: Stage) -> Vec<Lookup> {
    let mut all = Vec::new();
    for rule in &record.dataset.rules {
        if rule.stage != stage || !applies(rule, record) {
            continue;
        }
        rule.asked(record.dataset.code, &mut |asked| {
            for item in record.text(asked.own).into_iter().flat_map(items) {
                all.push(lookup(edition, asked.dataset, asked.field, item));
            }
        });
    }
    all.sort_unstable();
    all.dedup();
    if let Some(own) = own_key(record) {
        all.retain(|lookup| *lookup != own);
        all.insert(0, own);
    }
    all
}

/// The lookups under which other records find this one: its key, and each value of its indexed fields.
pub fn index_entries(dataset: &Dataset, record: &Normalized<'_, '_>) -> BTreeSet<Lookup> {
    let mut entries = BTreeSet::new();
    entries.extend(own_key(record));
    for &field in dataset
        .indexed
        .iter()
        .filter(|&&field| dataset.key != [field])
    {
        for item in record.text(field).into_iter().flat_map(items) {
            entries.insert(Lookup {
                dataset: dataset.code,
                field: Some(field),
                value: item.to_owned(),
            });
        }
    }
    entries
}
