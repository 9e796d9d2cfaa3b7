//! How single values are written.

use spec::{Dataset, Domain, Field, Format};

use crate::generate::dirt::name_of;
use crate::generate::row::{Cell, Row};

/// Values of a row with their fields; a dirty one has its own text, which is written as it stands.
pub fn cells<'r>(
    set: &'r Dataset,
    row: &'r Row,
) -> impl Iterator<Item = (&'r str, &'r Cell, Option<&'r Field>)> {
    row.cells.iter().map(move |(id, cell)| {
        let field = set.field_index(id).and_then(|place| set.field(place));
        (id.as_str(), cell, field)
    })
}

/// `TENDER_PROJECT_CODE` as `tenderProjectCode`.
pub fn camel(code: &str) -> String {
    let mut words = code.split('_');
    let mut name = words.next().unwrap_or_default().to_lowercase();
    for word in words {
        let lower = word.to_lowercase();
        let mut letters = lower.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// Whether a field is a date or an instant.
pub fn is_date(field: &Field) -> bool {
    matches!(field.format, Format::Date | Format::Minute | Format::Second)
}

/// Whether a field is a number.
pub fn is_number(field: &Field) -> bool {
    matches!(field.format, Format::Number { .. })
}

/// Year, month, day, hour, minute and second of the standard's digits.
pub fn parts(digits: &str) -> [i64; 6] {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse().ok());
    [(0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14)]
        .map(|(from, to)| part(from, to).unwrap_or(0))
}

/// `2026-01-05T09:30:00+08:00`, or the day alone.
pub fn iso(digits: &str) -> String {
    let [year, month, day, hour, minute, second] = parts(digits);
    let day = format!("{year:04}-{month:02}-{day:02}");
    if digits.len() <= 8 {
        return day;
    }
    format!("{day}T{hour:02}:{minute:02}:{second:02}+08:00")
}

/// Days of a spreadsheet: since 1899-12-30, with the part of the day.
pub fn serial(digits: &str) -> f64 {
    let [_, _, _, hour, minute, second] = parts(digits);
    let days = days_since_1970(digits) + 25_569;
    days as f64 + (hour * 3_600 + minute * 60 + second) as f64 / 86_400.0
}

/// Thousandths of a second since 1970, the digits being those of a clock in China.
pub fn milliseconds(digits: &str) -> i64 {
    let [_, _, _, hour, minute, second] = parts(digits);
    let seconds = days_since_1970(digits) * 86_400 + hour * 3_600 + minute * 60 + second;
    (seconds - 8 * 3_600) * 1_000
}

fn days_since_1970(digits: &str) -> i64 {
    let [year, month, day, ..] = parts(digits);
    let day = jiff::civil::Date::new(year as i16, month as i8, day as i8);
    let epoch = jiff::civil::date(1970, 1, 1);
    day.map_or(0, |day| i64::from((day - epoch).get_days()))
}

/// Moves the point of a plain number, to the right for positive places.
pub fn shifted(number: &str, places: i32) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut digits = format!("{whole}{fraction}");
    let mut point = whole.len() as i32 + places;
    while point <= 0 {
        digits.insert(0, '0');
        point += 1;
    }
    while (digits.len() as i32) < point {
        digits.push('0');
    }
    let (whole, fraction) = digits.split_at(point as usize);
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// The names of codes in place of the codes, where a table has names for all of them.
pub fn named(field: &Field, text: &str) -> String {
    let Domain::Codes(table) = &field.domain else {
        return text.to_owned();
    };
    if table
        .prefixes
        .iter()
        .any(|(beginning, _)| beginning.is_empty())
    {
        return text.to_owned();
    }
    let names: Option<Vec<String>> = text.split(';').map(|code| name_of(table, code)).collect();
    names.map_or_else(|| text.to_owned(), |names| names.join(";"))
}

/// JSON text.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value as JSON: bare where it is written so.
pub fn json(cell: &Cell) -> String {
    match cell {
        Cell::Bare(text) => text.clone(),
        cell => quoted(cell.text()),
    }
}

/// XML text.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
