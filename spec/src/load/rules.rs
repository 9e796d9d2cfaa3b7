//! Rules: those in a data set's own file, and the general ones of the folder `rules`.
//!
//! A rule that reads a data set or a field which the edition does not hold is passed over: it begins
//! to work when the data set arrives. A name that no edition knows is an error.

use foldhash::{HashMap, HashMapExt};

use super::checks::Builder;
use super::raw::{RawDataset, RawRule, RawRules, RawScope};
use super::scope::{Miss, Scope};
use super::source::Source;
use super::{LoadError, as_general};
use crate::{Dataset, Rule};

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
) -> Result<Vec<Vec<Rule>>, LoadError> {
    check_unique(own, general)?;
    let mut all: Vec<Vec<Rule>> = Vec::new();
    for (dataset, (source, raw)) in scope.datasets.iter().zip(own) {
        let mut rules = Vec::new();
        for spanned in &raw.rules {
            let raw_rule = spanned.get_ref();
            let fault = |found: String, expected: String| {
                source.fault_in(&spanned.span(), &raw_rule.id, &found, expected)
            };
            if raw_rule.datasets.is_some() {
                return Err(fault(
                    "`datasets` in the file of one data set".to_owned(),
                    "a rule of many data sets in the folder rules".to_owned(),
                ));
            }
            match rule(scope, dataset, raw_rule, false) {
                Ok(rule) => rules.push(rule),
                Err(Miss::Absent) => {}
                Err(Miss::Fault { found, expected }) => return Err(fault(found, expected)),
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
            for (dataset, rules) in scope.datasets.iter().zip(&mut all) {
                match general_rule(scope, dataset, spanned.get_ref(), own, rules) {
                    Ok(more) => {
                        applies |= !more.is_empty();
                        rules.extend(more);
                    }
                    Err(Miss::Absent) => {}
                    Err(Miss::Fault { found, expected }) => return Err(fault(found, expected)),
                }
            }
            if !applies && !scope.derived && every(spanned.get_ref()) {
                let found = format!("rule `{id}`, which no data set can obey");
                return Err(fault(found, "fields that data sets have".to_owned()));
            }
        }
    }
    Ok(all)
}

fn every(raw: &RawRule) -> bool {
    let scopes = raw.datasets.as_deref().unwrap_or_default();
    scopes
        .iter()
        .any(|scope| matches!(scope, RawScope::Every(_)))
}

/// What a general rule comes to in one data set: itself as a rule, or the rules of its general data set.
fn general_rule(
    scope: &Scope<'_>,
    dataset: &Dataset,
    raw: &RawRule,
    own: &[(Source<'_>, &RawDataset)],
    held: &[Rule],
) -> Result<Vec<Rule>, Miss> {
    let Some(scopes) = &raw.datasets else {
        return Err(Miss::fault(
            format!("rule `{}` without `datasets`", raw.id),
            "the data sets that it is for",
        ));
    };
    let listed = scopes
        .iter()
        .any(|scope| matches!(scope, RawScope::Number(number) if *number == dataset.code));
    if !listed && !every(raw) {
        return Err(Miss::Absent);
    }
    if raw.check == "judged_as_general" {
        return as_general::rules(scope, dataset, raw, own, held);
    }
    Ok(vec![rule(scope, dataset, raw, !listed)?])
}

/// One rule of one data set. With `lenient`, a field that the data set lacks makes it not apply.
pub(super) fn rule(
    scope: &Scope<'_>,
    dataset: &Dataset,
    raw: &RawRule,
    lenient: bool,
) -> Result<Rule, Miss> {
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
        id: raw.id.as_str().into(),
        severity,
        clause: raw.clause.clone(),
        zh: raw.zh.clone(),
        en: raw.en.clone(),
        stage: raw.stage,
        when,
        when_parent,
        unless,
        check,
    })
}

fn check_unique(
    own: &[(Source<'_>, &RawDataset)],
    general: &[&General<'_>],
) -> Result<(), LoadError> {
    let own = own
        .iter()
        .flat_map(|(source, raw)| raw.rules.iter().map(move |rule| (*source, rule)));
    let general = general
        .iter()
        .flat_map(|file| file.file.rules.iter().map(|rule| (file.source, rule)));
    let mut first: HashMap<&str, (Source<'_>, usize)> = HashMap::new();
    for (source, rule) in own.chain(general) {
        let id = rule.get_ref().id.as_str();
        if let Some((other, at)) = first.insert(id, (source, rule.span().start)) {
            let found = format!(
                "rule `{id}`, which stands in {}:{}",
                other.path,
                other.line(at)
            );
            return Err(source.fault(&rule.span(), found, "each rule identifier once"));
        }
    }
    Ok(())
}
