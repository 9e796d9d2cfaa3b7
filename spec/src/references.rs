//! What must be looked up before a record can be judged among others, and the answers.
//!
//! `hub` asks [`lookups`] once per record, answers all lookups of a batch at once from its store, and
//! hands the answers to [`crate::validate::judge_among`] as [`Known`].

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::HashMap;

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
    pub answers: HashMap<Lookup, Vec<Found>>,
}

/// Everything that must be looked up to judge this record among others, without repetition. The first
/// is always the record's own business key (when it has one).
pub fn lookups(edition: &Edition, record: &Normalized<'_, '_>) -> Vec<Lookup> {
    let _ = (edition, record);
    Vec::new()
}

/// The lookups under which other records find this one: its key, and each value of its indexed fields.
pub fn index_entries(dataset: &Dataset, record: &Normalized<'_, '_>) -> BTreeSet<Lookup> {
    let _ = (dataset, record);
    BTreeSet::new()
}
