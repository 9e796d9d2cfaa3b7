//! Gathers the books of a day from what is committed, as of one moment.

use std::collections::BTreeMap;
use std::path::Path;

use super::fault::Fault;
use super::figures::{Contradicted, ContradictedBatch, DestinationBooks, Should, SourceBooks};
use super::received;
use super::tree::Sum;
use crate::delivery::client::Decision;
use crate::store::books::Versions;
use crate::store::contradictions::{self, Contradiction};
use crate::store::days::Span;
use crate::store::deliveries::State;
use crate::store::{Database, NATIONAL, StoreError, books, destinations};

/// Most contradicted packets that are named in a document.
const NAMED: usize = 1000;

/// The books of a day.
#[derive(Debug)]
pub struct Gathered {
    /// By source; those that are asked for, and those that sent.
    pub sources: BTreeMap<String, SourceBooks>,
    /// By destination.
    pub destinations: BTreeMap<String, DestinationBooks>,
    /// The ranges of deliveries in which those of the day's records lie.
    pub owed_in: Vec<(i64, i64)>,
}

/// Gathers the books of a day. `sources`: those that have books even when nothing came. `projects`: whether the
/// specification projects a data set. `folder`: for working files. To be called within [`books::frozen`].
pub fn gather(
    connection: &mut Database,
    span: &Span,
    sources: &[String],
    projects: &dyn Fn(i32) -> bool,
    folder: &Path,
) -> Result<Gathered, Fault> {
    let owed_in = books::owed_in(connection, span)?;
    let versions = books::versions(connection, span)?;
    Ok(Gathered {
        sources: of_sources(connection, span, sources, &versions, folder)?,
        destinations: of_destinations(connection, span, &owed_in, &versions, projects)?,
        owed_in,
    })
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn of_sources(
    connection: &mut Database,
    span: &Span,
    sources: &[String],
    versions: &[Versions],
    folder: &Path,
) -> Result<BTreeMap<String, SourceBooks>, Fault> {
    let empty = Sum::beneath(0).finish().digest.to_hex();
    let new = || SourceBooks {
        root: empty.clone(),
        ..SourceBooks::default()
    };
    let mut found: BTreeMap<String, SourceBooks> = sources
        .iter()
        .map(|source| (source.clone(), new()))
        .collect();
    for row in books::received(connection, span)? {
        let of = found.entry(row.source).or_insert_with(new);
        let [accepted, warned, parked, duplicate, rejected] = row.by_verdict.map(count);
        of.submissions = count(row.submissions);
        of.records = accepted + warned + parked + duplicate + rejected;
        of.receipted.accepted = accepted;
        of.receipted.accepted_with_warnings = warned;
        of.receipted.parked = parked;
        of.receipted.duplicate = duplicate;
        of.receipted.rejected = rejected;
    }
    for (source, kind, verdict, number) in books::changed(connection, span)? {
        let parked = &mut found.entry(source).or_insert_with(new).parked;
        let place = match (kind, verdict) {
            (0, ..=1) => &mut parked.released,
            (0, 3) => &mut parked.repeated,
            (0, _) => &mut parked.refused,
            (1, _) => &mut parked.expired,
            _ => &mut parked.replaced,
        };
        *place += count(number);
    }
    for (source, number) in books::waiting(connection, span)? {
        found.entry(source).or_insert_with(new).parked.waiting = count(number);
    }
    for version in versions {
        let source = version.source.clone();
        found.entry(source).or_insert_with(new).kept += count(version.number);
    }
    for (source, root) in received::roots(connection, span, folder)? {
        let of = found.entry(source).or_insert_with(new);
        of.listed = root.count;
        of.root = root.digest.to_hex();
    }
    Ok(found)
}

fn of_destinations(
    connection: &mut Database,
    span: &Span,
    owed_in: &[(i64, i64)],
    versions: &[Versions],
    projects: &dyn Fn(i32) -> bool,
) -> Result<BTreeMap<String, DestinationBooks>, StoreError> {
    let mut found: BTreeMap<String, DestinationBooks> = BTreeMap::new();
    for destination in destinations::all(connection)? {
        if destination.retired_at.is_none() {
            found.insert(destination.name, DestinationBooks::default());
        }
    }
    for (destination, state, number) in books::owed(connection, span, owed_in)? {
        let of = found.entry(destination).or_default();
        let number = count(number);
        of.owed += number;
        match state {
            State::Pending => of.pending += number,
            State::Sent => of.sent += number,
            State::Acknowledged => of.acknowledged += number,
            State::Refused => of.refused += number,
            State::Exhausted => of.exhausted += number,
        }
    }
    let said = contradictions::of_span(connection, span)?;
    for packet in said.chunk_by(|one, other| one.1.batch_id == other.1.batch_id) {
        if let Some((destination, first)) = packet.first() {
            let of = found.entry(destination.clone()).or_default();
            contradict(of.contradicted.get_or_insert_default(), first, packet);
        }
    }
    // Verdicts 0 and 1 are accepted. What was taken back before it was current (action 2) is not owed to anybody.
    let accepted = versions
        .iter()
        .filter(|version| version.verdict < 2 && version.action < 2 && projects(version.dataset));
    let records = accepted.map(|version| count(version.number)).sum();
    let owed = count(books::owed_without_withdrawals(
        connection, span, owed_in, NATIONAL,
    )?);
    if let Some(national) = found.get_mut(NATIONAL) {
        national.should_be_owed = Some(Should { records, owed });
    }
    Ok(found)
}

/// Adds what was contradicted about a packet.
fn contradict(of: &mut Contradicted, first: &Contradiction, packet: &[(String, Contradiction)]) {
    let taken = |words: &str| {
        words
            .split(',')
            .any(|word| word == Decision::Accepted.word())
    };
    for (_, said) in packet {
        of.records += 1;
        match (taken(&said.stands), taken(&said.other)) {
            (true, false) => of.taken_back += 1,
            (false, true) => of.taken_after_all += 1,
            _ => {}
        }
    }
    if of.batches.len() < NAMED {
        of.batches.push(ContradictedBatch {
            batch: first.batch_id,
            records: packet.iter().map(|(_, said)| said.record_id).collect(),
            leaf: first.leaf_index,
        });
    }
}
