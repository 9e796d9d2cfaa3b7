//! Rules that a centre switches off: lateness while old years are loaded, for example.
//!
//! What is switched off is part of the specification that judged: it enters the digest that every receipt names.

use std::sync::Arc;

use crate::{Check, Edition, Spec};

/// The name under which the list enters the specification's files.
const FILE: &str = "muted-rules";

impl Spec {
    /// Takes rules out of every edition, by identifier or by a beginning that ends in `*`. Returns the words that
    /// name no rule of any edition; then nothing was taken out for them.
    pub fn mute(&mut self, words: &[String]) -> Vec<String> {
        let mut idle: Vec<String> = words.to_vec();
        for edition in &mut self.editions {
            // Nobody else holds an edition before the specification is put to work.
            let Some(edition) = Arc::get_mut(edition) else {
                return words.to_vec();
            };
            let muted = mute(edition, words, &mut idle);
            if !muted.is_empty() {
                edition
                    .files
                    .push((FILE.to_owned(), muted.join("\n").into_bytes()));
            }
        }
        idle
    }
}

impl Spec {
    /// Takes out the rules about lateness: what is only looked at, and not received, cannot come late.
    pub fn mute_lateness(&mut self) {
        for edition in self.editions.iter_mut().filter_map(Arc::get_mut) {
            for dataset in &mut edition.datasets {
                dataset
                    .rules
                    .retain(|rule| !matches!(rule.check, Check::TimelinessHours { .. }));
            }
        }
    }
}

fn mute(edition: &mut Edition, words: &[String], idle: &mut Vec<String>) -> Vec<String> {
    let mut muted = Vec::new();
    for dataset in &mut edition.datasets {
        dataset.rules.retain(|rule| {
            let Some(word) = words.iter().find(|word| names(word, &rule.id)) else {
                return true;
            };
            idle.retain(|other| other != word);
            muted.push(rule.id.to_string());
            false
        });
    }
    muted.sort_unstable();
    muted.dedup();
    muted
}

fn names(word: &str, id: &str) -> bool {
    word.strip_suffix('*')
        .map_or(word == id, |beginning| id.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use crate::{LoadError, Spec};

    fn rules(spec: &Spec) -> usize {
        spec.editions
            .iter()
            .flat_map(|edition| &edition.datasets)
            .map(|dataset| dataset.rules.len())
            .sum()
    }

    #[test]
    fn named_rules_are_gone_and_the_digest_knows() -> Result<(), LoadError> {
        let whole = Spec::embedded()?;
        let mut spec = Spec::embedded()?;
        let idle = spec.mute(&[
            "all.timely_*".to_owned(),
            "501.prefix".to_owned(),
            "no.such".to_owned(),
        ]);
        assert_eq!(idle, ["no.such"]);
        assert!(rules(&spec) < rules(&whole));
        let left = |id: &str| {
            let all = spec
                .editions
                .iter()
                .flat_map(|edition| &edition.datasets)
                .flat_map(|dataset| &dataset.rules);
            all.filter(|rule| rule.id.starts_with(id)).count()
        };
        assert_eq!((left("all.timely_"), left("501.prefix")), (0, 0));
        assert!(left("502.prefix") > 0);
        assert!(
            spec.editions
                .iter()
                .all(|edition| edition.files.iter().any(|(name, _)| name == "muted-rules"))
        );
        Ok(())
    }
}
