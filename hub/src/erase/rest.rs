//! What is left of raw bytes when records in them are erased: made, and kept under a key of its own, before the
//! transaction that puts it in their place. A crash in between leaves bytes whose key stands nowhere.

use std::collections::BTreeMap;

use spec::Spec;

use super::cut::{Blank, cut};
use super::files::{Files, files};
use super::mentions::{self, Places};
use crate::error::Error;
use crate::evidence::Subject;
use crate::keys::Masters;
use crate::pipeline::raw::Stored;
use crate::pipeline::{RawStore, build};
use crate::reperform::{Judges, leaf_of};
use crate::store::submissions::Submission;
use crate::store::{Database, StoreError, erasures, submissions};
use crate::tlog::{Hash, sha256};

/// Raw bytes above this are destroyed whole: they would have to be held.
const MOST: i64 = 64 << 20;

/// Submissions whose raw bytes are cut at most: the leaf names what is left of each. Those beyond are destroyed whole.
const CUTS: usize = 400;

/// What the raw bytes of a submission become.
pub struct Rest {
    /// `raw_key` as it was when this was made.
    pub(super) before: (Option<Vec<u8>>, Option<Vec<u8>>),
    /// What is left, kept already, and where it was blanked; none: nothing is.
    pub(super) left: Option<(Stored, Vec<Blank>)>,
}

/// What an erasure will do, made ready.
pub struct Ready {
    pub(super) subject: Subject,
    pub(super) places: Places,
    pub(super) rests: BTreeMap<i64, Rest>,
    pub(super) files: Files,
}

/// Whose reading makes an erasure ready.
pub struct Desk<'d> {
    /// Raw bytes.
    pub raw: &'d RawStore,
    /// The master keys.
    pub masters: &'d Masters,
    /// The specification.
    pub specification: &'d Spec,
}

/// What was blanked in the raw bytes of a submission.
pub fn blanks(connection: &mut Database, row: &Submission) -> Result<Vec<Blank>, StoreError> {
    if !Stored::of(row).is_left {
        return Ok(Vec::new());
    }
    let found = erasures::of_raw(connection, row.id)?;
    let spans = found.map(|found| found.spans).unwrap_or_default();
    serde_json::from_str(&spans).map_err(|error| StoreError::Damaged {
        place: format!("raw_erasures of submission {}", row.id),
        what: error.to_string(),
    })
}

/// Makes the erasure of a record ready; none when nothing is known of it.
pub async fn ready(
    desk: &Desk<'_>,
    connection: &mut Database,
    subject: &Subject,
) -> Result<Option<Ready>, Error> {
    let versions = subject.versions(desk.specification, connection)?;
    if versions.is_empty() {
        return Ok(None);
    }
    let places = mentions::places(connection, desk.specification, &versions)?;
    let mut rests = BTreeMap::new();
    let mut judges = Judges::new(desk.raw.clone(), &build());
    let mut cuts = 0;
    for (&id, records) in &places {
        let Some(row) = submissions::by_id(connection, id)? else {
            continue;
        };
        let stored = Stored::of(&row);
        let before = (row.raw.clone(), row.raw_key.clone());
        let mut left = None;
        if !stored.is_destroyed() && row.raw_bytes <= MOST && cuts < CUTS {
            let blanked = blanks(connection, &row)?;
            if records
                .iter()
                .all(|record| blanked.iter().any(|blank| blank.record == *record))
            {
                // Done before.
                continue;
            }
            let leaf = leaf_of(connection, row.leaf_index)?;
            let opened = match &leaf {
                Some(leaf) => judges.open(connection, &row, leaf).await.ok(),
                None => None,
            };
            let cut = opened.and_then(|opened| {
                let reading = opened.reading(&row);
                cut(reading, &opened.body, &blanked, records)
            });
            if let Some(cut) = cut {
                let name: Hash = sha256(&cut.body);
                let kept = desk.raw.keep(&name, &cut.body, Some(desk.masters)).await?;
                left = Some((Stored::left(name, kept), cut.blanks));
                cuts += 1;
            }
        }
        rests.insert(id, Rest { before, left });
    }
    Ok(Some(Ready {
        subject: subject.clone(),
        places,
        rests,
        files: files(connection, desk.specification, &versions)?,
    }))
}
