//! A record that was erased since it was receipted, as others are judged again among it: what was receipted stands for
//! it, and it is found by its own key as before; what it said is not known any more.

use std::sync::Arc;

use spec::Verdict;

use super::Work;
use crate::pipeline::neighbours::{Neighbour, by_key, links, links_of_old};
use crate::pipeline::receipt::Outcome;
use crate::store::StoreError;
use crate::store::records::RecordRow;

/// What is left of an erased record.
#[derive(Debug)]
pub struct Erased {
    /// What was receipted.
    pub outcome: Outcome,
    /// Its version, when it was kept.
    pub version: Option<RecordRow>,
}

impl Work<'_, '_> {
    /// Takes its place among the others.
    pub(super) fn erased(&mut self, erased: Erased) -> Result<(), StoreError> {
        let Erased { outcome, version } = erased;
        let dataset = self.edition.dataset(&outcome.dataset);
        if let Some(row) = version {
            self.kept.push(row.body.leaf_hash());
            self.transaction.numbers.record += 1;
            let key = outcome.key.as_deref().zip(dataset);
            if let Some((key, dataset)) = key.filter(|_| outcome.verdict != Verdict::Parked) {
                let own = by_key(&self.under, dataset, key.replace('|', "\u{1f}"));
                self.neighbours
                    .fetch(self.transaction.connection, std::iter::once(&own))?;
                let neighbour = Arc::new(Neighbour::from_row(row)?);
                let links = links(std::iter::once(&own), neighbour.id);
                if let Some(before) = self.neighbours.newest(self.edition, &own).pop() {
                    let gone = links_of_old(&self.under, self.edition, &before, &links);
                    self.neighbours.remove(self.edition, &before, &gone);
                }
                self.neighbours.add(self.edition, &neighbour, &links);
            }
        }
        let number = dataset.map_or(0, |dataset| i32::from(dataset.code));
        self.note(number, outcome)
    }
}
