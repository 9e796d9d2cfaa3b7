//! The coordinator: one thread that knows every batch under way, and decides what happens next.

mod making;
#[cfg(test)]
mod outage;
mod outcomes;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::breaker::{Breaker, BreakerState};
use super::desk::Desk;
use super::fill;
use super::flight::{Flight, Phase};
use super::gather::{GatherError, Gatherer};
use super::keeping::Keeping;
use super::lanes::Lanes;
use super::pace::Rate;
use super::reading::Reading;
use super::retry::Budget;
use super::wire::Wire;
use super::worker::{Task, Worker};
use super::{Event, Place, Settings, Status};
use crate::store::deliveries::{self, Owed};
use crate::store::destinations;
use crate::store::throne::Throne;

/// Batches that wait for another attempt, per batch that may be under way.
const STUCK: usize = 8;
/// Batches whose receipt is confirmed and whose business answer is owed, at most; twice as many with urgent ones. They
/// are held without their bytes.
const AWAITED: usize = 512;

/// What [`super::start`] hands over.
pub(super) struct Parts {
    pub settings: Settings,
    pub place: Place,
    pub keeping: Keeping,
    pub wire: Arc<dyn Wire>,
    pub events: Sender<Event>,
    pub rung: Arc<AtomicBool>,
    pub stopped: Arc<AtomicBool>,
    pub status: Arc<Mutex<Status>>,
}

/// Runs until stopped.
pub(super) fn coordinate(parts: Parts, inbox: &Receiver<Event>) {
    let (stopped, rung) = (Arc::clone(&parts.stopped), Arc::clone(&parts.rung));
    let events = parts.events.clone();
    let (mut run, worker, queue) = Run::new(parts);
    crew(run.settings.in_flight, &worker, queue, &events);
    while !stopped.load(Ordering::Acquire) {
        rung.store(false, Ordering::Release);
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

/// Starts the workers: enough that batches are made and answers asked for while as many as may be are under way, and
/// one more, so that what is urgent finds a free one.
fn crew(under_way: usize, worker: &Worker, queue: Receiver<Task>, events: &Sender<Event>) {
    let queue = Arc::new(Mutex::new(queue));
    for number in 0..=2 * under_way.max(1) {
        let (worker, queue, events) = (worker.clone(), Arc::clone(&queue), events.clone());
        let spawned = std::thread::Builder::new()
            .name(format!("delivery-{number}"))
            .spawn(move || worker.serve(&queue, &events));
        if let Err(error) = spawned {
            tracing::error!(error = %error, "a delivery worker could not be started");
        }
    }
}

/// What an operator and the clock permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    /// Nothing at all.
    Nothing,
    /// What is urgent.
    Urgent,
    /// Everything.
    All,
}

struct Run {
    settings: Settings,
    place: Place,
    throne: Option<Throne>,
    /// When the session of the throne was last seen alive.
    seen: Instant,
    gatherer: Arc<Gatherer>,
    /// Its place among the destinations, which says what numbers its batches have.
    ordinal: i64,
    desk: Desk,
    tasks: Sender<Task>,
    status: Arc<Mutex<Status>>,
    resumed: bool,
    reading: Reading,
    /// Times that the operator had something sent again, as far as it was seen.
    rewinds: i64,
    lanes: Lanes,
    flights: BTreeMap<i64, Flight>,
    /// Batches that a worker makes, by number: what they are made of.
    making: BTreeMap<i64, Vec<Owed>>,
    /// The number of the next batch; none: the store knows.
    next: Option<i64>,
    /// A batch could not be made: none are tried until then.
    halted_until: Option<Instant>,
    breaker: Breaker,
    budget: Budget,
    rate: Rate,
    /// Batches made, to take turns between old and new.
    turn: u64,
    /// The destination asked to be left alone until then.
    quiet_until: Option<Instant>,
    leave: Leave,
}

impl Run {
    /// A coordinator that has not begun, what its workers do, and where they find their tasks.
    fn new(parts: Parts) -> (Self, Worker, Receiver<Task>) {
        let settings = parts.settings;
        let (tasks, queue) = channel();
        let backoff = settings.record_backoff;
        let desk = Desk {
            writer: parts.place.writer.clone(),
            destination: settings.destination.clone(),
            reign: Arc::new(AtomicI64::new(0)),
            stopped: Arc::clone(&parts.stopped),
            present: Arc::clone(&parts.place.present),
        };
        let gatherer = Arc::new(Gatherer {
            settings: settings.clone(),
            readers: parts.place.readers.clone(),
            desk: desk.clone(),
            wire: Arc::clone(&parts.wire),
            keeping: parts.keeping,
        });
        let worker = Worker {
            gatherer: Arc::clone(&gatherer),
            wire: parts.wire,
            desk: desk.clone(),
            horizon: settings.record_attempts,
            again: Arc::new(move |owed: &Owed, now| {
                let wait = backoff.wait(owed.id, owed.attempts.unsigned_abs());
                now + wait.as_millis() as i64
            }),
        };
        let now = parts.place.present.instant();
        let run = Run {
            gatherer,
            ordinal: 0,
            place: parts.place,
            throne: None,
            seen: now,
            desk,
            tasks,
            status: parts.status,
            resumed: false,
            reading: Reading::default(),
            rewinds: 0,
            lanes: Lanes::default(),
            flights: BTreeMap::new(),
            making: BTreeMap::new(),
            next: None,
            halted_until: None,
            breaker: Breaker::new(settings.breaker),
            budget: Budget::new(settings.retries, now),
            rate: Rate::new(settings.rate, now),
            turn: 0,
            quiet_until: None,
            leave: Leave::Nothing,
            settings,
        };
        (run, worker, queue)
    }

    fn now(&self) -> Instant {
        self.place.present.instant()
    }

    fn millis(&self) -> i64 {
        self.place.present.millis()
    }

    fn step(&mut self) -> Result<(), GatherError> {
        self.leave = Leave::Nothing;
        if self.reigns()? {
            self.leave = self.watch()?;
        }
        if self.leave != Leave::Nothing {
            if !self.resumed {
                self.resume()?;
                self.resumed = true;
            }
            self.fill()?;
            self.dispatch();
        }
        self.report();
        Ok(())
    }

    /// Whether this hub serves the destination; if nobody does, it does from now on.
    fn reigns(&mut self) -> Result<bool, GatherError> {
        let now = self.now();
        if let Some(throne) = &mut self.throne {
            if now.duration_since(self.seen) > self.settings.poll {
                self.seen = now;
                if !throne.holds() {
                    self.throne = None;
                }
            }
            if self.throne.is_some() && self.desk.reigns() {
                return Ok(true);
            }
        }
        if self.resumed {
            let destination = &self.settings.destination;
            tracing::warn!(destination, "another hub may serve this destination now");
        }
        // Whatever was under way is found again in the store by whoever serves next.
        self.resumed = false;
        self.flights.clear();
        self.making.clear();
        self.next = None;
        self.lanes = Lanes::default();
        self.reading.restart();
        self.breaker.withdraw();
        let name = &self.settings.destination;
        let Some(known) = destinations::by_name(&mut *self.place.readers.take()?, name)? else {
            return Ok(false);
        };
        if self.throne.is_none() {
            self.throne = Throne::take(&self.place.database, known.ordinal)?;
        }
        if self.throne.is_none() {
            return Ok(false);
        }
        self.seen = now;
        self.ordinal = known.ordinal;
        self.rewinds = known.rewinds;
        self.desk.reign()?;
        Ok(true)
    }

    /// Looks what the operator wants, and goes on with the past.
    fn watch(&mut self) -> Result<Leave, GatherError> {
        let name = &self.settings.destination;
        let Some(known) = destinations::by_name(&mut *self.place.readers.take()?, name)? else {
            return Ok(Leave::Nothing);
        };
        if known.stopped_at.is_some() {
            return Ok(Leave::Nothing);
        }
        if known.rewinds != self.rewinds {
            self.rewinds = known.rewinds;
            if let Some((from, to)) = known.revived() {
                self.reading.revive(from, to);
                let (name, rewinds) = (name.clone(), known.rewinds);
                self.desk.write(move |transaction| {
                    destinations::noted(transaction.connection, &name, rewinds)
                })?;
            }
            self.drop_settled()?;
        }
        if known.filled.is_some() {
            let projects = Arc::clone(&self.place.projects);
            fill::page(&self.desk, move |dataset| projects(dataset))?;
        }
        let open = self
            .settings
            .window
            .is_none_or(|window| window.is_open(self.millis()));
        Ok(if open { Leave::All } else { Leave::Urgent })
    }

    /// Lets go of batches that somebody else settled: the destination pushed its answer.
    fn drop_settled(&mut self) -> Result<(), GatherError> {
        let mut connection = self.place.readers.take()?;
        let open = deliveries::open_batches(&mut connection, &self.settings.destination)?;
        drop(connection);
        let open: std::collections::HashSet<i64> = open.iter().map(|batch| batch.id).collect();
        let settled: Vec<i64> = self
            .flights
            .keys()
            .copied()
            .filter(|id| !open.contains(id))
            .collect();
        for batch in settled {
            self.land(batch, &[]);
        }
        Ok(())
    }

    /// Finds the batches that an earlier run left open.
    fn resume(&mut self) -> Result<(), GatherError> {
        let mut connection = self.place.readers.take()?;
        let open = deliveries::open_batches(&mut connection, &self.settings.destination)?;
        drop(connection);
        for batch in open {
            if self.flights.contains_key(&batch.id) {
                continue;
            }
            let (members, packet) = if batch.state == 0 {
                let (members, packet) = self.gatherer.again(&batch)?;
                if packet.is_none() {
                    continue;
                }
                (members, packet)
            } else {
                (self.gatherer.members(&batch)?, None)
            };
            let mut flight = Flight::new(batch, members, packet, self.now());
            // Whether the last attempt reached the destination is not known: what follows is a repetition.
            flight.failures = u32::from(flight.phase == Phase::Send);
            flight.inherited = true;
            for lane in flight.lanes() {
                self.lanes.occupy(lane);
            }
            self.flights.insert(flight.batch.id, flight);
        }
        Ok(())
    }

    /// Hands every batch that is due to a worker, as far as the destination may be asked: what was not tried yet
    /// before what failed, and never all workers for what failed.
    fn dispatch(&mut self) {
        let now = self.now();
        if self.quiet_until.is_some_and(|until| now < until) {
            return;
        }
        self.quiet_until = None;
        let mut due: Vec<(bool, bool, i64)> = self
            .flights
            .values()
            .filter(|flight| !flight.busy && flight.due <= now)
            .map(|flight| (flight.failures > 0, !flight.urgent(), flight.batch.id))
            .collect();
        due.sort_unstable();
        let busy =
            |failed: bool| move |flight: &&Flight| flight.busy && (flight.failures > 0) == failed;
        let mut repeating = self.flights.values().filter(busy(true)).count();
        let mut requests = 0;
        let mut retries = 0;
        let mut lost = Vec::new();
        for (failed, ordinary, batch) in due {
            let Some(flight) = self.flights.get_mut(&batch) else {
                continue;
            };
            if ordinary && self.leave != Leave::All {
                continue;
            }
            if !self.breaker.admits(now) {
                break;
            }
            if flight.lacks_packet() {
                lost.push(batch);
                continue;
            }
            if failed {
                if repeating >= self.settings.in_flight.div_ceil(2) {
                    break;
                }
                if let Err(wait) = self.budget.spend(&self.place.retries, now) {
                    flight.due = now + wait;
                    continue;
                }
                repeating += 1;
                retries += 1;
            } else if flight.phase == Phase::Send {
                self.budget.earn();
                self.place.retries.earn();
            }
            let Some(task) = flight.task() else {
                continue;
            };
            self.breaker.begin(now);
            requests += 1;
            if self.tasks.send(task).is_err() {
                tracing::error!("no delivery worker is left");
            }
        }
        self.reread(&lost);
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.requests += requests;
        status.retries += retries;
    }

    /// Reads the packets of batches again that the destination does not know any more, although it had confirmed
    /// them: their bytes were let go of.
    fn reread(&mut self, lost: &[i64]) {
        for &batch in lost {
            let Some(flight) = self.flights.get_mut(&batch) else {
                continue;
            };
            match self.gatherer.again(&flight.batch) {
                Ok((_, Some(packet))) => flight.packet = Some(Arc::new(packet)),
                Ok((back, None)) => self.land(batch, &back),
                Err(error) => {
                    flight.due = self.place.present.instant() + self.settings.poll;
                    tracing::error!(batch, %error, "a packet could not be read again");
                }
            }
        }
    }

    /// How long nothing needs to be done unless something happens.
    fn rest(&self) -> Duration {
        let now = self.now();
        let mut rest = self.settings.poll;
        for flight in self.flights.values().filter(|flight| !flight.busy) {
            rest = rest.min(flight.due.saturating_duration_since(now));
        }
        if let Some(due) = self.lanes.next_due() {
            rest = rest.min(Duration::from_millis((due - self.millis()).max(0) as u64));
        }
        if self.rate.next() > Duration::ZERO {
            rest = rest.min(self.rate.next());
        }
        let blocked = self.quiet_until.max(self.breaker.open_until());
        if let Some(until) = blocked
            && until > now
        {
            rest = rest.max((until - now).min(self.settings.poll));
        }
        rest.max(Duration::from_millis(1))
    }

    fn report(&mut self) {
        let left = self.budget.left(self.now());
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.reigns = self.resumed;
        status.breaker = self.breaker.state(self.now());
        status.in_flight = self.flights.len();
        status.retry_budget = left as u32;
        status.waiting = self.lanes.held();
    }
}
