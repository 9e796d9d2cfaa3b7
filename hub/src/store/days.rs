//! Where each day begins: the first numbers that the one writer gives on it.
//!
//! Submissions, records, deliveries and leaves are numbered in the order in which they are committed, so two
//! neighbouring rows here bound everything that was committed on a day, in every table, without an index by time. The
//! day is that of the commit, in China; a clock that goes back does not open an earlier day again.

use diesel::dsl::max;
use diesel::prelude::*;

use super::schema::days;
use super::transaction::Numbers;
use super::{Database, StoreError, on};

/// Offset of the clock in China, in milliseconds.
const CHINA_MS: i64 = 8 * 3_600_000;

/// A row of `days`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = days)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Day {
    pub date: String,
    pub submission: i64,
    pub record: i64,
    pub delivery: i64,
    pub leaf: i64,
}

/// Everything that was committed on a day: from the numbers of one row up to those of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first numbers of the day.
    pub from: Numbers,
    /// The first numbers after it.
    pub until: Numbers,
}

/// The day in China at an instant, `yyyy-MM-dd`.
pub fn date_at(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis.saturating_add(CHINA_MS))
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .to_string()
}

/// The day in China now.
pub fn today() -> String {
    date_at(jiff::Timestamp::now().as_millisecond())
}

/// The day before, in China.
pub fn yesterday() -> String {
    date_at(jiff::Timestamp::now().as_millisecond() - 24 * 3_600_000)
}

/// Opens the day if this transaction is the first of it.
pub(super) fn turn(connection: &mut Database, numbers: &Numbers) -> Result<(), StoreError> {
    let today = today();
    let last: Option<String> =
        on!(connection, c => days::table.select(max(days::date)).get_result(c))?;
    if last.is_some_and(|last| last >= today) {
        return Ok(());
    }
    let day = Day {
        date: today,
        submission: numbers.submission,
        record: numbers.record,
        delivery: numbers.delivery,
        leaf: numbers.leaf,
    };
    on!(connection, c => diesel::insert_into(days::table).values(&day).execute(c))?;
    Ok(())
}

fn numbers(day: &Day) -> Numbers {
    Numbers {
        submission: day.submission,
        record: day.record,
        delivery: day.delivery,
        leaf: day.leaf,
        waiting: false,
    }
}

/// What was committed on a day; up to now when no later day has begun. None before the first day of the table.
pub fn span(connection: &mut Database, date: &str) -> Result<Option<Span>, StoreError> {
    let rows: Vec<Day> = days::table
        .filter(days::date.ge(date))
        .order(days::date)
        .limit(2)
        .select(Day::as_select())
        .load(connection)?;
    let mut rows = rows.iter();
    let (first, second) = (rows.next(), rows.next());
    let span = match (first, second) {
        (Some(day), Some(next)) if day.date == date => Span {
            from: numbers(day),
            until: numbers(next),
        },
        (Some(day), None) if day.date == date => Span {
            from: numbers(day),
            until: Numbers::read(connection)?,
        },
        // A day on which nothing was committed, between two others or since the last.
        (later, _) => {
            let before: Option<String> = days::table
                .select(max(days::date))
                .filter(days::date.lt(date))
                .first(connection)?;
            if before.is_none() {
                return Ok(None);
            }
            let numbers = match later {
                Some(later) => numbers(later),
                None => Numbers::read(connection)?,
            };
            Span {
                from: numbers,
                until: numbers,
            }
        }
    };
    Ok(Some(span))
}

/// Days that began before one, the newest first, so many at most.
pub fn before(
    connection: &mut Database,
    date: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(days::table
        .filter(days::date.lt(date))
        .order(days::date.desc())
        .limit(limit)
        .select(days::date)
        .load(connection)?)
}

/// The days in which leaves were committed, each with its span, in order.
pub fn of_leaves(connection: &mut Database, leaves: &[i64]) -> Result<Vec<Span>, StoreError> {
    let mut dates: Vec<String> = Vec::new();
    let mut leaves = leaves.to_vec();
    leaves.sort_unstable();
    let mut covered = i64::MIN;
    let mut spans = Vec::new();
    for leaf in leaves {
        if leaf < covered {
            continue;
        }
        let date: Option<String> = days::table
            .filter(days::leaf.le(leaf))
            .order(days::date.desc())
            .limit(1)
            .select(days::date)
            .first(connection)
            .optional()?;
        let Some(date) = date.filter(|date| !dates.contains(date)) else {
            continue;
        };
        if let Some(span) = span(connection, &date)? {
            covered = span.until.leaf;
            spans.push(span);
        }
        dates.push(date);
    }
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_day_ends_at_midnight_in_china() -> Tested {
        let at = |text: &str| -> Result<String, jiff::Error> {
            Ok(date_at(text.parse::<jiff::Timestamp>()?.as_millisecond()))
        };
        assert_eq!(at("2026-11-22T23:59:59.999+08:00")?, "2026-11-22");
        assert_eq!(at("2026-11-22T16:00:00Z")?, "2026-11-23");
        Ok(())
    }

    #[test]
    fn days_are_bounded_by_their_neighbours() -> Tested {
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("hub.db").to_string_lossy().into_owned();
        let mut connection = store::connect(&url)?;
        store::migrate(&mut connection)?;
        for (date, first) in [("2026-11-20", 5), ("2026-11-22", 9)] {
            let day = Day {
                date: date.to_owned(),
                submission: first,
                record: first * 10,
                delivery: first * 20,
                leaf: first * 30,
            };
            diesel::insert_into(days::table)
                .values(&day)
                .execute(&mut connection)?;
        }
        assert_eq!(span(&mut connection, "2026-11-19")?, None);
        let mut bounds = |date: &str| -> Result<Option<(i64, i64)>, StoreError> {
            let span = span(&mut connection, date)?;
            Ok(span.map(|span| (span.from.submission, span.until.submission)))
        };
        assert_eq!(bounds("2026-11-20")?, Some((5, 9)));
        assert_eq!(bounds("2026-11-21")?, Some((9, 9)), "nothing happened");
        assert_eq!(bounds("2026-11-22")?, Some((9, 1)), "up to now");
        assert_eq!(bounds("2026-11-23")?, Some((1, 1)));
        let spans = of_leaves(&mut connection, &[269, 150, 151])?;
        assert_eq!(spans.len(), 1);
        Ok(())
    }
}
