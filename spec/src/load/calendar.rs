//! The public arrangement of holidays from `calendar.csv`: `date,kind,name,status`, where the kind is `holiday` for
//! a day off and `workday` for a weekend that is worked instead.

use super::LoadError;
use super::source::Source;
use crate::calendar::{Calendar, Day};

const COLUMNS: [&str; 4] = ["date", "kind", "name", "status"];

/// Reads the calendar of an edition.
pub(super) fn calendar(source: Source<'_>) -> Result<Calendar, LoadError> {
    let mut reader = csv::Reader::from_reader(source.text.as_bytes());
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(1, |at| at.line() as usize);
        source.fault_on_line(line, error.to_string(), "CSV with a heading")
    };
    let heading = reader.headers().map_err(|error| broken(&error))?;
    if *heading != COLUMNS[..] {
        let found = heading.iter().collect::<Vec<_>>().join(",");
        return Err(source.fault_on_line(1, format!("`{found}`"), COLUMNS.join(",")));
    }
    let mut calendar = Calendar::default();
    let mut row = csv::StringRecord::new();
    while reader
        .read_record(&mut row)
        .map_err(|error| broken(&error))?
    {
        let line = row.position().map_or(1, |at| at.line() as usize);
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let fault =
            |text: &str, expected: &str| source.fault_on_line(line, format!("`{text}`"), expected);
        let date = jiff::civil::Date::strptime("%Y%m%d", cell(0))
            .map_err(|_| fault(cell(0), "a day, yyyyMMdd"))?;
        let day = Day {
            worked: match cell(1) {
                "workday" => true,
                "holiday" => false,
                other => return Err(fault(other, "holiday or workday")),
            },
            name: cell(2).to_owned(),
            known: match cell(3) {
                "known" => true,
                "unverified" => false,
                other => return Err(fault(other, "known or unverified")),
            },
        };
        if calendar.days.insert(date, day).is_some() {
            return Err(fault(cell(0), "each day once"));
        }
    }
    Ok(calendar)
}
