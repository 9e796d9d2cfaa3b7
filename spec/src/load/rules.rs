//! Rules: those in a data set's own file, and the general ones of the folder `rules`.
//!
//! In an edition that shares the data sets of a base, a rule that reads a data set or a field which the edition does
//! not hold is passed over. In the base itself, a name or a number that leads nowhere is an error: a slip in it would
//! silently switch the rule off.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use toml::Spanned;

use super::checks::Builder;
use super::faults::Faults;
use super::inherit::Family;
use super::raw::{RawDataset, RawRule, RawRules, RawScope};
use super::scope::{Miss, Scope};
use super::source::Source;
use crate::{Dataset, DatasetCode, Rule};

/// A rule of the folder `rules`, and where it stands.
pub(super) struct General<'f> {
    pub source: Source<'f>,
    pub file: RawRules,
}

/// The rules of every data set of an edition, in the order of `scope.datasets`.
pub(super) fn rules(
    scope: &Scope<'_>,
    own: &[(Source<'_>, &RawDataset)],
    general: &[&General<'_>],
    faults: &mut Faults,
) -> Vec<Vec<Rule>> {
    check_unique(own, general, faults);
    let mut all: Vec<Vec<Rule>> = Vec::new();
    for (dataset, (source, raw)) in scope.datasets.iter().zip(own) {
        let mut rules = inherited(scope, dataset, *source, raw, own, faults);
        for spanned in &raw.rules {
            let raw_rule = spanned.get_ref();
            let fault = |found: String, expected: String| {
                source.fault_in(&spanned.span(), &raw_rule.id, &found, expected)
            };
            if raw_rule.datasets.is_some() {
                faults.push(fault(
                    "`datasets` in the file of one data set".to_owned(),
                    "a rule of many data sets in the folder rules".to_owned(),
                ));
                continue;
            }
            match rule(scope, dataset, raw_rule, false) {
                Ok(rule) => rules.push(rule),
                Err(Miss::Absent) => {}
                Err(Miss::Fault { found, expected }) => faults.push(fault(found, expected)),
            }
        }
        all.push(rules);
    }
    for file in general {
        for spanned in &file.file.rules {
            let id = &spanned.get_ref().id;
            let fault = |found: String, expected: String| {
                file.source.fault_in(&spanned.span(), id, &found, expected)
            };
            let mut applies = false;
            for number in numbers(spanned.get_ref()) {
                if let Err(Miss::Fault { found, expected }) = scope.dataset(number) {
                    faults.push(fault(found, expected));
                    applies = true;
                }
            }
            for (dataset, rules) in scope.datasets.iter().zip(&mut all) {
                match general_rule(scope, dataset, spanned.get_ref()) {
                    Ok(rule) => {
                        applies = true;
                        rules.push(rule);
                    }
                    Err(Miss::Absent) => {}
                    Err(Miss::Fault { found, expected }) => {
                        faults.push(fault(found, expected));
                        // the other data sets would say the same
                        applies = true;
                        break;
                    }
                }
            }
            if !applies && !scope.derived && every(spanned.get_ref()) {
                let found = format!("rule `{id}`, which no data set can obey");
                faults.push(fault(found, "fields that data sets have".to_owned()));
            }
        }
    }
    all
}

/// The rules of the general data set that one of an industry is judged as. They were checked where they
/// stand; here one can only miss a column that the industry does not have, and then it does not apply.
fn inherited(
    scope: &Scope<'_>,
    dataset: &Dataset,
    source: Source<'_>,
    raw: &RawDataset,
    own: &[(Source<'_>, &RawDataset)],
    faults: &mut Faults,
) -> Vec<Rule> {
    let Some(general) = &raw.general else {
        return Vec::new();
    };
    let place = scope.places.get(general.get_ref());
    let Some((_, held)) = place.and_then(|&place| own.get(place)) else {
        let found = format!("general data set {}", general.get_ref());
        faults.push(source.fault(&general.span(), found, "a data set of this edition"));
        return Vec::new();
    };
    let family = Family::of(scope, dataset);
    let replaced = |id: &str| raw.rules.iter().any(|rule| rule.get_ref().id == id);
    let rules = held.rules.iter();
    let rules = rules.filter_map(|rule| family.rule(rule.get_ref()));
    rules
        .filter(|rule| !replaced(&rule.id))
        .filter_map(|general| rule(scope, dataset, &general, true).ok())
        .collect()
}

fn every(raw: &RawRule) -> bool {
    let scopes = raw.datasets.as_deref().unwrap_or_default();
    scopes
        .iter()
        .any(|scope| matches!(scope, RawScope::Every(_)))
}

/// The data sets that a rule lists.
fn numbers(raw: &RawRule) -> impl Iterator<Item = DatasetCode> {
    let scopes = raw.datasets.as_deref().unwrap_or_default();
    scopes.iter().filter_map(|scope| match scope {
        RawScope::Number(number) => Some(*number),
        RawScope::Every(_) => None,
    })
}

fn general_rule(scope: &Scope<'_>, dataset: &Dataset, raw: &RawRule) -> Result<Rule, Miss> {
    if raw.datasets.is_none() {
        return Err(Miss::fault(
            format!("rule `{}` without `datasets`", raw.id),
            "the data sets that it is for",
        ));
    }
    let listed = numbers(raw).any(|number| number == dataset.code);
    if !listed && !every(raw) {
        return Err(Miss::Absent);
    }
    rule(scope, dataset, raw, !listed)
}

/// One rule of one data set. With `lenient`, a field that the data set lacks makes it not apply.
fn rule(scope: &Scope<'_>, dataset: &Dataset, raw: &RawRule, lenient: bool) -> Result<Rule, Miss> {
    let mut builder = Builder {
        scope,
        dataset,
        raw: raw.clone(),
        lenient,
    };
    let when = builder.conditions()?;
    let when_parent = builder.when_parent()?;
    let unless = builder.unless()?;
    let check = builder.check()?;
    if let Some(member) = builder.left_over() {
        return Err(Miss::fault(
            format!("`{member}` in a rule of check `{}`", raw.check),
            "only the members that this check takes",
        ));
    }
    let severity = raw.severity.ok_or_else(|| {
        let found = format!("rule `{}` without `severity`", raw.id);
        Miss::fault(found, "severity = \"error\" or \"warning\"")
    })?;
    if raw.zh.is_empty() || raw.en.is_empty() {
        let found = format!("rule `{}` without a message", raw.id);
        return Err(Miss::fault(found, "zh and en"));
    }
    Ok(Rule {
        id: id(raw, dataset.code),
        severity,
        clause: raw.clause.as_str().into(),
        zh: raw.zh.clone(),
        en: raw.en.clone(),
        stage: raw.stage,
        when,
        when_parent,
        unless,
        check,
    })
}

/// `*.panel_odd`, a rule that several data sets have of their own, stands for `891.panel_odd` and so on.
fn id(raw: &RawRule, dataset: DatasetCode) -> Arc<str> {
    match raw.id.strip_prefix("*.") {
        Some(rest) => format!("{dataset}.{rest}").into(),
        None => raw.id.as_str().into(),
    }
}

/// Each identifier stands in one place.
fn check_unique<'f>(
    own: &[(Source<'f>, &RawDataset)],
    general: &[&General<'f>],
    faults: &mut Faults,
) {
    let mut first: HashMap<Arc<str>, (Source<'f>, usize)> = HashMap::new();
    let mut enter = |source: Source<'f>, rule: &Spanned<RawRule>, dataset: DatasetCode| {
        let id = id(rule.get_ref(), dataset);
        let here = (source, rule.span().start);
        match first.insert(Arc::clone(&id), here) {
            Some((other, at)) if (other.path, at) != (source.path, here.1) => {
                let line = other.line(at);
                let found = format!("rule `{id}`, which stands in {}:{line}", other.path);
                faults.push(source.fault(&rule.span(), found, "each rule identifier once"));
            }
            _ => {}
        }
    };
    for (source, raw) in own {
        for rule in &raw.rules {
            enter(*source, rule, *raw.code.get_ref());
        }
    }
    for file in general {
        for rule in &file.file.rules {
            for (_, raw) in own {
                let dataset = *raw.code.get_ref();
                if every(rule.get_ref()) || numbers(rule.get_ref()).any(|number| number == dataset)
                {
                    enter(file.source, rule, dataset);
                }
            }
        }
    }
}
