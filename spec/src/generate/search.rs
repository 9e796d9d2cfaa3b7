//! Looks for a case near a given one that reaches a goal: changes are proposed, the engine judges them, the best
//! stays. The search is bounded; it may come back with nothing.

use super::goal::{Goal, avoidable, distance, reached};
use super::moves::{away_from, of_finding, of_rule};
use super::{Case, Draft, Maker};
use crate::{Dataset, Edition, FieldIndex, Issue, Rule, Severity};

/// Steps of one search.
const STEPS: usize = 40;
/// Beginnings of one search for a sound record.
const BEGINNINGS: usize = 8;

/// A sound record of a data set: required fields, and `share` of a thousand of the others. Rules that only other
/// records show are silent about it. Comes with what could not be avoided: warnings of unconfirmed lists, and of
/// rules that no search of this length can satisfy.
pub fn sound<'s>(maker: &mut Maker<'_>, dataset: &'s Dataset, share: usize) -> Draft<'s> {
    let mut best: Option<(usize, Draft<'s>)> = None;
    for _ in 0..BEGINNINGS {
        let draft = maker.fill(dataset, share);
        let case = Case::alone(draft, &maker.context);
        let (case, far) = search(maker, case, Goal::Sound, &[]);
        let findings = case.judge(maker.context.edition);
        let done = !findings.iter().any(avoidable);
        if best.as_ref().is_none_or(|(held, _)| far < *held) {
            best = Some((far, case.draft));
        }
        if done {
            break;
        }
    }
    best.map_or_else(|| Draft::new(dataset), |(_, draft)| draft)
}

/// A case near `base` in which the rule applies, has all that it reads, and finds nothing.
pub fn kept<'s>(maker: &mut Maker<'_>, base: &Case<'s>, rule: &Rule) -> Option<Case<'s>> {
    towards(maker, base, Goal::Kept(rule))
}

/// A case near `base` in which the rule finds something; other findings are avoided where they can be.
pub fn broken<'s>(maker: &mut Maker<'_>, base: &Case<'s>, rule: &Rule) -> Option<Case<'s>> {
    towards(maker, base, Goal::Broken(rule))
}

fn towards<'s>(maker: &mut Maker<'_>, base: &Case<'s>, goal: Goal<'_>) -> Option<Case<'s>> {
    let (case, far) = search(maker, base.clone(), goal, &[]);
    reached(far).then(|| shrunk(maker.context.edition, base, case, goal, far))
}

/// The nearest case that was found, and how far from the goal it is. What stands in `fixed` stays as it is.
pub(super) fn search<'s>(
    maker: &mut Maker<'_>,
    start: Case<'s>,
    goal: Goal<'_>,
    fixed: &[FieldIndex],
) -> (Case<'s>, usize) {
    let edition = maker.context.edition;
    let mut issues = start.judge(edition);
    let mut far = distance(edition, goal, &start, &issues);
    let mut case = start;
    let mut idle = 0;
    for _ in 0..STEPS {
        let mut proposed = proposals(maker, &case, goal, far, &issues);
        let same =
            |next: &Case<'_>, place: FieldIndex| next.draft.get(place) == case.draft.get(place);
        proposed.retain(|next| fixed.iter().all(|&place| same(next, place)));
        if proposed.is_empty() || idle > 6 {
            break;
        }
        let mut best: Option<(usize, Case<'s>, Vec<Issue>)> = None;
        for next in proposed {
            let found = next.judge(edition);
            let there = distance(edition, goal, &next, &found);
            // A step aside is better than none.
            if best.as_ref().is_none_or(|(held, ..)| there < *held) {
                best = Some((there, next, found));
            }
            if there == 0 {
                break;
            }
        }
        match best {
            Some((there, next, found)) if there <= far => {
                idle = if there < far { 0 } else { idle + 1 };
                (far, case, issues) = (there, next, found);
            }
            _ => idle += 1,
        }
    }
    (case, far)
}

/// Changes that lead towards the goal, in no particular order; none when it is reached.
fn proposals<'s>(
    maker: &mut Maker<'_>,
    case: &Case<'s>,
    goal: Goal<'_>,
    far: usize,
    issues: &[Issue],
) -> Vec<Case<'s>> {
    let mut proposed = match goal {
        Goal::Kept(rule) | Goal::Broken(rule) if !reached(far) => of_rule(maker, case, rule),
        _ => {
            let wanted = match goal {
                Goal::Broken(rule) => Some(&rule.id),
                _ => None,
            };
            let others: Vec<&Issue> = issues
                .iter()
                .filter(|issue| {
                    avoidable(issue) && (wanted.is_none() || issue.rule.as_ref() != wanted)
                })
                .collect();
            // What rejects comes first.
            let errors: Vec<&Issue> = others
                .iter()
                .copied()
                .filter(|issue| issue.severity == Severity::Error)
                .collect();
            let others = if errors.is_empty() { others } else { errors };
            let Some(issue) = others.get(maker.random.below(others.len())) else {
                return Vec::new();
            };
            let mut all = of_finding(maker, case, issue);
            let mut rules = case.draft.dataset.rules.iter();
            if let Some(rule) = rules.find(|rule| Some(&rule.id) == issue.rule.as_ref()) {
                all.extend(away_from(maker, case, rule));
                // Others are what the goal put there.
                all.extend(
                    of_rule(maker, case, rule)
                        .into_iter()
                        .filter(|next| next.given == case.given),
                );
            }
            all
        }
    };
    shuffle(maker, &mut proposed);
    proposed
}

fn shuffle<T>(maker: &mut Maker<'_>, list: &mut [T]) {
    for place in (1..list.len()).rev() {
        let other = maker.random.below(place + 1);
        list.swap(place, other);
    }
}

/// The case with every change taken back that the goal does not need.
fn shrunk<'s>(
    edition: &Edition,
    base: &Case<'s>,
    case: Case<'s>,
    goal: Goal<'_>,
    far: usize,
) -> Case<'s> {
    let mut case = case;
    let fits = |next: &Case<'s>| distance(edition, goal, next, &next.judge(edition)) <= far;
    for place in 0..case.draft.dataset.fields.len() {
        let place = place as FieldIndex;
        let before = base.draft.get(place);
        if case.draft.get(place) != before {
            let mut next = case.clone();
            next.draft.set(place, before.map(str::to_owned));
            if fits(&next) {
                case = next;
            }
        }
    }
    let whole = case.given.clone();
    for (dataset, bodies) in &whole {
        let mut next = case.clone();
        next.given.remove(dataset);
        if fits(&next) {
            case = next;
            continue;
        }
        // Where a rule holds, the engine does not show which fields it read.
        if matches!(goal, Goal::Kept(_)) {
            continue;
        }
        for (place, body) in bodies.iter().enumerate().rev() {
            for name in body.keys() {
                let mut next = case.clone();
                let held = next
                    .given
                    .get_mut(dataset)
                    .and_then(|held| held.get_mut(place));
                if let Some(held) = held {
                    std::sync::Arc::make_mut(held).remove(name);
                    if fits(&next) {
                        case = next;
                    }
                }
            }
        }
    }
    case
}
