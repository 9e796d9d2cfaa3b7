//! Days on which people work: Mondays to Fridays, but for the public holidays and the weekends worked instead that
//! an edition's `calendar.csv` names. A year without rows has none known: its weekends alone are off.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

/// The public arrangement of holidays, by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days that are not what their weekday says.
    pub days: BTreeMap<Date, Day>,
}

/// A day that the public arrangement of holidays names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// It is worked on.
    pub worked: bool,
    /// The holiday that it belongs to, in Chinese.
    pub name: String,
    /// It was published; where not, the day is counted all the same.
    pub known: bool,
}

impl Calendar {
    /// Days worked after `earlier`, up to and including `later`; negative where `later` comes first.
    pub fn workdays_between(&self, earlier: Date, later: Date) -> i64 {
        if later < earlier {
            return -self.workdays_between(later, earlier);
        }
        let days = later.duration_since(earlier).as_hours() / 24;
        let mut count = days / 7 * 5;
        let mut weekday = earlier.weekday();
        for _ in 0..days % 7 {
            weekday = weekday.next();
            count += i64::from(!is_weekend(weekday));
        }
        let named = self.days.range(earlier..=later);
        for (date, day) in named.filter(|(date, _)| **date > earlier) {
            count += match (day.worked, is_weekend(date.weekday())) {
                (true, true) => 1,
                (false, false) => -1,
                _ => 0,
            };
        }
        count
    }
}

fn is_weekend(weekday: Weekday) -> bool {
    matches!(weekday, Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn workdays_leave_out_weekends() {
        let calendar = Calendar::default();
        // 2025-01-06 is a Monday.
        for (later, workdays) in [
            (6, 0),
            (7, 1),
            (10, 4),
            (12, 4),
            (13, 5),
            (20, 10),
            (21, 11),
        ] {
            let between = |a, b| calendar.workdays_between(date(2025, 1, a), date(2025, 1, b));
            assert_eq!(between(6, later), workdays, "{later}");
            assert_eq!(between(later, 6), -workdays, "{later}");
        }
    }

    #[test]
    fn holidays_are_off_and_exchanged_weekends_are_worked() {
        let day = |worked| Day {
            worked,
            name: "春节".to_owned(),
            known: true,
        };
        // Monday off, the Sunday before worked; a holiday on a Saturday takes nothing away.
        let days = [
            (date(2025, 1, 5), day(true)),
            (date(2025, 1, 6), day(false)),
            (date(2025, 1, 11), day(false)),
        ];
        let calendar = Calendar {
            days: days.into_iter().collect(),
        };
        for (from, to, workdays) in [(3, 5, 1), (3, 6, 1), (3, 7, 2), (5, 6, 0), (6, 12, 4)] {
            let counted = calendar.workdays_between(date(2025, 1, from), date(2025, 1, to));
            assert_eq!(counted, workdays, "{from} to {to}");
        }
    }
}
