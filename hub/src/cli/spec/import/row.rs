//! One row of a table as one field, or the cell for which it cannot be one.

use spec::{Domain, Edition, Format};

use super::Trouble;
use super::grid::{Grid, narrow};
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
    let raw = |part| {
        table
            .column(part)
            .map_or("", |column| grid.cell(line, column))
    };
    let cell = |part| narrow(raw(part));
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
    let written = cell(Part::Id);
    let id: String = written
        .to_ascii_uppercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let is_code = id.starts_with(|c: char| c.is_ascii_uppercase())
        && id
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !is_code {
        troubles.push(trouble(
            Part::Id,
            &written,
            "a column code such as TENDER_MODE",
        ));
        return None;
    }
    if id != written {
        checks.push(format!("column code written `{written}`"));
    }
    let name = raw(Part::Name);
    if name.is_empty() {
        troubles.push(trouble(Part::Name, name, "the Chinese name of the field"));
        return None;
    }
    let (kind, text) = (cell(Part::Type), cell(Part::Format));
    let Some((format, why)) = words::format(&kind, &text) else {
        let part = if text.is_empty() {
            Part::Type
        } else {
            Part::Format
        };
        let found = if text.is_empty() { &kind } else { &text };
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
    let required = sure(words::required(&cell(Part::Required)));
    let sensitivity = match table.column(Part::Sensitivity) {
        Some(_) => sure(words::sensitivity(&cell(Part::Sensitivity))),
        None => sure(words::sensitivity("")),
    };
    let known = table
        .title
        .id
        .as_deref()
        .and_then(|set| edition.dataset(set));
    let known = known.and_then(|set| set.fields.iter().find(|field| field.id == id));
    let (domain, why) = match known.map(|field| &field.domain) {
        // a standard that the specification names without holding its list
        Some(Domain::Standard(standard)) if standard == raw(Part::Domain) => {
            (Some(("standard", standard.clone())), None)
        }
        _ => words::domain(&cell(Part::Domain), edition),
    };
    checks.extend(why);
    let note = raw(Part::Note);
    let said = ["是", "Y", "1", "true"].contains(&cell(Part::List).as_str());
    let hinted = ["多个", "多值", "用;", "以;", "分号"]
        .iter()
        .any(|word| narrow(note).contains(word));
    if hinted && !said {
        checks.push("several values, by its note".to_owned());
    }
    let aliases = cell(Part::Aliases);
    let aliases = aliases.split(';').filter(|alias| !alias.is_empty());
    Some(Field {
        id,
        name: name.to_owned(),
        format,
        required,
        domain,
        list: said || hinted,
        sensitivity,
        unit: words::unit(&cell(Part::Unit)),
        aliases: aliases.map(str::to_owned).collect(),
        note: note.to_owned(),
        checks,
    })
}
