//! Days and instants in rules. Texts are canonical digits here, so that order in time is order of texts.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Weekday};

/// Fourteen digits of an instant.
pub(super) type Digits = [u8; 14];

/// `yyyyMMddHHmmss` of an instant.
pub(super) fn digits(instant: DateTime) -> Digits {
    let year = instant.year().unsigned_abs();
    let parts = [
        (year / 100) as u8,
        (year % 100) as u8,
        instant.month() as u8,
        instant.day() as u8,
        instant.hour() as u8,
        instant.minute() as u8,
        instant.second() as u8,
    ];
    let mut text = [b'0'; 14];
    for (pair, part) in text.chunks_exact_mut(2).zip(parts) {
        if let [tens, ones] = pair {
            *tens = b'0' + part / 10 % 10;
            *ones = b'0' + part % 10;
        }
    }
    text
}

/// Compares two instants at the coarser of their precisions.
pub(super) fn compare(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    let length = a.len().min(b.len());
    a.get(..length).cmp(&b.get(..length))
}

/// The day of an instant.
pub(super) fn day(text: &str) -> Option<Date> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    Date::new(number(0, 4)?, number(4, 6)? as i8, number(6, 8)? as i8).ok()
}

/// The instant; a text without a time of day means the end of that day.
pub(super) fn end(text: &str) -> Option<DateTime> {
    let day = day(text)?;
    let number = |from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
    match (number(8), number(10)) {
        (Some(hour), Some(minute)) => DateTime::new(
            day.year(),
            day.month(),
            day.day(),
            hour,
            minute,
            number(12).unwrap_or(59),
            0,
        )
        .ok(),
        _ => day
            .at(0, 0, 0, 0)
            .checked_add(SignedDuration::from_hours(24))
            .ok(),
    }
}

/// Days from one day to another; only Mondays to Fridays are counted if `workdays` is set. Public holidays are not
/// known here, so a limit in workdays may come a little early.
pub(super) fn days_between(earlier: Date, later: Date, workdays: bool) -> i64 {
    let days = later.duration_since(earlier).as_hours() / 24;
    if !workdays {
        return days;
    }
    let weeks = days.div_euclid(7);
    let mut count = weeks * 5;
    let mut weekday = earlier.weekday();
    for _ in 0..days.rem_euclid(7) {
        weekday = weekday.next();
        count += i64::from(!matches!(weekday, Weekday::Saturday | Weekday::Sunday));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn workdays_leave_out_weekends() {
        // 2025-01-06 is a Monday.
        for (later, days, workdays) in [
            (6, 0, 0),
            (7, 1, 1),
            (10, 4, 4),
            (12, 6, 4),
            (13, 7, 5),
            (20, 14, 10),
            (21, 15, 11),
        ] {
            assert_eq!(
                days_between(date(2025, 1, 6), date(2025, 1, later), false),
                days
            );
            assert_eq!(
                days_between(date(2025, 1, 6), date(2025, 1, later), true),
                workdays,
                "{later}"
            );
        }
        assert_eq!(days_between(date(2025, 1, 7), date(2025, 1, 6), false), -1);
    }

    #[test]
    fn the_coarser_precision_is_compared() {
        assert!(compare(b"20250106", b"20250106093000").is_eq());
        assert!(compare(b"20250106100000", b"202501060930").is_gt());
        assert_eq!(&digits(date(2025, 1, 6).at(9, 5, 7, 0)), b"20250106090507");
    }
}
