//! Dates with English names of months, as programs write them: `Mon Jan 06 09:30:00 CST 2025`, `6-Jan-2025`.

use jiff::fmt::strtime;
use jiff::{SignedDuration, civil::DateTime};

use super::written::Written;

/// Instants; `CST` is the time of China where a Chinese system writes it.
const INSTANTS: [&str; 4] = [
    "%a %b %d %H:%M:%S CST %Y",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y %H:%M:%S",
];

/// Instants with an offset, or in universal time.
const ZONED: [&str; 3] = [
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%a %b %d %Y %H:%M:%S GMT%z",
];

/// Days.
const DAYS: [&str; 5] = ["%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"];

/// Reads a date whose month is spelled out.
pub(super) fn read(text: &str) -> Option<Written> {
    if !text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    // A browser names the zone once more in brackets.
    let text = text.split(" (").next().unwrap_or(text);
    let parsed = |form: &&str| strtime::parse(form, text).ok();
    let instant = INSTANTS
        .iter()
        .find_map(parsed)
        .and_then(|time| time.to_datetime().ok());
    let zoned = || {
        let time = ZONED.iter().find_map(parsed)?;
        let offset = time
            .offset()
            .map_or(0, |offset| i64::from(offset.seconds()));
        let shift = SignedDuration::from_secs(8 * 3600 - offset);
        time.to_datetime().ok()?.checked_add(shift).ok()
    };
    let day = || -> Option<DateTime> {
        let date = DAYS.iter().find_map(parsed)?.to_date().ok()?;
        Some(date.at(0, 0, 0, 0))
    };
    instant.or_else(zoned).or_else(day).map(Written::Sure)
}
