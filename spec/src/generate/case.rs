//! A record among the others that are known at a certain time: all that a verdict depends on.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::DateTime;
use serde_json::{Map, Value as Json};

use super::Draft;
use crate::normalize::items;
use crate::references::lookups_at;
use crate::roll::{Register, Roll};
use crate::rule::Stage;
use crate::stored::as_read;
use crate::validate::{judge_alone, judge_among, judge_complete};
use crate::{
    Context, Dataset, DatasetCode, Edition, Found, Issue, Known, Lookup, Normalized, normalize,
};

/// Records that are known, by data set. Of a data set that is not here nothing is known, and rules that look into it
/// stay silent; an empty list means that it holds no record.
pub type Given = BTreeMap<DatasetCode, Bodies>;

/// Records of one data set as they are kept.
pub(super) type Bodies = Vec<Arc<Map<String, Json>>>;

/// A record among others.
#[derive(Debug, Clone)]
pub struct Case<'s> {
    /// The record that is judged.
    pub draft: Draft<'s>,
    /// What else is known. Records may hold only the fields that a rule reads.
    pub given: Given,
    /// Time of receipt.
    pub received: DateTime,
    /// Platforms that are registered for the sender.
    pub platforms: Vec<String>,
    /// Files that travel with the record; none where the way in does not say which do.
    pub attachments: Option<Vec<String>>,
}

impl<'s> Case<'s> {
    /// A record of which nothing else is known.
    pub fn alone(draft: Draft<'s>, context: &Context<'_>) -> Self {
        Case {
            draft,
            given: Given::new(),
            received: context.received,
            platforms: context.platforms.to_vec(),
            attachments: None,
        }
    }

    /// What the engine finds: by the record alone, and, where anything else is given, among the others when it
    /// arrives and when its deal is complete.
    pub fn judge(&self, edition: &Edition) -> Vec<Issue> {
        self.judge_by(edition, &|_, found| found.into())
    }

    /// The same, as if there were very many records of each kind.
    pub fn judge_registered(&self, edition: &Edition) -> Vec<Issue> {
        self.judge_by(edition, &|dataset, found| {
            let read = |found: Found| Found {
                body: Arc::new(as_read(dataset, &found.body)),
                ..found
            };
            Roll::Many(Arc::new(Register::new(found.into_iter().map(read))))
        })
    }

    fn judge_by(
        &self,
        edition: &Edition,
        roll: &dyn Fn(&Dataset, Vec<Found>) -> Roll,
    ) -> Vec<Issue> {
        let context = Context {
            edition,
            received: self.received,
            platforms: &self.platforms,
        };
        let mut record = self.draft.record();
        record.attachments.clone_from(&self.attachments);
        let mut record = normalize(&context, record);
        let mut issues = judge_alone(&context, &mut record).issues;
        if !self.given.is_empty() {
            let known = |stage| known(edition, (&record, stage), |set| self.given.get(&set), roll);
            let arriving = known(Stage::Arrival);
            issues.extend(judge_among(&context, &record, &arriving).0.issues);
            let known = known(Stage::Complete);
            let complete = judge_complete(&context, std::slice::from_ref(&record), &known);
            issues.extend(complete.into_iter().flat_map(|report| report.issues));
        }
        issues
    }
}

/// Answers to what a record asks of the data sets that are known.
pub(super) fn known<'g>(
    edition: &Edition,
    (record, stage): (&Normalized<'_, '_>, Stage),
    given: impl Fn(DatasetCode) -> Option<&'g Bodies>,
    roll: &dyn Fn(&Dataset, Vec<Found>) -> Roll,
) -> Known {
    let mut known = Known::default();
    for lookup in lookups_at(edition, record, stage) {
        if let Some(held) = given(lookup.dataset)
            && let Some(dataset) = edition.by_code(lookup.dataset)
        {
            let found = held
                .iter()
                .zip(1..)
                .filter(|(body, _)| answers(edition, &lookup, body))
                .map(|(body, id)| Found {
                    id,
                    body: Arc::clone(body),
                });
            let roll = roll(dataset, found.collect());
            known.answers.insert(lookup, roll);
        }
    }
    known
}

/// Whether a stored record answers a lookup.
pub(super) fn answers(edition: &Edition, lookup: &Lookup, body: &Map<String, Json>) -> bool {
    let Some(dataset) = edition.by_code(lookup.dataset) else {
        return false;
    };
    let text = |place| body.get(&dataset.field(place)?.id)?.as_str();
    if let Some(place) = lookup.field {
        return text(place).is_some_and(|text| items(text).any(|item| item == lookup.value));
    }
    let parts = dataset
        .key
        .iter()
        .map(|&place| text(place).unwrap_or_default());
    lookup.value.split('\u{1f}').eq(parts)
}
