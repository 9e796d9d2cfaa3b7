//! The coordinator: one thread that knows every batch under way, and decides what happens next.

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
use super::lanes::{Lanes, Which};
use super::pace::Rate;
use super::reading::Reading;
use super::retry::Budget;
use super::wire::Wire;
use super::worker::{Task, Worker};
use super::{Event, Place, Settings, Status, clock};
use crate::store::deliveries::{self, Owed};
use crate::store::destinations;
use crate::store::throne::Throne;

/// Batches that wait for another attempt, per batch that may be under way.
const STUCK: usize = 8;

/// What [`super::start`] hands over.
pub(super) struct Parts {
    pub settings: Settings,
    pub place: Place,
    pub wire: Arc<dyn Wire>,
    pub events: Sender<Event>,
    pub rung: Arc<AtomicBool>,
    pub stopped: Arc<AtomicBool>,
    pub status: Arc<Mutex<Status>>,
}

/// Runs until stopped.
pub(super) fn coordinate(parts: Parts, inbox: &Receiver<Event>) {
    let (stopped, rung) = (Arc::clone(&parts.stopped), Arc::clone(&parts.rung));
    let mut run = Run::new(parts);
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
    gatherer: Gatherer,
    desk: Desk,
    tasks: Sender<Task>,
    status: Arc<Mutex<Status>>,
    resumed: bool,
    reading: Reading,
    /// Times that the operator had something sent again, as far as it was seen.
    rewinds: i64,
    lanes: Lanes,
    flights: BTreeMap<i64, Flight>,
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
    fn new(parts: Parts) -> Self {
        let settings = parts.settings;
        let (tasks, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let backoff = settings.record_backoff;
        let desk = Desk {
            writer: parts.place.writer.clone(),
            destination: settings.destination.clone(),
            reign: Arc::new(AtomicI64::new(0)),
            stopped: Arc::clone(&parts.stopped),
        };
        // One more than may be under way: what is urgent finds a free one.
        for number in 0..=settings.in_flight.max(1) {
            let worker = Worker {
                wire: Arc::clone(&parts.wire),
                desk: desk.clone(),
                horizon: settings.record_attempts,
                again: Arc::new(move |owed: &Owed, now| {
                    let wait = backoff.wait(owed.id, owed.attempts.unsigned_abs());
                    now + wait.as_millis() as i64
                }),
            };
            let (queue, events) = (Arc::clone(&queue), parts.events.clone());
            let spawned = std::thread::Builder::new()
                .name(format!("delivery-{number}"))
                .spawn(move || worker.serve(&queue, &events));
            if let Err(error) = spawned {
                tracing::error!(error = %error, "a delivery worker could not be started");
            }
        }
        let now = Instant::now();
        Run {
            gatherer: Gatherer {
                settings: settings.clone(),
                readers: parts.place.readers.clone(),
                desk: desk.clone(),
                wire: parts.wire,
                ordinal: 0,
            },
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
            breaker: Breaker::new(settings.breaker),
            budget: Budget::new(settings.retries, now),
            rate: Rate::new(settings.rate, now),
            turn: 0,
            quiet_until: None,
            leave: Leave::Nothing,
            settings,
        }
    }

    fn step(&mut self) -> Result<(), GatherError> {
        self.leave = Leave::Nothing;
        if self.reigns()? && self.watch()? {
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
        let now = Instant::now();
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
        self.lanes = Lanes::default();
        self.reading.rewind();
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
        self.gatherer.ordinal = known.ordinal;
        self.rewinds = known.rewinds;
        self.desk.reign()?;
        Ok(true)
    }

    /// Looks what the operator wants, and goes on with the past. False when there is nothing to be done.
    fn watch(&mut self) -> Result<bool, GatherError> {
        let name = &self.settings.destination;
        let Some(known) = destinations::by_name(&mut *self.place.readers.take()?, name)? else {
            return Ok(false);
        };
        if known.stopped_at.is_some() {
            return Ok(false);
        }
        if known.rewinds != self.rewinds {
            self.rewinds = known.rewinds;
            self.reading.rewind();
            self.drop_settled()?;
        }
        if known.filled.is_some() {
            let projects = Arc::clone(&self.place.projects);
            fill::page(&self.desk, move |dataset| projects(dataset))?;
        }
        let open = self
            .settings
            .window
            .is_none_or(|window| window.is_open(clock()));
        self.leave = if open { Leave::All } else { Leave::Urgent };
        Ok(true)
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
        loop {
            let rows = self.pick()?;
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
            self.rate.spend(rows.len());
            self.turn += 1;
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
    }

    /// The deliveries of the next batch: what is urgent first, then old and new in turn. Batches that failed and wait
    /// for another attempt take no place from others, within bounds.
    fn pick(&mut self) -> Result<Vec<Owed>, GatherError> {
        let well = self.flights.values().filter(|flight| flight.failures == 0);
        let well = well.count();
        let most = self.settings.in_flight.max(1);
        let broken = self.breaker.state(Instant::now()) != BreakerState::Closed;
        if well > most || self.flights.len() >= most * STUCK || broken && !self.flights.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.place.readers.take()?;
        let (name, now) = (&self.settings.destination, clock());
        self.reading
            .urgent(&mut connection, name, &mut self.lanes, now)?;
        let batch = self.settings.batch;
        let urgent = self.lanes.take(batch, now, Which::Urgent);
        if !urgent.is_empty() || well >= most || self.leave != Leave::All {
            return Ok(urgent);
        }
        self.reading
            .others(&mut connection, name, &mut self.lanes, batch, now)?;
        let limit = self.rate.allows(batch, Instant::now());
        let which = match self.reading.new_from() {
            Some(from) if self.turn % 2 == 1 => Which::From(from),
            _ => Which::Oldest,
        };
        Ok(self.lanes.take(limit, now, which))
    }

    /// Hands every batch that is due to a worker, as far as the destination may be asked: what was not tried yet
    /// before what failed, and never all workers for what failed.
    fn dispatch(&mut self) {
        let now = Instant::now();
        if self.quiet_until.is_some_and(|until| now < until) {
            return;
        }
        self.quiet_until = None;
        let mut due: Vec<(bool, bool, i64)> = self
            .flights
            .values()
            .filter(|flight| !flight.busy && flight.due <= now)
            .map(|flight| (flight.failures > 0, !flight.urgent(), flight.batch))
            .collect();
        due.sort_unstable();
        let busy =
            |failed: bool| move |flight: &&Flight| flight.busy && (flight.failures > 0) == failed;
        let mut repeating = self.flights.values().filter(busy(true)).count();
        let mut requests = 0;
        let mut retries = 0;
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
            if failed {
                if repeating >= self.settings.in_flight.div_ceil(2) {
                    break;
                }
                if let Err(wait) = self.budget.spend(now) {
                    flight.due = now + wait;
                    continue;
                }
                repeating += 1;
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

    fn report(&self) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.reigns = self.resumed;
        status.breaker = self.breaker.state(Instant::now());
        status.in_flight = self.flights.len();
        status.waiting = self.lanes.held();
    }
}
