//! One submission as members of a bundle: raw bytes, receipt, records in canonical form, what became of them since,
//! what was forwarded, what judged.

use serde_json::{Map, Value, json};
use spec::{Dataset, Edition, Normalized, Sensitivity};

use super::cover::source_name;
use super::deliveries;
use super::gather::{Gather, GatherError};
use crate::leaf::Submission as Leaf;
use crate::pipeline::basis::Basis;
use crate::pipeline::ending::Ending;
use crate::pipeline::judge::Item;
use crate::pipeline::personal::holds_personal;
use crate::pipeline::raw::Stored;
use crate::pipeline::receipt::Outcome;
use crate::pipeline::{Instant, commit, outcomes, seal};
use crate::reperform::{Again, Lacking};
use crate::store::records::{self, RecordRow};
use crate::store::submissions::{self, Submission};
use crate::store::{Database, erasures, waiting};
use crate::tlog::sha256;

/// Adds a submission to a bundle.
pub async fn add(
    gather: &mut Gather<'_>,
    connection: &mut Database,
    number: i64,
) -> Result<(), GatherError> {
    let row = submissions::by_id(connection, number)?
        .ok_or_else(|| GatherError::Missing(commit::receipt_id(number)))?;
    let folder = format!("submissions/{}", commit::receipt_id(number));
    let listed = outcomes::listed(connection, &row)?;
    let mut unsigned = commit::load(connection, &row)?;
    // The receipt of a large submission stands for its parts; here all of them are listed.
    if !unsigned.parts.is_empty() {
        unsigned.outcomes = serde_json::from_slice(&listed)?;
        unsigned.parts.clear();
    }
    let says = unsigned.says.clone();
    gather.proven(connection, &folder, row.leaf_index)?;
    let mut receipt = seal::receipt(gather.signs, unsigned, None);
    receipt.proof = gather.proof(row.leaf_index)?.map(|proof| proof.to_string());
    // In the order of its members, which the hash of an outcome is taken over.
    gather.put(
        format!("{folder}/receipt.json"),
        serde_json::to_vec_pretty(&receipt)?,
    );
    gather.put(format!("{folder}/outcomes.json"), listed);
    let kept = records::of_submission(connection, number, number)?;
    let again = gather.judges.read(connection, &row, &says).await;
    judged_by(gather, &says).await?;
    raw(gather, connection, &folder, &row, &again).await?;
    let listed = of_records(gather, &folder, &receipt.records, &kept, &again)?;
    gather.json(format!("{folder}/records.json"), &listed)?;
    let endings = changes(gather, connection, &folder, &row)?;
    erased(gather, connection, &row, &kept)?;
    let forwarded = deliveries::of(gather, connection, &kept)?;
    gather.json(format!("{folder}/deliveries.json"), &forwarded)?;
    let name = source_name(&says, |path| gather.member(path));
    (gather.cover).add((&receipt, name), &listed, &endings, &forwarded);
    Ok(())
}

/// The data files, profile and limits that judged.
async fn judged_by(gather: &mut Gather<'_>, leaf: &Leaf) -> Result<(), GatherError> {
    let Some(basis) = leaf.basis.clone() else {
        return Ok(());
    };
    // Where the archive is lost the bundle goes without it, and its check says so.
    let Ok(bytes) = gather.judges.archived(&basis).await else {
        return Ok(());
    };
    let named: Basis = serde_json::from_slice(&bytes)?;
    let parts = [
        (format!("basis/{basis}.json"), basis),
        (
            format!("basis/specification-{}.json", named.specification),
            named.specification.clone(),
        ),
        (
            format!("basis/profile-{}.toml", named.profile),
            named.profile.clone(),
        ),
    ];
    for (path, digest) in parts {
        if !gather.holds(&path) {
            let bytes = gather.judges.archived(&digest).await?;
            gather.put(path, bytes);
        }
    }
    Ok(())
}

/// The raw bytes, unless they hold what was not asked for.
async fn raw(
    gather: &mut Gather<'_>,
    connection: &mut Database,
    folder: &str,
    row: &Submission,
    again: &Result<Again, Lacking>,
) -> Result<(), GatherError> {
    let personal = match again {
        Ok(again) => again.items.iter().any(|item| match item {
            Item::Judged(judged) => holds_personal(&judged.record),
            // What could not be read may hold anything.
            Item::Unusable { .. } => true,
            Item::Erased(_) => false,
        }),
        Err(_) => true,
    };
    let path = format!("{folder}/raw");
    let stored = Stored::of(row);
    // Of what an erasure has left, the leaf of the erasure holds the digest.
    let said = erasures::of_raw(connection, row.id)?;
    let proven = said.is_some_and(|gone| gone.leaf_index.unsigned_abs() < gather.size());
    if stored.is_left && proven && (gather.personal || !personal) {
        let left = gather.raw(row).await?;
        gather.put(format!("{folder}/raw.left"), left);
    }
    if stored.is_destroyed() || stored.is_left || personal && !gather.personal {
        gather.withhold(path);
        return Ok(());
    }
    let body = match again {
        Ok(again) => again.body.clone(),
        Err(_) => gather.raw(row).await?,
    };
    gather.put(path, body);
    Ok(())
}

/// Every record: what it became, its values, what was put right in it; canonical bytes as members of their own.
fn of_records(
    gather: &mut Gather<'_>,
    folder: &str,
    outcomes: &[Outcome],
    kept: &[RecordRow],
    again: &Result<Again, Lacking>,
) -> Result<Value, GatherError> {
    let mut listed = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let place = outcome.index as usize;
        let judged = again
            .as_ref()
            .ok()
            .and_then(|again| match again.items.get(place) {
                Some(Item::Judged(judged)) => Some((again.edition, judged)),
                _ => None,
            });
        let row = kept
            .iter()
            .find(|row| usize::try_from(row.record_index) == Ok(place));
        let canonical = row
            .and_then(|row| row.body.held())
            .or_else(|| judged.map(|(_, judged)| judged.canonical.as_slice()))
            .filter(|bytes| outcome.digest == Some(sha256(bytes).to_hex()));
        let edition = again.as_ref().ok().map(|again| again.edition);
        let data = match (canonical, dataset_of(edition, outcome)) {
            (Some(bytes), Some(dataset)) => {
                let data: Map<String, Value> = serde_json::from_slice(bytes)?;
                let record = Normalized::from_canonical(dataset, &data);
                let path = format!("{folder}/records/{place:05}.json");
                let personal = holds_personal(&record);
                if personal && !gather.personal {
                    gather.withhold(path);
                    Some(masked(dataset, data))
                } else {
                    gather.put(path, bytes.to_vec());
                    Some(data)
                }
            }
            _ => None,
        };
        listed.push(json!({
            "index": outcome.index,
            "dataset": outcome.dataset,
            "key": outcome.key,
            "name": dataset_of(edition, outcome).map(|dataset| &dataset.name),
            "action": judged.map(|(_, judged)| judged.record.action),
            // A reason may name whom it is about.
            "reason": judged.and_then(|(_, judged)| {
                let reason = judged.record.reason.as_deref()?;
                let open = gather.personal || !holds_personal(&judged.record);
                Some(if open { reason.to_owned() } else { spec::issue::shown(reason, Sensitivity::Public) })
            }),
            "verdict": outcome.verdict,
            "digest": outcome.digest,
            "kept": row.is_some(),
            "erased": row.is_some_and(|row| row.body.is_erased()),
            "data": data,
            "changes": judged.map(|(_, judged)| &judged.record.changes),
        }));
    }
    Ok(Value::Array(listed))
}

fn dataset_of<'e>(edition: Option<&'e Edition>, outcome: &Outcome) -> Option<&'e Dataset> {
    edition?.dataset(&outcome.dataset)
}

fn masked(dataset: &Dataset, mut data: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in &mut data {
        let field = dataset.fields.iter().find(|field| field.id == *name);
        let sensitivity = field.map_or(Sensitivity::Personal, |field| field.sensitivity);
        let personal =
            |text: &str| sensitivity == Sensitivity::Personal || spec::issue::names_a_person(text);
        if let Value::String(text) = value
            && personal(text)
        {
            *text = spec::issue::shown(text, Sensitivity::Personal);
        }
    }
    data
}

/// The leaves that say what was erased, with their proofs.
fn erased(
    gather: &mut Gather<'_>,
    connection: &mut Database,
    submission: &Submission,
    kept: &[RecordRow],
) -> Result<(), GatherError> {
    if let Some(gone) = erasures::of_raw(connection, submission.id)? {
        let folder = format!("erasures/{}", gone.leaf_index);
        gather.proven(connection, &folder, gone.leaf_index)?;
    }
    for row in kept.iter().filter(|row| row.body.is_erased()) {
        if let Some(erasure) = erasures::of(connection, row.id)? {
            gather.proven(
                connection,
                &format!("erasures/{}", erasure.leaf_index),
                erasure.leaf_index,
            )?;
        }
    }
    Ok(())
}

/// What became of records that waited, each with its leaf and proof.
fn changes(
    gather: &mut Gather<'_>,
    connection: &mut Database,
    folder: &str,
    row: &Submission,
) -> Result<Value, GatherError> {
    let mut listed = Vec::new();
    for (change, _) in waiting::changes_of(connection, row.id)? {
        // What happened after the checkpoint is not shown: nothing proves it yet.
        if change.leaf_index.unsigned_abs() >= gather.size() {
            continue;
        }
        let place = format!("{folder}/changes/{:05}", change.record_index);
        gather.proven(connection, &place, change.leaf_index)?;
        listed.push(json!({
            "index": change.record_index,
            "change": Ending::word(change.kind),
            "at": Instant::from_millis(change.at).text(),
            "leaf_index": change.leaf_index,
            // Verbatim: the leaf holds the SHA-256 of this text.
            "issues": change.issues,
        }));
    }
    let listed = Value::Array(listed);
    gather.json(format!("{folder}/changes.json"), &listed)?;
    Ok(listed)
}
