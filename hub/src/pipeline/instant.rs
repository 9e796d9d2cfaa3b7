//! The time of receipt, in the three forms that are needed.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// An instant: milliseconds for the store, the clock on the wall in China for rules and people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instant {
    /// Milliseconds since 1970-01-01 UTC.
    pub millis: i64,
    /// The clock in China (UTC+8, no summer time).
    pub civil: jiff::civil::DateTime,
}

impl Instant {
    /// Reads the system clock.
    pub fn now() -> Self {
        Instant::from_millis(Timestamp::now().as_millisecond())
    }

    /// The instant so many milliseconds after 1970-01-01 UTC; what cannot be a time is taken as 1970.
    pub fn from_millis(millis: i64) -> Self {
        let timestamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
        Instant {
            millis,
            civil: timestamp.to_zoned(china()).datetime(),
        }
    }

    /// RFC 3339 with milliseconds and +08:00.
    pub fn text(&self) -> String {
        let (date, time) = (self.civil.date(), self.civil.time());
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+08:00",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond()
        )
    }
}

fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

#[cfg(test)]
mod tests {
    use super::Instant;

    #[test]
    fn shows_the_clock_in_china() {
        assert_eq!(
            Instant::from_millis(0).text(),
            "1970-01-01T08:00:00.000+08:00"
        );
        assert_eq!(
            Instant::from_millis(1_795_340_100_007).text(),
            "2026-11-22T17:35:00.007+08:00"
        );
    }
}
