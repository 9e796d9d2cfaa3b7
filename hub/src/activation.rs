//! What judges and who may send, written into the log when it changes: rules and code tables with other digests,
//! editions that come into force or go, profiles of sources.
//!
//! A hub looks at its start, because nothing of it changes while it runs. What the log said last stands in a table, so
//! that a restart says nothing, and of several hubs on one database the first one speaks.

use std::collections::BTreeMap;

use crate::leaf::operator::Action;
use crate::leaf::{self, LeafError, Operator};
use crate::pipeline::{Digests, Instant};
use crate::sources::Sources;
use crate::store::transaction::begin;
use crate::store::{self, StoreError, standing};
use crate::tlog::sha256;

/// A subject that is in force.
struct Subject {
    name: String,
    digest: String,
    action: Action,
    about: String,
    facts: BTreeMap<String, String>,
}

/// How the profiles of all sources are called in the first leaf about them.
const ALL: &str = "all sources";
const SOURCE: &str = "source ";
const EDITION: &str = "edition ";

/// Writes what has changed since the log spoke of it last. Nothing when nothing has.
pub fn note(
    url: &str,
    specification: &spec::Spec,
    digests: &Digests,
    muted: &[String],
    sources: &Sources,
) -> Result<(), StoreError> {
    let mut subjects = vec![rules(digests, muted)];
    subjects.extend(specification.editions.iter().map(|one| edition(one)));
    let profiles: Vec<Subject> = sources.all().into_iter().map(source).collect();
    subjects.extend(profiles);
    let mut connection = store::connect(url)?;
    let said = standing::all(&mut connection)?;
    let same = |subject: &Subject| said.get(&subject.name) == Some(&subject.digest);
    if subjects.len() == said.len() && subjects.iter().all(same) {
        return Ok(());
    }
    let mut transaction = begin(&mut connection)?;
    // Another hub may have spoken meanwhile.
    let said = standing::all(transaction.connection)?;
    let first = !said.keys().any(|name| name.starts_with(SOURCE));
    let mut together = None;
    for subject in &subjects {
        let before = said.get(&subject.name);
        if before == Some(&subject.digest) {
            continue;
        }
        let leaf = if first && subject.name.starts_with(SOURCE) {
            // A new hub takes in all of them at once: one leaf.
            match together {
                Some(leaf) => leaf,
                None => *together.insert(transaction.append_leaf(taken_in(&subjects)?)?),
            }
        } else {
            let mut facts = subject.facts.clone();
            let change = if before.is_some() { "changed" } else { "added" };
            facts.insert("change".to_owned(), change.to_owned());
            transaction.append_leaf(operator(subject.action, &subject.about, facts)?)?
        };
        standing::put(transaction.connection, &subject.name, &subject.digest, leaf)?;
    }
    for name in said.keys() {
        if subjects.iter().any(|subject| subject.name == *name) {
            continue;
        }
        let (action, about) = match name.strip_prefix(EDITION) {
            Some(edition) => (Action::EditionActivated, edition),
            None => (Action::SourceChanged, name.trim_start_matches(SOURCE)),
        };
        let facts = BTreeMap::from([("change".to_owned(), "removed".to_owned())]);
        transaction.append_leaf(operator(action, about, facts)?)?;
        standing::remove(transaction.connection, name)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The leaf of an action of the hub itself.
fn operator(
    action: Action,
    about: &str,
    facts: BTreeMap<String, String>,
) -> Result<Vec<u8>, LeafError> {
    leaf::encode(&Operator {
        action,
        by: "hub".to_owned(),
        about: about.to_owned(),
        facts,
        at: Instant::now().text(),
    })
}

fn rules(digests: &Digests, muted: &[String]) -> Subject {
    let mut facts = BTreeMap::from([("build".to_owned(), digests.build.clone())]);
    for (edition, specification, codes) in &digests.editions {
        facts.insert(format!("specification {edition}"), specification.clone());
        facts.insert(format!("codes {edition}"), codes.clone());
    }
    let mut muted = muted.to_vec();
    muted.sort();
    if !muted.is_empty() {
        facts.insert("muted".to_owned(), muted.len().to_string());
        let list = sha256(muted.join("\n").as_bytes()).to_hex();
        facts.insert("muted_sha256".to_owned(), list);
    }
    let lines: Vec<String> = facts
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    Subject {
        name: "rules".to_owned(),
        digest: sha256(lines.join("\n").as_bytes()).to_hex(),
        action: Action::RulesActivated,
        about: "rules".to_owned(),
        facts,
    }
}

fn edition(edition: &spec::Edition) -> Subject {
    let until = edition.valid_to.clone().unwrap_or_default();
    let mut facts = BTreeMap::from([("valid_from".to_owned(), edition.valid_from.clone())]);
    if !until.is_empty() {
        facts.insert("valid_to".to_owned(), until.clone());
    }
    Subject {
        name: format!("{EDITION}{}", edition.id),
        digest: format!("{}-{until}", edition.valid_from),
        action: Action::EditionActivated,
        about: edition.id.clone(),
        facts,
    }
}

fn source(source: &crate::sources::Source) -> Subject {
    let digest = sha256(source.profile.text().as_bytes()).to_hex();
    Subject {
        name: format!("{SOURCE}{}", source.profile.id),
        facts: BTreeMap::from([("profile_sha256".to_owned(), digest.clone())]),
        digest,
        action: Action::SourceChanged,
        about: source.profile.id.clone(),
    }
}

/// The leaf of all sources together: binds every profile by one digest over lines of name and digest.
fn taken_in(subjects: &[Subject]) -> Result<Vec<u8>, LeafError> {
    let mut lines: Vec<String> = subjects
        .iter()
        .filter(|subject| subject.name.starts_with(SOURCE))
        .map(|subject| format!("{} {}\n", subject.about, subject.digest))
        .collect();
    lines.sort();
    let facts = BTreeMap::from([
        ("change".to_owned(), "added".to_owned()),
        ("sources".to_owned(), lines.len().to_string()),
        (
            "profiles_sha256".to_owned(),
            sha256(lines.concat().as_bytes()).to_hex(),
        ),
    ]);
    operator(Action::SourceChanged, ALL, facts)
}
