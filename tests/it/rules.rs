//! Every rule of the specification is shown at work: a case that keeps it and a case that breaks it; and the cases
//! notice when a rule is taken out or turned round.

use std::collections::BTreeMap;
use std::sync::Arc;

use spec::generate::{Outcome, outcome, unbreakable};
use spec::{Edition, Spec};
use tests::rules::{Expect, Suite};

use super::harness::root;

/// The edition that the cases are for, alone and open to change.
fn edition() -> Edition {
    let spec = Spec::embedded().expect("the embedded specification loads");
    let mut editions = spec.editions.into_iter();
    let edition = editions.find(|edition| edition.id == "3.0");
    Arc::try_unwrap(edition.expect("edition 3.0")).expect("nobody else holds it")
}

fn suites(edition: &Edition) -> Vec<Suite> {
    let read = |id: &String| {
        let path = root().join("fixtures/rules").join(format!("{id}.json"));
        let bytes =
            std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        Suite::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    edition
        .datasets
        .iter()
        .map(|dataset| read(&dataset.id))
        .collect()
}

fn tell(faults: &[String]) {
    let shown = faults.iter().take(30).cloned().collect::<Vec<_>>();
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), shown.join("\n"));
}

#[test]
fn every_case_finds_exactly_what_it_says() {
    let edition = edition();
    let mut faults = Vec::new();
    for suite in suites(&edition) {
        let dataset = suite.dataset(&edition).unwrap();
        for entry in &suite.cases {
            let case = suite.case(dataset, entry);
            let found = suite.found(&edition, &case);
            let name = format!("{} {} {:?}", suite.dataset, entry.rule, entry.expect);
            if found != entry.findings {
                faults.push(format!("{name}: {found:?} instead of {:?}", entry.findings));
            }
            if case.judge_registered(&edition) != case.judge(&edition) {
                faults.push(format!("{name}: many records are not judged as few are"));
            }
            let code = |finding: &spec::generate::Expected| {
                finding.code.name() == entry.rule || finding.rule.as_deref() == Some(&entry.rule)
            };
            if found.iter().any(code) != (entry.expect == Expect::Trigger) {
                faults.push(format!("{name}: does not show it"));
            }
        }
    }
    tell(&faults);
}

#[test]
fn every_rule_has_a_case_that_keeps_it_and_one_that_breaks_it() {
    let edition = edition();
    let mut faults = Vec::new();
    for suite in suites(&edition) {
        let dataset = suite.dataset(&edition).unwrap();
        let mut shown: BTreeMap<&str, Vec<Expect>> = BTreeMap::new();
        for entry in &suite.cases {
            shown.entry(&entry.rule).or_default().push(entry.expect);
        }
        for rule in &dataset.rules {
            let shown = shown.get(&*rule.id).map(Vec::as_slice).unwrap_or_default();
            if !shown.contains(&Expect::Pass) {
                faults.push(format!("{} {}: no case keeps it", dataset.id, rule.id));
            }
            if unbreakable(dataset, rule).is_none() && !shown.contains(&Expect::Trigger) {
                faults.push(format!("{} {}: no case breaks it", dataset.id, rule.id));
            }
        }
    }
    tell(&faults);
}

#[test]
fn a_rule_that_is_taken_out_is_missed() {
    let mut edition = edition();
    let mut faults = Vec::new();
    for (at, suite) in suites(&edition).iter().enumerate() {
        for place in 0..edition.datasets[at].rules.len() {
            let rule = edition.datasets[at].rules.remove(place);
            let dataset = &edition.datasets[at];
            let missed = suite.cases.iter().any(|entry| {
                entry.expect == Expect::Trigger
                    && *entry.rule == *rule.id
                    && suite.found(&edition, &suite.case(dataset, entry)) != entry.findings
            });
            if !missed && unbreakable(dataset, &rule).is_none() {
                faults.push(format!("{} {}", dataset.id, rule.id));
            }
            edition.datasets[at].rules.insert(place, rule);
        }
    }
    tell(&faults);
}

#[test]
fn a_rule_that_is_turned_round_is_noticed() {
    // Turned round, a rule finds something wherever it held: a case that keeps it must be one in which it speaks.
    let edition = edition();
    let mut faults = Vec::new();
    for suite in suites(&edition) {
        let dataset = suite.dataset(&edition).unwrap();
        for rule in &dataset.rules {
            let noticed = suite.cases.iter().any(|entry| {
                entry.expect == Expect::Pass
                    && *entry.rule == *rule.id
                    && outcome(&edition, &suite.case(dataset, entry), rule) == Outcome::Holds
            });
            if !noticed {
                faults.push(format!("{} {}", dataset.id, rule.id));
            }
        }
    }
    tell(&faults);
}
