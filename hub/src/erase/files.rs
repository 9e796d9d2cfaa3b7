//! The files beside a record that go with it: those that were sent under its codes, unless another record that is still
//! there is joined to the same file.

use std::collections::BTreeSet;

use memchr::memmem::Finder;
use spec::{Normalized, Spec, attachment};

use crate::store::attachments::{self, AttachmentRow};
use crate::store::records::{self, RecordRow};
use crate::store::{Database, StoreError, submissions};

/// Records that are looked at together.
const PAGE: i64 = 1000;

/// The files of a record.
#[derive(Debug, Default)]
pub struct Files {
    /// Those that go with it.
    pub gone: Vec<AttachmentRow>,
    /// Numbers of those that stay, because another record has them too.
    pub shared: Vec<i64>,
}

/// Finds them by what the versions of the record say.
pub fn files(
    connection: &mut Database,
    specification: &Spec,
    versions: &[RecordRow],
) -> Result<Files, StoreError> {
    let mut found: Vec<AttachmentRow> = Vec::new();
    for row in versions {
        let joined = joined(specification, row);
        if joined.is_empty() {
            continue;
        }
        let source = submissions::source_of(connection, row.submission_id)?;
        let codes: Vec<String> = joined.iter().map(|(code, _)| code.clone()).collect();
        let own = attachments::under(connection, &source, &codes)?;
        found.extend(own.into_iter().filter(|file| {
            !file.is_erased() && joined.contains(&(file.code.clone(), file.slot.clone()))
        }));
    }
    found.sort_by_key(|file| file.id);
    found.dedup_by_key(|file| file.id);
    let shared = shared(connection, specification, versions, &found)?;
    let (shared, gone): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|file| shared.contains(&file.id));
    Ok(Files {
        gone,
        shared: shared.into_iter().map(|file| file.id).collect(),
    })
}

/// Under which codes files of a version are sent, and for which slots.
fn joined(specification: &Spec, row: &RecordRow) -> BTreeSet<(String, String)> {
    let mut joined = BTreeSet::new();
    let (Some(held), Ok(number)) = (row.body.held(), u16::try_from(row.dataset)) else {
        return joined;
    };
    let body = serde_json::from_slice(held).unwrap_or_default();
    for edition in &specification.editions {
        let Some(dataset) = edition.by_code(number) else {
            continue;
        };
        let record = Normalized::from_canonical(dataset, &body);
        for code in attachment::codes(edition, &record) {
            let slots = dataset.attachments.iter();
            joined.extend(slots.map(|slot| (code.clone(), slot.clone())));
        }
    }
    joined
}

/// Numbers of the files that other records are joined to. Nothing leads from a code to its records: all are looked at.
fn shared(
    connection: &mut Database,
    specification: &Spec,
    versions: &[RecordRow],
    files: &[AttachmentRow],
) -> Result<BTreeSet<i64>, StoreError> {
    let mut shared = BTreeSet::new();
    if files.is_empty() {
        return Ok(shared);
    }
    // A code that is a key of several parts stands in a record part by part.
    let parts: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.code.split('|').next())
        .collect();
    let finders: Vec<Finder<'_>> = parts
        .iter()
        .map(|part| Finder::new(part.as_bytes()))
        .collect();
    let mut after = 0;
    loop {
        let page = records::after(connection, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(shared);
        };
        after = last.id;
        for row in &page {
            let held = row.body.held().unwrap_or_default();
            let own = versions.iter().any(|version| version.id == row.id);
            if own || finders.iter().all(|finder| finder.find(held).is_none()) {
                continue;
            }
            let joined = joined(specification, row);
            let of_it = files
                .iter()
                .filter(|file| joined.contains(&(file.code.clone(), file.slot.clone())));
            for file in of_it {
                if submissions::source_of(connection, row.submission_id)? == file.source {
                    shared.insert(file.id);
                }
            }
        }
    }
}
