//! Stories of several records earn what they are told for.

use super::super::{Plot, Setting, story};
use super::*;
use crate::{Check, Dataset};

fn has(set: &Dataset, is: impl Fn(&Check) -> bool) -> bool {
    set.rules.iter().any(|rule| is(&rule.check))
}

#[test]
fn every_kind_of_story_is_told_and_earns_its_finding() -> Result<(), LoadError> {
    let spec = Spec::embedded()?;
    let Some(edition) = spec.edition("3.0") else {
        return Ok(());
    };
    let mut maker = Maker::new(context(edition), 13);
    let forbidden = edition.datasets.last();
    for plot in Plot::ALL {
        let (mut told, mut tried) = (0, 0);
        // Few data sets require a file, or have a value that only one record may hold, or that never changes.
        let fits = |set: &&Dataset| match plot {
            Plot::Unattached => !set.required_attachments.is_empty(),
            Plot::Twice => has(set, |check| matches!(check, Check::Unique { .. })),
            Plot::Changed => has(
                set,
                |check| matches!(check, Check::Immutable { field } if !set.key.contains(field)),
            ),
            _ => set.code.is_multiple_of(6),
        };
        for dataset in edition.datasets.iter().filter(fits) {
            let setting = Setting {
                parents: true,
                forbidden,
            };
            tried += 1;
            let Some(story) = story(&mut maker, edition, dataset, plot, setting) else {
                continue;
            };
            told += 1;
            let planted = |findings: &[super::super::Expected]| {
                findings
                    .first()
                    .is_some_and(|first| first.code == plot.code())
            };
            let last = story.last();
            let earned = last.is_some_and(|last| {
                planted(&last.expected) || last.hub.as_deref().is_some_and(planted)
            });
            assert!(earned, "{plot:?} {}: {last:?}", dataset.id);
            // What a check of the file cannot know, it does not say.
            let silent = matches!(plot, Plot::Absent | Plot::Unattached | Plot::Late);
            let said = last.is_some_and(|last| planted(&last.expected));
            assert_eq!(said, !silent, "{plot:?} {}", dataset.id);
        }
        let least = match plot {
            Plot::Stranger | Plot::Forbidden | Plot::Unexplained => tried,
            _ => 1,
        };
        assert!(told >= least, "{plot:?} in {told} of {tried} data sets");
    }
    Ok(())
}
