//! Packages: packets in ZIP, returns in workbooks, the call with its form.

use std::io::{Cursor, Write as _};

use anyhow::{Context, Result};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as Look, Workbook};
use spec::generate::Random;
use spec::{Action, Domain};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::table::heading;
use super::value::{cells, escaped, is_date, is_number, named, serial};
use super::{Pen, Sent, word, xml};
use crate::generate::row::{Cell, Expect, Planted, Row};
use crate::generate::source::by_dataset;

/// The file of a packet: of its first record, which names it by a GUID; in one packet it is none of what it says.
fn attach(set: &spec::Dataset, rows: &mut [Row], random: &mut Random) -> Option<(String, Vec<u8>)> {
    set.field_index("ATTACHMENT_CODE")?;
    let guid = random.guid();
    let row = rows.iter_mut().find(|row| row.planted.is_empty())?;
    row.put("ATTACHMENT_CODE", Cell::Clean(guid.clone()));
    let is_broken = row.dataset == 511;
    if is_broken {
        row.planted.push(Planted {
            kind: "file_unlike_its_name",
            field: String::new(),
            expect: Expect::Warning,
            code: "attachment.refused",
            rule: "",
        });
    }
    let bytes = if is_broken {
        b"MZ\x90\0".to_vec()
    } else {
        format!("%PDF-1.4\n% {guid}\n%%EOF\n").into_bytes()
    };
    Some((format!("{guid}.pdf"), bytes))
}

/// A packet per data set: one XML in GBK, and an attachment named by a GUID.
pub fn packets(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut random = Random::new(pen.number as u64);
    let mut sent = Vec::new();
    for (place, (dataset, rows)) in (1..).zip(by_dataset(rows)) {
        let stem = format!("20261120-{:03}{place:03}-{dataset}", pen.number);
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"GBK\"?>\n<DATA>\n");
        let mut rows = rows;
        let file = attach(pen.set_of(dataset)?, &mut rows, &mut random);
        for row in &rows {
            text.push_str("<RECORD>\n");
            for (id, cell, _) in cells(pen.set(row)?, row) {
                text.push_str(&format!("  <{id}>{}</{id}>\n", escaped(cell.text())));
            }
            let operation = word(row, ["1", "2", "3"]);
            text.push_str(&format!(
                "  <ROWGUID>{}</ROWGUID>\n  <OPER_TYPE>{operation}</OPER_TYPE>\n</RECORD>\n",
                random.guid()
            ));
        }
        text.push_str("</DATA>\n");
        let document = encoding_rs::GB18030.encode(&text).0.into_owned();
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        writer.start_file(format!("{stem}.xml"), options)?;
        writer.write_all(&document)?;
        if let Some((name, bytes)) = file {
            writer.start_file(name, options)?;
            writer.write_all(&bytes)?;
        }
        sent.push(Sent {
            file: format!("{stem}.zip"),
            bytes: writer.finish()?.into_inner(),
            rows,
        });
    }
    Ok(sent)
}

/// How the headings of a workbook are written.
struct Manner {
    title: &'static str,
    notes: &'static str,
    /// The name of a sheet.
    sheet: fn(&spec::Dataset) -> String,
    heading: fn(&spec::Dataset, &spec::Field) -> String,
    /// A text that is no date and no number.
    text: fn(&spec::Field, &str) -> String,
    /// Headings of what is done to a record, and why.
    done: [&'static str; 2],
}

/// A workbook with Chinese headings, names in place of codes, dates as dates.
pub fn return_in_chinese(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let manner = Manner {
        title: "公共资源交易数据报送表",
        notes: "填报说明",
        sheet: |set| {
            let name: String = set
                .name
                .chars()
                .filter(|c| !"/\\?*:[]".contains(*c))
                .take(20)
                .collect();
            format!("{}{name}", set.code)
        },
        heading,
        text: named,
        done: ["操作", "变更原因"],
    };
    book(pen, rows, &manner)
}

/// English names of the most used fields.
const ENGLISH: [(&str, &str); 14] = [
    ("PROJECT_CODE", "ProjectCode"),
    ("PROJECT_NAME", "ProjectName"),
    ("TENDER_PROJECT_CODE", "TenderProjectCode"),
    ("TENDER_PROJECT_NAME", "TenderProjectName"),
    ("BID_SECTION_CODE", "SectionCode"),
    ("BID_SECTION_NAME", "SectionName"),
    ("UNIFIED_DEAL_CODE", "UnifiedDealCode"),
    ("REGION_CODE", "Region"),
    ("BIDDER_NAME", "BidderName"),
    ("BIDDER_ORG_CODE", "BidderCode"),
    ("BID_PRICE", "BidPrice"),
    ("PRICE_CURRENCY", "BidCurrency"),
    ("CREATE_TIME", "CreatedAt"),
    ("DATA_TIMESTAMP", "Timestamp"),
];

/// A workbook with English names; currencies as banks name them, bids in dollars.
pub fn return_in_english(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let manner = Manner {
        title: "Electromechanical tendering: data return",
        notes: "Instructions",
        sheet: |set| set.code.to_string(),
        heading: |_, field| {
            let mut english = ENGLISH.iter();
            let found = english.find(|(code, _)| *code == field.id);
            found.map_or(field.id.as_str(), |(_, name)| name).to_owned()
        },
        text: |field, text| {
            let currency = matches!(&field.domain, Domain::Codes(table) if table.id == "currency");
            match text {
                _ if field.id == "PRICE_CURRENCY" => "USD".to_owned(),
                "156" if currency => "RMB".to_owned(),
                text => text.to_owned(),
            }
        },
        done: ["Operation", "Reason"],
    };
    book(pen, rows, &manner)
}

fn book(pen: &Pen<'_>, rows: &[Row], manner: &Manner) -> Result<Vec<Sent>> {
    let mut book = Workbook::new();
    // The same bytes every day.
    let day = ExcelDateTime::parse_from_str("2026-11-20")?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let notes = book.add_worksheet().set_name(manner.notes)?;
    notes.write(0, 0, "1. ……")?;
    let (title, instant, date) = (
        Look::new().set_bold(),
        Look::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        Look::new().set_num_format("yyyy/m/d"),
    );
    let mut order = Vec::new();
    for (dataset, rows) in by_dataset(rows) {
        let set = pen.edition.by_code(dataset).context("no such data set")?;
        let sheet = book.add_worksheet().set_name((manner.sheet)(set))?;
        let used = |field: &&spec::Field| {
            rows.iter()
                .any(|row| row.cells.iter().any(|(id, _)| *id == field.id))
        };
        let fields: Vec<&spec::Field> = set.fields.iter().filter(used).collect();
        sheet.merge_range(
            0,
            0,
            0,
            fields.len().max(2) as u16 - 1,
            manner.title,
            &title,
        )?;
        sheet.write(1, 0, "2026-11-20")?;
        for (column, field) in (0..).zip(&fields) {
            sheet.write(2, column, (manner.heading)(set, field))?;
        }
        let done = fields.len() as u16;
        for (column, heading) in (done..).zip(manner.done) {
            sheet.write(2, column, heading)?;
        }
        for (place, row) in (3..).zip(&rows) {
            if row.action != Action::Upsert {
                sheet.write(place, done, word(row, ["1", "2", "3"]))?;
                sheet.write(place, done + 1, "录入有误")?;
            }
            for (column, field) in (0..).zip(&fields) {
                let Some((_, cell)) = row.cells.iter().find(|(id, _)| *id == field.id) else {
                    continue;
                };
                match cell {
                    Cell::Clean(text) if is_date(field) && text.len() != 12 => {
                        let look = if text.len() == 8 { &date } else { &instant };
                        sheet.write_number_with_format(place, column, serial(text), look)?;
                    }
                    Cell::Clean(text) if is_number(field) && text.len() < 15 => {
                        sheet.write(place, column, text.parse::<f64>()?)?;
                    }
                    Cell::Clean(text) => {
                        sheet.write(place, column, (manner.text)(field, text))?;
                    }
                    cell => {
                        sheet.write(place, column, cell.text())?;
                    }
                }
            }
            order.push(row.clone());
        }
    }
    Ok(vec![Sent {
        file: pen.file("xlsx"),
        bytes: book.save_to_buffer()?,
        rows: order,
    }])
}

/// A call per record, as the body that is posted.
pub fn calls(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut sent = Vec::new();
    for (place, row) in (1..).zip(rows) {
        let serial = format!("320130000120261120{:02}{place:04}", pen.number);
        let id = format!("{}-{:02}-{:04}", pen.source, pen.number, row.serial);
        let arguments = [
            ("USERID", "3213000001".to_owned()),
            ("KEY", String::new()),
            ("SERIALNUMBER", serial),
            ("DATASETCODE", format!("GCJS_{}", pen.set(row)?.id)),
            ("XMLCONTENT", xml::root(pen, row)?),
            ("REQUESTTIME", "2026-11-20 09:00:00".to_owned()),
            ("VERSIONNUMBER", "20261120090000".to_owned()),
            ("PLATID", id),
        ];
        let pairs: Vec<String> = arguments
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        sent.push(Sent {
            file: format!("{:02}-{}-{place:03}.form", pen.number, pen.kind),
            bytes: pairs.join("&").into_bytes(),
            rows: vec![row.clone()],
        });
    }
    Ok(sent)
}

/// A value of a form.
fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
