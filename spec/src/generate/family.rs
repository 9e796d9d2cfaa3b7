//! A record with the records that it names, and those that they name: what a hub needs to accept it at once.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::goal::Goal;
use super::search::search;
use super::{Case, Draft, Given, Maker};
use crate::normalize::items;
use crate::rule::{Elsewhere, Stage};
use crate::{Check, Dataset, Edition, FieldIndex};

/// Longest chain of records that name each other.
const DEPTH: usize = 9;

/// A record of a data set behind the records that it refers to, so that each finds before it what it names. All are
/// about the same project, platform and deal.
pub fn family<'s>(
    maker: &mut Maker<'_>,
    edition: &'s Edition,
    dataset: &'s Dataset,
    share: usize,
) -> Vec<Draft<'s>> {
    maker.elsewhere();
    let mut family = Family {
        edition,
        share,
        made: Vec::new(),
    };
    family.grow(maker, dataset, &[], DEPTH);
    family.made
}

struct Family<'s> {
    edition: &'s Edition,
    share: usize,
    /// Parents before children.
    made: Vec<Draft<'s>>,
}

impl<'s> Family<'s> {
    /// Makes a record in which some fields are given, and before it what it refers to.
    fn grow(
        &mut self,
        maker: &mut Maker<'_>,
        dataset: &'s Dataset,
        given: &[(FieldIndex, String)],
        depth: usize,
    ) {
        let mut draft = maker.fill_here(dataset, self.share);
        let mut fixed: Vec<FieldIndex> = Vec::new();
        for (place, text) in given {
            draft.set(*place, Some(text.clone()));
            fixed.push(*place);
        }
        let case = Case::alone(draft, &maker.context);
        let (case, _) = search(maker, case, Goal::Sound, &fixed);
        for rule in &dataset.rules {
            let Check::Reference {
                field, beside, to, ..
            } = &rule.check
            else {
                continue;
            };
            let applies = rule.when.iter().all(|condition| {
                let text = case.draft.get(condition.field());
                condition.holds(text, text.is_some())
            });
            if !applies || rule.stage != Stage::Arrival {
                continue;
            }
            fixed.push(*field);
            fixed.extend(beside);
            for item in case.draft.get(*field).into_iter().flat_map(items) {
                self.parent(maker, &case.draft, item, beside, to, depth);
            }
        }
        fixed.extend(&dataset.key);
        let among = Case {
            given: self.known(),
            ..case
        };
        let (case, _) = search(maker, among, Goal::Sound, &fixed);
        self.made.push(case.draft);
    }

    /// The record that an item names, unless it is there.
    fn parent(
        &mut self,
        maker: &mut Maker<'_>,
        child: &Draft<'s>,
        item: &str,
        beside: &[FieldIndex],
        to: &[Elsewhere],
        depth: usize,
    ) {
        let wanted = |target: &Elsewhere| {
            let mut all = vec![(target.field, item.to_owned())];
            for (&own, &theirs) in beside.iter().zip(&target.beside) {
                let text = child.get(own).and_then(|text| items(text).next());
                all.extend(text.map(|text| (theirs, text.to_owned())));
            }
            all
        };
        let there = to.iter().any(|target| {
            self.made.iter().any(|other| {
                other.dataset.code == target.dataset
                    && wanted(target).iter().all(|(place, text)| {
                        let held = other.get(*place).unwrap_or_default();
                        items(held).any(|held| held == text)
                    })
            })
        });
        let dataset = to.iter().find_map(|target| {
            let dataset = self.edition.by_code(target.dataset)?;
            Some((dataset, wanted(target)))
        });
        if let (false, Some((dataset, given)), true) = (there, dataset, depth > 0) {
            self.grow(maker, dataset, &given, depth - 1);
        }
    }

    /// What was made, as a hub would hold it.
    fn known(&self) -> Given {
        let mut given = Given::new();
        for draft in &self.made {
            let text = |(name, text): (&str, &str)| (name.to_owned(), Json::from(text));
            let body: Map<String, Json> = draft.pairs().map(text).collect();
            given
                .entry(draft.dataset.code)
                .or_default()
                .push(Arc::new(body));
        }
        given
    }
}
