//! How far a case is from what is wanted of it: all rules kept, one of them broken, or one of them shown to be kept.

use super::Case;
use super::reads::reads;
use crate::rule::Days;
use crate::{Check, DatasetCode, Edition, FieldIndex, Issue, IssueCode, Rule, Severity};

/// What one rule says of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It does not apply, or lacks something that it reads.
    Silent,
    /// It applies, has all that it reads, and finds nothing.
    Holds,
    /// It finds something.
    Broken,
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal<'r> {
    /// No finding at all.
    Sound,
    /// The rule holds, and does so out loud.
    Kept(&'r Rule),
    /// The rule finds something, and nothing else does.
    Broken(&'r Rule),
}

/// What a rule misses before it speaks, as a distance; 0 when it has all.
fn missing(edition: &Edition, case: &Case<'_>, rule: &Rule) -> usize {
    let draft = &case.draft;
    let absent = |place: &FieldIndex| draft.get(*place).is_none();
    let conditions = rule.when.iter().filter(|condition| {
        let text = draft.get(condition.field());
        !condition.holds(text, text.is_some())
    });
    let reads = reads(draft.dataset, rule);
    let own = match &rule.check {
        _ if reads.about_presence => 0,
        // Two lists are enough to be compared.
        Check::ListSameLength { fields } => {
            2_usize.saturating_sub(fields.iter().filter(|place| !absent(place)).count())
        }
        _ => reads.own.iter().filter(|place| absent(place)).count(),
    };
    let known = |dataset: &DatasetCode| case.given.contains_key(dataset);
    let filled =
        |dataset: &DatasetCode| case.given.get(dataset).is_some_and(|held| !held.is_empty());
    // Some record beside holds the field.
    let shown = |code: DatasetCode, place: FieldIndex| {
        let name = edition
            .by_code(code)
            .and_then(|dataset| dataset.field(place))
            .map(|field| &field.id);
        let mut held = case.given.get(&code).into_iter().flatten();
        name.is_some_and(|name| held.any(|body| body.contains_key(name)))
    };
    let code = draft.dataset.code;
    let mut others = 0;
    for joined in &reads.joined {
        let other = joined.join.dataset;
        let there = match joined.field {
            Some(field) => shown(other, field),
            None => known(&other),
        };
        others += usize::from(!there);
        if let Some(Days::Joined(days)) = rule.check.days() {
            others += usize::from(!shown(other, days));
        }
    }
    others += match &rule.check {
        Check::Reference { to, .. } => to.iter().filter(|to| !known(&to.dataset)).count(),
        Check::Immutable { field } | Check::Monotone { field } | Check::Unique { field, .. } => {
            usize::from(!shown(code, *field))
        }
        Check::Group { .. } => usize::from(!known(&code)),
        Check::SourceRegistered { .. } => usize::from(case.platforms.is_empty()),
        Check::AttachmentRequired { .. } => usize::from(case.attachments.is_none()),
        _ => 0,
    };
    let parent = rule.when_parent.as_ref();
    others += parent.map_or(0, |join| usize::from(!filled(&join.dataset)));
    let unless = rule.unless.as_ref();
    others += unless.map_or(0, |join| usize::from(!known(&join.dataset)));
    conditions.count() * 5 + own * 2 + others
}

/// What a rule says of a case, given what the engine found.
fn outcome_of(edition: &Edition, case: &Case<'_>, rule: &Rule, issues: &[Issue]) -> Outcome {
    if issues
        .iter()
        .any(|issue| issue.rule.as_ref() == Some(&rule.id))
    {
        Outcome::Broken
    } else if missing(edition, case, rule) == 0 {
        Outcome::Holds
    } else {
        Outcome::Silent
    }
}

/// What a rule says of a case.
pub fn outcome(edition: &Edition, case: &Case<'_>, rule: &Rule) -> Outcome {
    outcome_of(edition, case, rule, &case.judge(edition))
}

/// Whether a finding can be avoided: a list whose values nobody has confirmed always earns one.
pub(super) fn avoidable(issue: &Issue) -> bool {
    issue.code != IssueCode::CodeUnverified
}

fn weight(issue: &Issue) -> usize {
    match issue.severity {
        _ if !avoidable(issue) => 1,
        // No rule is kept by leaving out what is required, and no number of warnings is worth an error.
        _ if issue.code == IssueCode::FieldRequired => 5000,
        Severity::Error => 1000,
        Severity::Warning => 10,
    }
}

/// Distance of what is far from a goal.
const FAR: usize = 10_000_000;
/// Distance of each thing that a rule lacks before it speaks.
const LACK: usize = 100_000;

/// How far a case is from the goal, given what the engine found: see [`reached()`]. What is left then are findings beside
/// it.
pub(super) fn distance(
    edition: &Edition,
    goal: Goal<'_>,
    case: &Case<'_>,
    issues: &[Issue],
) -> usize {
    let besides = |rule: &Rule| {
        issues
            .iter()
            .filter(|issue| issue.rule.as_ref() != Some(&rule.id))
            .map(weight)
            .sum::<usize>()
    };
    match goal {
        Goal::Sound => issues.iter().map(weight).sum(),
        Goal::Broken(rule) => match outcome_of(edition, case, rule, issues) {
            Outcome::Broken => besides(rule),
            _ => FAR + LACK * missing(edition, case, rule) + besides(rule),
        },
        Goal::Kept(rule) => match outcome_of(edition, case, rule, issues) {
            Outcome::Holds => besides(rule),
            Outcome::Broken => FAR + LACK / 2 + besides(rule),
            Outcome::Silent => FAR + LACK * missing(edition, case, rule) + besides(rule),
        },
    }
}

/// Whether a distance means that the goal is reached.
pub(super) fn reached(distance: usize) -> bool {
    distance < FAR
}
