//! Code tables from CSV: `code,name` and, where a table uses them, `status,valid_from,valid_to,
//! successor,level,parent`. A code that ends in `*` stands for all with that beginning.

use foldhash::HashMap;

use super::source::Source;
use super::{LoadError, regions};
use crate::{CodeTable, CodeValue};

const COLUMNS: [&str; 8] = [
    "code",
    "name",
    "status",
    "valid_from",
    "valid_to",
    "successor",
    "level",
    "parent",
];

/// Reads one table; its identifier is the file's name.
pub(super) fn table(source: Source<'_>, id: &str) -> Result<CodeTable, LoadError> {
    let mut reader = csv::Reader::from_reader(source.text.as_bytes());
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(1, |at| at.line() as usize);
        source.fault_on_line(line, error.to_string(), "CSV with a heading")
    };
    let heading = reader.headers().map_err(|e| broken(&e))?.clone();
    for column in &heading {
        if !COLUMNS.contains(&column) {
            let found = format!("column `{column}`");
            return Err(source.fault_on_line(1, found, COLUMNS.join(", ")));
        }
    }
    let place = |name: &str| heading.iter().position(|column| column == name);
    let places = COLUMNS.map(place);
    let mut table = CodeTable {
        id: id.to_owned(),
        ..CodeTable::default()
    };
    let mut lines: HashMap<String, usize> = HashMap::default();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(|e| broken(&e))? {
        let line = row.position().map_or(1, |at| at.line() as usize);
        let [code, name, status, from, to, successor, level, parent] =
            places.map(|place| place.and_then(|at| row.get(at)).unwrap_or_default());
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        if code.is_empty() || name.is_empty() {
            return Err(source.fault_on_line(line, "an empty cell", "a code and its name"));
        }
        for day in [from, to] {
            if !day.is_empty() && !is_day(day) {
                return Err(source.fault_on_line(line, format!("`{day}`"), "a day, yyyyMMdd"));
            }
        }
        let known = match status {
            "" | "known" => true,
            "unverified" => false,
            other => {
                let found = format!("status `{other}`");
                return Err(source.fault_on_line(line, found, "known or unverified"));
            }
        };
        let value = CodeValue {
            name: name.to_owned(),
            known,
            valid_from: optional(from),
            valid_to: optional(to),
            successor: optional(successor),
            level: optional(level),
            parent: optional(parent),
        };
        if let Some(first) = lines.insert(code.to_owned(), line) {
            let found = format!("code `{code}`, which stands on line {first} already");
            return Err(source.fault_on_line(line, found, "each code once"));
        }
        match code.strip_suffix('*') {
            Some(beginning) => table.prefixes.push((beginning.to_owned(), value)),
            None => {
                table.values.insert(code.to_owned(), value);
            }
        }
    }
    // the longest beginning decides
    table
        .prefixes
        .sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then(a.cmp(b)));
    check_links(source, &table, &lines)?;
    table.by_name = regions::names(&table);
    Ok(table)
}

/// Whether a text is a day that exists, `yyyyMMdd`.
pub(super) fn is_day(text: &str) -> bool {
    text.len() == 8 && jiff::civil::Date::strptime("%Y%m%d", text).is_ok()
}

fn check_links(
    source: Source<'_>,
    table: &CodeTable,
    lines: &HashMap<String, usize>,
) -> Result<(), LoadError> {
    // in the order of the file, so that the first fault is named
    let mut rows: Vec<_> = table.values.iter().collect();
    rows.sort_by_key(|(code, _)| lines.get(*code).copied());
    for (code, value) in rows {
        for (what, link) in [("parent", &value.parent), ("successor", &value.successor)] {
            if let Some(link) = link
                && !table.values.contains_key(link)
            {
                let line = lines.get(code).copied().unwrap_or(1);
                let found = format!("{what} `{link}`");
                return Err(source.fault_on_line(line, found, "a code of this table"));
            }
        }
    }
    Ok(())
}
