//! Where else a record was sent: attempts that were rejected, and repetitions, of which no version was kept but whose
//! raw bytes hold the same values. They are found by what was receipted of them.

use std::collections::{BTreeMap, BTreeSet};

use spec::{Dataset, Normalized, Spec, Verdict};

use crate::pipeline::judge::shown_key;
use crate::pipeline::outcomes;
use crate::pipeline::receipt::Outcome;
use crate::store::records::RecordRow;
use crate::store::{Database, StoreError, erasures, submissions};

/// Places of a record in submissions: number of the submission, places in it.
pub type Places = BTreeMap<i64, BTreeSet<u32>>;

/// By what an attempt is known to be about the record.
struct Known<'s> {
    dataset: &'s Dataset,
    /// Its business keys as receipts show them.
    keys: BTreeSet<String>,
    /// SHA-256 of its versions, hexadecimal.
    digests: BTreeSet<String>,
}

impl Known<'_> {
    fn is_about(&self, outcome: &Outcome) -> bool {
        let repeated = |digest: &String| self.digests.contains(digest);
        let same = |key: &String| self.keys.contains(key);
        outcome.dataset == self.dataset.id
            && (outcome.digest.as_ref().is_some_and(repeated)
                || outcome.verdict == Verdict::Rejected && outcome.key.as_ref().is_some_and(same))
    }
}

/// Where the versions stand, and where else the record was sent without being kept. A personal key is shown masked: who
/// has the same first and last characters is taken for the same, rather than left in.
pub fn places(
    connection: &mut Database,
    specification: &Spec,
    versions: &[RecordRow],
) -> Result<Places, StoreError> {
    let mut places = Places::new();
    for row in versions {
        let place = u32::try_from(row.record_index).unwrap_or_default();
        places.entry(row.submission_id).or_default().insert(place);
    }
    let Some(known) = known(specification, versions) else {
        return Ok(places);
    };
    let mut after = 0;
    while let Some(id) = erasures::next_attempt(connection, after)? {
        after = id;
        let Some(row) = submissions::by_id(connection, id)? else {
            continue;
        };
        for part in 0.. {
            let Some(part) = outcomes::stored(connection, &row, part)? else {
                break;
            };
            let about = part.list.iter().filter(|outcome| known.is_about(outcome));
            for outcome in about {
                places.entry(id).or_default().insert(outcome.index);
            }
        }
    }
    Ok(places)
}

/// None of what is erased already: nothing is left to know it by.
fn known<'s>(specification: &'s Spec, versions: &[RecordRow]) -> Option<Known<'s>> {
    let code = versions.first().map(|row| u16::try_from(row.dataset));
    let code = code.and_then(Result::ok)?;
    let mut editions = specification.editions.iter().rev();
    let dataset = editions.find_map(|edition| edition.by_code(code))?;
    let key = |row: &RecordRow| {
        let body = serde_json::from_slice(row.body.held()?).ok()?;
        shown_key(&Normalized::from_canonical(dataset, &body))
    };
    let keys: BTreeSet<String> = versions.iter().filter_map(key).collect();
    (!keys.is_empty()).then(|| Known {
        dataset,
        keys,
        digests: versions
            .iter()
            .map(|row| row.body.digest().to_hex())
            .collect(),
    })
}
