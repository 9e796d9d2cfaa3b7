//! Rules that one record shows by itself. A rule that needs a field which is absent or unsound stays silent,
//! except where absence is what it is about.

use super::figures::Side;
use super::finding::{Draft, label};
use super::pairs::{self, Violation};
use super::{filled, formed, instants};
use crate::explain;
use crate::normalize::{Normalized, items};
use crate::rule::{Check, Condition, Operand};
use crate::{CodeTable, Context, FieldIndex, Issue, Rule, Severity};

/// What rules need besides the record.
#[derive(Debug)]
pub(super) struct Bench<'c> {
    pub context: &'c Context<'c>,
    pub regions: Option<&'c CodeTable>,
    /// Time of receipt in digits.
    pub now: instants::Digits,
}

impl<'c> Bench<'c> {
    pub fn new(context: &'c Context<'c>) -> Self {
        Bench {
            context,
            regions: context.edition.codes.get("region").map(AsRef::as_ref),
            now: instants::digits(context.received),
        }
    }
}

/// Judges a record by the rules that need nothing else.
pub(super) fn judge(bench: &Bench<'_>, record: &Normalized<'_, '_>, issues: &mut Vec<Issue>) {
    for rule in &record.dataset.rules {
        if !applies(rule, record) {
            continue;
        }
        if let Some((field, operand)) = pairs::sides(&rule.check) {
            if let Some(violation) = compare(rule, record, field, operand) {
                issues.push(issue(rule, record, violation));
            }
            continue;
        }
        let mut tell = |violation| issues.push(issue(rule, record, violation));
        if !filled::judge(&rule.check, record, &mut tell) {
            formed::judge(bench, &rule.check, record, &mut tell);
        }
    }
}

fn compare(
    rule: &Rule,
    record: &Normalized<'_, '_>,
    field: FieldIndex,
    operand: &Operand,
) -> Option<Violation> {
    let right = match operand {
        Operand::Field(other) => Side::own(record, *other)?,
        Operand::Value(text) => Side::fixed(text),
        Operand::Joined(..) => return None,
    };
    let left = Side::own(record, field)?;
    if pairs::holds(&rule.check, &left, &right)? {
        return None;
    }
    Some(pairs::violation(&rule.check, field, &left, &right))
}

/// Whether all conditions of a rule hold.
pub(crate) fn applies(rule: &Rule, record: &Normalized<'_, '_>) -> bool {
    rule.when.iter().all(|condition| match condition {
        Condition::In(field, values) => record
            .text(*field)
            .is_some_and(|text| items(text).any(|item| values.iter().any(|value| value == item))),
        Condition::Greater(field, bound) => {
            figure(record, *field).is_some_and(|number| number > *bound)
        }
        Condition::Less(field, bound) => {
            figure(record, *field).is_some_and(|number| number < *bound)
        }
        Condition::Length(field, length) => record
            .text(*field)
            .is_some_and(|text| text.chars().count() == *length as usize),
        Condition::Present(field) => record.value(*field).is_some(),
        Condition::Absent(field) => record.value(*field).is_none(),
    })
}

fn figure(record: &Normalized<'_, '_>, field: FieldIndex) -> Option<f64> {
    record.text(field)?.parse().ok()
}

/// The finding that a violation of a rule is.
pub(super) fn issue(rule: &Rule, record: &Normalized<'_, '_>, violation: Violation) -> Issue {
    weighed(rule, record, violation, rule.severity)
}

/// The same, with another severity than the rule's.
pub(super) fn weighed(
    rule: &Rule,
    record: &Normalized<'_, '_>,
    violation: Violation,
    severity: Severity,
) -> Issue {
    let Violation {
        field,
        code,
        found,
        expected,
    } = violation;
    let mut draft = Draft::new(code, severity);
    draft.rule = Some(rule.id.clone());
    draft.clause.clone_from(&rule.clause);
    // Where absence or presence is what is wrong, the reason stands in another field.
    let help = match &rule.check {
        Check::RequiredIf { .. } | Check::ForbiddenIf { .. } => explain::because(rule, record),
        _ => None,
    };
    let Some(described) = record.dataset.field(field) else {
        return draft
            .found(found)
            .expected(expected)
            .say(rule.zh.clone(), rule.en.clone());
    };
    draft = draft.on(described);
    draft.at = record.value(field).map(|value| value.at);
    let name = label(described);
    let seen = if found.is_empty() { "未填" } else { &found };
    let seen_en = if found.is_empty() { "missing" } else { &found };
    let zh = format!("{name}：{}（实际：{seen}；应：{expected}）", rule.zh);
    let en = format!("{}: {} (found: {seen_en})", described.id, rule.en);
    Issue {
        help,
        ..draft.found(found).expected(expected).say(zh, en)
    }
}
