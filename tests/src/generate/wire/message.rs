//! The provincial message: TITLE, CONTEXT, FILECONTEXT, in GB18030.

use std::io::{Cursor, Write as _};

use anyhow::Result;
use spec::{Action, Edition};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::generate::calendar::TODAY;
use crate::generate::row::Row;

/// Number under which the sender is known.
const SENDER: &str = "0003";

/// One message, or several under one root.
pub fn messages(edition: &Edition, rows: &[Row]) -> Vec<u8> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"GB18030\"?>\n");
    if let [row] = rows {
        message(edition, row, "", &mut text);
    } else {
        text.push_str("<DESLIST>\n");
        for row in rows {
            message(edition, row, "  ", &mut text);
        }
        text.push_str("</DESLIST>\n");
    }
    encoding_rs::GB18030.encode(&text).0.into_owned()
}

/// The file that travels with a record: its place in the package, and its name.
fn file<'s>(edition: &'s Edition, row: &Row) -> Option<(&'s str, String)> {
    let set = edition.by_code(row.dataset)?;
    let slot = set.attachments.first()?;
    let travels = row.serial.is_multiple_of(3) && row.action != Action::Withdraw;
    let place = format!("{SENDER}/2026/11/20/{:07}.pdf", row.serial);
    travels.then_some((slot.as_str(), place))
}

/// The same with its files, as one package; none when no record has a file.
pub fn package(edition: &Edition, rows: &[Row], stem: &str) -> Result<Option<Vec<u8>>> {
    let files: Vec<String> = rows
        .iter()
        .filter_map(|row| file(edition, row))
        .map(|(_, place)| place)
        .collect();
    if files.is_empty() {
        return Ok(None);
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    writer.start_file(format!("{stem}.xml"), options)?;
    writer.write_all(&messages(edition, rows))?;
    for place in files {
        writer.start_file(place.as_str(), options)?;
        writer.write_all(format!("%PDF-1.4\n% {place}\n%%EOF\n").as_bytes())?;
    }
    Ok(Some(writer.finish()?.into_inner()))
}

fn message(edition: &Edition, row: &Row, indent: &str, text: &mut String) {
    let set = edition.dataset(&row.dataset.to_string());
    let (name, title) = set.map_or(("", ""), |set| (&set.id, &set.name));
    let name = row.posing_as.as_deref().unwrap_or(name);
    let kind = match row.action {
        Action::Upsert => 1,
        Action::Correct => 2,
        Action::Withdraw => 3,
    };
    let mut line = |depth: usize, words: String| {
        text.push_str(indent);
        text.push_str(&"  ".repeat(depth));
        text.push_str(&words);
        text.push('\n');
    };
    line(0, "<DES>".to_owned());
    line(1, "<TITLE>".to_owned());
    line(
        2,
        format!(
            "<DATA_TYPE>{kind}</DATA_TYPE><DATA_NO>{}</DATA_NO><DATA_EN>{name}</DATA_EN><DATA_CN>{title}</DATA_CN>",
            row.dataset
        ),
    );
    line(
        2,
        format!(
            "<DATA_KEY>{SENDER}{:03}{TODAY}{:07}</DATA_KEY><CA_KEY/><ROUTE_WAY>0</ROUTE_WAY>",
            row.dataset, row.serial
        ),
    );
    line(1, "</TITLE>".to_owned());
    if row.action != Action::Withdraw {
        line(1, "<CONTEXT>".to_owned());
        for (id, cell) in &row.cells {
            // Long texts travel in CDATA, as the vendor's software does it.
            let value = cell.text();
            let value = if value.chars().count() > 100 && !value.contains("]]>") {
                format!("<![CDATA[{value}]]>")
            } else {
                escaped(value)
            };
            line(2, format!("<{id}>{value}</{id}>"));
        }
        line(1, "</CONTEXT>".to_owned());
    }
    if let Some((attachment, place)) = file(edition, row) {
        line(1, "<FILECONTEXT>".to_owned());
        line(2, "<SOURCE>".to_owned());
        line(
            3,
            format!("<FILE_EN_NAME>{attachment}</FILE_EN_NAME><FILE_NAME>{title}.pdf</FILE_NAME>"),
        );
        line(
            3,
            format!("<BINARY_CONTENT>{place}</BINARY_CONTENT><IS_DELETE>0</IS_DELETE>"),
        );
        line(2, "</SOURCE>".to_owned());
        line(1, "</FILECONTEXT>".to_owned());
    }
    line(0, "</DES>".to_owned());
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
