//! Records of one data set, some of them faulty, as a sender would send them: what only other records show is not
//! planted here (see `plot`), so that whoever judges the batch by itself finds what is expected.

use super::faults::{Expected, Fault, Faulty, plant};
use super::moves::stands_alone;
use super::search::{broken, sound};
use super::{Case, Draft, Maker, family};
use crate::{Dataset, Edition, Rule};

/// Optional fields that are filled, of a thousand.
pub(super) const SHARE: usize = 350;
/// Faults that are tried on a record before it stays sound.
const TRIES: usize = 6;

/// Makes a record behind the records that it refers to, each sound but for the last, which is faulty in `faults` of a
/// thousand cases, in one of these kinds or against a rule. Expected is what the record shows by itself.
pub fn with_parents<'s>(
    maker: &mut Maker<'_>,
    edition: &'s Edition,
    dataset: &'s Dataset,
    faults: (usize, &[Fault]),
) -> Vec<Faulty<'s>> {
    let family = family(maker, edition, dataset, SHARE);
    let last = family.len().saturating_sub(1);
    let of_place = |(place, draft)| {
        let faults = if place == last { faults } else { (0, faults.1) };
        spoiled(maker, draft, faults)
    };
    family.into_iter().enumerate().map(of_place).collect()
}

/// Makes a record; faulty in `faults` of a thousand cases. What is expected of a sound one are the warnings that its
/// data set cannot avoid.
pub fn record<'s>(
    maker: &mut Maker<'_>,
    dataset: &'s Dataset,
    faults: (usize, &[Fault]),
) -> Faulty<'s> {
    let draft = sound(maker, dataset, SHARE);
    spoiled(maker, draft, faults)
}

fn spoiled<'s>(
    maker: &mut Maker<'_>,
    draft: Draft<'s>,
    (share, kinds): (usize, &[Fault]),
) -> Faulty<'s> {
    let spoiled = maker.random.permille(share);
    let planted = (0..TRIES)
        .filter(|_| spoiled)
        .find_map(|_| spoil(maker, &Case::alone(draft.clone(), &maker.context), kinds));
    planted.unwrap_or_else(|| {
        let case = Case::alone(draft, &maker.context);
        let issues = case.judge(maker.context.edition);
        Faulty {
            draft: case.draft,
            expected: issues.iter().map(Expected::from).collect(),
            hub: None,
        }
    })
}

/// A fault of any kind: of structure, or against a rule that one record shows by itself.
fn spoil<'s>(maker: &mut Maker<'_>, case: &Case<'s>, kinds: &[Fault]) -> Option<Faulty<'s>> {
    let rules: Vec<&Rule> = case
        .draft
        .dataset
        .rules
        .iter()
        .filter(|rule| stands_alone(rule))
        .collect();
    // As often a rule as all the rest.
    let choice = maker.random.below(kinds.len() * 2);
    if let Some(&fault) = kinds.get(choice) {
        return plant(maker, &case.draft, fault);
    }
    let rule = *rules.get(maker.random.below(rules.len()))?;
    let case = broken(maker, case, rule)?;
    let issues = case.judge(maker.context.edition);
    let mut expected: Vec<Expected> = issues.iter().map(Expected::from).collect();
    let first = expected
        .iter()
        .position(|finding| finding.rule.as_ref() == Some(&rule.id))?;
    expected.swap(0, first);
    Some(Faulty {
        draft: case.draft,
        expected,
        hub: None,
    })
}
