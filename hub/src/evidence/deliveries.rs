//! What was forwarded of a submission, and what came back: every row about its records, as JSON, with the packets that
//! carried it and the leaf that says how it ended.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};

use super::gather::{Gather, GatherError};
use crate::leaf::{self, Acknowledgement, acknowledgement};
use crate::pipeline::Instant;
use crate::store::outbox::{self, Delivery};
use crate::store::records::RecordRow;
use crate::store::{Database, StoreError, packets, settled, submissions};
use crate::tlog::Span;

/// Leaves that say how deliveries ended, each read once.
#[derive(Debug, Default)]
pub struct Endings {
    read: BTreeMap<i64, Option<Ending>>,
}

#[derive(Debug)]
struct Ending {
    leaf: Acknowledgement,
    /// The outcomes under its root; none when one of them is not in the table any more, because it was sent again.
    outcomes: Option<Span>,
}

/// Deliveries of some records.
pub fn of(
    gather: &mut Gather<'_>,
    connection: &mut Database,
    records: &[RecordRow],
) -> Result<Value, GatherError> {
    let ids: Vec<i64> = records.iter().map(|record| record.id).collect();
    let mut shown = Vec::new();
    for delivery in outbox::of_records(connection, &ids)? {
        let index = records
            .iter()
            .find(|record| record.id == delivery.record_id)
            .map(|record| record.record_index);
        let state = usize::try_from(delivery.state).ok();
        let state = state.and_then(|state| outbox::STATES.get(state));
        let mut through = packets::earlier(connection, delivery.id)?;
        through.extend(delivery.batch_id);
        let (mut proven, mut leaves) = (Vec::new(), Vec::new());
        for batch in through {
            let own = published(gather, packets::leaves(connection, batch)?);
            if !own.is_empty() {
                proven.push(batch);
                gather.batches.insert(batch);
            }
            let place = |leaf: i64| (leaf, format!("packets/{batch}/leaves/{leaf}"));
            leaves.extend(own.into_iter().map(place));
        }
        for leaf in published(gather, packets::unfit_leaves(connection, delivery.id)?) {
            let place = format!("packets/unfit/{leaf}");
            gather.proven(connection, &place, leaf)?;
            leaves.push((leaf, place));
        }
        leaves.sort();
        let ended = state.map_or(Ok(None), |state| {
            ended(gather, connection, &delivery, state, &leaves)
        })?;
        // Of what is open nothing binds when it was tried last, and why it failed: the leaves of its packets say that.
        let over = delivery.state > 1;
        shown.push(json!({
            "id": delivery.id,
            "destination": delivery.destination,
            "index": index,
            "state": state,
            "reason": delivery.reason.as_ref().filter(|_| over),
            "updated_at": over.then(|| Instant::from_millis(delivery.updated_at).text()),
            "packets": proven,
            "ended": ended,
        }));
    }
    Ok(Value::Array(shown))
}

/// Of some leaves those under the checkpoint of the bundle.
pub fn published(gather: &Gather<'_>, leaves: Vec<i64>) -> Vec<i64> {
    let size = gather.size();
    let under = |leaf: &i64| leaf.unsigned_abs() < size;
    leaves.into_iter().filter(under).collect()
}

/// The last leaf that says how a delivery ended, and the path of the outcome in it.
fn ended(
    gather: &mut Gather<'_>,
    connection: &mut Database,
    delivery: &Delivery,
    state: &str,
    leaves: &[(i64, String)],
) -> Result<Option<Value>, GatherError> {
    for (leaf, place) in leaves.iter().rev() {
        let Some(ending) = gather.endings.of(connection, *leaf)? else {
            continue;
        };
        if !ending.leaf.names(delivery.id) {
            continue;
        }
        let numbers = ending.leaf.ended(state);
        if numbers.is_none_or(|numbers| !numbers.holds(delivery.id)) {
            // Sent again since.
            return Ok(None);
        }
        let (rank, _) = ending.leaf.place(delivery.id);
        let path = ending.outcomes.as_ref().and_then(|span| span.path(rank));
        let path: Option<Vec<String>> =
            path.map(|path| path.iter().map(ToString::to_string).collect());
        return Ok(Some(json!({ "leaf": leaf, "place": place, "path": path })));
    }
    Ok(None)
}

impl Endings {
    fn of(&mut self, connection: &mut Database, index: i64) -> Result<Option<&Ending>, StoreError> {
        if let Entry::Vacant(place) = self.read.entry(index) {
            let body = submissions::leaf(connection, index)?.unwrap_or_default();
            let ending = match leaf::decode::<Acknowledgement>(&body) {
                Ok(leaf) => Some(Ending {
                    outcomes: outcomes(connection, &leaf)?,
                    leaf,
                }),
                Err(_) => None,
            };
            place.insert(ending);
        }
        Ok(self.read.get(&index).and_then(Option::as_ref))
    }
}

/// The outcomes under the root of a leaf, as the table still holds them.
fn outcomes(connection: &mut Database, leaf: &Acknowledgement) -> Result<Option<Span>, StoreError> {
    let mut outcomes = Vec::new();
    for numbers in [&leaf.acknowledged, &leaf.refused, &leaf.exhausted] {
        for (first, last) in numbers.ranges() {
            let rows = settled::ended(connection, first - 1, *last, i64::MAX)?;
            outcomes.extend(rows.into_iter().map(|row| acknowledgement::Outcome {
                delivery: row.id,
                state: row.state.word().to_owned(),
                reason: row.reason,
            }));
        }
    }
    outcomes.sort();
    let hashes = outcomes.iter().map(acknowledgement::Outcome::hash);
    let span = Span::new(0, hashes.collect());
    Ok((span.root().to_hex() == leaf.outcomes_root).then_some(span))
}
