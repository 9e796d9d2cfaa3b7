//! JSON as it is written by vendors.

use anyhow::Result;

use super::value::{
    camel as in_camel, cells, is_date, is_number, iso, json, milliseconds, quoted, shifted,
};
use super::{Pen, Sent, word};
use crate::generate::row::{Cell, Row};
use crate::generate::source::by_dataset;
use crate::generate::wire::{batch, lines as in_lines};

fn alone(pen: &Pen<'_>, ending: &str, bytes: Vec<u8>, rows: &[Row]) -> Vec<Sent> {
    vec![Sent {
        file: pen.file(ending),
        bytes,
        rows: rows.to_vec(),
    }]
}

/// The native envelope.
pub fn envelope(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let bytes = batch(pen.edition, pen.source, &pen.submission(), pen.number, rows);
    Ok(alone(pen, "json", bytes, rows))
}

/// The native envelope in lines.
pub fn lines(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let bytes = in_lines(pen.edition, pen.source, &pen.submission(), pen.number, rows);
    Ok(alone(pen, "ndjson", bytes, rows))
}

/// One record, one message.
pub fn singles(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut sent = Vec::new();
    for (place, row) in (1..).zip(rows) {
        let mut data = Vec::new();
        for (id, cell, _) in cells(pen.set(row)?, row) {
            data.push(format!("{}:{}", quoted(id), json(cell)));
        }
        let text = format!("{{{}}}\n", data.join(","));
        let (number, kind, dataset) = (pen.number, pen.kind, row.dataset);
        sent.push(Sent {
            // Read in the order of their names. The data set stands in a header of the message.
            file: format!("{number:02}-{kind}-{dataset}-{place:04}.json"),
            bytes: text.into_bytes(),
            rows: vec![row.clone()],
        });
    }
    Ok(sent)
}

/// Flat records: what a record says of itself stands first, then its fields.
fn flat(
    pen: &Pen<'_>,
    rows: &[Row],
    head: &str,
    own: impl Fn(&Pen<'_>, &Row) -> Result<Vec<String>>,
    write: impl Fn(&str, &Cell, Option<&spec::Field>) -> (String, String),
) -> Result<Vec<Sent>> {
    let mut records = Vec::new();
    for row in rows {
        let mut members = own(pen, row)?;
        for (id, cell, field) in cells(pen.set(row)?, row) {
            let (name, value) = write(id, cell, field);
            members.push(format!("{}:{value}", quoted(&name)));
        }
        records.push(format!("  {{{}}}", members.join(",")));
    }
    let text = format!("{{{head}[\n{}\n]}}\n", records.join(",\n"));
    Ok(alone(pen, "json", text.into_bytes(), rows))
}

/// Camel case, ISO instants, amounts as numbers.
pub fn camel_value(id: &str, cell: &Cell, field: Option<&spec::Field>) -> (String, String) {
    let value = match (cell, field) {
        (Cell::Clean(text), Some(field)) if is_date(field) && text.len() != 12 => {
            quoted(&iso(text))
        }
        (Cell::Clean(text), Some(field)) if is_number(field) => text.clone(),
        (cell, _) => json(cell),
    };
    (in_camel(id), value)
}

/// A vendor's batch in camel case.
pub fn camel(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let head = format!(
        "\"batchNo\":{},\"sendTime\":\"2026-11-20T09:00:00+08:00\",\n \"dataList\":",
        quoted(&pen.submission())
    );
    let own = |pen: &Pen<'_>, row: &Row| {
        Ok(vec![
            format!(
                "\"rowguid\":\"{:08x}-0000-4000-8000-000000000000\"",
                row.serial
            ),
            format!("\"datasetName\":{}", quoted(&pen.set(row)?.id)),
            format!("\"operType\":\"{}\"", word(row, ["I", "U", "D"])),
        ])
    };
    flat(pen, rows, &head, own, camel_value)
}

/// Lower snake case, instants as milliseconds.
pub fn snake(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let head = format!(
        "\"batch_id\":{},\"pushed_at\":1795136400000,\n \"rows\":",
        quoted(&pen.submission())
    );
    let own = |pen: &Pen<'_>, row: &Row| {
        Ok(vec![
            format!("\"row_id\":{}", row.serial),
            format!("\"table_name\":{}", quoted(&pen.set(row)?.id)),
            format!("\"op\":\"{}\"", word(row, ["insert", "update", "delete"])),
        ])
    };
    let write = |id: &str, cell: &Cell, field: Option<&spec::Field>| {
        let value = match (cell, field) {
            (Cell::Clean(text), Some(field)) if is_date(field) => milliseconds(text).to_string(),
            (Cell::Clean(text), Some(field)) if is_number(field) => text.clone(),
            (cell, _) => json(cell),
        };
        (id.to_lowercase(), value)
    };
    flat(pen, rows, &head, own, write)
}

/// What the feed calls the data sets.
const NOTICES: [(u16, &str); 6] = [
    (550, "purchaseProject"),
    (551, "purchaseNotice"),
    (552, "correctionNotice"),
    (553, "dealNotice"),
    (554, "contractNotice"),
    (556, "openingRecord"),
];

/// A feed of notices in camel case; bodies are pages.
pub fn feed(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let head = format!(
        "\"feedId\":{},\"generatedAt\":\"2026-11-20T09:00:00+08:00\",\n \"notices\":",
        quoted(&pen.submission())
    );
    let own = |pen: &Pen<'_>, row: &Row| {
        let name = NOTICES.iter().find(|(code, _)| *code == row.dataset);
        let name = name.map_or(pen.set(row)?.id.as_str(), |(_, name)| name);
        Ok(vec![
            format!("\"pid\":\"b{:x}\"", row.serial),
            format!("\"noticeType\":{}", quoted(name)),
            format!("\"operation\":\"{}\"", word(row, ["1", "2", "3"])),
        ])
    };
    let write = |id: &str, cell: &Cell, field: Option<&spec::Field>| {
        let page = id.ends_with("BULLETIN_CONTENT") && matches!(cell, Cell::Clean(_));
        let (name, value) = camel_value(id, cell, field);
        if page {
            let text = cell
                .text()
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            return (
                name,
                quoted(&format!("<div class=\"body\"><p>{text}</p></div>")),
            );
        }
        (name, value)
    };
    flat(pen, rows, &head, own, write)
}

/// Rows of the tables of an exchange database, one table per data set: columns as they are there, all of them texts.
pub fn rows(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut sent = Vec::new();
    for (dataset, rows) in by_dataset(rows) {
        let mut text = String::new();
        for (place, row) in (1..).zip(&rows) {
            let mut members = vec![format!("\"ROW_ID\":{}", pen.number * 10_000 + place)];
            for (id, cell, _) in cells(pen.set(row)?, row) {
                members.push(format!("{}:{}", quoted(id), quoted(cell.text())));
            }
            let reason = word(row, ["", "录入有误，予以更正", "重复报送，予以撤回"]);
            members.push(format!(
                "\"OPER_TYPE\":\"{}\",\"OPER_REASON\":{},\"SYNC_STATUS\":\"0\"",
                word(row, ["I", "U", "D"]),
                quoted(reason)
            ));
            text.push_str(&format!("{{{}}}\n", members.join(",")));
        }
        sent.push(Sent {
            file: format!("{:02}-{}-{dataset}.ndjson", pen.number, pen.kind),
            bytes: text.into_bytes(),
            rows,
        });
    }
    Ok(sent)
}

/// Wide rows: a notice and what came of it side by side, areas in hectares.
pub fn wide(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut records = Vec::new();
    let mut order = Vec::new();
    for notice in rows.iter().filter(|row| row.dataset == 600) {
        let id = pen.number * 10_000 + notice.serial;
        let mut members = vec![format!("\"OBJECTID\":{id}")];
        for (id, cell, _) in cells(pen.set(notice)?, notice) {
            members.push(format!("{}:{}", quoted(id), quoted(cell.text())));
        }
        order.push(notice.clone());
        let own = notice.text("ANNOUNCEMENT_GUID");
        let mut dealt = rows.iter().filter(|row| row.dataset == 601);
        if let Some(deal) = dealt.find(|row| row.text("DEAL_ANNOUNCEMENT_GUID") == own) {
            for (id, cell, _) in cells(pen.set(deal)?, deal) {
                let text = match cell {
                    Cell::Clean(text) if id == "LAND_AREA" => shifted(text, 2),
                    cell => cell.text().to_owned(),
                };
                if id != "DEAL_ANNOUNCEMENT_GUID" {
                    members.push(format!("{}:{}", quoted(&format!("CJ_{id}")), quoted(&text)));
                }
            }
            order.push(deal.clone());
        }
        records.push(format!("{{{}}}\n", members.join(",")));
    }
    Ok(vec![Sent {
        file: format!("{:02}-{}-T_LAND_DEAL.ndjson", pen.number, pen.kind),
        bytes: records.concat().into_bytes(),
        rows: order,
    }])
}
