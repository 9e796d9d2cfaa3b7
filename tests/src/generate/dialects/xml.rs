//! XML in three manners: a root per record, batches of several data sets, messages of an old vendor.

use anyhow::Result;
use spec::Domain;

use super::value::{cells, escaped, shifted};
use super::{Pen, Sent, word};
use crate::generate::row::{Cell, Row};
use crate::generate::wire::messages;

/// One record under its own root: codes as attributes, long bodies as pages in CDATA.
pub fn root(pen: &Pen<'_>, row: &Row) -> Result<String> {
    let set = pen.set(row)?;
    let (mut attributes, mut elements) = (String::new(), String::new());
    for (id, cell, field) in cells(set, row) {
        let value = cell.text();
        let is_code =
            field.is_some_and(|field| matches!(field.domain, Domain::Codes(_)) && !field.list);
        if is_code && matches!(cell, Cell::Clean(_)) {
            attributes.push_str(&format!(" {id}=\"{}\"", escaped(value)));
        } else if id == "NOTICE_CONTENT" && matches!(cell, Cell::Clean(_)) && !value.contains("]]>")
        {
            let page = format!(
                "<p>{}</p><p>&nbsp;</p>",
                escaped(value).replace("&quot;", "\"")
            );
            elements.push_str(&format!("  <{id}><![CDATA[{page}]]></{id}>\n"));
        } else {
            elements.push_str(&format!("  <{id}>{}</{id}>\n", escaped(value)));
        }
    }
    Ok(format!(
        "<GCJS_{id} oper=\"{oper}\"{attributes}>\n{elements}</GCJS_{id}>\n",
        id = set.id,
        oper = word(row, ["add", "modify", "delete"])
    ))
}

/// A file per record.
pub fn roots(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut sent = Vec::new();
    for (place, row) in (1..).zip(rows) {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
            root(pen, row)?
        );
        sent.push(Sent {
            file: format!("{:02}-{}-{place:03}.xml", pen.number, pen.kind),
            bytes: text.into_bytes(),
            rows: vec![row.clone()],
        });
    }
    Ok(sent)
}

/// Many records of several data sets under one root.
pub fn batch(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BATCH>\n");
    for row in rows {
        let set = pen.set(row)?;
        let operation = word(row, ["1", "2", "3"]);
        text.push_str(&format!("<{} operation=\"{operation}\">\n", set.id));
        for (id, cell, _) in cells(set, row) {
            text.push_str(&format!("  <{id}>{}</{id}>\n", escaped(cell.text())));
        }
        text.push_str(&format!("</{}>\n", set.id));
    }
    text.push_str("</BATCH>\n");
    Ok(vec![Sent {
        file: pen.file("xml"),
        bytes: text.into_bytes(),
        rows: rows.to_vec(),
    }])
}

/// Names of the vendor's years.
const OLD: [(&str, &str); 4] = [
    ("PROJECT_NAME", "XMMC"),
    ("PROJECT_PRICE", "GPJG"),
    ("TRA_AGENCY_NAME", "JYJGMC"),
    ("TRA_AGENCY_CODE", "JYJGDM"),
];

/// Messages of edition 2.0 with some older names; prices in ten thousand yuan without saying so.
pub fn old_messages(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut written = rows.to_vec();
    for row in &mut written {
        let in_yuan = row.text("PRICE_UNIT") == "0";
        let priced = !row.text("PROJECT_PRICE").is_empty();
        if priced {
            row.remove("PRICE_UNIT");
        }
        for (id, cell) in &mut row.cells {
            if id == "PROJECT_PRICE"
                && let (Cell::Clean(text), true) = (&*cell, in_yuan)
            {
                *cell = Cell::Clean(shifted(text, -4));
            }
            if let Some((_, old)) = OLD.iter().find(|(new, _)| new == id) {
                (*old).clone_into(id);
            }
        }
    }
    Ok(vec![Sent {
        file: pen.file("xml"),
        bytes: messages(pen.edition, &written),
        rows: rows.to_vec(),
    }])
}
