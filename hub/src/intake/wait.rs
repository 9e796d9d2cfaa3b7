//! How long to wait before a way in is tried again: twice as long after each failure, and not all at one moment.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Waits that grow with failures in a row.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits between half of and the whole of a bound that begins at `base` and doubles up to `most`.
    pub fn new(base: Duration, most: Duration) -> Self {
        Backoff {
            base,
            most,
            failures: 0,
        }
    }

    /// It works again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed once more: how long to wait.
    pub fn next(&mut self) -> Duration {
        let bound = self
            .base
            .saturating_mul(1 << self.failures.min(20))
            .min(self.most);
        self.failures = self.failures.saturating_add(1);
        jittered(bound)
    }
}

/// Somewhere between half of a time and the whole of it, so that many do not come at one moment.
pub fn jittered(bound: Duration) -> Duration {
    let share = (RandomState::new().hash_one(0_u8) >> 40) as f64 / (1_u64 << 24) as f64;
    bound.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound_and_begin_anew() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for bound in [100, 200, 400, 800, 1000, 1000] {
            let wait = backoff.next().as_millis();
            assert!(wait >= bound / 2 && wait <= bound, "{wait} for {bound}");
        }
        backoff.reset();
        assert!(backoff.next().as_millis() <= 100);
    }
}
