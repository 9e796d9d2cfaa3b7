//! Times of day behind a date: `9:30`, `09:30:00.123+08:00`, `下午3点半`, `18时00分`, `093000`, `3:30 PM`.

use super::{figure, mark};

/// A time of day.
#[derive(Debug)]
pub(super) struct Time<'t> {
    /// Since midnight.
    pub seconds: i64,
    /// Offset from UTC in minutes, if one is written.
    pub zone: Option<i64>,
    /// No other time can be meant.
    pub certain: bool,
    /// What follows.
    pub rest: &'t str,
}

/// Reads a time at the front of a text; none if there is none, or one that does not exist.
pub(super) fn read(text: &str) -> Option<Time<'_>> {
    let mut rest = text;
    let early = mark(&mut rest, &["上午", "早上", "凌晨", "早"]).is_some();
    let late = !early && mark(&mut rest, &["下午", "晚上", "晚", "中午"]).is_some();
    let mut time = digits(&mut rest).or_else(|| marked(&mut rest))?;
    let (am, pm) = match mark(&mut rest, &["AM", "am", "PM", "pm"]) {
        Some("AM" | "am") => (true, false),
        Some(_) => (false, true),
        None => (false, false),
    };
    let [hour, minute, second] = &mut time;
    if (late || pm) && *hour < 12 {
        *hour += 12;
    } else if am && *hour == 12 {
        *hour = 0;
    }
    // The end of a day is the start of the next, but a deadline may mean the last minute.
    let end_of_day = (*hour, *minute, *second) == (24, 0, 0);
    if !(end_of_day || *hour < 24) || *minute > 59 || *second > 59 {
        return None;
    }
    let (zone, rest) = zone(rest);
    Some(Time {
        seconds: i64::from(*hour) * 3600 + i64::from(*minute) * 60 + i64::from(*second),
        zone,
        certain: !end_of_day,
        rest,
    })
}

/// `093000` or `0930`.
fn digits(rest: &mut &str) -> Option<[i16; 3]> {
    let run = rest.bytes().take_while(u8::is_ascii_digit).count();
    if run != 4 && run != 6 {
        return None;
    }
    let (digits, after) = rest.split_at(run);
    let part = |from: usize| {
        digits
            .get(from..from + 2)
            .map_or(Some(0), |two| two.parse().ok())
    };
    let time = [part(0)?, part(2)?, part(4)?];
    *rest = after;
    Some(time)
}

/// With marks between hour, minute and second.
fn marked(rest: &mut &str) -> Option<[i16; 3]> {
    let hour = figure(rest, 1, 2)?;
    let mut time = [hour, 0, 0];
    let spoken = mark(rest, &[":", "时", "点"])? != ":";
    if spoken && mark(rest, &["半"]).is_some() {
        time[1] = 30;
        return Some(time);
    }
    let Some(minute) = figure(rest, 1, 2) else {
        return spoken.then_some(time);
    };
    time[1] = minute;
    if (mark(rest, &["分", ":"]) == Some(":") || spoken)
        && let Some(second) = figure(rest, 1, 2)
    {
        time[2] = second;
        mark(rest, &["秒"]);
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            *rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    Some(time)
}

/// Offset from UTC in minutes: `Z`, `+08:00`, `+0800`, `+08`. One with a minus is the end of a span of hours more
/// often than an offset, and is left for the reader.
fn zone(text: &str) -> (Option<i64>, &str) {
    let inner = text.trim_start();
    for word in ["Z", "z", "UTC", "GMT"] {
        if let Some(rest) = inner.strip_prefix(word) {
            return (Some(0), rest);
        }
    }
    let read = || -> Option<(i64, &str)> {
        let mut rest = inner.strip_prefix('+')?;
        let run = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (hours, minutes) = match run {
            4 => {
                let (digits, after) = rest.split_at(4);
                rest = after;
                let (hours, minutes) = digits.split_at(2);
                (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?)
            }
            2 => {
                let hours = figure(&mut rest, 2, 2)?;
                let minutes = rest
                    .strip_prefix(':')
                    .and_then(|mut after| {
                        let minutes = figure(&mut after, 2, 2)?;
                        rest = after;
                        Some(minutes)
                    })
                    .unwrap_or(0);
                (i64::from(hours), i64::from(minutes))
            }
            _ => return None,
        };
        (hours <= 14 && minutes < 60).then_some((hours * 60 + minutes, rest))
    };
    match read() {
        Some((minutes, rest)) => (Some(minutes), rest),
        None => (None, text),
    }
}
