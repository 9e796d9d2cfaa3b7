//! What a bundle is about: a submission, a record with all its versions, or everything under a unified deal code; and
//! which submissions that comes down to.

use std::collections::BTreeSet;

use spec::{Dataset, Lookup, Spec};

use crate::pipeline::commit::parse_receipt_id;
use crate::pipeline::neighbours::{Key, holds};
use crate::store::records::{self, RecordRow};
use crate::store::{Database, StoreError, history, lookup_keys, submissions, waiting};
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
    /// A version by its number, and those before it.
    Version(i64),
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

    /// All versions of what it is about, in no particular order.
    pub fn versions(
        &self,
        specification: &Spec,
        connection: &mut Database,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let starts = match self {
            Subject::Version(number) => records::by_id(connection, *number)?.into_iter().collect(),
            other => under(specification, connection, &other.lookups(specification))?,
        };
        let mut found = std::collections::BTreeMap::new();
        for row in starts {
            for version in timeline::back_from(connection, row, None)? {
                found.insert(version.row.id, version.row);
            }
        }
        Ok(found.into_values().collect())
    }

    /// The submissions that brought it, in order.
    pub fn submissions(
        &self,
        specification: &Spec,
        connection: &mut Database,
    ) -> Result<Vec<i64>, StoreError> {
        if let Subject::Submission(number) = self {
            let there = submissions::leaf_index(connection, *number)?.is_some();
            return Ok(there.then_some(*number).into_iter().collect());
        }
        let versions = self.versions(specification, connection)?.into_iter();
        let found: BTreeSet<i64> = versions.map(|row| row.submission_id).collect();
        Ok(found.into_iter().collect())
    }

    /// By what it is found.
    fn lookups(&self, specification: &Spec) -> Vec<Lookup> {
        match self {
            Subject::Submission(_) | Subject::Version(_) => Vec::new(),
            Subject::Record(dataset, key) => all_datasets(specification)
                .filter(|known| known.id == *dataset || known.code.to_string() == *dataset)
                .map(|known| lookup(known, None, &key.replace('|', "\u{1f}")))
                .collect(),
            Subject::Deal(code) => all_datasets(specification)
                .filter_map(|known| {
                    let field = known.deal?;
                    Some(lookup(known, (known.key != [field]).then_some(field), code))
                })
                .collect(),
        }
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
    let under = lookup_keys::read(connection)?;
    let keys = Key::all(&under, lookups.iter().cloned());
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
        let held = row.body.held().unwrap_or_default();
        let body = serde_json::from_slice(held).unwrap_or_default();
        keys.iter().any(|key| {
            i32::from(key.lookup.dataset) == row.dataset
                && (row.body.is_erased()
                    || all_datasets(specification)
                        .filter(|dataset| dataset.code == key.lookup.dataset)
                        .any(|dataset| holds(dataset, &body, &key.lookup)))
        })
    });
    Ok(rows)
}
