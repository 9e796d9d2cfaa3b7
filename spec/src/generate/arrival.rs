//! Records that arrive one after another, and what is found in each: by a hub that held nothing before, and by a check
//! of the file, which says nothing about what may have come elsewhere, nor about lateness.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::case::{Bodies, answers, known};
use super::{Draft, Expected, Given};
use crate::rule::Stage;
use crate::validate::{judge_alone, judge_among};
use crate::{
    Action, Context, Dataset, Found, Issue, IssueCode, Normalized, Roll, Severity, attachment,
    dependants, normalize,
};

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judge {
    Check,
    Hub,
}

/// What has arrived.
#[derive(Debug)]
pub(super) struct Arrivals<'c> {
    context: Context<'c>,
    /// What is held after a check of the records, and by a hub: there what waits is not held.
    check: Given,
    hub: Given,
}

impl<'c> Arrivals<'c> {
    pub fn new(context: Context<'c>) -> Self {
        Arrivals {
            context,
            check: Given::new(),
            hub: Given::new(),
        }
    }

    /// The next record: what a check of the file finds in it, and what a hub does.
    pub fn arrive(&mut self, draft: &Draft<'_>) -> (Vec<Expected>, Vec<Expected>) {
        let (mut check, mut hub) = (
            std::mem::take(&mut self.check),
            std::mem::take(&mut self.hub),
        );
        let found = [(&mut check, Judge::Check), (&mut hub, Judge::Hub)].map(|(held, judge)| {
            let issues = self.judged(held, draft, judge);
            issues.iter().map(Expected::from).collect()
        });
        (self.check, self.hub) = (check, hub);
        found.into()
    }

    /// What is found; what is accepted is held from now on.
    fn judged(&self, held: &mut Given, draft: &Draft<'_>, judge: Judge) -> Vec<Issue> {
        let context = &self.context;
        let mut record = normalize(context, draft.record());
        let mut issues = judge_alone(context, &mut record).issues;
        if judge == Judge::Check {
            issues.retain(|issue| issue.code != IssueCode::TimeLate);
        }
        if record.action == Action::Withdraw {
            // Of what is taken back only the name matters, and the reason.
            let key = record.dataset.key.iter();
            let names = |issue: &Issue, place| {
                let field = record.dataset.field(place);
                field.is_some_and(|field| issue.path.strip_prefix('/') == Some(&field.id))
            };
            issues.retain(|issue| {
                issue.code == IssueCode::RecordShape
                    || key.clone().any(|&place| names(issue, place))
            });
        }
        let rejected = |issues: &[Issue]| {
            let mut all = issues.iter();
            all.any(|issue| issue.severity == Severity::Error)
        };
        if rejected(&issues) {
            return issues;
        }
        let mut waits = false;
        if record.action != Action::Withdraw {
            let (found, waiting) = self.among(held, &record, judge);
            issues.extend(found);
            waits = waiting;
        }
        issues.extend(self.hanging(held, &record));
        if !rejected(&issues) && !waits {
            let of_set = held.entry(record.dataset.code).or_default();
            of_set.retain(|body| !same_key(record.dataset, body, &record));
            if record.action != Action::Withdraw {
                of_set.push(Arc::new(body(&record)));
            }
        }
        issues
    }

    /// What the others show, and whether the record waits for one of them.
    fn among(&self, held: &Given, record: &Normalized<'_, '_>, judge: Judge) -> (Vec<Issue>, bool) {
        let edition = self.context.edition;
        let mut known = asked(&self.context, held, record);
        if judge == Judge::Check {
            known.answers.retain(|_, found| !found.is_empty());
        }
        let (report, waits) = judge_among(&self.context, record, &known);
        let mut issues = report.issues;
        if judge == Judge::Check {
            issues.retain(|issue| issue.code != IssueCode::ReferenceMissing);
            return (issues, false);
        }
        let slots = &record.dataset.required_attachments;
        let codes = attachment::codes(edition, record);
        issues.extend(
            slots.iter().map(|slot| {
                attachment::missing(&attachment::awaited(edition, record, slot, &codes))
            }),
        );
        (issues, !waits.is_empty() || !slots.is_empty())
    }

    /// The refusal to take a record back, or a value out of it, on which others hang.
    fn hanging(&self, held: &Given, record: &Normalized<'_, '_>) -> Option<Issue> {
        let edition = self.context.edition;
        let withdrawn = record.action == Action::Withdraw;
        if !withdrawn && !dependants::may_lose(record.dataset) {
            return None;
        }
        let mut of_set = held.get(&record.dataset.code)?.iter();
        let own = of_set.find(|body| same_key(record.dataset, body, record))?;
        let old = Normalized::from_canonical(record.dataset, own);
        let lookups = dependants::lookups(edition, &old, (!withdrawn).then_some(record));
        let mut without = held.clone();
        without
            .get_mut(&record.dataset.code)?
            .retain(|body| !Arc::ptr_eq(body, own));
        let hangs = |dataset: &Dataset, body: &Map<String, Json>| {
            let child = Normalized::from_canonical(dataset, body);
            let known = asked(&self.context, &without, &child);
            !judge_among(&self.context, &child, &known).1.is_empty()
        };
        let mut all = lookups.iter().filter_map(|lookup| {
            let dataset = edition.by_code(lookup.dataset)?;
            Some((lookup, dataset, without.get(&lookup.dataset)?))
        });
        all.any(|(lookup, dataset, bodies)| {
            let mut named = bodies.iter().filter(|body| answers(edition, lookup, body));
            named.any(|body| hangs(dataset, body))
        })
        .then(|| dependants::held(record, Vec::new(), false))
    }
}

/// Answers to all that a record asks when it arrives.
fn asked(context: &Context<'_>, held: &Given, record: &Normalized<'_, '_>) -> crate::Known {
    let none = Bodies::new();
    let roll = |_: &Dataset, found: Vec<Found>| Roll::from(found);
    known(
        context.edition,
        (record, Stage::Arrival),
        |set| Some(held.get(&set).unwrap_or(&none)),
        &roll,
    )
}

/// A record as it is kept.
fn body(record: &Normalized<'_, '_>) -> Map<String, Json> {
    let fields = record.dataset.fields.iter().zip(&record.values);
    let text = fields.filter_map(|(field, value)| {
        let text = value.as_ref()?.text.as_ref();
        Some((field.id.clone(), Json::from(text)))
    });
    text.collect()
}

fn same_key(dataset: &Dataset, body: &Map<String, Json>, record: &Normalized<'_, '_>) -> bool {
    let key = Normalized::from_canonical(dataset, body).key();
    key.is_some() && key == record.key()
}
