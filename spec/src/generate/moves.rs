//! Small changes to a case that may keep or break a rule: conditions met or left, fields filled, emptied, or brought
//! into relation to each other, other records put beside it.

use super::others::{fulfilling, variants};
use super::proposals::{independent, reckoned, related};
use super::reads::{Reads, reads};
use super::{Case, Maker};
use crate::rule::Operand;
use crate::{Check, FieldIndex, Format, Issue, Rule};

/// Cases that differ from this one in what a rule reads.
pub(super) fn of_rule<'s>(maker: &mut Maker<'_>, case: &Case<'s>, rule: &Rule) -> Vec<Case<'s>> {
    let reads = reads(case.draft.dataset, rule);
    let mut all = Vec::new();
    // Until it applies and has all that it reads, nothing else matters.
    let speaking = speaking(maker, case, rule, &reads);
    if let Some(first) = &speaking {
        all.push(first.clone());
    }
    let case = speaking.as_ref().unwrap_or(case);
    beside(maker, case, rule, &reads, &mut all);
    presence(case, &reads, &mut all);
    values(maker, case, &reads, &mut all);
    all
}

/// Cases in which the rule does not apply: another way to be at peace with it.
pub(super) fn away_from<'s>(maker: &mut Maker<'_>, case: &Case<'s>, rule: &Rule) -> Vec<Case<'s>> {
    let mut all = Vec::new();
    for condition in &rule.when {
        let place = condition.field();
        let Some(field) = case.draft.dataset.field(place) else {
            continue;
        };
        for text in [None, Some(maker.value(field)), Some(maker.value(field))] {
            all.push(put(case, place, text));
        }
    }
    all
}

/// Cases in which the value that a finding points at is another one, or is gone.
pub(super) fn of_finding<'s>(
    maker: &mut Maker<'_>,
    case: &Case<'s>,
    issue: &Issue,
) -> Vec<Case<'s>> {
    let dataset = case.draft.dataset;
    let name = issue.path.trim_start_matches('/');
    let Some((place, field)) = dataset
        .field_index(name)
        .and_then(|place| Some((place, dataset.field(place)?)))
    else {
        return Vec::new();
    };
    let texts = [
        None,
        Some(maker.value(field)),
        Some(maker.value(field)),
        Some(maker.items(field, 1)),
    ];
    texts.map(|text| put(case, place, text)).to_vec()
}

/// Whether a record shows by itself, without anything beside it and whenever it is looked at, that a rule is broken.
pub(super) fn stands_alone(rule: &Rule) -> bool {
    let others = matches!(
        rule.check,
        Check::Reference { .. }
            | Check::Immutable { .. }
            | Check::Monotone { .. }
            | Check::Unique { .. }
            | Check::Group { .. }
            | Check::Exists { .. }
            | Check::NotExists { .. }
            | Check::ParentHolds { .. }
            | Check::MinCountOf { .. }
            | Check::CountJoined { .. }
            | Check::SourceRegistered { .. }
            | Check::AttachmentRequired { .. }
            | Check::TimelinessHours { .. }
    );
    let joined = matches!(rule.check.sides(), Some((_, Operand::Joined(..))));
    !others && !joined && rule.when_parent.is_none() && rule.unless.is_none()
}

fn put<'s>(case: &Case<'s>, place: FieldIndex, text: Option<String>) -> Case<'s> {
    let mut case = case.clone();
    case.draft.set(place, text);
    case
}

/// The case with all conditions met and all that is read there; none if it is so already.
fn speaking<'s>(
    maker: &mut Maker<'_>,
    case: &Case<'s>,
    rule: &Rule,
    reads: &Reads<'_>,
) -> Option<Case<'s>> {
    let mut met = case.clone();
    let mut changed = false;
    for condition in &rule.when {
        let place = condition.field();
        let text = case.draft.get(place);
        if let (false, Some(field)) = (
            condition.holds(text, text.is_some()),
            case.draft.dataset.field(place),
        ) {
            let text = fulfilling(maker, field, condition);
            met.draft.set(place, text);
            changed = true;
        }
    }
    if !reads.about_presence {
        for &place in &reads.own {
            if let (None, Some(field)) = (met.draft.get(place), case.draft.dataset.field(place)) {
                let text = maker.value(field);
                met.draft.set(place, Some(text));
                changed = true;
            }
        }
    }
    changed.then_some(met)
}

/// What stands beside the record: others, registered platforms, attachments.
fn beside<'s>(
    maker: &mut Maker<'_>,
    case: &Case<'s>,
    rule: &Rule,
    reads: &Reads<'_>,
    all: &mut Vec<Case<'s>>,
) {
    match &rule.check {
        Check::SourceRegistered { field } => {
            let own = case.draft.get(*field).unwrap_or_default().to_owned();
            let other = maker.other_identifiers();
            for platforms in [vec![own], other] {
                all.push(Case {
                    platforms,
                    ..case.clone()
                });
            }
        }
        Check::AttachmentRequired { formats } => {
            let named = formats.iter().map(|ending| format!("1.{ending}")).collect();
            for attachments in [Some(named), Some(Vec::new())] {
                all.push(Case {
                    attachments,
                    ..case.clone()
                });
            }
        }
        _ => {}
    }
    for given in variants(maker, case, rule, reads) {
        if given != case.given {
            all.push(Case {
                given,
                ..case.clone()
            });
        }
    }
}

/// Fields filled and emptied, one by one and all at once.
fn presence<'s>(case: &Case<'s>, reads: &Reads<'_>, all: &mut Vec<Case<'s>>) {
    for &place in &reads.own {
        if case.draft.get(place).is_some() {
            all.push(put(case, place, None));
        }
    }
    if reads.about_presence {
        let mut empty = case.clone();
        for &place in &reads.own {
            empty.draft.set(place, None);
        }
        all.push(empty);
    }
}

/// Other values of what is read.
fn values<'s>(maker: &mut Maker<'_>, case: &Case<'s>, reads: &Reads<'_>, all: &mut Vec<Case<'s>>) {
    let dataset = case.draft.dataset;
    if reads.about_presence {
        let mut full = case.clone();
        for &place in &reads.own {
            if let (None, Some(field)) = (full.draft.get(place), dataset.field(place)) {
                let text = maker.value(field);
                full.draft.set(place, Some(text.clone()));
                all.push(put(case, place, Some(text)));
            }
        }
        all.push(full);
    }
    for &place in &reads.own {
        let Some(field) = dataset.field(place) else {
            continue;
        };
        let own = case.draft.get(place);
        let mut texts = Vec::new();
        for &other in reads.own.iter().filter(|&&other| other != place) {
            if let Some(text) = case.draft.get(other) {
                texts.extend(related(maker, field, own, text, reads));
            }
        }
        let beside: Vec<String> = reads
            .joined
            .iter()
            .filter_map(|joined| {
                let elsewhere = maker.context.edition.by_code(joined.join.dataset)?;
                let name = &elsewhere.field(joined.field?)?.id;
                let held = case.given.get(&joined.join.dataset)?;
                held.iter().find_map(|body| body.get(name)?.as_str())
            })
            .map(str::to_owned)
            .collect();
        for text in &beside {
            texts.extend(related(maker, field, own, text, reads));
        }
        if matches!(field.format, Format::Number { .. }) {
            let figures: Vec<f64> = reads
                .own
                .iter()
                .filter(|&&other| other != place)
                .filter_map(|&other| case.draft.get(other)?.parse().ok())
                .collect();
            texts.extend(reckoned(field, &figures, reads));
        }
        texts.extend(independent(maker, field, own, reads));
        all.extend(texts.into_iter().map(|text| put(case, place, Some(text))));
    }
}
