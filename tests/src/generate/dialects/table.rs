//! Tables with Chinese headings in UTF-8 with a mark: code values of the city's own, lists joined with 、, full-width
//! digits.

use anyhow::{Context, Result};
use spec::{Dataset, Domain, Field};

use super::value::{is_date, is_number, iso};
use super::{Pen, Sent, word};
use crate::generate::row::{Cell, Row};
use crate::generate::source::{by_dataset, file_word};

/// The city's own values: table, value of the standard, value of the city.
const OWN: [(&str, &str, &str); 8] = [
    ("tender_mode", "1", "GK"),
    ("tender_mode", "2", "YQ"),
    ("tender_mode", "9", "QT"),
    ("tender_organize_form", "1", "ZX"),
    ("tender_organize_form", "2", "WT"),
    ("tender_organize_form", "9", "QT"),
    ("yes_no", "1", "Y"),
    ("yes_no", "0", "N"),
];

/// A file per data set.
pub fn tables(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut sent = Vec::new();
    for (dataset, rows) in by_dataset(rows) {
        let set = pen.edition.by_code(dataset).context("no such data set")?;
        let word = file_word(pen.edition, dataset)?;
        sent.push(Sent {
            // Read in the order of their names: submission by submission, data set by data set.
            file: format!("{dataset}_{word}_2026112{}.csv", pen.number - 1),
            bytes: table(set, &rows),
            rows,
        });
    }
    Ok(sent)
}

/// The headings of a data set: the Chinese name, the column code where two fields share a name.
pub fn heading(set: &Dataset, field: &Field) -> String {
    let same = set.fields.iter().filter(|other| other.name == field.name);
    if same.count() > 1 {
        field.id.clone()
    } else {
        field.name.clone()
    }
}

fn table(set: &Dataset, rows: &[Row]) -> Vec<u8> {
    let used = |field: &&Field| {
        rows.iter()
            .any(|row| row.cells.iter().any(|(id, _)| *id == field.id))
    };
    let fields: Vec<&Field> = set.fields.iter().filter(used).collect();
    let mut text = String::from("\u{feff}");
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells
            .into_iter()
            .map(|cell| {
                if cell.contains([',', '"', '\n']) {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell
                }
            })
            .collect();
        format!("{}\r\n", cells.join(","))
    };
    text.push_str(&line(
        std::iter::once("序号".to_owned())
            .chain(fields.iter().map(|field| heading(set, field)))
            .chain(["操作".to_owned(), "变更原因".to_owned()])
            .collect(),
    ));
    for (place, row) in (1..).zip(rows) {
        let cells = fields.iter().map(|field| {
            let cell = row.cells.iter().find(|(id, _)| *id == field.id);
            cell.map_or_else(String::new, |(_, cell)| written(field, cell))
        });
        text.push_str(&line(
            std::iter::once(format!("{place}"))
                .chain(cells)
                .chain(done(row))
                .collect(),
        ));
    }
    text.into_bytes()
}

/// What is done to a record, and why.
fn done(row: &Row) -> [String; 2] {
    let reason = word(row, ["", "录入有误", "重复报送"]);
    [word(row, ["", "2", "3"]).to_owned(), reason.to_owned()]
}

fn written(field: &Field, cell: &Cell) -> String {
    let Cell::Clean(text) = cell else {
        return cell.text().to_owned();
    };
    let full_width = |text: &str| -> String {
        let wide = |c: char| {
            if c.is_ascii_digit() {
                char::from_u32(u32::from(c) - 0x30 + 0xFF10)
            } else {
                Some(c)
            }
        };
        text.chars().filter_map(wide).collect()
    };
    if is_date(field) && text.len() != 12 {
        return iso(text).replace('T', " ").replace("+08:00", "");
    }
    if is_number(field) {
        return full_width(text);
    }
    if let Domain::Codes(table) = &field.domain {
        let own = |code: &str| {
            let mut own = OWN.iter();
            let found = own.find(|(id, of, _)| *id == table.id && *of == code);
            found.map_or(code, |(_, _, own)| own).to_owned()
        };
        let codes: Vec<String> = text.split(';').map(own).collect();
        return codes.join("、");
    }
    if field.list && !text.contains('、') {
        return text.replace(';', "、");
    }
    text.clone()
}
