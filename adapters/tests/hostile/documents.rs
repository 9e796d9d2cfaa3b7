//! The hostile documents: made when they are needed, for they are large.

use std::io::{Cursor, Write as _};

use adapters::Limits;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A document that must be refused.
pub struct Refused {
    pub name: &'static str,
    pub wire: &'static str,
    pub bytes: Vec<u8>,
    pub limits: Limits,
    /// What the refusal must say.
    pub says: &'static str,
    /// Bytes that may be unpacked before it is refused.
    pub unpacked: usize,
}

/// A document that is read, and holds so many records, all of them faulty.
pub struct Faulty {
    pub name: &'static str,
    pub wire: &'static str,
    pub bytes: Vec<u8>,
    pub limits: Limits,
    pub records: usize,
}

const JSON: &str = "format = \"json\"";
const NDJSON: &str = "format = \"ndjson\"";
const XML: &str = "format = \"xml\"";
const MESSAGE: &str = "format = \"message\"";
const CSV: &str = "format = \"csv\"";
const GB: &str = "format = \"csv\", charset = \"gb18030\"";
const ZIP: &str = "format = \"zip\", also = [\"csv\", \"xml\"], files = [\"{dataset}_*.csv\"]";
const XLSX: &str = "format = \"xlsx\", files = [\"{dataset}*\"]";

const MILLION: usize = 1_000_000;

/// Everything that grows, nests, contradicts itself or is no text.
pub fn refused() -> Vec<Refused> {
    let mut all = texts();
    all.extend(packages());
    all
}

fn text(
    name: &'static str,
    wire: &'static str,
    bytes: impl Into<Vec<u8>>,
    says: &'static str,
) -> Refused {
    Refused {
        name,
        wire,
        bytes: bytes.into(),
        limits: Limits::default(),
        says,
        unpacked: 0,
    }
}

fn texts() -> Vec<Refused> {
    let value =
        |value: &str| format!("{{\"records\":[{{\"data\":{{\"PROJECT_CODE\":{value}}}}}]}}");
    let many = |one: &str, times: usize| one.repeat(times);
    let attributes: String = (0..800_000).map(|n| format!(" a{n}=\"\"")).collect();
    let same = many(" a=\"\"", 800_000);
    let entities: String = (1..=20)
        .map(|n| format!("<!ENTITY e{n} \"{}\">", many(&format!("&e{};", n - 1), 10)))
        .collect();
    let utf16: Vec<u8> = "<BATCH/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let deep = |open: &str| format!("{{\"records\":{}", many(open, MILLION));
    vec![
        text("lists in lists", JSON, deep("["), "levels"),
        text("objects in objects", JSON, deep("{\"a\":"), "levels"),
        text(
            "a value in lists",
            JSON,
            value(&many("[", MILLION)),
            "levels",
        ),
        text(
            "a line of lists",
            NDJSON,
            format!(
                "{{\"source\":\"1\"}}
{}",
                many("[", MILLION)
            ),
            "levels",
        ),
        text(
            "a number of 10 MB",
            JSON,
            value(&many("1", 10 * MILLION)),
            "bytes in a value",
        ),
        text(
            "a fraction of 10 MB",
            JSON,
            value(&format!("0.{}1", many("0", 10 * MILLION))),
            "bytes in a value",
        ),
        text(
            "a text of 10 MB",
            JSON,
            value(&format!("\"{}\"", many("x", 10 * MILLION))),
            "bytes in a value",
        ),
        text(
            "a name of 10 MB",
            JSON,
            value(&format!("1,\"{}\":1", many("x", 10 * MILLION))),
            "bytes in a value",
        ),
        text(
            "a field a million times",
            JSON,
            value(&format!("1{}", many(",\"PROJECT_CODE\":1", MILLION))),
            "fields",
        ),
        text(
            "a million fields",
            JSON,
            value(&format!(
                "1{}",
                (0..MILLION)
                    .map(|n| format!(",\"F{n}\":1"))
                    .collect::<String>()
            )),
            "fields",
        ),
        text(
            "a million records",
            JSON,
            format!("{{\"records\":[7{}]}}", many(",7", MILLION)),
            "records",
        ),
        text(
            "a header of a million members",
            NDJSON,
            format!("{{\"a\":1{}}}", many(",\"a\":1", MILLION)),
            "fields",
        ),
        text(
            "a member twice",
            JSON,
            "{\"source\":\"1\",\"source\":\"2\",\"records\":[]}",
            "repeated",
        ),
        text("a lone surrogate", JSON, value("\"\\ud800\""), "expected"),
        text("a control character", JSON, value("\"\u{1}\""), "expected"),
        text("a zero byte", JSON, value("\"\0\""), "expected"),
        text(
            "no UTF-8",
            JSON,
            [value("\"").as_bytes(), b"\xC3\x28"].concat(),
            "no UTF-8",
        ),
        text(
            "UTF-16 with a mark",
            JSON,
            [b"\xFF\xFE".as_slice(), &utf16].concat(),
            "UTF-16LE",
        ),
        text("UTF-16 without a mark", XML, utf16, "UTF-16LE"),
        text(
            "800,000 attributes around records",
            XML,
            format!("<BATCH{attributes}></BATCH>"),
            "fields",
        ),
        text(
            "800,000 attributes of a record",
            XML,
            format!("<BATCH><PROJECT{attributes}/></BATCH>"),
            "fields",
        ),
        text(
            "800,000 attributes of a field",
            XML,
            format!("<PROJECT><PROJECT_CODE{attributes}/></PROJECT>"),
            "fields",
        ),
        text(
            "800,000 times one attribute",
            XML,
            format!("<BATCH{same}></BATCH>"),
            "expected",
        ),
        text("elements in elements", XML, many("<a>", MILLION), "levels"),
        text(
            "elements in a field",
            XML,
            format!("<PROJECT><PROJECT_CODE>{}", many("<a>", MILLION)),
            "levels",
        ),
        text(
            "messages in messages",
            MESSAGE,
            many("<DES>", MILLION),
            "levels",
        ),
        text(
            "a million elements",
            XML,
            format!("<PROJECT>{}</PROJECT>", many("<A/>", MILLION)),
            "fields",
        ),
        text(
            "a million files",
            MESSAGE,
            format!(
                "<DES><FILECONTEXT>{}</FILECONTEXT></DES>",
                many("<A/>", MILLION)
            ),
            "fields",
        ),
        text(
            "entities of entities",
            XML,
            format!("<!DOCTYPE a [<!ENTITY e0 \"x\">{entities}]><a>&e20;</a>"),
            "DTD",
        ),
        text(
            "an outer entity",
            XML,
            "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>",
            "DTD",
        ),
        text(
            "an outer document type",
            XML,
            "<!DOCTYPE a SYSTEM \"http://127.0.0.1/a.dtd\"><a/>",
            "DTD",
        ),
        text(
            "an entity of nobody",
            XML,
            "<PROJECT><A>&x;</A></PROJECT>",
            "entity",
        ),
        text(
            "character data of 10 MB",
            XML,
            format!(
                "<PROJECT><A><![CDATA[{}]]></A></PROJECT>",
                many("x", 10 * MILLION)
            ),
            "bytes in a value",
        ),
        text(
            "text of 10 MB in pieces",
            XML,
            format!(
                "<PROJECT><A>{}</A></PROJECT>",
                many("x&amp;<!---->", 5 * MILLION)
            ),
            "bytes in a value",
        ),
        text(
            "a zero byte in XML",
            XML,
            "<PROJECT><A>\0</A></PROJECT>",
            "NUL",
        ),
        text(
            "another encoding than said",
            XML,
            "<?xml version=\"1.0\" encoding=\"GBK\"?><BATCH/>",
            "gbk",
        ),
        text("a million columns", CSV, many("A,", MILLION), "fields"),
        text(
            "a million cells",
            CSV,
            format!("PROJECT_CODE\n{}", many("A,", MILLION)),
            "fields",
        ),
        text(
            "a cell of 10 MB",
            CSV,
            format!("PROJECT_CODE\n{}", many("x", 10 * MILLION)),
            "bytes in a value",
        ),
        text(
            "a million rows",
            CSV,
            format!("PROJECT_CODE\n{}", many("x\n", MILLION)),
            "records",
        ),
        text(
            "headings that are no GB18030",
            GB,
            b"PROJECT_CODE,\xFF\nx,y\n",
            "gb18030",
        ),
        text(
            "headings in the other character set",
            GB,
            "项目编号,项目名称\nx,y\n",
            "utf-8",
        ),
    ]
}

/// Few bytes that become many, or say that they would.
fn packages() -> Vec<Refused> {
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
    let zeros = vec![b'0'; 256 << 20];
    let bomb = archive(&[("500_1.csv", &zeros)]);
    let mut modest = bomb.clone();
    patch_directory(&mut modest, 24, &10_u32.to_le_bytes());
    let quarter = vec![b'0'; SMALL / 4];
    vec![
        package("a thousandth of its content", ZIP, bomb, "bytes"),
        package("a size that is not its own", ZIP, modest, "expected"),
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

/// Values that are read and are no values.
pub fn faulty() -> Vec<Faulty> {
    let one = |name, wire, text: String| Faulty {
        name,
        wire,
        bytes: text.into_bytes(),
        limits: Limits::default(),
        records: 1,
    };
    let json =
        |value: String| format!("{{\"records\":[{{\"data\":{{\"PROJECT_CODE\":{value}}}}}]}}");
    let element =
        |value: String| format!("<PROJECT><PROJECT_CODE>{value}</PROJECT_CODE></PROJECT>");
    let fields: String = (0..1_900)
        .map(|n| format!(",\"F{n}\":\"{}\"", "x".repeat(1_000)))
        .collect();
    let lines: String = (0..10_000)
        .map(|_| "{\"data\":{\"PROJECT_CODE\":\"\\q\"}}\n\u{1}\n")
        .collect();
    vec![
        one("a number of 7 MB", JSON, json("9".repeat(7 * MILLION))),
        one(
            "a text of 7 MB",
            JSON,
            json(format!("\"{}\"", "中".repeat(2_300_000))),
        ),
        one(
            "a text of escapes",
            JSON,
            json(format!("\"{}\"", "\\u4e2d".repeat(MILLION))),
        ),
        one("1,900 unknown fields", JSON, json(format!("\"1\"{fields}"))),
        one(
            "a million references",
            XML,
            element("&amp;".repeat(MILLION)),
        ),
        one("a million pieces", XML, element("x<!---->".repeat(MILLION))),
        one(
            "a million pieces of character data",
            XML,
            element("<![CDATA[x]]>".repeat(400_000)),
        ),
        one("elements in a field", XML, element("<a/>".repeat(MILLION))),
        one(
            "a row of quotes",
            CSV,
            format!("PROJECT_CODE\n\"{}\"\n", "\"\"".repeat(3 * MILLION)),
        ),
        one(
            "a row of zero bytes",
            CSV,
            format!("PROJECT_CODE\n{}\n", "\0".repeat(7 * MILLION)),
        ),
        one(
            "a quote that is never closed",
            CSV,
            format!("PROJECT_CODE\n\"{}", "x".repeat(7 * MILLION)),
        ),
        Faulty {
            records: 20_000,
            ..one("lines that are no JSON", NDJSON, lines)
        },
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
    archive(&[
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}
