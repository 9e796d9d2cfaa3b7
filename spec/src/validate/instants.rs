//! Days and instants in rules. Texts are canonical digits here, so that order in time is order of texts.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

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

/// Days from one day to another.
pub(super) fn days_between(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}

/// Minutes from one instant to another; none where one of them has no time of day.
pub(super) fn minutes_between(earlier: &str, later: &str) -> Option<i64> {
    if earlier.len() < 12 || later.len() < 12 {
        return None;
    }
    let minute = |text: &str| end(text.get(..12)?);
    Some(minute(later)?.duration_since(minute(earlier)?).as_mins())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn minutes_are_counted_where_both_have_a_time_of_day() {
        assert_eq!(minutes_between("20250106093000", "202501061030"), Some(60));
        assert_eq!(
            minutes_between("20250107000000", "20250106233059"),
            Some(-30)
        );
        assert_eq!(minutes_between("20250106", "20250106093000"), None);
    }

    #[test]
    fn the_coarser_precision_is_compared() {
        assert!(compare(b"20250106", b"20250106093000").is_eq());
        assert!(compare(b"20250106100000", b"202501060930").is_gt());
        assert_eq!(&digits(date(2025, 1, 6).at(9, 5, 7, 0)), b"20250106090507");
    }
}
