//! A submission on its way into the store: record after record judged among others, numbered, collected into
//! rows, and written at the end together with its log leaf.

mod begin;
mod erased;
mod finish;

use std::collections::BTreeMap;
use std::sync::Arc;

use spec::{
    Action, Context, Dataset, Edition, Issue, IssueCode, Normalized, Severity, Spec, Verdict,
};

use super::absent;
use super::attached::{self, Arriving, Files};
use super::dependants;
use super::history::History;
use super::judge::{Item, Judged, shown_key};
use super::neighbours::{
    Key, Neighbour, Neighbours, by_key, key_of, links, links_of, links_of_old,
};
use super::outcomes::{Outcomes, Tree};
use super::personal;
use super::receipt::{Counts, Outcome};
use super::room::{self, Room};
use super::writer::Transaction;
use crate::keys::{LookupKey, Masters};
use crate::store::body::Place;
use crate::store::insert::Rows;
use crate::store::records::{Link, RecordRow};
use crate::store::submissions::{IssueRow, Volume};
use crate::store::waiting::Parked;
use crate::store::{StoreError, verdict_number};
use crate::tlog::hash;
pub use begin::Purpose;
pub use erased::Erased;
pub use finish::Verdicts;
use finish::broken;

/// A submission on its way into the store.
pub struct Work<'w, 't> {
    transaction: &'w mut Transaction<'t>,
    edition: &'static Edition,
    specification: &'static Spec,
    received: super::Instant,
    source: String,
    number: i64,
    masters: Option<Arc<Masters>>,
    under: LookupKey,
    files: Files,
    neighbours: Neighbours,
    room: Room,
    history: History,
    rows: Rows,
    superseded: Vec<Link>,
    outcomes: Outcomes,
    purpose: Purpose,
    parts: i32,
    kept: Tree,
    counts: Counts,
    issues: i32,
    volumes: BTreeMap<i32, Volume>,
    became_current: Vec<i64>,
    first_record: i64,
}

impl Work<'_, '_> {
    /// Names the files that came with the next records, before these are judged. A document with files is never cut,
    /// so that no leaf stands between the parts of a submission.
    pub fn bring(&mut self, arriving: Arriving) -> Result<(), StoreError> {
        if !arriving.files.is_empty() {
            // What waited for them becomes current.
            self.neighbours.forget_all();
        }
        attached::arrive(
            self.transaction,
            &self.under,
            self.specification,
            arriving,
            self.received,
        )
    }

    /// Judges as if [`Self::bring`] had named the files.
    pub fn expect(&mut self, arriving: Arriving) -> Result<(), StoreError> {
        self.files.expect(self.transaction.connection, arriving)
    }

    /// The outcomes, in order.
    pub fn into_outcomes(self) -> Vec<Outcome> {
        self.outcomes.list
    }

    /// The outcomes since they were last taken.
    pub fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes.list)
    }

    /// Judges the next records of a submission among others, and writes what they add. Nothing of it is visible
    /// before the commit, and nothing of it stays in memory.
    pub fn judge_part(&mut self, items: Vec<Item>) -> Result<(), StoreError> {
        self.judge(items)?;
        self.write()?;
        self.neighbours.forget();
        Ok(())
    }

    /// Judges every record among others, in order.
    pub fn judge(&mut self, items: Vec<Item>) -> Result<(), StoreError> {
        let all = || items.iter().filter_map(Item::judged);
        let connection = &mut *self.transaction.connection;
        let lookups = all().flat_map(|judged| &judged.lookups);
        self.neighbours.ask(connection, lookups)?;
        let records = all().map(|judged| &judged.record);
        self.files
            .fetch(connection, &self.source, self.edition, records)?;
        if self.transaction.numbers.waiting {
            let own = all().flat_map(|judged| judged.own.iter().chain(&judged.message));
            self.room.fetch(connection, own)?;
        }
        // Records that only their message names lead to business keys: these are fetched all at once too.
        let led_to: Vec<Key> = all().filter_map(|judged| self.own_key(judged)).collect();
        self.neighbours
            .fetch(self.transaction.connection, led_to.iter())?;
        for (index, item) in (self.counts.records..).zip(items) {
            match item {
                Item::Unusable { dataset, issue } => self.unusable(index, dataset, *issue)?,
                Item::Judged(judged) => self.judged(index, *judged)?,
                Item::Erased(erased) => self.erased(*erased)?,
            }
        }
        Ok(())
    }

    fn is_trial(&self) -> bool {
        self.purpose == Purpose::Trial
    }

    fn context(&self) -> Context<'static> {
        Context {
            edition: self.edition,
            received: self.received.civil,
            platforms: &[],
        }
    }

    fn unusable(&mut self, index: u32, dataset: String, issue: Issue) -> Result<(), StoreError> {
        let number = self
            .edition
            .dataset(&dataset)
            .map_or(0, |known| i32::from(known.code));
        let outcome = Outcome {
            index,
            dataset,
            key: None,
            verdict: Verdict::Rejected,
            digest: None,
            attachments: Vec::new(),
            flex: None,
            issues: vec![issue],
        };
        self.note(number, outcome)
    }

    fn judged(&mut self, index: u32, judged: Judged) -> Result<(), StoreError> {
        let Judged {
            record,
            mut canonical,
            mut digest,
            mut leaf,
            mut guarded,
            mut issues,
            lookups,
            own,
            parents,
            entries,
            flex,
            message,
            files: carried,
        } = judged;
        let dataset = record.dataset;
        if !carried.is_empty() {
            issues.extend(self.files.crowded(&record, &carried));
        }
        let newest = self.newest(&record, own.clone(), message.as_ref())?;
        let current = newest
            .clone()
            .filter(|version| !version.withdrawn && !version.erased);
        // What still waits under this key gives way to what is sent now.
        let parked = self
            .room
            .holds(self.edition, own.as_ref(), message.as_ref())
            .cloned();
        let latest = parked.as_ref().or(current.as_ref());
        let mut key = shown_key(&record);
        if record.action == Action::Withdraw
            && let Some(taken_back) = current.as_ref().or(latest)
        {
            // What is taken back is named, kept and forwarded in full.
            canonical.clone_from(&taken_back.canonical);
            guarded = personal::guard_stored(dataset, &canonical);
            digest = hash::sha256(&canonical);
            leaf = hash::leaf_hash(&canonical);
            key = shown_key(&Normalized::from_canonical(dataset, taken_back.body()));
        }
        let (mut waits, mut files) = (Vec::new(), Vec::new());
        let mut awaits = String::new();
        let warned = !issues.is_empty();
        if !rejects(&issues) {
            match record.action {
                Action::Withdraw | Action::Correct if latest.is_none() => {
                    if !self.is_trial() {
                        let newest = newest.as_deref();
                        issues.push(absent::nothing_to(&record, newest, self.number));
                    }
                }
                Action::Withdraw => issues.extend(self.dependants(current.as_deref(), &record)?),
                Action::Upsert | Action::Correct => {
                    let mut known = self.neighbours.known(self.edition, lookups);
                    if self.is_trial() {
                        // Not found here, not known: the real hub may hold it.
                        known.answers.retain(|_, found| !found.is_empty());
                    }
                    let (mut report, mut missing) =
                        spec::validate::judge_among(&self.context(), &record, &known);
                    let (mut lacking, mut said) = self.files.missing(self.edition, &record);
                    if self.is_trial() {
                        let names = |issue: &Issue| issue.code == IssueCode::ReferenceMissing;
                        report.issues.retain(|issue| !names(issue));
                        (missing, lacking, said) = Default::default();
                    }
                    if !missing.is_empty() || !lacking.is_empty() {
                        let found = &report.issues;
                        awaits = room::awaits(self.edition, &record, &missing, found, &lacking);
                    }
                    for issue in &mut report.issues {
                        let (edition, own) = (self.edition, self.number);
                        self.neighbours.name(edition, &known, own, issue);
                        absent::referred_to(&record, &known, issue, own, |lookup| {
                            self.neighbours.taken_back(edition, lookup)
                        });
                    }
                    issues.extend(report.issues);
                    issues.extend(said);
                    issues.extend(self.dependants(current.as_deref(), &record)?);
                    (waits, files) = (missing, lacking);
                }
            }
        }
        let verdict = if rejects(&issues) {
            Verdict::Rejected
        } else if record.action == Action::Upsert
            && [latest, current.as_ref()]
                .into_iter()
                .flatten()
                .any(|known| known.canonical == canonical)
        {
            Verdict::Duplicate
        } else if !waits.is_empty() || !files.is_empty() {
            Verdict::Parked
        } else if issues.is_empty() {
            Verdict::Accepted
        } else {
            Verdict::AcceptedWithWarnings
        };
        let kept = matches!(
            verdict,
            Verdict::Accepted | Verdict::AcceptedWithWarnings | Verdict::Parked
        );
        let replaces = match &parked {
            Some(parked) => kept || parked.canonical != canonical && verdict == Verdict::Duplicate,
            None => false,
        };
        if replaces {
            let by = kept.then_some(self.transaction.numbers.record);
            self.room
                .replace(self.edition, own.as_ref(), message.as_ref(), by);
        }
        if kept {
            self.kept.push(leaf);
            // One that was taken back keeps its lane: what comes again must not overtake the withdrawal.
            let lane = match &newest {
                Some(newest) => newest.lane,
                None => self
                    .neighbours
                    .lane(self.edition, &parents)
                    .unwrap_or(self.transaction.numbers.record),
            };
            let before = newest.iter().chain(&parked).map(|known| known.id).max();
            let place = Place {
                id: self.transaction.numbers.record,
                submission: self.number,
                index: index as i32,
                dataset: i32::from(dataset.code),
            };
            let row = RecordRow {
                id: place.id,
                submission_id: place.submission,
                record_index: place.index,
                dataset: place.dataset,
                action: record.action as i32,
                verdict: verdict_number(verdict),
                lane,
                previous: before,
                body: personal::kept(self.masters.as_deref(), canonical, guarded, place)
                    .map_err(|error| broken(&error))?,
            };
            self.transaction.numbers.record += 1;
            self.history.because(row.id, record.reason.clone());
            if verdict == Verdict::Parked {
                let parked = Parked {
                    record_id: row.id,
                    submission_id: row.submission_id,
                    edition: self.edition.id.clone(),
                    own_hash: own.as_ref().map_or(0, |own| own.hash),
                    message_hash: message.as_ref().map(|message| message.hash),
                    since: self.received.millis,
                    warned: i32::from(warned),
                    awaits,
                };
                let hashes = room::hashes(&self.under, &waits, &self.source, &files);
                let waits = self.room.enter(&row, parked, hashes)?;
                self.rows.waiting.extend(waits);
                self.transaction.numbers.waiting = true;
            } else {
                self.make_current(&row, newest.as_deref(), &entries, current.is_some())?;
            }
            self.rows.records.push(row);
        }
        let outcome = Outcome {
            index,
            dataset: dataset.id.clone(),
            key,
            verdict,
            digest: Some(digest.to_hex()),
            attachments: self.files.named(self.edition, &record),
            flex,
            issues,
        };
        self.note(i32::from(dataset.code), outcome)
    }

    /// Why a version may not give way to what is sent now, because others hang on it.
    fn dependants(
        &mut self,
        current: Option<&Neighbour>,
        record: &Normalized<'_, '_>,
    ) -> Result<Option<Issue>, StoreError> {
        let Some(current) = current else {
            return Ok(None);
        };
        let context = self.context();
        let connection = &mut *self.transaction.connection;
        dependants::refusal(connection, &mut self.neighbours, &context, current, record)
    }

    /// The business key of a record that is without it, by the key that its sender gave the message.
    fn own_key(&self, judged: &Judged) -> Option<Key> {
        let message = judged.message.as_ref().filter(|_| judged.own.is_none())?;
        self.key_by_message(judged.record.dataset, message)
    }

    fn key_by_message(&self, dataset: &Dataset, message: &Key) -> Option<Key> {
        let known = self.neighbours.newest(self.edition, message);
        Some(by_key(
            &self.under,
            dataset,
            key_of(dataset, known.last()?.body())?,
        ))
    }

    /// The newest version of a record: by its business key, or by the key that its sender gave the message.
    fn newest(
        &mut self,
        record: &Normalized<'_, '_>,
        own: Option<Key>,
        message: Option<&Key>,
    ) -> Result<Option<Arc<Neighbour>>, StoreError> {
        let own = match (own, message) {
            (Some(own), _) => own,
            (None, Some(message)) => {
                let Some(own) = self.key_by_message(record.dataset, message) else {
                    return Ok(None);
                };
                own
            }
            (None, None) => return Ok(None),
        };
        self.neighbours
            .fetch(self.transaction.connection, std::iter::once(&own))?;
        Ok(self.neighbours.newest(self.edition, &own).pop())
    }

    /// Makes a version the current one: found by others, owed to destinations; the old one is found no more.
    fn make_current(
        &mut self,
        row: &RecordRow,
        old: Option<&Neighbour>,
        entries: &[Key],
        was_current: bool,
    ) -> Result<(), StoreError> {
        let new = Arc::new(Neighbour::from_row(row.clone())?);
        // A withdrawal is found by its business key, so that the history stays in reach; by nothing else.
        let links = if new.withdrawn {
            links_of(&self.under, self.edition, &new)
        } else {
            links(entries.iter(), row.id)
        };
        if let Some(old) = old {
            let before = links_of_old(&self.under, self.edition, old, &links);
            // The leaf of this submission: nothing is appended before it.
            let leaf = self.transaction.numbers.leaf;
            self.history
                .superseded(&before, &links, (self.received.millis, leaf));
            self.neighbours.remove(self.edition, old, &before);
            self.superseded.extend(before);
        }
        if !new.withdrawn && self.purpose == Purpose::Whole {
            self.became_current
                .extend(links.iter().map(|link| link.hash));
        }
        self.neighbours.add(self.edition, &new, &links);
        self.rows.links.extend(links);
        // What was taken back while it waited was never sent to anybody.
        if !self.is_trial() && (was_current || !new.withdrawn) {
            let projected = self.edition.projections.values().any(|projection| {
                u16::try_from(row.dataset).is_ok_and(|code| projection.datasets.contains_key(&code))
            });
            let (lane, now) = (row.lane, self.received.millis);
            let source = Some(self.source.as_str());
            let owed = self.transaction.owe(row, lane, source, projected, now)?;
            self.rows.owed.extend(owed);
        }
        Ok(())
    }

    fn note(&mut self, dataset: i32, outcome: Outcome) -> Result<(), StoreError> {
        self.counts.add(outcome.verdict);
        if self.is_trial() {
            self.outcomes.list.push(outcome);
            return Ok(());
        }
        let number = self.number;
        let volume = self.volumes.entry(dataset).or_insert_with(|| Volume {
            submission_id: number,
            dataset,
            ..Volume::default()
        });
        match outcome.verdict {
            Verdict::Accepted => volume.accepted += 1,
            Verdict::AcceptedWithWarnings => volume.warned += 1,
            Verdict::Parked => volume.parked += 1,
            Verdict::Duplicate => volume.duplicate += 1,
            Verdict::Rejected => volume.rejected += 1,
        }
        for issue in &outcome.issues {
            self.rows.issues.push(IssueRow {
                submission_id: number,
                seq: self.issues,
                record_index: outcome.index as i32,
                dataset,
                severity: i32::from(issue.severity == Severity::Error),
                code: issue.code.name().to_owned(),
                rule: issue.rule.as_deref().map(str::to_owned),
                path: issue.path.clone(),
            });
            self.issues += 1;
        }
        let complete = self
            .outcomes
            .push(outcome)
            .map_err(|error| broken(&error))?;
        if complete && self.purpose == Purpose::Parts {
            self.end_part()?;
        }
        Ok(())
    }
}

fn rejects(issues: &[Issue]) -> bool {
    issues.iter().any(|issue| issue.severity == Severity::Error)
}
