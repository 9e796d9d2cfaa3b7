//! Rules that one record shows by itself. A rule that needs a field which is absent or unsound stays silent,
//! except where absence is what it is about.

use super::figures::Side;
use super::finding::{Draft, label};
use super::pairs::{Pair, Violation};
use super::{filled, formed, instants};
use crate::explain;
use crate::normalize::Normalized;
use crate::rule::{Check, Days, Operand, Stage};
use crate::{CodeTable, Context, FieldIndex, Issue, Message, Rule, Severity};

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
        if rule.is_gated() || rule.stage != Stage::Arrival || !applies(rule, record) {
            continue;
        }
        alone(bench, &rule.check, record, &mut |violation| {
            issues.push(issue(rule, record, violation));
        });
    }
}

/// Judges a check that needs nothing but the record; others are passed over.
pub(super) fn alone(
    bench: &Bench<'_>,
    check: &Check,
    record: &Normalized<'_, '_>,
    tell: &mut impl FnMut(Violation),
) {
    if let Some((field, operand)) = check.sides() {
        if let Some(violation) = compare(bench, check, record, field, operand) {
            tell(violation);
        }
    } else if !filled::judge(check, record, tell) {
        formed::judge(bench, check, record, tell);
    }
}

fn compare(
    bench: &Bench<'_>,
    check: &Check,
    record: &Normalized<'_, '_>,
    field: FieldIndex,
    operand: &Operand,
) -> Option<Violation> {
    let right = match operand {
        Operand::Field(other) => Side::own(record, *other)?,
        Operand::Value(text) => Side::fixed(text),
        Operand::Joined(..) => return None,
    };
    let pair = Pair {
        check,
        field,
        left: Side::own(record, field)?,
        right,
        days: days(check, record, |_| None),
        calendar: &bench.context.edition.calendar,
    };
    (!pair.holds()?).then(|| pair.violation())
}

/// The number of days that a check asks for; `joined` reads a field of the joined record.
pub(super) fn days<'t>(
    check: &Check,
    record: &'t Normalized<'_, '_>,
    joined: impl FnOnce(FieldIndex) -> Option<&'t str>,
) -> Option<i64> {
    let text = match check.days()? {
        Days::Fixed(days) => return Some(days),
        Days::Own(field) => record.text(field)?,
        Days::Joined(field) => joined(field)?,
    };
    text.parse().ok()
}

/// Whether all conditions on the record itself hold.
pub(crate) fn applies(rule: &Rule, record: &Normalized<'_, '_>) -> bool {
    rule.when.iter().all(|condition| {
        let field = condition.field();
        condition.holds(record.text(field), record.value(field).is_some())
    })
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
    let (name, name_en) = match record.dataset.field(field) {
        Some(described) => {
            draft = draft.on(described);
            draft.at = record.value(field).map(|value| value.at);
            (label(described), described.id.as_str())
        }
        None => (record.dataset.name.clone(), record.dataset.id.as_str()),
    };
    let seen = if found.is_empty() { "未填" } else { &found };
    let seen_en = if found.is_empty() { "missing" } else { &found };
    let Message {
        zh: want,
        en: want_en,
    } = expected;
    let zh = format!("{name}：{}（实际：{seen}；应：{want}）", rule.zh);
    let en = format!(
        "{name_en}: {} (found: {seen_en}; expected: {want_en})",
        rule.en
    );
    Issue {
        help,
        ..draft.found(found).wanted(want, want_en).say(zh, en)
    }
}
