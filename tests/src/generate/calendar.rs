//! Instants of a deal: days counted from its first one, in the digits of the standard.

use anyhow::{Context, Result};
use jiff::{ToSpan, civil::Date};

/// The day on which the records are sent 报送日.
pub const TODAY: &str = "20261120";

/// Reads `yyyyMMdd`.
pub fn day(text: &str) -> Result<Date> {
    Date::strptime("%Y%m%d", text).with_context(|| format!("`{text}` is no day"))
}

/// Digits of an instant: so many days after the first one, at an hour and a minute.
pub fn instant(first: Date, days: i64, hour: u8, minute: u8) -> Result<String> {
    let day = first.checked_add(days.days())?;
    Ok(format!("{}{hour:02}{minute:02}00", day.strftime("%Y%m%d")))
}

/// Digits of the instant at which the record of this number was written: in the evening before
/// [`TODAY`], seven seconds apart.
pub fn stamp(number: usize) -> String {
    let seconds = 18 * 3600 + number * 7;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("20261119{hour:02}{minute:02}{second:02}")
}
