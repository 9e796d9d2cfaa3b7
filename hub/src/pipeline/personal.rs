//! Which records are encrypted at rest: those that hold a value which the specification marks as personal, or which has
//! the shape of an identity number or a mobile phone in whatever field it was put. It is what is masked, too.

use spec::{Dataset, Normalized, Sensitivity};

use super::judge::Item;
use crate::keys::sealing::Guarded;
use crate::keys::{KeyError, Masters};
use crate::store::body::{Body, Place};

/// Whether a record holds a personal value.
pub fn holds_personal(record: &Normalized<'_, '_>) -> bool {
    (0..).zip(&record.dataset.fields).any(|(place, field)| {
        record.text(place).is_some_and(|text| {
            field.sensitivity == Sensitivity::Personal || spec::issue::names_a_person(text)
        })
    })
}

/// Whether canonical bytes of a data set hold one. What cannot be read may hold anything.
pub fn stored(dataset: &Dataset, canonical: &[u8]) -> bool {
    serde_json::from_slice(canonical).map_or(true, |body| {
        holds_personal(&Normalized::from_canonical(dataset, &body))
    })
}

/// The canonical bytes of a record encrypted under a key of their own; none when nothing personal stands in them. A
/// failure is carried along to where something is kept: what cannot be encrypted is not kept.
pub type Guard = Result<Option<Guarded>, KeyError>;

/// Encrypts a record that holds a personal value.
pub fn guard(record: &Normalized<'_, '_>, canonical: &[u8]) -> Guard {
    let personal = holds_personal(record);
    personal.then(|| Guarded::new(canonical)).transpose()
}

/// Encrypts canonical bytes that hold one.
pub fn guard_stored(dataset: &Dataset, canonical: &[u8]) -> Guard {
    let personal = stored(dataset, canonical);
    personal.then(|| Guarded::new(canonical)).transpose()
}

/// The body of a version as it is kept. Without master keys nothing is kept at all.
pub fn kept(
    masters: Option<&Masters>,
    canonical: Vec<u8>,
    guarded: Guard,
    place: Place,
) -> Result<Body, KeyError> {
    match (masters, guarded?) {
        (Some(masters), Some(guarded)) => Ok(Body::sealed(masters, canonical, &guarded, place)?),
        (None, _) | (_, None) => Ok(Body::Clear(canonical)),
    }
}

/// Whether anything personal may stand in the bytes of a submission: a value of that kind, or something that was not
/// read as the specification knows it.
pub fn may_name_anyone(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Judged(judged) => {
            let foreign = |issue: &spec::Issue| issue.code == spec::IssueCode::FieldUnknown;
            !matches!(judged.guarded, Ok(None)) || judged.issues.iter().any(foreign)
        }
        Item::Unusable { .. } => true,
        Item::Erased(_) => false,
    })
}
