//! The rhythm of a source: how long it is usually silent, in working time, and whether it is silent for too long now.
//!
//! Working time runs on the days that the specification's calendar has people work on, around the clock. The usual
//! silence is learnt from the days on which a source sent: the second longest of the silences between them, so that
//! one bad day in a quarter teaches nothing.

use jiff::civil::Date;
use spec::Calendar;

use super::table::Cell;
use crate::pipeline::Instant;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Fewer silences than these say nothing about a rhythm.
const LEARNT_FROM: usize = 4;
/// No rhythm is quicker: whoever sends all day long is missed after this at the earliest.
const SHORTEST_MS: i64 = HOUR_MS;

/// The first and last submission of a source on one day, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Active {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
}

/// How long a source may be silent, milliseconds of working time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// Its profile says so.
    Told(i64),
    /// It was learnt.
    Learnt(i64),
    /// Too little is known: what holds for all.
    Usual(i64),
}

impl Rhythm {
    /// The interval itself.
    pub const fn interval(self) -> i64 {
        match self {
            Rhythm::Told(interval) | Rhythm::Learnt(interval) | Rhythm::Usual(interval) => interval,
        }
    }

    /// Where it comes from, in a word.
    pub const fn word(self) -> Cell {
        match self {
            Rhythm::Told(_) => Cell::Word("profile", "档案约定"),
            Rhythm::Learnt(_) => Cell::Word("learnt", "按以往报送"),
            Rhythm::Usual(_) => Cell::Word("default", "缺省"),
        }
    }
}

/// Milliseconds of working time between two instants.
pub fn worked(calendar: &Calendar, from: i64, to: i64) -> i64 {
    if to <= from {
        return 0;
    }
    let (start, end) = (Instant::from_millis(from), Instant::from_millis(to));
    let (first, last) = (start.civil.date(), end.civil.date());
    let into_day = |instant: &Instant| {
        let midnight = instant.civil.date().at(0, 0, 0, 0);
        instant.civil.duration_since(midnight).as_millis() as i64
    };
    let days = calendar.workdays_between(before(first), last);
    let head = if works(calendar, first) {
        into_day(&start)
    } else {
        0
    };
    let tail = if works(calendar, last) {
        DAY_MS - into_day(&end)
    } else {
        0
    };
    days * DAY_MS - head - tail
}

fn before(date: Date) -> Date {
    date.saturating_sub(jiff::Span::new().days(1))
}

fn works(calendar: &Calendar, date: Date) -> bool {
    calendar.workdays_between(before(date), date) == 1
}

/// The rhythm of a source: what its profile says (hours), or what its active days teach, or `usual_days` working days.
pub fn of(
    calendar: &Calendar,
    told_hours: Option<u32>,
    days: &[Active],
    usual_days: u32,
) -> Rhythm {
    if let Some(hours) = told_hours {
        return Rhythm::Told(i64::from(hours) * HOUR_MS);
    }
    let mut silences: Vec<i64> = days
        .iter()
        .zip(days.iter().skip(1))
        .map(|(before, after)| worked(calendar, before.last, after.first))
        .collect();
    silences.sort_unstable_by(|a, b| b.cmp(a));
    match silences.get(1) {
        Some(&second) if silences.len() >= LEARNT_FROM => Rhythm::Learnt(second.max(SHORTEST_MS)),
        _ => Rhythm::Usual(i64::from(usual_days) * DAY_MS),
    }
}

/// Since when a source is silent for too long: the instant of its last submission, once more than its interval (times
/// a tolerance in percent) of working time has passed. What a profile says is taken at its word.
pub fn silent_since(
    calendar: &Calendar,
    rhythm: Rhythm,
    tolerance_percent: u32,
    last: i64,
    now: i64,
) -> Option<i64> {
    let allowed = match rhythm {
        Rhythm::Told(interval) | Rhythm::Usual(interval) => interval,
        Rhythm::Learnt(interval) => interval.saturating_mul(i64::from(tolerance_percent)) / 100,
    };
    (worked(calendar, last, now) > allowed).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::parse_instant;
    use spec::calendar::Day;

    fn at(text: &str) -> i64 {
        parse_instant("at", &format!("{text}:00+08:00"), false).unwrap_or_default()
    }

    /// 2026-10-01 (a Thursday) to 07 off, Saturday 10 worked.
    fn calendar() -> Calendar {
        let mut calendar = Calendar::default();
        let mut name = |day: i8, worked| {
            let known = Day {
                worked,
                name: String::new(),
                known: true,
            };
            calendar
                .days
                .insert(jiff::civil::date(2026, 10, day), known);
        };
        for day in 1..=7 {
            name(day, false);
        }
        name(10, true);
        calendar
    }

    #[test]
    fn only_working_days_count() {
        let calendar = calendar();
        let hours = |from, to| worked(&calendar, at(from), at(to)) / HOUR_MS;
        assert_eq!(hours("2026-11-16T08:00", "2026-11-16T18:00"), 10);
        assert_eq!(hours("2026-11-16T18:00", "2026-11-17T08:00"), 14);
        // From Friday evening to Monday morning.
        assert_eq!(hours("2026-11-20T18:00", "2026-11-23T08:00"), 14);
        assert_eq!(hours("2026-11-21T09:00", "2026-11-22T21:00"), 0);
        // Over the holidays; the Saturday after them is worked.
        assert_eq!(hours("2026-09-30T18:00", "2026-10-08T08:00"), 14);
        assert_eq!(hours("2026-10-09T18:00", "2026-10-10T18:00"), 24);
        assert_eq!(hours("2026-11-17T08:00", "2026-11-16T08:00"), 0);
    }

    /// Days of November on which a source sent from 8 to 18.
    fn sent(days: &[i8]) -> Vec<Active> {
        let on = |day: &i8| Active {
            first: at(&format!("2026-11-{day:02}T08:00")),
            last: at(&format!("2026-11-{day:02}T18:00")),
        };
        days.iter().map(on).collect()
    }

    #[test]
    fn a_daily_source_is_missed_on_the_day_after_and_not_over_a_weekend() {
        let calendar = calendar();
        let days = sent(&[9, 10, 11, 12, 13, 16, 17, 18, 19, 20]);
        let rhythm = of(&calendar, None, &days, 5);
        assert_eq!(rhythm, Rhythm::Learnt(14 * HOUR_MS));
        let last = at("2026-11-20T18:00");
        let silent = |now| silent_since(&calendar, rhythm, 150, last, at(now));
        assert_eq!(silent("2026-11-23T08:00"), None, "a weekend is no silence");
        assert_eq!(silent("2026-11-23T14:00"), None);
        assert_eq!(silent("2026-11-23T16:00"), Some(last));
    }

    #[test]
    fn a_weekly_source_is_given_its_week_and_one_outage_teaches_nothing() {
        let calendar = Calendar::default();
        let mondays: Vec<Active> = [
            "08-17", "08-24", "08-31", "09-07", "09-14", "10-12", "10-19", "10-26", "11-02",
        ]
        .iter()
        .map(|day| Active {
            first: at(&format!("2026-{day}T09:00")),
            last: at(&format!("2026-{day}T09:00")),
        })
        .collect();
        let rhythm = of(&calendar, None, &mondays, 5);
        assert_eq!(rhythm, Rhythm::Learnt(5 * DAY_MS));
        let last = at("2026-11-02T09:00");
        let silent = |now| silent_since(&calendar, rhythm, 150, last, at(now));
        assert_eq!(silent("2026-11-09T12:00"), None);
        assert_eq!(silent("2026-11-12T09:00"), Some(last));
    }

    #[test]
    fn a_profile_is_taken_at_its_word_and_a_new_source_by_the_rule_for_all() {
        let calendar = Calendar::default();
        let told = of(&calendar, Some(2), &sent(&[16, 17, 18]), 5);
        assert_eq!(told, Rhythm::Told(2 * HOUR_MS));
        let last = at("2026-11-18T18:00");
        assert_eq!(
            silent_since(&calendar, told, 150, last, at("2026-11-18T20:00")),
            None
        );
        assert_eq!(
            silent_since(&calendar, told, 150, last, at("2026-11-18T20:01")),
            Some(last)
        );
        let new = of(&calendar, None, &sent(&[16, 17]), 5);
        assert_eq!(new, Rhythm::Usual(5 * DAY_MS));
    }
}
