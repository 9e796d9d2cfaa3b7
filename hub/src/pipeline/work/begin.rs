//! How the judging of a submission begins: for what, by which edition, among what was there now or then.

use std::collections::BTreeMap;

use spec::{Edition, Spec};

use super::Work;
use crate::keys::LookupKey;
use crate::pipeline::Instant;
use crate::pipeline::attached::Files;
use crate::pipeline::commit::Prepared;
use crate::pipeline::history::History;
use crate::pipeline::neighbours::Neighbours;
use crate::pipeline::outcomes::{Outcomes, Tree};
use crate::pipeline::receipt::Counts;
use crate::pipeline::room::Room;
use crate::pipeline::then::Then;
use crate::pipeline::writer::Transaction;
use crate::store::insert::Rows;

/// What becomes of the records once they are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// They are written together.
    Whole,
    /// They are written part by part: what is written already is asked of the store, not held.
    Parts,
    /// The same, in a store that is thrown away; what only the real one can know is not held against a record.
    Trial,
}

impl<'w, 't> Work<'w, 't> {
    /// Begins with nothing judged. `purpose`: where that is [`Purpose::Whole`], [`Self::judge`] will be called, else
    /// [`Self::judge_part`].
    pub fn new(
        transaction: &'w mut Transaction<'t>,
        prepared: &Prepared,
        purpose: Purpose,
    ) -> Self {
        let mut work = Work::begin(
            transaction,
            (prepared.edition, prepared.specification, &prepared.under),
            &prepared.source,
            prepared.received,
            purpose,
        );
        work.masters.clone_from(&prepared.masters);
        work.rows.records.reserve(prepared.items.len());
        work
    }

    /// Begins a submission that is judged, and not kept.
    pub fn on_trial(
        transaction: &'w mut Transaction<'t>,
        edition: &'static Edition,
        specification: &'static Spec,
        source: &str,
        received: Instant,
    ) -> Self {
        let nothing = LookupKey::of_nothing();
        let judge = (edition, specification, &nothing);
        Work::begin(transaction, judge, source, received, Purpose::Trial)
    }

    fn begin(
        transaction: &'w mut Transaction<'t>,
        (edition, specification, under): (&'static Edition, &'static Spec, &LookupKey),
        source: &str,
        received: Instant,
        purpose: Purpose,
    ) -> Self {
        let number = transaction.numbers.submission;
        let first_record = transaction.numbers.record;
        Work {
            transaction,
            edition,
            specification,
            received,
            source: source.to_owned(),
            number,
            masters: None,
            under: under.clone(),
            files: Files::default(),
            neighbours: Neighbours::new(under.clone()),
            room: Room::default(),
            history: History::default(),
            rows: Rows::default(),
            superseded: Vec::new(),
            outcomes: Outcomes::default(),
            purpose,
            parts: 0,
            kept: Tree::default(),
            counts: Counts::default(),
            issues: 0,
            volumes: BTreeMap::new(),
            became_current: Vec::new(),
            first_record,
        }
    }

    /// Begins with nothing judged, among what was there then.
    pub fn then(transaction: &'w mut Transaction<'t>, prepared: &Prepared, then: Then) -> Self {
        Work {
            files: Files::then(then),
            neighbours: Neighbours::then(prepared.under.clone(), then),
            room: Room::then(then),
            ..Work::new(transaction, prepared, Purpose::Whole)
        }
    }
}
