//! Dates with separators, wherever they stand in a text: `2025/1/6`, `2025年12月30日 17:50`, `2026-07-29T11:44:00Z`,
//! `发布时间:2015年3月1日`.
//!
//! A text that holds one instant and words that only introduce it says one thing. Two instants, or an instant
//! among other words, are shown to the sender and never chosen from.

mod clock;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

/// What was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// One instant, and nothing else that matters.
    Sure(DateTime),
    /// These, but something else may be meant.
    Perhaps(Vec<DateTime>),
}

/// Instants that a finding shows at most.
const SHOWN: usize = 4;

/// Finds the instants of a text.
pub(super) fn read(text: &str) -> Option<Written> {
    let text = text.replace(['‐', '‑', '–', '—', '―', '−'], "-");
    let mut found: Vec<DateTime> = Vec::new();
    let mut sure = true;
    let mut rest = text.as_str();
    let mut label = None;
    let mut fresh = false;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, at) = rest.split_at(start);
        if let Some((instants, certain, after)) = instant(at) {
            sure &= certain && found.is_empty();
            label.get_or_insert_with(|| before.to_owned());
            found.extend(instants);
            rest = after;
            fresh = true;
        } else {
            // Digits right behind a date are a time that does not exist; others are another number.
            if fresh && before.trim_matches(BLANKS).is_empty() {
                return None;
            }
            fresh = false;
            sure = false;
            rest = at.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    let first = *found.first()?;
    found.truncate(SHOWN);
    let plain = sure && introduces(label.as_deref()?) && trails(rest);
    Some(match found.as_slice() {
        [_] if plain => Written::Sure(first),
        _ => Written::Perhaps(found),
    })
}

const BLANKS: [char; 2] = [' ', ':'];

/// Whether the words before an instant only say what it is.
fn introduces(label: &str) -> bool {
    let label = label.trim_end();
    label.is_empty()
        || [":", "为", "是", "于", "时间", "日期", "(", "["]
            .iter()
            .any(|end| label.ends_with(end))
}

/// Whether the words behind an instant add nothing to it.
fn trails(text: &str) -> bool {
    let text = text.trim();
    let text = ["(北京时间)", "北京时间"]
        .iter()
        .find_map(|zone| text.strip_prefix(zone))
        .unwrap_or(text)
        .trim_start();
    let text = text.trim_end_matches([')', ']', '.', '。', ';', ',']);
    matches!(text, "" | "止" | "整" | "截止") || text.starts_with('前')
}

/// The instant (or the readings of one) at the front of a text, whether it is certain, and what follows it.
fn instant(text: &str) -> Option<(Vec<DateTime>, bool, &str)> {
    let (dates, mut certain, said, rest) = day(text)?;
    let rest = weekday(rest);
    let midnight = |date: &Date| date.at(0, 0, 0, 0);
    let instants = dates.iter().map(midnight).collect();
    let after = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
    // The time must be set off from the day.
    let apart = said || after.len() != rest.len();
    let Some(time) = clock::read(after).filter(|_| apart) else {
        let broken = !said && rest.starts_with(|c: char| c.is_ascii_digit());
        return (!broken).then_some((instants, certain, rest));
    };
    certain &= time.certain;
    let shift = time.zone.map_or(0, |minutes| 8 * 60 - minutes);
    let with_time = |date: &Date| {
        let instant = date.at(0, 0, 0, 0);
        let seconds = SignedDuration::from_secs(time.seconds) + SignedDuration::from_mins(shift);
        instant.checked_add(seconds).ok()
    };
    let instants: Vec<DateTime> = dates.iter().filter_map(with_time).collect();
    (!instants.is_empty()).then_some((instants, certain, time.rest))
}

/// Day at the front of a text: its readings, whether it is certain, whether 日 closed it, and what follows.
fn day(text: &str) -> Option<(Vec<Date>, bool, bool, &str)> {
    let run = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(run);
    if run == 8 {
        let figure = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
        let date = date(figure(0, 4)?, figure(4, 6)?, figure(6, 8)?)?;
        return Some((vec![date], true, false, rest));
    }
    let mut rest = text;
    let first = figure(&mut rest, 1, 4)?;
    let mark = mark(&mut rest, &["-", "/", ".", "年"])?;
    let second = figure(&mut rest, 1, 2)?;
    self::mark(&mut rest, &[if mark == "年" { "月" } else { mark }])?;
    let third = figure(&mut rest, 1, 4)?;
    let said = self::mark(&mut rest, &["日", "号"]).is_some();
    if said != (mark == "年") {
        return None;
    }
    let (dates, certain) = match (run, third) {
        (4, _) => (vec![date(first, second, third)?], true),
        // The century was left out.
        (1 | 2, ..=99) => (vec![date(2000 + first, second, third)?], false),
        // Month or day first: certain only where one of them cannot be a month.
        (1 | 2, 1000..) => {
            let mut dates: Vec<Date> = [(first, second), (second, first)]
                .into_iter()
                .filter_map(|(month, day)| date(third, month, day))
                .collect();
            dates.dedup();
            let certain = dates.len() == 1;
            (dates, certain)
        }
        _ => return None,
    };
    (!dates.is_empty()).then_some((dates, certain, said, rest))
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    if !(1000..=9999).contains(&year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Takes the name of a day of the week off the front.
fn weekday(text: &str) -> &str {
    let inner = text.trim_start();
    let (inner, close) = match inner.strip_prefix('(') {
        Some(inner) => (inner, ")"),
        None => (inner, ""),
    };
    let named = ["星期", "周"]
        .iter()
        .find_map(|word| inner.strip_prefix(word))
        .and_then(|rest| rest.strip_prefix(['一', '二', '三', '四', '五', '六', '日', '天']))
        .and_then(|rest| rest.strip_prefix(close));
    named.unwrap_or(text)
}

/// Takes a number of `least` to `most` digits (blanks before it allowed) off the front.
fn figure(rest: &mut &str, least: usize, most: usize) -> Option<i16> {
    let text = rest.trim_start();
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=most).contains(&length) {
        return None;
    }
    let (digits, after) = text.split_at(length);
    *rest = after;
    digits.parse().ok()
}

/// Takes one of the marks (blanks before it allowed) off the front.
fn mark<'m>(rest: &mut &str, marks: &[&'m str]) -> Option<&'m str> {
    let text = rest.trim_start();
    let mark = marks.iter().copied().find(|mark| text.starts_with(mark))?;
    *rest = text.strip_prefix(mark)?;
    Some(mark)
}
