//! When a destination may be sent to, and how fast: delivery hours, and records a second.

use std::str::FromStr;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// Hours of the day in China in which a destination takes records; over midnight when the end is before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: Time,
    to: Time,
}

/// The hours are not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` are no delivery hours, expected for example 08:00-20:00")]
pub struct WindowError(String);

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let wrong = || WindowError(text.to_owned());
        let time = |part: &str| Time::strptime("%H:%M", part.trim()).map_err(|_| wrong());
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (time(from)?, time(to)?);
        if from == to {
            return Err(wrong());
        }
        Ok(Window { from, to })
    }
}

impl Window {
    /// Whether an instant lies in it, milliseconds since 1970 UTC.
    pub fn is_open(&self, millis: i64) -> bool {
        let Ok(instant) = Timestamp::from_millisecond(millis) else {
            return true;
        };
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let time = instant.to_zoned(zone).time();
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// Records a second, on average; a second's worth may go at once.
#[derive(Debug)]
pub struct Rate {
    per_second: f64,
    left: f64,
    counted: Instant,
}

impl Rate {
    /// So many records a second; 0: as many as it takes.
    pub fn new(per_second: u32, now: Instant) -> Self {
        Rate {
            per_second: f64::from(per_second),
            left: f64::from(per_second),
            counted: now,
        }
    }

    /// How many records may go now, of so many.
    pub fn allows(&mut self, wanted: usize, now: Instant) -> usize {
        if self.per_second <= 0.0 {
            return wanted;
        }
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.counted = now;
        self.left = (self.left + passed * self.per_second).min(self.per_second.max(1.0));
        wanted.min(self.left as usize)
    }

    /// So many went.
    pub fn spend(&mut self, records: usize) {
        if self.per_second > 0.0 {
            self.left -= records as f64;
        }
    }

    /// How long until another record may go.
    pub fn next(&self) -> Duration {
        if self.per_second <= 0.0 || self.left >= 1.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((1.0 - self.left) / self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>()
            .map(Timestamp::as_millisecond)
            .unwrap_or_default()
    }

    #[test]
    fn hours_are_those_of_china_and_may_pass_midnight() -> Result<(), WindowError> {
        let day: Window = "08:00-20:00".parse()?;
        assert!(day.is_open(at("2026-11-20T08:00:00+08:00")));
        assert!(!day.is_open(at("2026-11-20T20:00:00+08:00")));
        assert!(day.is_open(at("2026-11-20T00:30:00Z")));
        let night: Window = "22:00-06:00".parse()?;
        assert!(night.is_open(at("2026-11-20T23:00:00+08:00")));
        assert!(night.is_open(at("2026-11-20T05:59:00+08:00")));
        assert!(!night.is_open(at("2026-11-20T12:00:00+08:00")));
        for wrong in ["", "08:00", "8-20", "08:00-08:00", "25:00-26:00"] {
            assert!(wrong.parse::<Window>().is_err(), "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn no_more_goes_than_the_rate_allows() {
        let start = Instant::now();
        let mut rate = Rate::new(10, start);
        assert_eq!(rate.allows(100, start), 10, "a second's worth at once");
        rate.spend(10);
        assert_eq!(rate.allows(100, start), 0);
        assert_eq!(rate.allows(100, start + Duration::from_millis(500)), 5);
        assert_eq!(rate.allows(100, start + Duration::from_hours(1)), 10);
        assert_eq!(Rate::new(0, start).allows(9, start), 9, "no limit");
    }
}
