//! A destination that says two things about one batch: the first answer stands, the other one is written down, logged
//! and reported, once a batch.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::client::{Decision, RecordResult};
use crate::leaf;
use crate::pipeline::Instant;
use crate::pipeline::writer::Transaction;
use crate::store::contradictions::{self, Contradiction};
use crate::store::{StoreError, batches};
use crate::tlog::sha256;

/// What a further answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// It says the same.
    Same,
    /// It says something else.
    Other,
    /// There was no answer before, or none that can be compared.
    Nothing,
}

/// Compares a further answer about a batch with the one that stands.
pub(super) fn hear(
    transaction: &mut Transaction<'_>,
    batch: i64,
    answer: &str,
    now: i64,
) -> Result<Heard, StoreError> {
    let Some(known) = batches::known(transaction.connection, batch)? else {
        return Ok(Heard::Nothing);
    };
    let stands = known.answer.as_deref().unwrap_or_default();
    let (Some(first), Some(second)) = (says(stands), says(answer)) else {
        return Ok(Heard::Nothing);
    };
    if !known.is_answered() {
        return Ok(Heard::Nothing);
    }
    let names = first.keys().chain(second.keys());
    let differ = names.filter(|record| first.get(*record) != second.get(*record));
    let differ: std::collections::BTreeSet<i64> = differ.copied().collect();
    if differ.is_empty() {
        return Ok(Heard::Same);
    }
    if batches::contradict(transaction.connection, batch)? {
        let destination = known.destination;
        tracing::error!(
            destination,
            batch,
            records = differ.len(),
            "the destination contradicts its own answer; the first one stands: ask it which is true"
        );
        let rows = differ.iter().map(|&record_id| Contradiction {
            record_id,
            batch_id: batch,
            stands: words(first.get(&record_id)),
            other: words(second.get(&record_id)),
            leaf_index: 0,
            at: now,
        });
        let rows: Vec<Contradiction> = rows.collect();
        let leaf = leaf::encode(&leaf::Contradiction {
            destination,
            batch,
            records: differ.into_iter().collect(),
            stands_sha256: sha256(stands.as_bytes()).to_hex(),
            other_sha256: sha256(answer.as_bytes()).to_hex(),
            at: Instant::from_millis(now).text(),
        })?;
        let leaf_index = transaction.append_leaf(leaf)?;
        let rows = rows.into_iter();
        let rows: Vec<_> = rows
            .map(|row| Contradiction { leaf_index, ..row })
            .collect();
        contradictions::add(transaction.connection, &rows)?;
    }
    Ok(Heard::Other)
}

/// What an answer decided about a record, in words; of a record that went as several, each decision.
fn words(decisions: Option<&Vec<Decision>>) -> String {
    let words: Vec<&str> = decisions
        .into_iter()
        .flatten()
        .map(|decision| decision.word())
        .collect();
    words.join(",")
}

/// What an answer says of each record, whatever the order of its records. Of a record that went as several, all
/// decisions.
fn says(answer: &str) -> Option<BTreeMap<i64, Vec<Decision>>> {
    #[derive(Deserialize)]
    struct Said {
        records: Vec<RecordResult>,
    }
    let said: Said = serde_json::from_str(answer).ok()?;
    let mut all: BTreeMap<i64, Vec<Decision>> = BTreeMap::new();
    for record in said.records {
        all.entry(record.id).or_default().push(record.result);
    }
    for decisions in all.values_mut() {
        decisions.sort_by_key(|decision| *decision as u8);
    }
    Some(all)
}
