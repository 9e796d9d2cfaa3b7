//! The breaker of one destination: after some failures in a row, leave it alone for a while, then try with
//! a single request.

use std::time::{Duration, Instant};

/// When the breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open before a single request is let through.
    pub open_for: Duration,
}

/// What the breaker says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Requests pass.
    #[default]
    Closed,
    /// None passes.
    Open,
    /// One passes, and its outcome decides.
    HalfOpen,
}

/// The breaker.
#[derive(Debug)]
pub struct Breaker {
    thresholds: Thresholds,
    failures: u32,
    open_until: Option<Instant>,
    probing: bool,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(thresholds: Thresholds) -> Self {
        Breaker {
            thresholds,
            failures: 0,
            open_until: None,
            probing: false,
        }
    }

    /// What it says at an instant.
    pub fn state(&self, now: Instant) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// Whether a request may start now.
    pub fn admits(&self, now: Instant) -> bool {
        match self.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => !self.probing,
        }
    }

    /// A request starts; its outcome must be reported.
    pub fn begin(&mut self, now: Instant) {
        self.probing = self.state(now) == BreakerState::HalfOpen;
    }

    /// The outcome of a request will never be known.
    pub fn withdraw(&mut self) {
        self.probing = false;
    }

    /// When it is worth asking again, while it is open.
    pub fn open_until(&self) -> Option<Instant> {
        self.open_until
    }

    /// The destination answered as it should.
    pub fn success(&mut self) {
        self.failures = 0;
        self.open_until = None;
        self.probing = false;
    }

    /// The destination did not answer as it should.
    pub fn failure(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        let probe_failed = std::mem::take(&mut self.probing);
        let closed = self.open_until.is_none();
        if probe_failed || (closed && self.failures >= self.thresholds.failures) {
            self.open_until = Some(now + self.thresholds.open_for);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_lets_one_through_and_follows_its_outcome() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut breaker = Breaker::new(Thresholds {
            failures: 2,
            open_for: second,
        });
        breaker.failure(start);
        assert!(breaker.admits(start), "one failure is not enough");
        breaker.failure(start);
        assert!(!breaker.admits(start));
        let later = start + second;
        assert!(breaker.admits(later));
        breaker.begin(later);
        assert!(!breaker.admits(later), "only one");
        breaker.failure(later);
        assert!(!breaker.admits(later), "open again");
        let last = later + second;
        breaker.begin(last);
        breaker.success();
        assert_eq!(breaker.state(last), BreakerState::Closed);
        breaker.failure(last);
        assert!(breaker.admits(last), "the count begins anew");
    }

    #[test]
    fn a_probe_without_an_outcome_makes_room_for_another() {
        let start = Instant::now();
        let mut breaker = Breaker::new(Thresholds {
            failures: 1,
            open_for: Duration::ZERO,
        });
        breaker.failure(start);
        breaker.begin(start);
        assert!(!breaker.admits(start));
        breaker.withdraw();
        assert!(breaker.admits(start));
    }
}
