//! Which records are encrypted at rest: those that hold a value which the specification marks as personal, or which has
//! the shape of an identity number or a mobile phone in whatever field it was put. It is what is masked, too.

use spec::{Dataset, Normalized, Sensitivity};

use super::judge::Item;

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

/// Whether anything personal may stand in the bytes of a submission: a value of that kind, or something that was not
/// read as the specification knows it.
pub fn may_name_anyone(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Judged(judged) => {
            let foreign = |issue: &spec::Issue| issue.code == spec::IssueCode::FieldUnknown;
            judged.guarded.is_some() || judged.issues.iter().any(foreign)
        }
        Item::Unusable { .. } => true,
    })
}
