//! What is made of any data set is what the engine says it is.

use super::{Case, Draft, Fault, Maker, plant};
use crate::{Context, IssueCode, LoadError, Spec};

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
                let draft = maker.fill(dataset);
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
            let made = texts(&one.fill(dataset));
            assert_eq!(made, texts(&two.fill(dataset)));
            assert_ne!(made, texts(&three.fill(dataset)));
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
            let sound = maker.fill(dataset);
            for (fault, count) in Fault::ALL.into_iter().zip(&mut planted) {
                if let Some(faulty) = plant(&mut maker, &sound, fault) {
                    *count += 1;
                    assert_eq!(
                        faulty.expected.first().map(|first| first.code),
                        Some(fault.code())
                    );
                    assert_ne!(texts(&faulty.draft), texts(&sound));
                }
            }
        }
        let all = edition.datasets.len();
        for (fault, count) in Fault::ALL.into_iter().zip(planted) {
            let least = if matches!(fault, Fault::Missing | Fault::Unknown) {
                all
            } else {
                all / 2
            };
            assert!(count >= least, "{fault:?} in {count} of {all} data sets");
        }
    }
    Ok(())
}
