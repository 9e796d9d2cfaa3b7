//! New batches: what goes into the next one, and who makes it. The coordinator picks the deliveries and gives the number;
//! a worker reads, packs, signs and writes it down, several at once, while the coordinator goes on.

use super::super::flight::{Flight, Phase};
use super::super::gather::{GatherError, Gathered};
use super::super::lanes::Which;
use super::super::worker::Task;
use super::{AWAITED, BreakerState, Leave, Run, STUCK};
use crate::store::batches;
use crate::store::deliveries::Owed;

impl Run {
    /// Reads what is open, and has batches made of it while there is room.
    pub(super) fn fill(&mut self) -> Result<(), GatherError> {
        if self.halted_until.is_some_and(|until| self.now() < until) {
            return Ok(());
        }
        loop {
            let rows = self.pick()?;
            if rows.is_empty() {
                return Ok(());
            }
            let batch = match self.number() {
                Ok(number) => number,
                Err(error) => {
                    self.hand_back(rows);
                    return Err(error);
                }
            };
            self.rate.spend(rows.len());
            self.turn += 1;
            let task = Task::Make {
                batch,
                reign: self.desk.own_reign(),
                rows: rows.clone(),
            };
            self.making.insert(batch, rows);
            if self.tasks.send(task).is_err() {
                tracing::error!("no delivery worker is left");
            }
        }
    }

    /// The number of the next batch. One that is not written down in the end leaves a gap.
    fn number(&mut self) -> Result<i64, GatherError> {
        let number = match self.next {
            Some(next) => next,
            None => {
                let stored = batches::next_batch(&mut *self.place.readers.take()?, self.ordinal)?;
                let under_way = self.making.last_key_value();
                under_way.map_or(stored, |(last, _)| stored.max(last + 1))
            }
        };
        self.next = Some(number + 1);
        Ok(number)
    }

    /// A batch was made, or could not be.
    pub(super) fn made(&mut self, batch: i64, made: Result<Gathered, GatherError>) {
        // Made for an earlier reign: whoever reigns found in the store what became of it.
        let Some(rows) = self.making.remove(&batch) else {
            return;
        };
        let gathered = match made {
            Ok(gathered) => gathered,
            Err(error) => {
                tracing::error!(batch, %error, cause = ?std::error::Error::source(&error), "a batch could not be made; trying again");
                self.hand_back(rows);
                self.next = None;
                self.halted_until = Some(self.now() + self.settings.poll);
                return;
            }
        };
        self.tally(|tally| tally.refused += gathered.unfit as u64);
        let mut lanes: Vec<i64> = rows.iter().map(|row| row.lane).collect();
        if let Some((batch, members, packet)) = gathered.batch {
            let mut flight = Flight::new(batch, members, Some(packet), self.now());
            flight.counted = true;
            let taken = flight.lanes();
            lanes.retain(|lane| taken.binary_search(lane).is_err());
            self.flights.insert(flight.batch.id, flight);
        }
        for lane in lanes {
            self.lanes.release(lane, Vec::new(), self.millis());
        }
    }

    /// The deliveries of the next batch: what is urgent first, then old and new in turn. Batches that failed and wait
    /// for another attempt, and those whose answer is owed, take no place from others, within bounds.
    fn pick(&mut self) -> Result<Vec<Owed>, GatherError> {
        let (mut well, mut stuck, mut awaited) = (0, 0, 0);
        for flight in self.flights.values() {
            match flight.phase {
                Phase::Ask => awaited += 1,
                Phase::Send if flight.failures > 0 => stuck += 1,
                Phase::Send => well += 1,
            }
        }
        let most = self.settings.in_flight.max(1);
        let broken = self.breaker.state(self.now()) != BreakerState::Closed;
        well += self.making.len();
        if well > most
            || well + stuck >= most * STUCK
            || awaited >= 2 * AWAITED
            || broken && !(self.flights.is_empty() && self.making.is_empty())
        {
            return Ok(Vec::new());
        }
        let mut connection = self.place.readers.take()?;
        let (name, now) = (&self.settings.destination, self.millis());
        self.reading
            .urgent(&mut connection, name, &mut self.lanes, now)?;
        let batch = self.settings.batch;
        let urgent = self.lanes.take(batch, now, Which::Urgent);
        let full = well >= most || awaited >= AWAITED;
        if !urgent.is_empty() || full || self.leave != Leave::All {
            return Ok(urgent);
        }
        self.reading
            .others(&mut connection, name, &mut self.lanes, batch, now)?;
        let limit = self.rate.allows(batch, self.now());
        let which = match self.reading.new_from() {
            Some(from) if self.turn % 2 == 1 => Which::From(from),
            _ => Which::Oldest,
        };
        Ok(self.lanes.take(limit, now, which))
    }
}
