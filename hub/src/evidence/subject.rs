//! What a bundle is about: a submission, a record with all its versions, or everything under a unified deal code; and
//! which submissions that comes down to.

use std::collections::BTreeSet;

use spec::{Dataset, Lookup, Spec};

use crate::pipeline::commit::parse_receipt_id;
use crate::pipeline::neighbours::{Key, holds};
use crate::store::records::{self, RecordRow};
use crate::store::{Database, StoreError, history, submissions, waiting};
use crate::timeline;

/// What a bundle is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A submission by its number.
    Submission(i64),
    /// A record: data set, and key with its parts joined with `|`.
    Record(String, String),
    /// A unified deal code.
    Deal(String),
}

impl Subject {
    /// Reads `S000000000001`, `DATASET/KEY` or a deal code.
    pub fn parse(text: &str) -> Subject {
        match (parse_receipt_id(text), text.split_once('/')) {
            (Some(number), _) => Subject::Submission(number),
            (None, Some((dataset, key))) => Subject::Record(dataset.to_owned(), key.to_owned()),
            (None, None) => Subject::Deal(text.to_owned()),
        }
    }

    /// The submissions that brought it, in order.
    pub fn submissions(
        &self,
        specification: &Spec,
        connection: &mut Database,
    ) -> Result<Vec<i64>, StoreError> {
        let lookups = match self {
            Subject::Submission(number) => {
                let there = submissions::leaf_index(connection, *number)?.is_some();
                return Ok(there.then_some(*number).into_iter().collect());
            }
            Subject::Record(dataset, key) => all_datasets(specification)
                .filter(|known| known.id == *dataset || known.code.to_string() == *dataset)
                .map(|known| lookup(known, None, &key.replace('|', "\u{1f}")))
                .collect(),
            Subject::Deal(code) => all_datasets(specification)
                .filter_map(|known| {
                    let field = known.deal?;
                    Some(lookup(known, (known.key != [field]).then_some(field), code))
                })
                .collect::<Vec<_>>(),
        };
        let mut found = BTreeSet::new();
        for row in under(specification, connection, &lookups)? {
            for version in timeline::back_from(connection, row, None)? {
                found.insert(version.row.submission_id);
            }
        }
        Ok(found.into_iter().collect())
    }
}

fn all_datasets(specification: &Spec) -> impl Iterator<Item = &Dataset> {
    specification
        .editions
        .iter()
        .flat_map(|edition| &edition.datasets)
}

fn lookup(dataset: &Dataset, field: Option<spec::FieldIndex>, value: &str) -> Lookup {
    Lookup {
        dataset: dataset.code,
        field,
        value: value.to_owned(),
    }
}

/// Versions that hold one of the values: current ones, superseded ones, and those that wait or waited.
fn under(
    specification: &Spec,
    connection: &mut Database,
    lookups: &[Lookup],
) -> Result<Vec<RecordRow>, StoreError> {
    let keys: Vec<Key> = lookups.iter().cloned().map(Key::from).collect();
    let hashes: Vec<i64> = keys.iter().map(|key| key.hash).collect();
    let mut rows: Vec<RecordRow> = Vec::new();
    rows.extend(
        records::found_under(connection, &hashes)?
            .into_iter()
            .map(|(_, row)| row),
    );
    rows.extend(
        history::found_under(connection, &hashes)?
            .into_iter()
            .map(|(_, _, row)| row),
    );
    rows.extend(
        waiting::by_own_hash(connection, &hashes)?
            .into_iter()
            .map(|(_, row)| row),
    );
    rows.extend(
        waiting::waited_under(connection, &hashes)?
            .into_iter()
            .map(|(_, row)| row),
    );
    rows.retain(|row| {
        let body = serde_json::from_slice(&row.body).unwrap_or_default();
        keys.iter().any(|key| {
            i32::from(key.lookup.dataset) == row.dataset
                && all_datasets(specification)
                    .filter(|dataset| dataset.code == key.lookup.dataset)
                    .any(|dataset| holds(dataset, &body, &key.lookup))
        })
    });
    Ok(rows)
}
