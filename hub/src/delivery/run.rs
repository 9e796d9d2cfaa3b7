//! The coordinator: one thread that knows every batch under way, and decides what happens next.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::breaker::Breaker;
use super::client::Client;
use super::flight::{Flight, Phase};
use super::gather::{GatherError, Gatherer};
use super::lanes::Lanes;
use super::projection::Projector;
use super::retry::Budget;
use super::worker::{Outcome, Task, Worker};
use super::{Event, Settings, Signer, Status, clock};
use crate::pipeline::writer::Writer;
use crate::store::deliveries::{self, Owed};
use crate::store::{Readers, StoreError};

/// Most deliveries that are held in memory.
const HELD: usize = 100_000;

/// What [`super::start`] hands over.
pub(super) struct Parts {
    pub settings: Settings,
    pub readers: Readers,
    pub writer: Writer,
    pub spec: &'static spec::Spec,
    pub signer: Signer,
    pub events: Sender<Event>,
    pub stopped: Arc<AtomicBool>,
    pub status: Arc<Mutex<Status>>,
}

/// Runs until stopped.
pub(super) fn coordinate(parts: Parts, inbox: &Receiver<Event>) {
    let stopped = Arc::clone(&parts.stopped);
    let mut run = Run::new(parts);
    while !stopped.load(Ordering::Acquire) {
        if let Err(error) = run.step() {
            tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "delivery cannot go on; trying again");
        }
        match inbox.recv_timeout(run.rest()) {
            Ok(event) => run.take_in(event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Ok(event) = inbox.try_recv() {
            run.take_in(event);
        }
    }
}

struct Run {
    settings: Settings,
    gatherer: Gatherer,
    readers: Readers,
    tasks: Sender<Task>,
    status: Arc<Mutex<Status>>,
    resumed: bool,
    /// The last delivery that was read.
    cursor: i64,
    lanes: Lanes,
    flights: BTreeMap<i64, Flight>,
    breaker: Breaker,
    budget: Budget,
    /// The destination asked to be left alone until then.
    quiet_until: Option<Instant>,
}

impl Run {
    fn new(parts: Parts) -> Self {
        let settings = parts.settings;
        let (tasks, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let backoff = settings.record_backoff;
        for number in 0..settings.in_flight.max(1) {
            let worker = Worker {
                client: Client::new(&settings.url, settings.timeouts),
                writer: parts.writer.clone(),
                destination: settings.destination.clone(),
                horizon: settings.record_attempts,
                again: Arc::new(move |owed: &Owed, now| {
                    let wait = backoff.wait(owed.id, owed.attempts.unsigned_abs());
                    now + wait.as_millis() as i64
                }),
                stopped: Arc::clone(&parts.stopped),
            };
            let (queue, events) = (Arc::clone(&queue), parts.events.clone());
            let spawned = std::thread::Builder::new()
                .name(format!("delivery-{number}"))
                .spawn(move || worker.serve(&queue, &events));
            if let Err(error) = spawned {
                tracing::error!(error = %error, "a delivery worker could not be started");
            }
        }
        Run {
            gatherer: Gatherer {
                settings: settings.clone(),
                readers: parts.readers.clone(),
                writer: parts.writer,
                projector: Projector::new(parts.spec, &settings.from_edition, &settings.to_edition),
                signer: parts.signer,
            },
            readers: parts.readers,
            tasks,
            status: parts.status,
            resumed: false,
            cursor: 0,
            lanes: Lanes::default(),
            flights: BTreeMap::new(),
            breaker: Breaker::new(settings.breaker),
            budget: Budget::new(settings.retries, Instant::now()),
            quiet_until: None,
            settings,
        }
    }

    fn step(&mut self) -> Result<(), GatherError> {
        if !self.resumed {
            self.resume()?;
            self.resumed = true;
        }
        self.fill()?;
        self.dispatch();
        self.report();
        Ok(())
    }

    /// Finds the batches that an earlier run left open.
    fn resume(&mut self) -> Result<(), GatherError> {
        let mut connection = self.readers.take()?;
        let open = deliveries::open_batches(&mut connection, &self.settings.destination)?;
        drop(connection);
        for batch in open {
            if self.flights.contains_key(&batch.id) {
                continue;
            }
            let (members, packet) = self.gatherer.rebuild(&batch)?;
            let Some(packet) = packet else {
                continue;
            };
            let mut flight = Flight::new(&batch, members, packet, Instant::now());
            // Whether the last attempt reached the destination is not known: what follows is a repetition.
            flight.failures = u32::from(flight.phase == Phase::Send);
            for lane in flight.lanes() {
                self.lanes.occupy(lane);
            }
            self.flights.insert(batch.id, flight);
        }
        Ok(())
    }

    /// Reads what is open, and makes batches of it while there is room.
    fn fill(&mut self) -> Result<(), GatherError> {
        while self.flights.len() < self.settings.in_flight {
            self.read()?;
            let rows = self.lanes.take(self.settings.batch, clock());
            if rows.is_empty() {
                return Ok(());
            }
            let gathered = match self.gatherer.gather(&rows) {
                Ok(gathered) => gathered,
                Err(error) => {
                    self.hand_back(rows);
                    return Err(error);
                }
            };
            let mut lanes: Vec<i64> = rows.iter().map(|row| row.lane).collect();
            if let Some((batch, members, packet)) = gathered.batch {
                let mut flight = Flight::new(&batch, members, packet, Instant::now());
                flight.counted = true;
                let taken = flight.lanes();
                lanes.retain(|lane| !taken.contains(lane));
                self.flights.insert(batch.id, flight);
            }
            for lane in lanes {
                self.lanes.release(lane, Vec::new(), clock());
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let page = self.settings.batch.max(500);
        while !self.lanes.has_ready(self.settings.batch) && self.lanes.held() + page <= HELD {
            let mut connection = self.readers.take()?;
            let destination = &self.settings.destination;
            let rows =
                deliveries::pending_after(&mut connection, destination, self.cursor, page as i64)?;
            let full = rows.len() == page;
            if let Some(last) = rows.last() {
                self.cursor = last.id;
            }
            self.lanes.push(rows, clock());
            if !full {
                break;
            }
        }
        Ok(())
    }

    /// Hands every batch that is due to a worker, as far as the destination may be asked.
    fn dispatch(&mut self) {
        let now = Instant::now();
        if self.quiet_until.is_some_and(|until| now < until) {
            return;
        }
        self.quiet_until = None;
        let mut requests = 0;
        let mut retries = 0;
        for flight in self.flights.values_mut() {
            if flight.busy || flight.due > now {
                continue;
            }
            if !self.breaker.admits(now) {
                break;
            }
            if flight.failures > 0 {
                if let Err(wait) = self.budget.spend(now) {
                    flight.due = now + wait;
                    continue;
                }
                retries += 1;
            } else if flight.phase == Phase::Send {
                self.budget.earn();
            }
            self.breaker.begin(now);
            requests += 1;
            if self.tasks.send(flight.task()).is_err() {
                tracing::error!("no delivery worker is left");
            }
        }
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.requests += requests;
        status.retries += retries;
    }

    fn take_in(&mut self, event: Event) {
        let Event::Outcome(batch, outcome) = event else {
            return;
        };
        let Some(flight) = self.flights.get_mut(&batch) else {
            return;
        };
        flight.busy = false;
        let now = Instant::now();
        match outcome {
            Outcome::Received => {
                self.breaker.success();
                flight.failures = 0;
                flight.phase = Phase::Ask;
                flight.due = now + self.settings.poll;
            }
            Outcome::NotYet => {
                self.breaker.success();
                flight.failures = 0;
                flight.patience = (flight.patience + 1).min(16);
                // Soon at first, then less and less often.
                let stretch = 1u32 << (flight.patience / 8);
                flight.due = now + self.settings.poll * stretch;
                let waited = clock() - flight.created_at;
                if waited > self.settings.answer_within.as_millis() as i64 {
                    let why = "no business answer within the time allowed";
                    self.exhaust(batch, why.to_owned());
                }
            }
            Outcome::Unknown => {
                self.breaker.success();
                flight.phase = Phase::Send;
                let trouble = "the destination does not know the batch";
                self.fail(batch, trouble, None);
            }
            Outcome::Settled(back) => {
                self.breaker.success();
                self.land(batch, &back);
            }
            Outcome::Failed(trouble) => {
                if trouble.alive {
                    self.breaker.success();
                } else {
                    self.trip(now);
                }
                if let Some(wait) = trouble.retry_after {
                    let wait = wait.min(self.settings.backoff.max);
                    self.quiet_until = self.quiet_until.max(Some(now + wait));
                }
                self.fail(batch, &trouble.why, trouble.retry_after);
            }
            Outcome::Unwritten(why) => {
                self.breaker.withdraw();
                tracing::error!(
                    batch,
                    why,
                    "an outcome could not be written down; asking again"
                );
                self.fail(batch, &why, None);
            }
        }
    }

    fn trip(&mut self, now: Instant) {
        let before = self.breaker.open_until();
        self.breaker.failure(now);
        if self.breaker.open_until() != before {
            let destination = &self.settings.destination;
            tracing::warn!(
                destination,
                "too many failures; leaving it alone for a while"
            );
            self.status
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .opened += 1;
        }
    }

    /// Plans another attempt at a batch, or gives it up.
    fn fail(&mut self, batch: i64, why: &str, retry_after: Option<Duration>) {
        let Some(flight) = self.flights.get_mut(&batch) else {
            return;
        };
        tracing::debug!(batch, why, attempts = flight.attempts, "a request failed");
        flight.failures = flight.failures.saturating_add(1);
        let backoff = self.settings.backoff;
        let wait = backoff.wait(batch, flight.failures);
        let asked = retry_after.unwrap_or_default().min(backoff.max);
        flight.due = Instant::now() + wait.max(asked);
        if flight.phase == Phase::Send && flight.attempts >= self.settings.attempts {
            self.exhaust(batch, format!("given up: {why}"));
        }
    }

    fn exhaust(&mut self, batch: i64, why: String) {
        match self.gatherer.exhaust(batch, why) {
            Ok(()) => self.land(batch, &[]),
            Err(error) => tracing::error!(batch, error = %error, "a batch could not be given up"),
        }
    }

    /// Ends a batch; `back` are deliveries of it that are to be sent again.
    fn land(&mut self, batch: i64, back: &[Owed]) {
        let Some(flight) = self.flights.remove(&batch) else {
            return;
        };
        for lane in flight.lanes() {
            let rows = back
                .iter()
                .filter(|row| row.lane == lane)
                .copied()
                .collect();
            self.lanes.release(lane, rows, clock());
        }
    }

    fn hand_back(&mut self, rows: Vec<Owed>) {
        let mut lanes: BTreeMap<i64, Vec<Owed>> = BTreeMap::new();
        for row in rows {
            lanes.entry(row.lane).or_default().push(row);
        }
        for (lane, rows) in lanes {
            self.lanes.release(lane, rows, clock());
        }
    }

    /// How long nothing needs to be done unless something happens.
    fn rest(&self) -> Duration {
        let now = Instant::now();
        let mut rest = self.settings.poll;
        for flight in self.flights.values().filter(|flight| !flight.busy) {
            rest = rest.min(flight.due.saturating_duration_since(now));
        }
        if let Some(due) = self.lanes.next_due() {
            rest = rest.min(Duration::from_millis((due - clock()).max(0) as u64));
        }
        let blocked = self.quiet_until.max(self.breaker.open_until());
        if let Some(until) = blocked
            && until > now
        {
            rest = rest.max((until - now).min(self.settings.poll));
        }
        rest.max(Duration::from_millis(1))
    }

    fn report(&self) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.breaker = self.breaker.state(Instant::now());
        status.in_flight = self.flights.len();
        status.waiting = self.lanes.held();
    }
}
