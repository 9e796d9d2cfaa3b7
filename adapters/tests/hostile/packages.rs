//! Hostile archives and workbooks.

use std::io::{Cursor, Write as _};

use adapters::Limits;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::documents::Refused;

const ZIP: &str = "format = \"zip\", also = [\"csv\", \"xml\"], files = [\"{dataset}_*.csv\"]";
const XLSX: &str = "format = \"xlsx\", files = [\"{dataset}*\"]";

/// Few bytes that become many, or say that they would.
pub fn packages() -> Vec<Refused> {
    const SMALL: usize = 4 << 20;
    let limits = Limits {
        bytes: SMALL,
        ..Limits::default()
    };
    let package = |name, wire, bytes, says| Refused {
        name,
        wire,
        bytes,
        limits,
        says,
        unpacked: SMALL,
    };
    let zeros = vec![b'0'; 64 << 20];
    let bomb = archive(&[("500_1.csv", &zeros)]);
    let mut modest = bomb.clone();
    patch_directory(&mut modest, 24, &10_u32.to_le_bytes());
    let quarter = vec![b'0'; SMALL / 4];
    vec![
        // Refused without unpacking any of it.
        Refused {
            unpacked: 0,
            ..package("a thousandth of its content", ZIP, bomb, "bytes")
        },
        Refused {
            unpacked: 0,
            ..package("a size that is not its own", ZIP, modest, "expected")
        },
        package(
            "entries that share their bytes",
            ZIP,
            overlapping(&quarter, 900),
            "bytes",
        ),
        package(
            "an archive in an archive",
            ZIP,
            archive(&[("a.csv", &archive(&[("b.csv", b"x")]))]),
            "archive in an archive",
        ),
        package(
            "a name as long as a page",
            ZIP,
            archive(&[(&"长".repeat(20_000), b"PK\x03\x04")]),
            "archive in an archive",
        ),
        package(
            "a workbook of texts that repeat",
            XLSX,
            workbook(|part, content| match part {
                Part::Texts => format!("<si><t>{}</t></si>", "x".repeat(1 << 20)),
                Part::Cells => (1..200)
                    .map(|row| {
                        format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>")
                    })
                    .collect(),
                Part::Head => content.to_owned(),
            }),
            "bytes",
        ),
        package(
            "a workbook that claims texts",
            XLSX,
            workbook(|part, content| match part {
                Part::Head => " count=\"4294967295\" uniqueCount=\"4294967295\"".to_owned(),
                _ => content.to_owned(),
            }),
            "texts",
        ),
        package(
            "a cell in the last row",
            XLSX,
            workbook(|part, content| match part {
                Part::Cells => {
                    "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>".to_owned()
                }
                _ => content.to_owned(),
            }),
            "fields",
        ),
    ]
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

/// Overwrites what the directory says of the first entry.
fn patch_directory(archive: &mut [u8], offset: usize, bytes: &[u8]) {
    let at = memchr::memmem::find(archive, b"PK\x01\x02").expect("a directory") + offset;
    archive[at..at + bytes.len()].copy_from_slice(bytes);
}

/// An archive whose entries, of different names, are all the same bytes of it.
fn overlapping(content: &[u8], count: usize) -> Vec<u8> {
    let single = archive(&[("500_0000.csv", content)]);
    let directory = memchr::memmem::find(&single, b"PK\x01\x02").expect("a directory");
    let end = memchr::memmem::rfind(&single, b"PK\x05\x06").expect("an end");
    let mut all = single[..directory].to_vec();
    for number in 0..count {
        let mut entry = single[directory..end].to_vec();
        let at = memchr::memmem::find(&entry, b"0000").expect("its name");
        entry[at..at + 4].copy_from_slice(format!("{number:04}").as_bytes());
        all.extend_from_slice(&entry);
    }
    let length = u32::try_from(all.len() - directory).expect("small");
    let mut tail = single[end..].to_vec();
    let entries = u16::try_from(count).expect("small").to_le_bytes();
    tail[8..10].copy_from_slice(&entries);
    tail[10..12].copy_from_slice(&entries);
    tail[12..16].copy_from_slice(&length.to_le_bytes());
    all.extend_from_slice(&tail);
    all
}

/// What of a workbook is hostile.
#[derive(Clone, Copy)]
enum Part {
    /// The attributes of the list of shared texts.
    Head,
    /// The shared texts.
    Texts,
    /// The rows of the sheet.
    Cells,
}

fn workbook(make: impl Fn(Part, &str) -> String) -> Vec<u8> {
    const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let texts = format!(
        "<sst {MAIN}{}>{}</sst>",
        make(Part::Head, " uniqueCount=\"1\""),
        make(Part::Texts, "<si><t>项目编号</t></si>")
    );
    let sheet = format!(
        "<worksheet {MAIN}><dimension ref=\"A1:XFD1048576\"/><sheetData>{}</sheetData></worksheet>",
        make(
            Part::Cells,
            "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>"
        )
    );
    let book = format!(
        "<workbook {MAIN} xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"500\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let relations = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let root = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    archive(&[
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}
