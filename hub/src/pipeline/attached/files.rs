//! The files of records as these are judged: those that came before, or with them; those that are missing.

use foldhash::HashMap;
use spec::waiting::Awaited;
use spec::{Edition, Issue, Normalized, attachment};

use super::Arriving;
use crate::attachment::enclosed::{self, Named};
use crate::pipeline::Instant;
use crate::pipeline::receipt::FileOf;
use crate::pipeline::then::Then;
use crate::store::attachments::{self, AttachmentRow};
use crate::store::{Database, StoreError};
use crate::tlog::hash::hex;

/// The files that came under the codes of some records of a source.
#[derive(Debug, Default)]
pub struct Files {
    by_code: HashMap<String, Vec<AttachmentRow>>,
    /// Only those whose leaves stand before this place in the log count.
    before: Option<i64>,
    /// Files that would be named first, where nothing is kept.
    expected: Vec<AttachmentRow>,
}

impl Files {
    /// The files that had come then.
    pub fn then(then: Then) -> Files {
        Files {
            before: Some(then.before),
            ..Files::default()
        }
    }

    /// Counts on files that would be named by [`arrive`] if anything was kept.
    pub fn expect(
        &mut self,
        connection: &mut Database,
        arriving: Arriving,
    ) -> Result<(), StoreError> {
        for file in arriving.files {
            let under = |row: &&AttachmentRow| row.code == file.code;
            let expected = self.expected.iter().filter(under).count() as i64;
            let there = attachments::count(connection, &file.source, &file.code)?;
            if there + expected < arriving.most {
                self.expected
                    .push(file.into_row(0, Instant::from_millis(0)));
            }
        }
        Ok(())
    }

    /// Those of the files of a record that were not named, because there are enough under their code.
    pub fn crowded(&self, record: &Normalized<'_, '_>, files: &[Named]) -> Vec<Issue> {
        let named = |file: &&Named| {
            let rows = self.by_code.get(&file.code).into_iter().flatten();
            let mut own = rows.filter(|row| row.slot == file.slot);
            !own.any(|row| row.sha256 == file.sha256.as_bytes())
        };
        let lacking = files.iter().filter(named);
        lacking
            .map(|file| enclosed::crowded(record, file))
            .collect()
    }

    /// Fetches what came under the codes of records, all at once.
    pub fn fetch<'r>(
        &mut self,
        connection: &mut Database,
        source: &str,
        edition: &Edition,
        records: impl Iterator<Item = &'r Normalized<'static, 'static>>,
    ) -> Result<(), StoreError> {
        let mut codes: Vec<String> = records
            .filter(|record| !record.dataset.attachments.is_empty())
            .flat_map(|record| attachment::codes(edition, record))
            .collect();
        codes.sort_unstable();
        codes.dedup();
        self.by_code.clear();
        for row in attachments::under(connection, source, &codes)? {
            if self.before.is_none_or(|before| row.leaf_index < before) {
                self.by_code.entry(row.code.clone()).or_default().push(row);
            }
        }
        for row in self.expected.iter().filter(|row| codes.contains(&row.code)) {
            let under = self.by_code.entry(row.code.clone()).or_default();
            if !under
                .iter()
                .any(|one| one.slot == row.slot && one.sha256 == row.sha256)
            {
                under.push(row.clone());
            }
        }
        Ok(())
    }

    /// The required files of a record that have not come, and what is said about them.
    pub fn missing(
        &self,
        edition: &Edition,
        record: &Normalized<'_, '_>,
    ) -> (Vec<Awaited>, Vec<Issue>) {
        let (mut awaited, mut issues) = (Vec::new(), Vec::new());
        if record.dataset.required_attachments.is_empty() {
            return (awaited, issues);
        }
        let codes = attachment::codes(edition, record);
        for slot in &record.dataset.required_attachments {
            if !self.under(&codes).any(|row| row.slot == *slot) {
                let one = attachment::awaited(edition, record, slot, &codes);
                issues.push(attachment::missing(&one));
                awaited.push(one);
            }
        }
        (awaited, issues)
    }

    /// The files of a record that have come, as its outcome names them.
    pub fn named(&self, edition: &Edition, record: &Normalized<'_, '_>) -> Vec<FileOf> {
        if self.by_code.is_empty() || record.dataset.attachments.is_empty() {
            return Vec::new();
        }
        let codes = attachment::codes(edition, record);
        let own = self
            .under(&codes)
            .filter(|row| record.dataset.attachments.contains(&row.slot));
        own.map(|row| FileOf {
            slot: row.slot.clone(),
            sha256: hex(&row.sha256),
        })
        .collect()
    }

    fn under<'f>(&'f self, codes: &'f [String]) -> impl Iterator<Item = &'f AttachmentRow> {
        codes
            .iter()
            .filter_map(|code| self.by_code.get(code))
            .flatten()
    }
}
