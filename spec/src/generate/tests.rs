//! What is made of any data set is what the engine says it is.

mod plots;

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Case, Draft, Fault, Maker, family, plant, sound};
use crate::{Context, IssueCode, LoadError, Severity, Spec};

fn context(edition: &crate::Edition) -> Context<'_> {
    Context {
        edition,
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    }
}

fn texts(draft: &Draft<'_>) -> Vec<(String, String)> {
    let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    draft.pairs().map(own).collect()
}

#[test]
fn structure_codes_and_identifiers_are_sound_in_every_data_set() -> Result<(), LoadError> {
    let spec = Spec::embedded()?;
    for edition in &spec.editions {
        let mut maker = Maker::new(context(edition), 7);
        for dataset in &edition.datasets {
            for _ in 0..5 {
                let draft = maker.fill(dataset, 400);
                let issues = Case::alone(draft.clone(), &maker.context).judge(edition);
                let wrong = issues
                    .iter()
                    .find(|issue| issue.rule.is_none() && issue.code != IssueCode::CodeUnverified);
                assert_eq!(wrong, None, "{} {:?}", dataset.id, texts(&draft));
            }
        }
    }
    Ok(())
}

#[test]
fn the_same_seed_makes_the_same_records() -> Result<(), LoadError> {
    let spec = Spec::embedded()?;
    for edition in &spec.editions {
        let (mut one, mut two) = (
            Maker::new(context(edition), 3),
            Maker::new(context(edition), 3),
        );
        let mut three = Maker::new(context(edition), 4);
        for dataset in &edition.datasets {
            let made = texts(&one.fill(dataset, 400));
            assert_eq!(made, texts(&two.fill(dataset, 400)));
            assert_ne!(made, texts(&three.fill(dataset, 400)));
        }
    }
    Ok(())
}

#[test]
fn every_kind_of_fault_is_planted_and_found() -> Result<(), LoadError> {
    let spec = Spec::embedded()?;
    for edition in &spec.editions {
        let mut maker = Maker::new(context(edition), 11);
        let mut planted = [0; Fault::ALL.len()];
        for dataset in &edition.datasets {
            let sound = maker.fill(dataset, 400);
            for (fault, count) in Fault::ALL.into_iter().zip(&mut planted) {
                if let Some(faulty) = plant(&mut maker, &sound, fault) {
                    *count += 1;
                    assert_eq!(
                        faulty.expected.first().map(|first| first.code),
                        Some(fault.code())
                    );
                    let in_text = fault.is_in_text();
                    assert_eq!(texts(&faulty.draft) != texts(&sound), in_text);
                }
            }
        }
        let all = edition.datasets.len();
        for (fault, count) in Fault::ALL.into_iter().zip(planted) {
            let least = match fault {
                Fault::Missing | Fault::Unknown | Fault::Repeated | Fault::Type => all,
                // Few tables have had values that are gone, and not every data set draws on one that is open.
                Fault::Expired => 1,
                Fault::Unverified => all / 5,
                _ => all / 2,
            };
            assert!(count >= least, "{fault:?} in {count} of {all} data sets");
        }
    }
    Ok(())
}

#[test]
fn a_sound_record_keeps_every_rule_that_it_shows_by_itself() -> Result<(), LoadError> {
    let spec = Spec::embedded()?;
    for edition in &spec.editions {
        let mut maker = Maker::new(context(edition), 5);
        let mut warned = 0;
        for dataset in &edition.datasets {
            let draft = sound(&mut maker, dataset, 350);
            let issues = Case::alone(draft.clone(), &maker.context).judge(edition);
            let error = issues
                .iter()
                .find(|issue| issue.severity == Severity::Error);
            assert_eq!(error, None, "{} {:?}", dataset.id, texts(&draft));
            let avoidable = |issue: &crate::Issue| issue.code != IssueCode::CodeUnverified;
            warned += usize::from(issues.iter().any(avoidable));
        }
        // Now and then chance leads into a corner that a short search does not leave.
        assert!(warned * 20 <= edition.datasets.len(), "{warned} warned of");
    }
    Ok(())
}

#[test]
fn every_record_of_a_family_finds_what_it_names() -> Result<(), LoadError> {
    let spec = Spec::embedded()?;
    for edition in spec.editions.iter().rev().take(1) {
        let mut maker = Maker::new(context(edition), 9);
        let mut grown = 0;
        for dataset in edition.datasets.iter().step_by(3) {
            let family = family(&mut maker, edition, dataset, 200);
            grown += usize::from(family.len() > 1);
            let last = family.last().map(|draft| draft.dataset.code);
            assert_eq!(last, Some(dataset.code));
            let mut held = super::Given::new();
            // A data set that is asked but was not made holds nothing.
            held.extend(
                edition
                    .datasets
                    .iter()
                    .map(|other| (other.code, Vec::new())),
            );
            for draft in family {
                let case = Case {
                    given: held.clone(),
                    ..Case::alone(draft.clone(), &maker.context)
                };
                let issues = case.judge(edition);
                let wrong = issues.iter().find(|issue| {
                    issue.severity == Severity::Error || issue.code == IssueCode::ReferenceMissing
                });
                assert_eq!(wrong, None, "{} {:?}", dataset.id, texts(&draft));
                let own = |(name, text): (&str, &str)| (name.to_owned(), Json::from(text));
                let body = draft.pairs().map(own).collect();
                held.entry(draft.dataset.code)
                    .or_default()
                    .push(Arc::new(body));
            }
        }
        assert!(grown * 6 > edition.datasets.len(), "{grown} with parents");
    }
    Ok(())
}
