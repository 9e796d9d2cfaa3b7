//! The judge of a record, stage by stage; a field that failed one stage is not judged by the next.

mod among;
mod codes;
mod complete;
pub(crate) mod figures;
mod filled;
pub(crate) mod finding;
mod formed;
mod groups;
mod identifiers;
mod instants;
mod joins;
mod meant;
pub(crate) mod nearest;
mod pairs;
mod reason;
mod referred;
mod related;
pub(crate) mod rules;
pub(crate) mod structure;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use complete::judge_complete;
pub use nearest::nearest_names;

use crate::identifier::Places;
use crate::rule::Stage;
use crate::{Context, Domain, Known, Lookup, Normalized, Report, Severity};

/// Judges what one record shows by itself: required fields, codes, identifiers, rules in the record
/// (and takes over the structure findings of normalization).
pub fn judge_alone(context: &Context<'_>, record: &mut Normalized<'_, '_>) -> Report {
    let mut issues = std::mem::take(&mut record.issues);
    structure::required(record, &mut issues);
    reason::judge(record, &mut issues);
    domains(context, record, &mut issues);
    rules::judge(&rules::Bench::new(context), record, &mut issues);
    finding::cut_cascades(&mut issues);
    finding::cap(&mut issues);
    Report { issues }
}

/// Codes and identifiers. A value with an error is left alone by the rules.
fn domains(context: &Context<'_>, record: &mut Normalized<'_, '_>, issues: &mut Vec<crate::Issue>) {
    let mut failed = Vec::new();
    let places = Places::new(context.edition.codes.get("region").map(AsRef::as_ref));
    let now = instants::digits(context.received);
    let (today, _) = now.split_at(8);
    for (place, (field, value)) in record.dataset.fields.iter().zip(&record.values).enumerate() {
        let Some(value) = value
            .as_ref()
            .filter(|value| !value.failed && !value.settled)
        else {
            continue;
        };
        let before = issues.len();
        match &field.domain {
            Domain::Codes(table) => {
                codes::judge(field, table, value, today, issues);
            }
            Domain::Identifier(kind) => {
                let deal_check = context.edition.deal_code_check;
                identifiers::judge(record, field, *kind, value, &places, deal_check, issues);
            }
            Domain::Free | Domain::Standard(_) => {}
        }
        let new = issues.get(before..).unwrap_or_default();
        if new.iter().any(|issue| issue.severity == Severity::Error) {
            failed.push(place);
        }
    }
    for place in failed {
        if let Some(Some(value)) = record.values.get_mut(place) {
            value.failed = true;
        }
    }
}

/// Judges what only other records show: references, uniqueness, order in time. Returns the lookups that
/// the record waits for, if a missing reference means waiting.
pub fn judge_among(
    context: &Context<'_>,
    record: &Normalized<'_, '_>,
    known: &Known,
) -> (Report, Vec<Lookup>) {
    let (mut issues, waits) = among::judge(context, record, known, Stage::Arrival);
    finding::cap(&mut issues);
    (Report { issues }, waits)
}
