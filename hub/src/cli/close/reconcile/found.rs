//! What differs between the receipts of a source and the hub's close: all of it counted, the first named.

use super::asking::{Hub, Words};
use super::kept::Kept;
use crate::close::difference::{Difference as Differing, Tally};
use crate::close::manifest::{Difference, NAMED};
use crate::close::received::Told;
use crate::close::row::Row;
use crate::close::tree::{Node, Prefix, Summary, Tree};
use crate::close::walk::{self, WalkError};
use crate::tlog::Hash;

/// Most questions: some 50,000 differences, far apart, among a million records.
const QUESTIONS: usize = 200_000;

/// What was found; the source is here.
#[derive(Default)]
pub struct Found {
    /// All differences, counted; in the words of the hub's side.
    pub tally: Tally,
    /// How often the hub was asked.
    pub questions: usize,
    /// The last id that is named, when more follow.
    pub next: Option<String>,
    /// The first, each with what the hub says of it.
    first: Vec<(Differing, Option<Told>)>,
}

impl Found {
    /// Walks the hub's close beside the own set; the first differences after an id are kept.
    pub fn walk(
        tree: &Tree,
        hub: Summary,
        after: Option<&Hash>,
        mut ask: impl FnMut(&Prefix) -> anyhow::Result<(Node, Words)>,
    ) -> anyhow::Result<Found> {
        let (mut found, mut questions) = (Found::default(), 0);
        let mut left = 0_u64;
        let ask = |prefix: &Prefix| {
            questions += 1;
            ask(prefix)
        };
        let walked = walk::compare(tree, hub, QUESTIONS, ask, |difference, words| {
            // The source is here, and the words are those of the hub's side.
            found.tally.add(&match difference {
                Differing::Here(row) => Differing::There(row),
                Differing::There(row) => Differing::Here(row),
                both @ Differing::Otherwise(..) => both,
            });
            if after.is_some_and(|after| difference.id() <= *after) {
                return;
            }
            if found.first.len() >= NAMED {
                left += 1;
                return;
            }
            let told = match &difference {
                Differing::Here(_) => None,
                Differing::There(row) | Differing::Otherwise(_, row) => {
                    words.and_then(|words| words.get(&row.entry)).cloned()
                }
            };
            found.first.push((difference, told));
        });
        walked.map_err(|error| match error {
            WalkError::Asked(error) => error,
            other => anyhow::anyhow!("{other}"),
        })?;
        found.questions = questions;
        if left > 0 {
            found.next = found.first.last().map(|(last, _)| last.id().to_hex());
        }
        Ok(found)
    }

    /// Names them.
    pub fn name(&self, hub: &Hub, kept: &Kept) -> anyhow::Result<Vec<Difference>> {
        let rows = self
            .first
            .iter()
            .filter_map(|(difference, _)| match difference {
                Differing::Here(row) | Differing::Otherwise(row, _) => Some(row),
                Differing::There(_) => None,
            });
        let kept = kept.told(hub, rows)?;
        let own = |row: &Row| kept.get(&row.tag).map(serde_json::to_value).transpose();
        let name = |(difference, told): &(Differing, Option<Told>)| {
            Ok(match difference {
                Differing::Here(row) => Difference::missing_here(&row.entry.id, own(row)?),
                Differing::There(row) => Difference::missing_there(&row.entry.id, told.clone()),
                Differing::Otherwise(row, _) => {
                    Difference::otherwise(&row.entry.id, told.clone(), own(row)?)
                }
            })
        };
        self.first.iter().map(name).collect()
    }
}
