//! Dates and instants: every writing that says one thing only becomes `yyyyMMdd`, `yyyyMMddHHmm` or
//! `yyyyMMddHHmmss` in the time of China (UTC+8, without daylight saving since 1992).

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Span};

use crate::Format;

/// What a text says about time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// One instant, in the format asked for.
    Instant(String),
    /// It may mean this, or something else.
    Perhaps(String),
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

/// Reads a text (half-width, trimmed) as an instant in the format asked for.
pub(crate) fn read(text: &str, format: Format) -> Reading {
    let Some(width) = width(format) else {
        return Reading::Unreadable;
    };
    let shown = |instant: DateTime| render(instant, width);
    if let Some(serial) = spreadsheet_serial(text) {
        return Reading::Perhaps(shown(serial));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits(text, width);
    }
    match written(text) {
        Some(instant) => Reading::Instant(shown(instant)),
        None => Reading::Unreadable,
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
    match text.len() {
        8 | 12 | 14 if exists(text.as_bytes()) => {
            let mut text = format!("{text:0<14}");
            text.truncate(width);
            Reading::Instant(text)
        }
        // Milliseconds behind the seconds.
        17 => text
            .get(..14)
            .filter(|instant| exists(instant.as_bytes()))
            .map_or(Reading::Unreadable, |instant| {
                Reading::Instant(instant.chars().take(width).collect())
            }),
        10 => match (epoch(text, 1), is_hour_of_our_time(text)) {
            (Some(instant), true) => Reading::Perhaps(render(instant, width)),
            (Some(instant), false) => Reading::Instant(render(instant, width)),
            (None, _) => Reading::Unreadable,
        },
        13 => epoch(text, 1000).map_or(Reading::Unreadable, |instant| {
            Reading::Instant(render(instant, width))
        }),
        _ => Reading::Unreadable,
    }
}

/// Whether ten digits may be meant as `yyyyMMddHH`: only years that records are about count, so that seconds
/// since 1970 (1795083009 is a day of 2026) are not taken for an hour of the year 1795.
fn is_hour_of_our_time(text: &str) -> bool {
    ("1900".."2101").contains(&text.get(..4).unwrap_or_default())
        && exists(format!("{text}00").as_bytes())
}

fn epoch(text: &str, per_second: i64) -> Option<DateTime> {
    let seconds = text.parse::<i64>().ok()?.div_euclid(per_second);
    let china = SignedDuration::from_secs(seconds) + SignedDuration::from_hours(8);
    DateTime::new(1970, 1, 1, 0, 0, 0, 0)
        .ok()?
        .checked_add(china)
        .ok()
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

/// A date with separators: `2025/1/6`, `2025年12月30日 17:50`, `2026-07-29T11:44:00Z`.
fn written(text: &str) -> Option<DateTime> {
    // A label before the date: `发布时间:2015年3月1日`.
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (label, text) = text.split_at(start);
    let text = text.strip_suffix("(北京时间)").unwrap_or(text).trim_end();
    if !label.is_empty() && !label.trim_end().ends_with([':', '：']) {
        return None;
    }
    let mut rest = text;
    let year = number(&mut rest, 4, 4)?;
    let mark = separator(&mut rest, &["-", "/", ".", "年"])?;
    let month = number(&mut rest, 1, 2)?;
    separator(&mut rest, &[if mark == "年" { "月" } else { mark }])?;
    let day = number(&mut rest, 1, 2)?;
    let said = separator(&mut rest, &["日"]).is_some();
    if said != (mark == "年") {
        return None;
    }
    let date = Date::new(i16::try_from(year).ok()?, month as i8, day as i8).ok()?;
    let after = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
    if after.is_empty() {
        return Some(date.at(0, 0, 0, 0));
    }
    // The time must be set off from the day.
    if !said && after.len() == rest.len() {
        return None;
    }
    let (time, zone) = clock(after)?;
    let [hour, minute, second] = time;
    let instant = DateTime::new(
        date.year(),
        date.month(),
        date.day(),
        hour,
        minute,
        second,
        0,
    )
    .ok()?;
    match zone {
        None => Some(instant),
        Some(minutes) => instant
            .checked_add(SignedDuration::from_mins(8 * 60 - minutes))
            .ok(),
    }
}

/// Hour, minute and second, and the offset from UTC in minutes if one is written.
fn clock(text: &str) -> Option<([i8; 3], Option<i64>)> {
    let mut rest = text;
    let hour = number(&mut rest, 1, 2)?;
    let mut time = [hour as i8, 0, 0];
    if let Some(mark) = separator(&mut rest, &[":", "时", "点"]) {
        let spoken = mark != ":";
        if !(spoken && rest.is_empty()) {
            time[1] = number(&mut rest, 1, 2)? as i8;
            let next = separator(&mut rest, &[if spoken { "分" } else { ":" }]);
            if next.is_some() && !(spoken && rest.is_empty()) {
                time[2] = number(&mut rest, 1, 2)? as i8;
                if spoken {
                    separator(&mut rest, &["秒"])?;
                } else if let Some(fraction) = rest.strip_prefix(['.', ',']) {
                    rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
                }
            }
        }
    } else {
        return None;
    }
    Some((time, zone(rest.trim())?))
}

/// Offset from UTC in minutes: `Z`, `+08:00`, `+0800`, `+08`; inner none when nothing is written.
#[expect(
    clippy::option_option,
    reason = "outer none: something else is written"
)]
fn zone(text: &str) -> Option<Option<i64>> {
    if text.is_empty() {
        return Some(None);
    }
    if matches!(text, "Z" | "z" | "UTC" | "GMT") {
        return Some(Some(0));
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let hours = digits.get(..2)?.parse::<i64>().ok()?;
    let minutes = match digits.get(2..)? {
        "" => 0,
        rest if rest.len() == 2 => rest.parse::<i64>().ok()?,
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(Some(sign * (hours * 60 + minutes)))
}

/// Takes a number of `least` to `most` digits (blanks around it allowed) off the front.
fn number(rest: &mut &str, least: usize, most: usize) -> Option<u32> {
    let text = rest.trim_start();
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=most).contains(&length) {
        return None;
    }
    let (digits, after) = text.split_at(length);
    *rest = after;
    digits.parse().ok()
}

/// Takes one of the marks off the front.
fn separator<'m>(rest: &mut &str, marks: &[&'m str]) -> Option<&'m str> {
    marks
        .iter()
        .copied()
        .find(|mark| match rest.strip_prefix(mark) {
            Some(after) => {
                *rest = after;
                true
            }
            None => false,
        })
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
            ("20170428", "20170428000000"),
            ("201704281530", "20170428153000"),
            ("20170428153000123", "20170428153000"),
            ("1736127000", "20250106093000"),
            ("1795083009", "20261119181009"),
            ("1736127000000", "20250106093000"),
        ] {
            assert_eq!(
                second(written),
                Reading::Instant(canonical.to_owned()),
                "{written}"
            );
        }
        assert_eq!(
            read("20250106000000", Format::Date),
            Reading::Instant("20250106".to_owned())
        );
        assert_eq!(
            read("2025-01-06 09:30:59", Format::Minute),
            Reading::Instant("202501060930".to_owned())
        );
    }

    #[test]
    fn what_may_mean_two_things_is_not_decided() {
        assert_eq!(
            second("45663"),
            Reading::Perhaps("20250106000000".to_owned())
        );
        assert_eq!(
            second("45663.39583"),
            Reading::Perhaps("20250106093000".to_owned())
        );
        assert!(matches!(second("1900010609"), Reading::Perhaps(_)));
        assert!(matches!(second("2025010609"), Reading::Perhaps(_)));
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
            "2025-01-06 至 2025-01-08",
            "2025-01-06 - 2025-01-08",
            "2025-01/06",
            "2025年1月6",
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
