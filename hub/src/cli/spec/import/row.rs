//! One row of a table as one field, or the cell for which it cannot be one.

use spec::{Edition, Format};

use super::Trouble;
use super::grid::Grid;
use super::layout::{Part, Table};
use super::words;

/// A field as it will be written.
#[derive(Debug)]
pub(super) struct Field {
    pub id: String,
    pub name: String,
    pub format: Format,
    pub required: &'static str,
    pub domain: Option<(&'static str, String)>,
    pub list: bool,
    pub sensitivity: &'static str,
    pub unit: Option<String>,
    pub aliases: Vec<String>,
    pub note: String,
    /// What somebody has to look at.
    pub checks: Vec<String>,
}

/// Reads a row.
pub(super) fn field(
    grid: &Grid,
    table: &Table,
    line: usize,
    edition: &Edition,
    troubles: &mut Vec<Trouble>,
) -> Option<Field> {
    let cell = |part| {
        table
            .column(part)
            .map_or("", |column| grid.cell(line, column))
    };
    let trouble = |part, found: &str, expected: &str| Trouble {
        place: grid.place(line, table.column(part).unwrap_or_default()),
        found: if found.is_empty() {
            "an empty cell".to_owned()
        } else {
            format!("`{found}`")
        },
        expected: expected.to_owned(),
    };
    let mut checks = Vec::new();
    let raw = cell(Part::Id);
    let id: String = raw
        .to_ascii_uppercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let is_code = id.starts_with(|c: char| c.is_ascii_uppercase())
        && id
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !is_code {
        troubles.push(trouble(Part::Id, raw, "a column code such as TENDER_MODE"));
        return None;
    }
    if id != raw {
        checks.push(format!("column code written `{raw}`"));
    }
    let name = cell(Part::Name);
    if name.is_empty() {
        troubles.push(trouble(Part::Name, name, "the Chinese name of the field"));
        return None;
    }
    let (kind, text) = (cell(Part::Type), cell(Part::Format));
    let Some((format, why)) = words::format(kind, text) else {
        let part = if text.is_empty() {
            Part::Type
        } else {
            Part::Format
        };
        let found = if text.is_empty() { kind } else { text };
        troubles.push(trouble(
            part,
            found,
            "a format: C18, C..200, C..ul, N8, N..4, N..20,6, D8, D12, D14 or B",
        ));
        return None;
    };
    checks.extend(why);
    let mut sure = |(value, why): words::Reading<&'static str>| {
        checks.extend(why);
        value
    };
    let required = sure(words::required(cell(Part::Required)));
    let sensitivity = match table.column(Part::Sensitivity) {
        Some(_) => sure(words::sensitivity(cell(Part::Sensitivity))),
        None => sure(words::sensitivity("")),
    };
    let (domain, why) = words::domain(cell(Part::Domain), edition);
    checks.extend(why);
    let note = cell(Part::Note);
    let said = ["是", "Y", "1", "true"].contains(&cell(Part::List));
    let hinted = ["多个", "多值", "用;", "以;", "分号"]
        .iter()
        .any(|word| note.contains(word));
    if hinted && !said {
        checks.push("several values, by its note".to_owned());
    }
    let aliases = cell(Part::Aliases)
        .split(';')
        .filter(|alias| !alias.is_empty());
    Some(Field {
        id,
        name: name.to_owned(),
        format,
        required,
        domain,
        list: said || hinted,
        sensitivity,
        unit: words::unit(cell(Part::Unit)),
        aliases: aliases.map(str::to_owned).collect(),
        note: note.to_owned(),
        checks,
    })
}
