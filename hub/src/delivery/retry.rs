//! When to try again, and how often at all: backoff with full jitter, and a budget over all batches.
//!
//! The budget is what keeps a slow destination from being buried: retries are at most a share of first
//! attempts, plus a small steady rate so that nothing waits for ever when nothing new comes. Each destination has one,
//! so that one that is ill takes only so much of the other: the budget of all destinations together, which keeps an
//! outage of everything (of the hub's own line, say) from ending in a storm of everything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Bound of the first wait; doubles with each attempt.
    pub base: Duration,
    /// Greatest bound.
    pub max: Duration,
}

impl Backoff {
    /// The wait after an attempt (from 1): anywhere between nothing and the bound, the same for the same
    /// batch and attempt.
    pub fn wait(&self, batch: i64, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let bound = self.base.saturating_mul(1 << doublings).min(self.max);
        let share = spread(batch as u64 ^ (u64::from(attempt) << 48)) >> 11;
        bound.mul_f64(share as f64 / (1u64 << 53) as f64)
    }
}

/// Spreads a number over 64 bits (the finalizer of SplitMix64).
fn spread(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// How many retries are allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// Retries per first attempt.
    pub share: f64,
    /// Retries per second that are always allowed.
    pub floor: f64,
    /// Most retries that can be saved up.
    pub saved: f64,
}

/// What all destinations together are allowed.
impl From<&crate::config::Delivery> for Allowance {
    fn from(delivery: &crate::config::Delivery) -> Self {
        Allowance {
            share: f64::from(delivery.retry_percent) / 100.0,
            floor: f64::from(delivery.retries_per_second),
            saved: f64::from(delivery.retries_saved),
        }
    }
}

/// What is left of the allowance.
#[derive(Debug)]
pub struct Budget {
    allowance: Allowance,
    left: f64,
    counted: Instant,
}

impl Budget {
    /// A budget that starts with a second's floor, and at least one retry.
    pub fn new(allowance: Allowance, now: Instant) -> Self {
        Budget {
            allowance,
            left: allowance.floor.max(1.0).min(allowance.saved.max(1.0)),
            counted: now,
        }
    }

    /// A first attempt was made.
    pub fn earn(&mut self) {
        self.add(self.allowance.share);
    }

    /// Takes one retry of this budget and of the common one, or says how long to wait for it.
    pub fn spend(&mut self, common: &Common, now: Instant) -> Result<(), Duration> {
        self.ready(now)?;
        common.spend(now)?;
        self.left -= 1.0;
        Ok(())
    }

    /// Retries that may be made now.
    pub fn left(&mut self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.counted);
        self.counted = self.counted.max(now);
        self.add(passed.as_secs_f64() * self.allowance.floor);
        self.left
    }

    fn ready(&mut self, now: Instant) -> Result<(), Duration> {
        if self.left(now) >= 1.0 {
            return Ok(());
        }
        let missing = (1.0 - self.left) / self.allowance.floor.max(1e-3);
        Err(Duration::from_secs_f64(missing).max(Duration::from_millis(1)))
    }

    fn add(&mut self, retries: f64) {
        self.left = (self.left + retries).min(self.allowance.saved.max(1.0));
    }
}

/// The budget of all destinations of a hub together. Clones share it.
#[derive(Debug, Clone)]
pub struct Common(Arc<Mutex<Budget>>);

impl Common {
    /// A budget that is full: what a hub finds under way when it starts is not a storm yet.
    pub fn new(allowance: Allowance, now: Instant) -> Self {
        let mut budget = Budget::new(allowance, now);
        budget.add(allowance.saved);
        Common(Arc::new(Mutex::new(budget)))
    }

    /// A first attempt was made.
    pub fn earn(&self) {
        self.budget().earn();
    }

    /// Retries that may be made now.
    pub fn left(&self, now: Instant) -> f64 {
        self.budget().left(now)
    }

    fn spend(&self, now: Instant) -> Result<(), Duration> {
        let mut budget = self.budget();
        budget.ready(now)?;
        budget.left -= 1.0;
        Ok(())
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_spread_below_a_bound_that_doubles_to_the_greatest() {
        let backoff = Backoff {
            base: Duration::from_millis(100),
            max: Duration::from_secs(1),
        };
        for (attempt, bound) in [(1, 100), (2, 200), (3, 400), (5, 1000), (60, 1000)] {
            let waits: Vec<u128> = (0..200)
                .map(|batch| backoff.wait(batch, attempt).as_millis())
                .collect();
            assert!(waits.iter().all(|wait| *wait <= bound));
            assert!(waits.iter().any(|wait| *wait < bound / 4), "{attempt}");
            assert!(waits.iter().any(|wait| *wait > bound * 3 / 4), "{attempt}");
        }
        assert_eq!(backoff.wait(9, 3), backoff.wait(9, 3));
    }

    fn generous() -> Allowance {
        Allowance {
            share: 0.0,
            floor: 1e6,
            saved: 1e6,
        }
    }

    #[test]
    fn what_all_together_may_not_no_one_takes_from_its_own() {
        let start = Instant::now();
        let common = Common::new(
            Allowance {
                share: 0.0,
                floor: 1.0,
                saved: 3.0,
            },
            start,
        );
        let (mut one, mut other) = (
            Budget::new(generous(), start),
            Budget::new(generous(), start),
        );
        let before = one.left(start);
        assert!(one.spend(&common, start).is_ok() && other.spend(&common, start).is_ok());
        assert!(one.spend(&common, start).is_ok());
        assert!(other.spend(&common, start).is_err(), "three for both");
        assert!(one.spend(&common, start).is_err());
        assert!(
            (before - one.left(start) - 2.0).abs() < 1e-9,
            "nothing is lost"
        );
        assert!(other.spend(&common, start + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn retries_are_a_share_of_first_attempts_and_a_steady_rate() {
        let start = Instant::now();
        let mut budget = Budget::new(
            Allowance {
                share: 0.2,
                floor: 2.0,
                saved: 10.0,
            },
            start,
        );
        let plenty = Common::new(generous(), start);
        let spent = |budget: &mut Budget, now| {
            let mut retries = 0;
            while budget.spend(&plenty, now).is_ok() {
                retries += 1;
            }
            retries
        };
        assert_eq!(spent(&mut budget, start), 2);
        for _ in 0..25 {
            budget.earn();
        }
        let earned = spent(&mut budget, start);
        assert!((4..=5).contains(&earned), "a fifth of 25: {earned}");
        let wait = budget.spend(&plenty, start).err().unwrap_or_default();
        assert!(wait > Duration::ZERO && wait <= Duration::from_millis(500));
        assert_eq!(spent(&mut budget, start + wait), 1);
        let long = start + Duration::from_hours(1);
        assert_eq!(spent(&mut budget, long), 10, "no more than can be saved");
    }
}
