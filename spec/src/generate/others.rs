//! Records that a rule may find beside the one that is judged: parents, siblings, its own current version. They hold
//! only the fields that the rule reads.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::proposals::{independent, related};
use super::reads::Reads;
use super::{Case, Given, Maker};
use crate::normalize::items;
use crate::rule::{Condition, Days, Elsewhere, Join};
use crate::{Check, Dataset, DatasetCode, Field, FieldIndex, Rule, Unit};

type Body = Map<String, Json>;

/// Most records beside the judged one.
const MOST: usize = 6;

/// Sets of other records under which the rule may hold or break.
pub(super) fn variants(
    maker: &mut Maker<'_>,
    case: &Case<'_>,
    rule: &Rule,
    reads: &Reads<'_>,
) -> Vec<Given> {
    let mut all = match &rule.check {
        Check::Reference {
            field, beside, to, ..
        } => referred(maker, case, *field, beside, to),
        Check::Immutable { field } | Check::Monotone { field } => {
            versions(maker, case, *field, reads)
        }
        Check::Unique { field, within } => siblings(maker, case, *field, within, reads),
        Check::Group { field, group, .. } => siblings(maker, case, *field, group, reads),
        _ => vec![Given::new()],
    };
    for joined in &reads.joined {
        let beside = joined_records(maker, case, rule, joined.join, joined.field, reads);
        all = all
            .iter()
            .flat_map(|given| {
                beside
                    .iter()
                    .map(|bodies| with(given, joined.join.dataset, bodies))
            })
            .collect();
    }
    for given in &mut all {
        if let Some(parent) = &rule.when_parent {
            let body = body(maker, case, parent);
            *given = with(given, parent.dataset, &[body]);
        }
        if let Some(other) = &rule.unless {
            given.entry(other.dataset).or_default();
        }
    }
    all
}

/// The set with further records; one that contradicts no record that is there is laid over it.
fn with(given: &Given, dataset: DatasetCode, bodies: &[Body]) -> Given {
    let mut given = given.clone();
    let held = given.entry(dataset).or_default();
    for body in bodies {
        let agrees = |other: &Arc<Body>| {
            bodies.len() == 1
                && body
                    .iter()
                    .all(|(name, text)| other.get(name).is_none_or(|held| held == text))
        };
        match held.iter_mut().find(|other| agrees(other)) {
            Some(other) => Arc::make_mut(other).extend(body.clone()),
            None => held.push(Arc::new(body.clone())),
        }
    }
    given
}

/// A record that a join finds.
fn body(maker: &mut Maker<'_>, case: &Case<'_>, join: &Join) -> Body {
    let mut body = Body::new();
    let Some(dataset) = maker.context.edition.by_code(join.dataset) else {
        return body;
    };
    for &(own, other) in &join.on {
        if let (Some(text), Some(field)) = (case.draft.get(own), dataset.field(other)) {
            put(&mut body, field, items(text).next().unwrap_or_default());
        }
    }
    for condition in &join.filter {
        if let Some(field) = dataset.field(condition.field()) {
            match fulfilling(maker, field, condition) {
                Some(text) => put(&mut body, field, &text),
                None => {
                    body.remove(&field.id);
                }
            }
        }
    }
    body
}

/// A text under which a condition holds; none for absence.
pub(super) fn fulfilling(
    maker: &mut Maker<'_>,
    field: &Field,
    condition: &Condition,
) -> Option<String> {
    match condition {
        Condition::In(_, values) => values.first().cloned(),
        Condition::Greater(_, figure) => Some((figure.floor() + 1.0).to_string()),
        Condition::Less(_, figure) => Some((figure.ceil() - 1.0).max(0.0).to_string()),
        Condition::Length(_, length) => {
            let made = maker.value(field);
            let mut all = maker.other_identifiers();
            all.insert(0, made);
            all.into_iter()
                .find(|text| text.chars().count() == *length as usize)
        }
        Condition::Present(_) => Some(maker.value(field)),
        Condition::Absent(_) => None,
    }
}

fn put(body: &mut Body, field: &Field, text: &str) {
    body.insert(field.id.clone(), Json::from(text));
}

/// Sets of records that a join finds: none, one for each value worth comparing, several.
fn joined_records(
    maker: &mut Maker<'_>,
    case: &Case<'_>,
    rule: &Rule,
    join: &Join,
    compared: Option<FieldIndex>,
    reads: &Reads<'_>,
) -> Vec<Vec<Body>> {
    let mut base = body(maker, case, join);
    let edition = maker.context.edition;
    let Some(dataset) = edition.by_code(join.dataset) else {
        return Vec::new();
    };
    if let Some(Days::Joined(days)) = rule.check.days()
        && let Some(field) = dataset.field(days)
    {
        put(&mut base, field, "10");
    }
    let mut all = vec![Vec::new(), vec![base.clone()]];
    let Some(field) = compared.and_then(|place| dataset.field(place)) else {
        for count in 2..=MOST {
            all.push(vec![base.clone(); count]);
        }
        return all;
    };
    let unit = match field.unit {
        Some(Unit::By(unit)) => dataset.field(unit),
        _ => None,
    };
    if let Some(unit) = unit {
        put(&mut base, unit, "0");
    }
    let first = reads.own.first().copied();
    let own = first
        .and_then(|place| case.draft.get(place))
        .unwrap_or_default();
    let mut texts = related(maker, field, None, own, reads);
    texts.extend(independent(maker, field, None, reads));
    for text in &texts {
        let mut one = base.clone();
        put(&mut one, field, text);
        all.push(vec![one]);
    }
    // So many with different values.
    let mut several: Vec<Body> = Vec::new();
    while several.len() < MOST {
        let mut one = base.clone();
        put(&mut one, field, &maker.value(field));
        several.push(one);
        all.push(several.clone());
    }
    all
}

/// What a reference finds: nothing, or a record for each item.
fn referred(
    maker: &Maker<'_>,
    case: &Case<'_>,
    field: FieldIndex,
    beside: &[FieldIndex],
    to: &[Elsewhere],
) -> Vec<Given> {
    let nothing: Given = to
        .iter()
        .map(|target| (target.dataset, Vec::new()))
        .collect();
    let mut all = vec![nothing.clone()];
    for target in to {
        let Some(dataset) = maker.context.edition.by_code(target.dataset) else {
            continue;
        };
        let mut bodies = Vec::new();
        for item in case.draft.get(field).into_iter().flat_map(items) {
            let mut body = Body::new();
            if let Some(column) = dataset.field(target.field) {
                put(&mut body, column, item);
            }
            for (&own, &theirs) in beside.iter().zip(&target.beside) {
                if let (Some(text), Some(column)) = (case.draft.get(own), dataset.field(theirs)) {
                    put(&mut body, column, items(text).next().unwrap_or_default());
                }
            }
            bodies.push(body);
        }
        let mut given = nothing.clone();
        given.insert(target.dataset, bodies.into_iter().map(Arc::new).collect());
        all.push(given);
    }
    all
}

/// The record's own current version, with other values of a field.
fn versions(
    maker: &mut Maker<'_>,
    case: &Case<'_>,
    place: FieldIndex,
    reads: &Reads<'_>,
) -> Vec<Given> {
    let dataset = case.draft.dataset;
    let (Some(field), Some(text)) = (dataset.field(place), case.draft.get(place)) else {
        return Vec::new();
    };
    let mut texts = related(maker, field, None, text, reads);
    texts.extend([maker.value(field), maker.strange(field)]);
    texts
        .iter()
        .map(|text| {
            let mut body = parts(case, dataset, &dataset.key);
            put(&mut body, field, text);
            Given::from([(dataset.code, vec![Arc::new(body)])])
        })
        .collect()
}

/// Some fields of the judged record.
fn parts(case: &Case<'_>, dataset: &Dataset, places: &[FieldIndex]) -> Body {
    let mut body = Body::new();
    for &place in places {
        if let (Some(field), Some(text)) = (dataset.field(place), case.draft.get(place)) {
            put(&mut body, field, text);
        }
    }
    body
}

/// Other records of the same data set that share the fields of a group.
fn siblings(
    maker: &mut Maker<'_>,
    case: &Case<'_>,
    place: FieldIndex,
    group: &[FieldIndex],
    reads: &Reads<'_>,
) -> Vec<Given> {
    let dataset = case.draft.dataset;
    let (Some(field), Some(own)) = (dataset.field(place), case.draft.get(place)) else {
        return Vec::new();
    };
    let mut all = vec![Vec::new()];
    let related = related(maker, field, None, own, reads);
    let base = parts(case, dataset, group);
    let start = reads.figures.first().copied().unwrap_or(1.0) as i64;
    for count in 1..=MOST {
        let mut sets: [Vec<Body>; 4] = Default::default();
        for number in 0..count {
            let texts = [
                own.to_owned(),
                maker.value(field),
                (start + number as i64).to_string(),
                related
                    .get((count + number) % related.len().max(1))
                    .cloned()
                    .unwrap_or_default(),
            ];
            for (set, text) in sets.iter_mut().zip(&texts) {
                let mut body = base.clone();
                put(&mut body, field, text);
                for &other in reads.own.iter().chain(&dataset.key) {
                    if let Some(column) = dataset.field(other)
                        && !body.contains_key(&column.id)
                    {
                        put(&mut body, column, &maker.value(column));
                    }
                }
                set.push(body);
            }
        }
        all.extend(sets);
    }
    all.into_iter()
        .map(|bodies| {
            let bodies = bodies.into_iter().map(Arc::new).collect();
            Given::from([(dataset.code, bodies)])
        })
        .collect()
}
