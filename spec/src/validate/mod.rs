//! The judge of a record, stage by stage; a field that failed one stage is not judged by the next.

use crate::{Context, Known, Lookup, Normalized, Report};

/// Judges what one record shows by itself: required fields, codes, identifiers, rules in the record
/// (and takes over the structure findings of normalization).
pub fn judge_alone(context: &Context<'_>, record: &mut Normalized<'_, '_>) -> Report {
    let _ = (context, record);
    Report::default()
}

/// Judges what only other records show: references, uniqueness, order in time. Returns the lookups that
/// the record waits for, if a missing reference means waiting.
pub fn judge_among(
    context: &Context<'_>,
    record: &Normalized<'_, '_>,
    known: &Known,
) -> (Report, Vec<Lookup>) {
    let _ = (context, record, known);
    (Report::default(), Vec::new())
}
