//! What decoding costs, in every wire form: nanoseconds per record of about 3 KB and 33 fields, and the ratio to bare
//! parsing of the same bytes (serde_json, quick-xml, csv, calamine, zip). No ratio may be above 4: a decoder that costs more than
//! that ends the run with an error. Run with `cargo bench -p adapters`.

use std::hint::black_box;
use std::io::{Cursor, Read as _, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use adapters::{Adapter, Decoded, Hint, Limits, Profile};
use calamine::Reader as _;

const RECORDS: usize = 500;
const ROUNDS: usize = 40;

/// Most that decoding may cost, in bare parsings of the same bytes.
const MOST: f64 = 4.0;

const PROFILE: &str = r#"version = 1
id = "329900"
kind = "city"
name = "示例市"
english = "Example"
region = "329900"
ways = ["http"]
datasets = "general"
"#;

/// Name and value of the fields of a tender project.
const FIELDS: [(&str, &str); 33] = [
    ("PROJECT_CODE", "E3201000001000123"),
    ("TENDER_PROJECT_CODE", "E3201000001000123001"),
    ("TENDER_SELF_CODE", "NJ-2025-GC-000123"),
    (
        "UNIFIED_DEAL_CODE",
        "A01-12320100466000000X-20250106-000001-9",
    ),
    ("IS_TO_LAW", "1"),
    (
        "TENDER_PROJECT_NAME",
        "示例区市政道路提升改造工程（一期）施工总承包招标项目",
    ),
    ("TENDER_PROJECT_TYPE", "A01"),
    ("REGION_CODE", "320102"),
    ("TENDER_CONTENT", ""),
    ("OWNER_NAME", "示例市城市建设投资控股（集团）有限公司"),
    (
        "TENDERER_NAME",
        "示例市城市建设投资控股（集团）有限公司;示例区建设局",
    ),
    ("TENDERER_CODE_TYPE", "1;2"),
    ("TENDERER_CODE", "91320100000000000X;11320102000000000Y"),
    ("ISUNION", "1"),
    ("TENDERER_ROLE", "01"),
    ("TENDER_AGENCY_NAME", "示例工程咨询管理有限公司"),
    ("TENDER_AGENCY_CODE_TYPE", "1"),
    ("TENDER_AGENCY_CODE", "91320100111111111X"),
    ("TENDER_AGENCY_ROLE", "02"),
    ("TENDER_MODE", "1"),
    ("TENDER_ORGANIZE_FORM", "2"),
    ("CREATE_TIME", "20250106093000"),
    (
        "SUPERVISE_DEPT_NAME",
        "示例市城乡建设委员会招标投标管理办公室",
    ),
    ("SUPERVISE_DEPT_CODE", "11320100000000001A"),
    ("APPROVE_DEPT_NAME", "示例市发展和改革委员会"),
    ("APPROVE_DEPT_CODE", "11320100000000002B"),
    ("REPORT_DUTY", "王某某"),
    ("ATTACHMENT_CODE", "6f1f3c8e-3b2e-4a57-9f0e-3c1f2f6f9a11"),
    ("PLATFORM_CODE", "12320100466000000X"),
    ("PUB_SERVICE_PLAT_CODE", "12320100466000001X"),
    ("DATA_TIMESTAMP", "20250106100000"),
    ("TRADE_PLAT", "32010000001"),
    ("PUB_SERVICE_PLAT", "32010000002"),
];

/// The bytes of one form, and how they are read bare.
struct Form {
    name: &'static str,
    wire: &'static str,
    bytes: Vec<u8>,
    bare: fn(&[u8]),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut slow = Vec::new();
    for form in forms() {
        let text = format!("{PROFILE}wire = {{ {} }}\n", form.wire);
        let profile = Arc::new(Profile::parse("bench.toml", &text)?);
        let adapter = Adapter::new(profile, edition()?)?;
        let bare = measure(|| (form.bare)(&form.bytes));
        let decoded = measure(|| decode(&adapter, &form.bytes));
        let ratio = decoded / bare;
        println!(
            "{:16} {:6} bytes/record, bare {bare:7.0} ns, decode {decoded:7.0} ns, ratio {ratio:5.2}",
            form.name,
            form.bytes.len() / RECORDS
        );
        if ratio > MOST {
            slow.push(form.name);
        }
    }
    if slow.is_empty() {
        return Ok(());
    }
    Err(format!("more than {MOST} bare parsings: {}", slow.join(", ")).into())
}

fn decode(adapter: &Adapter, document: &[u8]) {
    let hint = Hint {
        dataset: Some("TENDER_PROJECT".to_owned()),
        ..Hint::default()
    };
    let mut values = 0;
    let read = adapter.open(document, &hint, &Limits::default());
    let envelope = read.and_then(|package| {
        package.decode(adapter, &Limits::default(), &mut |_, _, decoded| {
            if let Decoded::Record { record, .. } = decoded {
                values += black_box(record).values.iter().flatten().count();
            }
            ControlFlow::Continue(())
        })
    });
    assert!(envelope.is_ok(), "{envelope:?}");
    assert_eq!(values, RECORDS * FIELDS.len());
}

fn forms() -> Vec<Form> {
    let values = values();
    let members: Vec<String> = values
        .iter()
        .map(|(name, value)| format!("{name:?}:{value:?}"))
        .collect();
    let line = format!(
        "{{\"dataset\":\"TENDER_PROJECT\",\"action\":\"upsert\",\"data\":{{{}}}}}",
        members.join(",")
    );
    let elements: Vec<String> = values
        .iter()
        .map(|(name, value)| format!("<{name}>{value}</{name}>"))
        .collect();
    let elements = elements.concat();
    let element = format!("<TENDER_PROJECT>{elements}</TENDER_PROJECT>");
    let message = format!(
        "<DES><TITLE><DATA_TYPE>1</DATA_TYPE><DATA_NO>501</DATA_NO><DATA_EN>TENDER_PROJECT</DATA_EN>\
         <DATA_KEY>K1</DATA_KEY></TITLE><CONTEXT>{elements}</CONTEXT></DES>"
    );
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let cells: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    let rows = format!("{}\n", cells.join(",")).repeat(RECORDS);
    let csv = format!("{}\n{rows}", names.join(","));
    let batch = format!("<BATCH>{}</BATCH>", element.repeat(RECORDS));
    let gb = encoding_rs::GB18030.encode(&csv).0.into_owned();
    let form = |name, wire, text: String, bare| Form {
        name,
        wire,
        bytes: text.into_bytes(),
        bare,
    };
    vec![
        form(
            "ndjson",
            "format = \"ndjson\"",
            format!("{line}\n").repeat(RECORDS),
            bare_ndjson,
        ),
        form(
            "json",
            "format = \"json\"",
            format!(
                "{{\"records\":[{}]}}",
                vec![line.as_str(); RECORDS].join(",")
            ),
            bare_json,
        ),
        form(
            "xml",
            "format = \"xml\", record = \"{dataset}\"",
            batch.clone(),
            bare_xml,
        ),
        form(
            "message",
            "format = \"message\", record = \"DES\"",
            format!("<BATCH>{}</BATCH>", message.repeat(RECORDS)),
            bare_xml,
        ),
        form("csv", "format = \"csv\"", csv, bare_csv),
        Form {
            name: "csv in GB18030",
            wire: "format = \"csv\", charset = \"gb18030\"",
            bytes: gb,
            bare: bare_gb,
        },
        Form {
            name: "xlsx",
            wire: "format = \"xlsx\", files = [\"{dataset}*\"]",
            bytes: workbook(&names, &cells),
            bare: bare_xlsx,
        },
        Form {
            name: "zip of xml",
            wire: "format = \"zip\", also = [\"xml\"], record = \"{dataset}\"",
            bytes: archive(batch.as_bytes()),
            bare: bare_zip,
        },
    ]
}

/// A sheet of headings and so many equal rows.
fn workbook(names: &[&str], cells: &[&str]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..=RECORDS {
        let texts = if row == 0 { names } else { cells };
        for (column, text) in texts.iter().enumerate() {
            let written = sheet.write(row as u32, column as u16, *text);
            assert!(written.is_ok());
        }
    }
    book.save_to_buffer().unwrap_or_default()
}

fn archive(document: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let begun = writer.start_file("501.xml", options);
    assert!(begun.is_ok() && writer.write_all(document).is_ok());
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// Every cell of every sheet.
fn bare_xlsx(bytes: &[u8]) {
    let Ok(mut book) = calamine::Xlsx::new(Cursor::new(bytes)) else {
        return;
    };
    let mut filled = 0;
    for name in book.sheet_names() {
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else {
            return;
        };
        while let Ok(Some(cell)) = cells.next_cell() {
            filled += usize::from(!matches!(cell.get_value(), calamine::DataRef::Empty));
        }
    }
    assert_eq!(black_box(filled), (RECORDS + 1) * FIELDS.len());
}

/// Unpacked, and every event of it.
fn bare_zip(bytes: &[u8]) {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return;
    };
    let mut document = Vec::new();
    if let Ok(mut entry) = archive.by_index(0)
        && entry.read_to_end(&mut document).is_ok()
    {
        bare_xml(&document);
    }
    assert!(!document.is_empty());
}

fn values() -> Vec<(&'static str, String)> {
    let content = "本项目招标内容为道路、排水、照明、绿化及交通设施等全部施工内容，具体以工程量清单及图纸为准。";
    let filled = FIELDS.iter().map(|(name, value)| match *value {
        "" => (*name, content.repeat(11)),
        value => (*name, value.to_owned()),
    });
    filled.collect()
}

fn bare_json(bytes: &[u8]) {
    assert!(black_box(serde_json::from_slice::<serde_json::Value>(bytes)).is_ok());
}

fn bare_ndjson(bytes: &[u8]) {
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        bare_json(line);
    }
}

/// Every event, and the text of every text.
fn bare_xml(bytes: &[u8]) {
    let mut reader = quick_xml::Reader::from_reader(bytes);
    let mut length = 0;
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => break,
            Ok(quick_xml::events::Event::Text(text)) => length += text.len(),
            Ok(_) => {}
            Err(_) => return,
        }
    }
    black_box(length);
}

/// Every cell.
fn bare_csv(bytes: &[u8]) {
    let mut reader = csv::Reader::from_reader(bytes);
    let mut record = csv::StringRecord::new();
    let mut length = 0;
    while reader.read_record(&mut record).is_ok_and(|more| more) {
        length += record.iter().map(str::len).sum::<usize>();
    }
    black_box(length);
}

fn bare_gb(bytes: &[u8]) {
    bare_csv(encoding_rs::GB18030.decode(bytes).0.as_bytes());
}

/// Nanoseconds per record of the best of several rounds.
fn measure(mut run: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_nanos() as f64 / RECORDS as f64);
    }
    best
}

fn edition() -> Result<Arc<spec::Edition>, spec::format::FormatError> {
    let mut fields = Vec::new();
    for (name, _) in FIELDS {
        fields.push(spec::Field {
            id: name.to_owned(),
            name: name.to_owned(),
            format: "C..ul".parse()?,
            required: spec::Required::Optional,
            domain: spec::Domain::Free,
            list: false,
            sensitivity: spec::Sensitivity::Public,
            unit: None,
            aliases: Vec::new(),
        });
    }
    let places = fields.iter().enumerate();
    let by_name = places
        .map(|(place, field)| (field.id.clone(), place as u16))
        .collect();
    let dataset = spec::Dataset {
        code: 501,
        id: "TENDER_PROJECT".to_owned(),
        name: "招标项目".to_owned(),
        library: spec::Library::Transaction,
        class: "工程建设项目招标投标".to_owned(),
        industry: "general".to_owned(),
        general: None,
        key: vec![1],
        deal: None,
        time: None,
        attachments: Vec::new(),
        required_attachments: Vec::new(),
        fields,
        rules: Vec::new(),
        by_name,
        indexed: Vec::new(),
        read: Vec::new(),
        referrers: Vec::new(),
    };
    Ok(Arc::new(spec::Edition {
        id: "3.0".to_owned(),
        name: "试验版".to_owned(),
        valid_from: "20250101".to_owned(),
        valid_to: None,
        stages: Vec::new(),
        by_name: [("TENDER_PROJECT".to_owned(), 0)].into_iter().collect(),
        datasets: vec![dataset],
        codes: foldhash::HashMap::default(),
        attachments: spec::Attachments::default(),
        calendar: spec::Calendar::default(),
        standing: Vec::new(),
        projections: foldhash::HashMap::default(),
        deal_code_check: false,
        waiting_days: 30,
        files: Vec::new(),
    }))
}
