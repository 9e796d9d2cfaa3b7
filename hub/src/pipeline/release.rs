//! A parked record is judged again, by itself, when what it waits for has come.

use std::sync::Arc;

use spec::waiting::Awaited;
use spec::{Context, Edition, Normalized, Severity, Spec, Verdict};

use super::attached;
use super::ending::{self, Ending};
use super::history::History;
use super::neighbours::{Key, Neighbour, Neighbours, by_key, links_of, links_of_old};
use super::room;
use super::writer::Transaction;
use crate::keys::LookupKey;
use crate::store::insert::{self, Rows};
use crate::store::records::{self, Link, RecordRow};
use crate::store::waiting::{self, Parked};
use crate::store::{Database, StoreError, submissions};

/// Judges every parked record again that waits for one of the hashes, and those that wait for it in turn.
pub fn release(
    transaction: &mut Transaction<'_>,
    under: &LookupKey,
    specification: &'static Spec,
    now: super::Instant,
    hashes: &[i64],
) -> Result<(), StoreError> {
    if hashes.is_empty() || !transaction.numbers.waiting {
        return Ok(());
    }
    let mut arrived = hashes.to_vec();
    let mut among = Among::new(under);
    while !arrived.is_empty() {
        let ready = waiting::ready(transaction.connection, &arrived)?;
        arrived.clear();
        for (parked, row) in ready {
            // Judged by the edition that it was sent in; one that is gone leaves the record to its deadline.
            if let Some(edition) = specification.edition(&parked.edition) {
                let neighbours = among.of(edition);
                arrived.extend(again(transaction, edition, neighbours, now, &parked, &row)?);
            }
        }
    }
    Ok(())
}

/// Records that are released one after the other are judged among each other: what the store said of one is kept for
/// the next.
struct Among {
    edition: String,
    judged: usize,
    neighbours: Neighbours,
}

impl Among {
    fn new(under: &LookupKey) -> Self {
        Among {
            edition: String::new(),
            judged: 0,
            neighbours: Neighbours::new(under.clone()),
        }
    }

    /// Those as an edition reads them; now and then all but the registers are let go.
    fn of(&mut self, edition: &Edition) -> &mut Neighbours {
        if self.edition != edition.id {
            *self = Among::new(self.neighbours.under());
            self.edition.clone_from(&edition.id);
        }
        self.judged += 1;
        if self.judged.is_multiple_of(AT_ONCE as usize) {
            self.neighbours.forget();
        }
        &mut self.neighbours
    }
}

/// Most values that are looked for at once.
const AT_ONCE: i64 = 1000;

/// The same for everything that waits for a record version from a number on: what a submission brought that was too
/// large to remember what it brought.
pub fn release_since(
    transaction: &mut Transaction<'_>,
    under: &LookupKey,
    specification: &'static Spec,
    now: super::Instant,
    first_record: i64,
) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    while transaction.numbers.waiting {
        let hashes = waiting::satisfied(transaction.connection, first_record, after, AT_ONCE)?;
        let Some(&last) = hashes.last() else { break };
        after = last;
        release(transaction, under, specification, now, &hashes)?;
    }
    Ok(())
}

/// Judges one parked record again; the hashes under which it is found now, if it became current.
fn again(
    transaction: &mut Transaction<'_>,
    edition: &'static Edition,
    neighbours: &mut Neighbours,
    now: super::Instant,
    parked: &Parked,
    row: &RecordRow,
) -> Result<Vec<i64>, StoreError> {
    let mut version = Neighbour::from_row(row.clone())?;
    let Some(dataset) = edition.by_code(version.dataset) else {
        return Ok(Vec::new());
    };
    let record = Normalized::from_canonical(dataset, version.body());
    let lookups = Key::all(
        neighbours.under(),
        spec::references::lookups(edition, &record),
    );
    let parents = Key::all(neighbours.under(), spec::stored::parents(edition, &record));
    neighbours.ask(transaction.connection, lookups.iter().chain(&parents))?;
    let known = neighbours.known(edition, lookups);
    let context = Context {
        edition,
        received: now.civil,
        platforms: &[],
    };
    let (report, waits) = spec::validate::judge_among(&context, &record, &known);
    let (source, files) = files(transaction.connection, parked)?;
    if !waits.is_empty() || !files.is_empty() {
        let awaits = room::awaits(edition, &record, &waits, &report.issues, &files);
        // What it referred to may have been taken back while it waited for something else.
        if awaits != parked.awaits {
            let parked = Parked {
                awaits,
                ..parked.clone()
            };
            waiting::leave(transaction.connection, row.id)?;
            waiting::enter(
                transaction.connection,
                &[parked],
                &room::rows_of(
                    room::hashes(neighbours.under(), &waits, &source, &files),
                    row.id,
                ),
            )?;
        }
        return Ok(Vec::new());
    }
    let own = record
        .key()
        .map(|value| by_key(neighbours.under(), dataset, value));
    let newest = own.and_then(|own| neighbours.newest(edition, &own).pop());
    let current = newest.as_ref().filter(|version| !version.withdrawn);
    let warns = |issue: &spec::Issue| issue.severity == Severity::Warning;
    let verdict = match current {
        _ if report.rejects() => Verdict::Rejected,
        Some(known) if row.body.held() == Some(&known.canonical) => Verdict::Duplicate,
        _ if parked.warned != 0 || report.issues.iter().any(warns) => Verdict::AcceptedWithWarnings,
        _ => Verdict::Accepted,
    };
    let lane = match &newest {
        Some(newest) => newest.lane,
        None => neighbours.lane(edition, &parents).unwrap_or(row.lane),
    };
    let outcome = (verdict, report.issues.as_slice());
    ending::settle(transaction, row, lane, Ending::Released, outcome, now)?;
    if matches!(verdict, Verdict::Rejected | Verdict::Duplicate) {
        return Ok(Vec::new());
    }
    let mut added = Rows {
        links: links_of(neighbours.under(), edition, &version),
        ..Rows::default()
    };
    if let Some(old) = &newest {
        let before = links_of_old(neighbours.under(), edition, old, &added.links);
        records::unlink(transaction.connection, &before)?;
        neighbours.remove(edition, old, &before);
        let mut history = History::default();
        // The leaf of its release was the last that was appended.
        let leaf = transaction.numbers.leaf - 1;
        history.superseded(&before, &added.links, (now.millis, leaf));
        history.write(transaction.connection)?;
    }
    added.links.extend(parked.message_hash.map(|hash| Link {
        hash,
        record_id: row.id,
    }));
    let projected = edition
        .projections
        .values()
        .any(|projection| projection.datasets.contains_key(&dataset.code));
    added.owed = transaction.owe(row, lane, None, projected, now.millis)?;
    insert::rows(transaction.connection, &added)?;
    version.lane = lane;
    neighbours.add(edition, &Arc::new(version), &added.links);
    Ok(added.links.iter().map(|link| link.hash).collect())
}

/// The files of its source that a record still waits for; the source is not looked up where none was.
fn files(connection: &mut Database, parked: &Parked) -> Result<(String, Vec<Awaited>), StoreError> {
    let mut awaited = super::expiry::awaited(parked)?;
    awaited.retain(|one| !one.attachment.is_empty());
    if awaited.is_empty() {
        return Ok((String::new(), awaited));
    }
    let source = submissions::source_of(connection, parked.submission_id)?;
    let awaited = attached::still_awaited(connection, &source, awaited)?;
    Ok((source, awaited))
}
