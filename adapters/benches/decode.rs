//! What decoding costs: nanoseconds per record of about 3 KB and 33 fields, and the ratio to the bare
//! `serde_json::from_slice::<Value>` of the same bytes. Run with `cargo bench -p adapters`.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use adapters::{Adapter, Decoded, Hint, Limits, Profile};

const RECORDS: usize = 500;
const ROUNDS: usize = 40;

const PROFILE: &str = r#"version = 1
id = "329900"
kind = "city"
name = "示例市"
english = "Example"
region = "329900"
ways = ["http"]
datasets = "general"
wire = { format = "ndjson", also = ["json"] }
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let adapter = Adapter::new(Arc::new(Profile::parse("bench.toml", PROFILE)?), edition()?)?;
    let content = "本项目招标内容为道路、排水、照明、绿化及交通设施等全部施工内容，具体以工程量清单及图纸为准。";
    let mut data = serde_json::Map::new();
    for (name, value) in FIELDS {
        let value = match value {
            "" => content.repeat(11),
            value => value.to_owned(),
        };
        data.insert(name.to_owned(), value.into());
    }
    // Keys in the order of the data set, as senders write them.
    let members: Vec<String> = FIELDS
        .iter()
        .map(|(name, _)| {
            format!(
                "{:?}:{}",
                name,
                data.get(*name).unwrap_or(&serde_json::Value::Null)
            )
        })
        .collect();
    let line = format!(
        "{{\"dataset\":\"TENDER_PROJECT\",\"action\":\"upsert\",\"data\":{{{}}}}}",
        members.join(",")
    );
    let ndjson = format!("{line}\n").repeat(RECORDS);
    let json = format!(
        "{{\"records\":[{}]}}",
        vec![line.as_str(); RECORDS].join(",")
    );
    println!("{} bytes, {} fields a record", line.len(), FIELDS.len());

    let limits = Limits::default();
    let count = |document: &str, name: &str| {
        let hint = Hint {
            file_name: Some(name.to_owned()),
            ..Hint::default()
        };
        let mut values = 0;
        let envelope = adapter.decode(document.as_bytes(), &hint, &limits, &mut |decoded| {
            if let Decoded::Record { record, .. } = decoded {
                values += black_box(record).values.iter().flatten().count();
            }
            ControlFlow::Continue(())
        });
        assert!(envelope.is_ok());
        assert_eq!(values, RECORDS * FIELDS.len());
    };
    let value = measure(|| {
        for line in ndjson.lines() {
            black_box(serde_json::from_slice::<serde_json::Value>(line.as_bytes()).is_ok());
        }
    });
    let ignored = measure(|| {
        for line in ndjson.lines() {
            black_box(serde_json::from_slice::<serde::de::IgnoredAny>(line.as_bytes()).is_ok());
        }
    });
    let lines = measure(|| count(&ndjson, "a.ndjson"));
    let whole = measure(|| count(&json, "a.json"));
    for (name, cost) in [
        ("serde_json Value", value),
        ("serde_json IgnoredAny", ignored),
        ("decode NDJSON", lines),
        ("decode JSON", whole),
    ] {
        println!(
            "{name:24} {cost:8.0} ns/record {:6.3} of Value",
            cost / value
        );
    }
    Ok(())
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
