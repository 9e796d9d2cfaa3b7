//! The waiting room: a parked record is judged again, by itself, when what it waits for has come.

use spec::{Context, Edition, Lookup, Normalized, Severity, Verdict};

use super::neighbours::{Key, Neighbour, Neighbours, by_key, links_of};
use super::writer::Transaction;
use crate::store::insert::{self, Owed, Rows};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, verdict_number};

/// Judges every parked record again that waits for one of the hashes, and those that wait for it in turn.
pub fn release(
    transaction: &mut Transaction<'_>,
    edition: &'static Edition,
    now: super::Instant,
    hashes: &[i64],
) -> Result<(), StoreError> {
    if hashes.is_empty() || !transaction.numbers.waiting {
        return Ok(());
    }
    let mut arrived = hashes.to_vec();
    while !arrived.is_empty() {
        let ready = records::waiting_for(transaction.connection, &arrived)?;
        arrived.clear();
        for id in ready {
            if let Some(row) = records::by_id(transaction.connection, id)? {
                arrived.extend(again(transaction, edition, now, &row)?);
            }
        }
    }
    Ok(())
}

/// Judges one parked record again; the hashes under which it is found now, if it was released.
fn again(
    transaction: &mut Transaction<'_>,
    edition: &'static Edition,
    now: super::Instant,
    row: &RecordRow,
) -> Result<Vec<i64>, StoreError> {
    let parked = Neighbour::from_row(row.clone())?;
    let Some(dataset) = edition.by_code(parked.dataset) else {
        return Ok(Vec::new());
    };
    let record = Normalized::from_canonical(dataset, parked.body());
    let keys = |lookups: Vec<Lookup>| lookups.into_iter().map(Key::from).collect::<Vec<_>>();
    let lookups = keys(spec::references::lookups(edition, &record));
    let parents = keys(spec::stored::parents(edition, &record));
    let mut neighbours = Neighbours::default();
    neighbours.fetch(transaction.connection, lookups.iter())?;
    let known = neighbours.known(edition, lookups);
    let context = Context {
        edition,
        received: now.civil,
        platforms: &[],
    };
    let (report, waits) = spec::validate::judge_among(&context, &record, &known);
    if !waits.is_empty() {
        return Ok(Vec::new());
    }
    let own = record.key().map(|value| by_key(dataset, value));
    let current = own.and_then(|own| neighbours.find(edition, &own).into_iter().next_back());
    let verdict = match &current {
        _ if report.rejects() => Verdict::Rejected,
        Some(known) if known.canonical == row.body => Verdict::Duplicate,
        _ if report
            .issues
            .iter()
            .any(|issue| issue.severity == Severity::Warning) =>
        {
            Verdict::AcceptedWithWarnings
        }
        _ => Verdict::Accepted,
    };
    let lane = neighbours.lane(edition, &parents).unwrap_or(row.lane);
    records::release(
        transaction.connection,
        row.id,
        verdict_number(verdict),
        lane,
    )?;
    let leaf = serde_json::json!({
        "v": 1, "kind": "release", "record": row.id, "submission": super::commit::receipt_id(row.submission_id),
        "index": row.record_index, "verdict": verdict, "at": now.text(),
    });
    transaction.append_leaf(leaf.to_string().into_bytes())?;
    // A newer version may have come while this one waited: then this one is history already.
    let overtaken = current.as_ref().is_some_and(|known| known.id > row.id);
    if overtaken || matches!(verdict, Verdict::Rejected | Verdict::Duplicate) {
        return Ok(Vec::new());
    }
    let mut added = Rows::default();
    if let Some(old) = &current {
        records::unlink(transaction.connection, &links_of(edition, old))?;
    }
    added.links = links_of(edition, &parked);
    if edition
        .projections
        .values()
        .any(|projection| projection.datasets.contains_key(&dataset.code))
    {
        added.owed.push(Owed {
            id: transaction.numbers.delivery,
            destination: crate::store::NATIONAL.to_owned(),
            record_id: row.id,
            lane,
            state: 0,
            attempts: 0,
            due_at: now.millis,
            updated_at: now.millis,
        });
        transaction.numbers.delivery += 1;
    }
    insert::rows(transaction.connection, &added)?;
    Ok(added.links.iter().map(|link| link.hash).collect())
}
