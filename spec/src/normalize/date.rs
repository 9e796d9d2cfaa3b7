//! Dates and instants: every writing that says one thing only becomes `yyyyMMdd`, `yyyyMMddHHmm` or
//! `yyyyMMddHHmmss` in the time of China (UTC+8, without daylight saving since 1992).

mod numerals;
mod spelled;
mod written;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Span};

use super::Reason;
use crate::Format;

/// What a text says about time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// One instant, in the format asked for, and what kind of writing it was.
    Instant(String, Reason),
    /// It may mean one of these, or something else.
    Perhaps(Vec<String>),
    /// No date, or one that does not exist.
    Unreadable,
}

/// Length of the canonical text of a date format.
pub(crate) fn width(format: Format) -> Option<usize> {
    match format {
        Format::Date => Some(8),
        Format::Minute => Some(12),
        Format::Second => Some(14),
        _ => None,
    }
}

/// Whether a text is a canonical date of this many digits, and exists in the calendar.
pub(crate) fn is_canonical(text: &str, width: usize) -> bool {
    text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit()) && exists(text.as_bytes())
}

fn pair(digits: &[u8], at: usize) -> Option<u32> {
    match digits.get(at..at + 2) {
        Some(&[tens, ones]) => Some(u32::from(tens & 15) * 10 + u32::from(ones & 15)),
        _ => None,
    }
}

/// Whether digits (8, 12 or 14 of them) name a day and a time that exist.
fn exists(digits: &[u8]) -> bool {
    let part = |at| pair(digits, at);
    let (Some(century), Some(short), Some(month), Some(day)) = (part(0), part(2), part(4), part(6))
    else {
        return false;
    };
    let year = century * 100 + short;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    year >= 1000
        && (1..=days).contains(&day)
        && part(8).is_none_or(|hour| hour < 24)
        && part(10).is_none_or(|minute| minute < 60)
        && part(12).is_none_or(|second| second < 60)
}

/// Words for a paper that does not run out; many systems keep the last day there is for them.
const ENDLESS: [&str; 4] = ["长期", "长期有效", "永久", "无固定期限"];

/// Whether a text is the zero date that databases show for an empty one: `0000-00-00`, `0000-00-00 00:00:00`.
pub(crate) fn is_zero(text: &str) -> bool {
    text.starts_with("0000")
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0' | b'-' | b'/' | b'.' | b':' | b' ' | b'T'))
}

/// Reads a text (half-width, trimmed) as an instant in the format asked for.
pub(crate) fn read(text: &str, format: Format) -> Reading {
    let Some(width) = width(format) else {
        return Reading::Unreadable;
    };
    let text = without_wrapping(text);
    if let Some(serial) = spreadsheet_serial(text) {
        return Reading::Instant(render(serial, width), Reason::DateSerial);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits(text, width);
    }
    if ENDLESS.contains(&text) {
        let end = "99991231235959".get(..width).unwrap_or_default();
        return Reading::Perhaps(vec![end.to_owned()]);
    }
    let found = written::read(&numerals::in_digits(text)).or_else(|| spelled::read(text));
    match found {
        Some(written::Written::Sure(instant)) => {
            Reading::Instant(render(instant, width), Reason::Date)
        }
        Some(written::Written::Perhaps(instants)) => {
            let mut readings: Vec<String> = Vec::new();
            for instant in instants {
                let reading = render(instant, width);
                if !readings.contains(&reading) {
                    readings.push(reading);
                }
            }
            Reading::Perhaps(readings)
        }
        None => Reading::Unreadable,
    }
}

/// Takes off what programs put around a count: `/Date(1736127000000+0800)/`, `45663.0`.
fn without_wrapping(text: &str) -> &str {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let inner = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"))
        // The count is of universal time, whatever offset stands behind it.
        .map(|count| count.split(['+', '-']).next().unwrap_or(count));
    let text = inner.unwrap_or(text);
    match text.split_once('.') {
        Some((whole, fraction)) if digits(whole) && fraction.bytes().all(|byte| byte == b'0') => {
            whole
        }
        _ => text,
    }
}

fn render(instant: DateTime, width: usize) -> String {
    let mut text = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        instant.year(),
        instant.month(),
        instant.day(),
        instant.hour(),
        instant.minute(),
        instant.second()
    );
    text.truncate(width);
    text
}

/// Digits only: another of the standard's formats, or seconds or milliseconds since 1970.
fn digits(text: &str, width: usize) -> Reading {
    let sure = |instant: DateTime| Reading::Instant(render(instant, width), Reason::Date);
    match text.len() {
        8 | 12 | 14 if exists(text.as_bytes()) => {
            let mut text = format!("{text:0<14}");
            text.truncate(width);
            Reading::Instant(text, Reason::Date)
        }
        // Milliseconds behind the seconds.
        17 => text
            .get(..14)
            .filter(|instant| exists(instant.as_bytes()))
            .map_or(Reading::Unreadable, |instant| {
                Reading::Instant(instant.chars().take(width).collect(), Reason::Date)
            }),
        // The century was left out.
        6 => {
            let whole = format!("20{text}");
            if exists(whole.as_bytes()) {
                let whole = format!("{whole:0<14}");
                Reading::Perhaps(vec![whole.get(..width).unwrap_or_default().to_owned()])
            } else {
                Reading::Unreadable
            }
        }
        10 => match (epoch(text, 1), is_hour_of_our_time(text)) {
            (Some(instant), true) => {
                let hour = format!("{text}0000");
                let hour = hour.get(..width).unwrap_or_default().to_owned();
                Reading::Perhaps(vec![hour, render(instant, width)])
            }
            (Some(instant), false) => sure(instant),
            (None, _) => Reading::Unreadable,
        },
        13 => epoch(text, 1000).map_or(Reading::Unreadable, sure),
        _ => Reading::Unreadable,
    }
}

/// Whether ten digits may be meant as `yyyyMMddHH`: only years that records are about count, so that seconds
/// since 1970 (1795083009 is a day of 2026) are not taken for an hour of the year 1795.
fn is_hour_of_our_time(text: &str) -> bool {
    ("1900".."2101").contains(&text.get(..4).unwrap_or_default())
        && exists(format!("{text}00").as_bytes())
}

/// An instant counted from 1970, if it lies in the years that records are about: other counts are no dates.
fn epoch(text: &str, per_second: i64) -> Option<DateTime> {
    let seconds = text.parse::<i64>().ok()?.div_euclid(per_second);
    let china = SignedDuration::from_secs(seconds) + SignedDuration::from_hours(8);
    DateTime::new(1970, 1, 1, 0, 0, 0, 0)
        .ok()?
        .checked_add(china)
        .ok()
        .filter(|instant| (1990..2060).contains(&instant.year()))
}

/// `45663` or `45663.39583`: days since 1899-12-30, between 1990 and 2060.
fn spreadsheet_serial(text: &str) -> Option<DateTime> {
    let (days, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if days.len() != 5 || !digits_only(days) || !digits_only(fraction) {
        return None;
    }
    let days = days
        .parse::<i64>()
        .ok()
        .filter(|days| (32_874..58_440).contains(days))?;
    let part = format!("0.{fraction}0").parse::<f64>().ok()?;
    let seconds = (part * 86_400.0).round() as i64;
    let start = Date::new(1899, 12, 30).ok()?.at(0, 0, 0, 0);
    start
        .checked_add(Span::new().days(days).seconds(seconds))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(text: &str) -> Reading {
        read(text, Format::Second)
    }

    #[test]
    fn writings_of_one_instant_become_one() {
        for (written, canonical) in [
            ("2025-01-06 09:30:00", "20250106093000"),
            ("2025-01-06   09:30", "20250106093000"),
            ("2025/1/6", "20250106000000"),
            ("2025.3.18", "20250318000000"),
            ("2016-4-29 0:00:00", "20160429000000"),
            ("2025年12月30日 17:50", "20251230175000"),
            ("2025年06月13日 18时00分", "20250613180000"),
            ("2025年06月13日18时", "20250613180000"),
            ("2025年6月13日18点05分07秒", "20250613180507"),
            ("2026-07-29T11:44:00Z", "20260729194400"),
            ("2026-07-29T11:44:00.123+08:00", "20260729114400"),
            ("2026-07-29T11:44:00+0000", "20260729194400"),
            ("发布时间:2015年3月1日 17:11", "20150301171100"),
            ("2026-08-11 09:00(北京时间)", "20260811090000"),
            (
                "2026-08-20 10:00 (北京时间)前递交投标文件",
                "20260820100000",
            ),
            ("投标截止时间为2026年8月13日9时30分", "20260813093000"),
            (
                "并于2026年08月19日 10点00分(北京时间)前递交",
                "20260819100000",
            ),
            ("2026年8月3 日09点30", "20260803093000"),
            ("2025年1月6日(星期一)下午3:30", "20250106153000"),
            ("2025/1/6 3:30 PM", "20250106153000"),
            ("2025/1/6 12:05:00 AM", "20250106000500"),
            ("2025-01-06T093000Z", "20250106173000"),
            ("20250106T093000+0800", "20250106093000"),
            ("20250106 09:30:00", "20250106093000"),
            ("二〇二五年一月六日", "20250106000000"),
            ("二零二五年十二月三十一日", "20251231000000"),
            ("2025年1月6号上午9点半", "20250106093000"),
            ("13/1/2025", "20250113000000"),
            ("/Date(1736127000000+0800)/", "20250106093000"),
            ("1736127000.0", "20250106093000"),
            ("Mon Jan 06 09:30:00 CST 2025", "20250106093000"),
            ("Mon, 06 Jan 2025 01:30:00 GMT", "20250106093000"),
            ("6-Jan-2025", "20250106000000"),
            ("20170428", "20170428000000"),
            ("201704281530", "20170428153000"),
            ("20170428153000123", "20170428153000"),
            ("1736127000", "20250106093000"),
            ("1795083009", "20261119181009"),
            ("1736127000000", "20250106093000"),
        ] {
            assert_eq!(
                second(written),
                Reading::Instant(canonical.to_owned(), Reason::Date),
                "{written}"
            );
        }
        assert_eq!(
            read("20250106000000", Format::Date),
            Reading::Instant("20250106".to_owned(), Reason::Date)
        );
        assert_eq!(
            read("2025-01-06 09:30:59", Format::Minute),
            Reading::Instant("202501060930".to_owned(), Reason::Date)
        );
    }

    #[test]
    fn serial_numbers_of_spreadsheets_are_dates_again() {
        for (serial, instant) in [
            ("45663", "20250106000000"),
            ("45663.0", "20250106000000"),
            ("45663.39583", "20250106093000"),
        ] {
            assert_eq!(
                second(serial),
                Reading::Instant(instant.to_owned(), Reason::DateSerial),
                "{serial}"
            );
        }
        assert_eq!(second("12345"), Reading::Unreadable);
        assert_eq!(second("99999"), Reading::Unreadable);
    }

    #[test]
    fn what_may_mean_two_things_is_not_decided() {
        for (text, readings) in [
            (
                "2025010609",
                &["20250106090000", "20340303225649"] as &[&str],
            ),
            ("250106", &["20250106000000"]),
            ("25-1-6", &["20250106000000"]),
            ("25年1月6日", &["20250106000000"]),
            ("1/6/2025", &["20250106000000", "20250601000000"]),
            (
                "2025-01-06 至 2025-01-08",
                &["20250106000000", "20250108000000"],
            ),
            (
                "2025-01-06 09:00 - 2025-01-08 17:00",
                &["20250106090000", "20250108170000"],
            ),
            ("2025-01-06 09:00-11:00", &["20250106090000"]),
            ("2025年1月6日至8日", &["20250106000000"]),
            ("2025-01-06开工", &["20250106000000"]),
            ("第2次:2025-01-06", &["20250106000000"]),
            ("2025年1月6日24:00", &["20250107000000"]),
            ("长期", &["99991231235959"]),
        ] {
            let readings = readings.iter().map(|&text| text.to_owned()).collect();
            assert_eq!(second(text), Reading::Perhaps(readings), "{text}");
        }
    }

    #[test]
    fn what_does_not_exist_is_not_read() {
        for wrong in [
            "2025-02-29",
            "2025-13-01",
            "20250230",
            "20250106250000",
            "2025",
            "202501",
            "无",
            "/",
            "",
            "2025-01",
            "2025-01/06",
            "2025年1月6",
            "3100000021",
            "13912345678",
            "详见正文",
            "1899",
            "2025-01-0612:00",
            "2025-01-06 09",
            "00000101",
            "2025-01-06 09:61",
        ] {
            assert_eq!(second(wrong), Reading::Unreadable, "{wrong}");
        }
        assert!(is_canonical("20240229", 8) && !is_canonical("20250229", 8));
        assert!(is_canonical("20240229235959", 14) && !is_canonical("20240229235960", 14));
    }
}
