//! What the coordinator makes of outcomes: goes on, waits, gives up, lets go of lanes.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::super::Event;
use super::super::board::Tally;
use super::super::client::Trouble;
use super::super::flight::Phase;
use super::super::worker::Outcome;
use super::Run;
use crate::store::deliveries::Owed;

/// Longest time between two questions about one batch.
const SELDOM: Duration = Duration::from_secs(30);

impl Run {
    pub(super) fn take_in(&mut self, event: Event) {
        let (batch, outcome) = match event {
            Event::Wake => return,
            Event::Made(batch, made) => return self.made(batch, made),
            Event::Outcome(batch, outcome) => (batch, outcome),
        };
        let now = self.now();
        // Also of a batch that was settled meanwhile, as its answer was pushed: the breaker may wait for this very one.
        self.hear(&outcome, now);
        let Some(flight) = self.flights.get_mut(&batch) else {
            return;
        };
        flight.busy = false;
        match outcome {
            Outcome::Received => {
                flight.failures = 0;
                flight.phase = Phase::Ask;
                flight.packet = None;
                flight.due = now + self.settings.poll;
                let sent = flight.members.len() as u64;
                self.tally(|tally| tally.sent += sent);
            }
            Outcome::NotYet => {
                flight.failures = 0;
                flight.patience = (flight.patience + 1).min(64);
                // Soon at first, then less and less often: many may wait for long.
                let stretch = 1u32 << (flight.patience / 4);
                let wait = self.settings.poll.saturating_mul(stretch);
                flight.due = now + wait.min(SELDOM).max(self.settings.poll);
                let waited = self.place.present.millis() - flight.batch.created_at;
                if waited > self.settings.answer_within.as_millis() as i64 {
                    let why = "no business answer within the time allowed";
                    self.exhaust(batch, why.to_owned());
                }
            }
            Outcome::Unknown => {
                flight.phase = Phase::Send;
                let trouble = "the destination does not know the batch";
                self.fail(batch, trouble, None);
            }
            Outcome::Erased => {
                flight.packet = None;
                flight.due = now;
            }
            Outcome::Settled { back, came_of } => {
                self.tally(|tally| tally.add(came_of));
                self.land(batch, &back);
            }
            Outcome::Failed(trouble) => {
                self.fail(batch, &trouble.why, trouble.retry_after);
            }
            Outcome::Unwritten(why) => {
                tracing::error!(
                    batch,
                    why,
                    "an outcome could not be written down; asking again"
                );
                self.fail(batch, &why, None);
            }
        }
    }

    /// What an outcome says of the destination, whatever it says of its batch.
    fn hear(&mut self, outcome: &Outcome, now: Instant) {
        match outcome {
            Outcome::Received
            | Outcome::NotYet
            | Outcome::Unknown
            | Outcome::Settled { .. }
            | Outcome::Failed(Trouble { alive: true, .. }) => self.breaker.success(),
            Outcome::Failed(trouble) => self.trip(now, &trouble.why),
            Outcome::Erased | Outcome::Unwritten(_) => self.breaker.withdraw(),
        }
        if let Outcome::Failed(trouble) = outcome
            && let Some(wait) = trouble.retry_after
        {
            let wait = wait.min(self.settings.backoff.max);
            self.quiet_until = self.quiet_until.max(Some(now + wait));
        }
    }

    fn trip(&mut self, now: Instant, why: &str) {
        let before = self.breaker.open_until();
        self.breaker.failure(now);
        if self.breaker.open_until() != before {
            let destination = &self.settings.destination;
            tracing::warn!(
                destination,
                why,
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
        let now = self.now();
        let Some(flight) = self.flights.get_mut(&batch) else {
            return;
        };
        tracing::debug!(batch, why, attempts = flight.attempts, "a request failed");
        flight.failures = flight.failures.saturating_add(1);
        let backoff = self.settings.backoff;
        let wait = backoff.wait(batch, flight.failures);
        let asked = retry_after.unwrap_or_default().min(backoff.max);
        flight.due = now + wait.max(asked);
        if flight.phase == Phase::Send && flight.attempts >= self.settings.attempts {
            self.exhaust(batch, format!("given up: {why}"));
        }
    }

    fn exhaust(&mut self, batch: i64, why: String) {
        let members = self.flights.get(&batch).map(|flight| flight.members.len());
        match self.gatherer.exhaust(batch, why) {
            Ok(()) => {
                self.tally(|tally| tally.exhausted += members.unwrap_or(0) as u64);
                self.land(batch, &[]);
            }
            Err(error) => tracing::error!(batch, error = %error, "a batch could not be given up"),
        }
    }

    pub(super) fn tally(&self, count: impl FnOnce(&mut Tally)) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut status.tally);
    }

    /// Ends a batch; `back` are deliveries of it that are to be sent again.
    pub(super) fn land(&mut self, batch: i64, back: &[Owed]) {
        let Some(flight) = self.flights.remove(&batch) else {
            return;
        };
        for lane in flight.lanes() {
            let rows = back
                .iter()
                .filter(|row| row.lane == lane)
                .copied()
                .collect();
            self.lanes.release(lane, rows, self.millis());
        }
    }

    pub(super) fn hand_back(&mut self, rows: Vec<Owed>) {
        let mut lanes: BTreeMap<i64, Vec<Owed>> = BTreeMap::new();
        for row in rows {
            lanes.entry(row.lane).or_default().push(row);
        }
        for (lane, rows) in lanes {
            self.lanes.release(lane, rows, self.millis());
        }
    }
}
