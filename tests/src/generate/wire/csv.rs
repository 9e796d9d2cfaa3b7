//! One table per data set: Chinese headings, names in place of codes, amounts in ten thousand yuan, in GB18030.

use spec::{Action, Dataset, Domain, Field, Format, Unit};

use crate::generate::deal::plain;
use crate::generate::dirt::{name_of, with_separators};
use crate::generate::row::{Cell, Row};

/// How a column is written.
struct Column<'s> {
    field: &'s Field,
    heading: String,
    /// Whether the heading says ten thousand yuan.
    wan: bool,
}

/// A table of records of one data set.
pub fn table(set: &Dataset, rows: &[Row]) -> Vec<u8> {
    let columns: Vec<Column<'_>> = set
        .fields
        .iter()
        .filter(|field| rows.iter().any(|row| has(row, &field.id)))
        .map(|field| column(set, field))
        .collect();
    let actions = rows.iter().any(|row| row.action != Action::Upsert);
    let mut lines = Vec::new();
    let mut heads: Vec<String> = vec!["序号".to_owned()];
    if actions {
        heads.push("操作".to_owned());
        heads.push("变更原因".to_owned());
    }
    heads.extend(columns.iter().map(|column| column.heading.clone()));
    lines.push(line(&heads));
    for (place, row) in rows.iter().enumerate() {
        let mut cells = vec![(place + 1).to_string()];
        if actions {
            cells.push(
                match row.action {
                    Action::Upsert => "1",
                    Action::Correct => "2",
                    Action::Withdraw => "3",
                }
                .to_owned(),
            );
            cells.push(
                match row.action {
                    Action::Upsert => "",
                    Action::Correct => "录入有误，予以更正",
                    Action::Withdraw => "重复报送，予以撤回",
                }
                .to_owned(),
            );
        }
        cells.extend(columns.iter().map(|column| cell(set, column, row)));
        lines.push(line(&cells));
    }
    encoding_rs::GB18030.encode(&lines.concat()).0.into_owned()
}

fn has(row: &Row, id: &str) -> bool {
    row.cells.iter().any(|(other, _)| other == id)
}

/// Whether amounts of a data set are written in ten thousand yuan: only where six decimals are permitted.
fn is_in_wan(set: &Dataset) -> bool {
    set.fields
        .iter()
        .all(|field| match (&field.unit, field.format) {
            (Some(Unit::By(_)), Format::Number { decimals, .. }) => decimals >= 6,
            _ => true,
        })
}

fn column<'s>(set: &'s Dataset, field: &'s Field) -> Column<'s> {
    // Two fields of a data set may have one Chinese name: then only the column code is clear.
    let shared = set
        .fields
        .iter()
        .filter(|other| other.name == field.name)
        .count()
        > 1;
    let name = if shared { &field.id } else { &field.name };
    let amount = matches!(field.unit, Some(Unit::By(_) | Unit::Yuan | Unit::WanYuan))
        && matches!(field.format, Format::Number { .. });
    let wan = amount && is_in_wan(set) && !name.ends_with('）');
    let heading = if wan {
        format!("{name}（万元）")
    } else {
        name.clone()
    };
    Column {
        field,
        heading,
        wan,
    }
}

fn cell(set: &Dataset, column: &Column<'_>, row: &Row) -> String {
    let field = column.field;
    let text = match row.cells.iter().find(|(id, _)| *id == field.id) {
        None => return String::new(),
        Some((_, Cell::Dirty(text) | Cell::Bare(text))) => return text.clone(),
        Some((_, Cell::Clean(text))) => text,
    };
    match field.format {
        Format::Date | Format::Second => return written_date(text),
        Format::Number { .. } => {
            return if column.wan {
                in_wan(set, field, row, text)
            } else {
                text.clone()
            };
        }
        _ => {}
    }
    let Domain::Codes(table) = &field.domain else {
        return text.clone();
    };
    // Amounts are written in ten thousand yuan: so says their unit.
    let is_unit_of_wan = table.id == "price_unit"
        && is_in_wan(set) && set.fields.iter().any(|other| matches!(other.unit, Some(Unit::By(place)) if set.field(place).is_some_and(|unit| unit.id == field.id)));
    let code = if is_unit_of_wan { "1" } else { text };
    // Where any value is permitted, a name might be one: only codes are certain.
    if table
        .prefixes
        .iter()
        .any(|(beginning, _)| beginning.is_empty())
    {
        return code.to_owned();
    }
    let names: Option<Vec<String>> = code.split(';').map(|code| name_of(table, code)).collect();
    names.map_or_else(|| code.to_owned(), |names| names.join(";"))
}

fn in_wan(set: &Dataset, field: &Field, row: &Row, text: &str) -> String {
    let already = match field.unit {
        Some(Unit::By(place)) => set
            .field(place)
            .is_some_and(|unit| row.text(&unit.id) == "1"),
        Some(Unit::WanYuan) => true,
        _ => false,
    };
    if already {
        return with_separators(text);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match format!("{whole}{fraction:0<2}").parse::<i64>() {
        Ok(figure) if fraction.len() <= 2 => with_separators(&plain(figure, 6)),
        _ => text.to_owned(),
    }
}

/// `2026/1/5` or `2026/1/5 9:30`.
fn written_date(digits: &str) -> String {
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let day = format!("{}/{}/{}", part(0, 4), part(4, 6), part(6, 8));
    if digits.len() != 14 {
        return day;
    }
    let minute = format!("{day} {}:{:02}", part(8, 10), part(10, 12));
    match part(12, 14) {
        0 => minute,
        second => format!("{minute}:{second:02}"),
    }
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| {
            if cell.contains([',', '"', '\n']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            }
        })
        .collect();
    format!("{}\r\n", cells.join(","))
}
