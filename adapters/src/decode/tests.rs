//! Small editions for tests, and records as text, so that a test shows what went in and what came out.

#![expect(
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::ops::ControlFlow;
use std::sync::Arc;

use foldhash::HashMap;
use spec::{
    CodeTable, Dataset, Domain, Edition, Field, Kind, Library, Required, Sensitivity, Unit,
};

use super::*;

/// A field from its column code, Chinese name and format.
pub(crate) fn field(id: &str, name: &str, format: &str) -> Field {
    Field {
        id: id.to_owned(),
        name: name.to_owned(),
        format: format.parse().unwrap(),
        required: Required::Optional,
        domain: Domain::Free,
        list: false,
        sensitivity: Sensitivity::Public,
        unit: None,
        aliases: Vec::new(),
    }
}

/// A data set of the trading library from its fields.
pub(crate) fn dataset(code: u16, id: &str, fields: &[(&str, &str, &str)]) -> Dataset {
    let fields: Vec<_> = fields
        .iter()
        .map(|(id, name, format)| field(id, name, format))
        .collect();
    let by_name = fields
        .iter()
        .enumerate()
        .map(|(place, field)| (field.id.clone(), place as u16))
        .collect();
    Dataset {
        code,
        id: id.to_owned(),
        name: format!("数据集{code}"),
        library: Library::Transaction,
        class: "工程建设项目招标投标".to_owned(),
        industry: "general".to_owned(),
        general: None,
        key: vec![0],
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
    }
}

/// An edition of three data sets: 501 and 502 for everybody in trading, 300 for credit only.
pub(crate) fn edition() -> Arc<Edition> {
    let mut project = dataset(
        501,
        "TENDER_PROJECT",
        &[
            ("TENDER_PROJECT_CODE", "招标项目编号", "C20"),
            ("TENDER_PROJECT_NAME", "招标项目名称", "C..600"),
            ("TENDERER_NAME", "招标人名称", "C..2000"),
            ("CREATE_TIME", "招标项目建立时间", "D14"),
            ("TENDER_MODE", "招标方式", "C1"),
            ("PHONE", "联系电话", "C..20"),
        ],
    );
    let mut table = CodeTable::default();
    "tender_mode".clone_into(&mut table.id);
    let table = Arc::new(table);
    project.fields[2].list = true;
    project.fields[4].domain = Domain::Codes(Arc::clone(&table));
    project.fields[5].sensitivity = Sensitivity::Personal;
    let mut section = dataset(
        502,
        "SECTION",
        &[
            ("BID_SECTION_CODE", "标段编号", "C23"),
            ("CONTRACT_PRICE", "合同估算价", "N..20,6"),
            ("PRICE_UNIT", "价格单位", "C1"),
            ("DEPOSIT", "保证金", "N..20,6"),
        ],
    );
    section.fields[1].unit = Some(Unit::By(2));
    section.fields[3].unit = Some(Unit::Yuan);
    let mut credit = dataset(300, "CREDIT", &[("LEGAL_CODE", "法人代码", "C..18")]);
    credit.library = Library::Credit;
    let datasets = vec![credit, project, section];
    let mut by_name = HashMap::default();
    for (place, dataset) in datasets.iter().enumerate() {
        by_name.insert(dataset.id.clone(), place);
        by_name.insert(dataset.code.to_string(), place);
    }
    let mut codes = HashMap::default();
    codes.insert(table.id.clone(), table);
    Arc::new(Edition {
        id: "3.0".to_owned(),
        name: "试验版".to_owned(),
        valid_from: "20250101".to_owned(),
        valid_to: None,
        stages: Vec::new(),
        datasets,
        codes,
        attachments: spec::Attachments::default(),
        calendar: spec::Calendar::default(),
        projections: HashMap::default(),
        standing: Vec::new(),
        deal_code_check: false,
        waiting_days: 30,
        files: Vec::new(),
        by_name,
    })
}

/// An adapter for a source that sends trading data; `rest` is TOML after the head, `[wire]` included.
pub(crate) fn adapter(rest: &str) -> Adapter {
    let text = format!(
        "version = 1\nid = \"329900\"\nkind = \"city\"\nname = \"示例市\"\nenglish = \"Example\"\n\
         region = \"329900\"\nways = [\"http\"]\ndatasets = \"general\"\n{rest}"
    );
    let profile = Profile::parse("example.toml", &text).unwrap();
    Adapter::new(Arc::new(profile), edition()).unwrap()
}

/// Everything that decoding handed on, as text: `TENDER_PROJECT upsert 1:12 NAME=value …`.
pub(crate) fn read(
    adapter: &Adapter,
    document: &[u8],
    hint: &Hint,
    limits: &Limits,
) -> Result<(Envelope, Vec<String>), DecodeError> {
    let locator = Locator::within(document, hint.origin);
    let mut lines = Vec::new();
    let envelope = adapter.decode(document, hint, limits, &mut |decoded| {
        lines.push(show(&decoded, &locator));
        ControlFlow::Continue(())
    })?;
    Ok((envelope, lines))
}

pub(crate) fn show(decoded: &Decoded<'_, '_>, locator: &Locator<'_>) -> String {
    let place = |at| {
        let (line, column) = locator.locate(at);
        format!("{line}:{column}")
    };
    match decoded {
        Decoded::Unusable { at, dataset, issue } => {
            let code = serde_json::to_string(&issue.code).unwrap();
            let dataset = dataset.as_deref().unwrap_or("?");
            let issue_at = place(issue.at.unwrap());
            assert!(!issue.message.zh.is_empty() && !issue.message.en.is_empty());
            format!(
                "! {dataset} {} {code} at {issue_at} found {}",
                place(*at),
                issue.found
            )
        }
        Decoded::Record {
            record,
            flex,
            attachments,
            message_key,
        } => {
            let action = serde_json::to_string(&record.action).unwrap();
            let action = action.trim_matches('"');
            let mut line = format!("{} {action} {}", record.dataset.id, place(record.at));
            let value = |input: &spec::Input<'_>| {
                let kind = match input.kind {
                    Kind::Text => "",
                    Kind::Number => "#",
                    Kind::Bool => "?",
                    Kind::Nested => "~",
                };
                let why = match &input.mapped {
                    Some(change) => format!("<{}:{}:{}>", change.before, change.why, change.path),
                    None => String::new(),
                };
                format!("{kind}{}{why}@{}", input.text, place(input.at))
            };
            for (field, input) in record.dataset.fields.iter().zip(&record.values) {
                if let Some(input) = input {
                    line.push_str(&format!(" {}={}", field.id, value(input)));
                }
            }
            for (name, input) in &record.unknown {
                line.push_str(&format!(" unknown {name}={}", value(input)));
            }
            for (place, input) in &record.repeated {
                let id = &record.dataset.fields[usize::from(*place)].id;
                line.push_str(&format!(" again {id}={}", value(input)));
            }
            if let Some(flex) = flex {
                line.push_str(&format!(" flex {flex}"));
            }
            if let Some(key) = message_key {
                line.push_str(&format!(" key {key}"));
            }
            for file in attachments {
                line.push_str(&format!(" file {}={}={}", file.name, file.file, file.path));
            }
            line
        }
    }
}

/// Decodes every beginning of a document: never a panic, and each fault says where and what.
pub(crate) fn every_beginning(adapter: &Adapter, document: &[u8], hint: &Hint) {
    for end in 0..document.len() {
        let beginning = &document[..end];
        match read(adapter, beginning, hint, &Limits::default()) {
            Ok(_) => {}
            Err(error) => {
                let message = error.message();
                assert!(
                    !message.zh.is_empty() && message.en.contains("expected"),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn names_that_the_edition_does_not_have_are_errors_of_the_profile() {
    for (rest, line, word) in [
        (
            "wire = { format = \"json\" }\nfields = { X = \"NO_SUCH\" }",
            10,
            "NO_SUCH",
        ),
        (
            "wire = { format = \"json\" }\nnames = { X = \"NOWHERE\" }",
            10,
            "NOWHERE",
        ),
        (
            "wire = { format = \"json\" }\n[sets.SECTION]\nunits.NOTHING = \"元\"",
            11,
            "NOTHING",
        ),
        (
            "wire = { format = \"json\" }\ndates.CREATE_TIME = \"yy-M-d\"",
            10,
            "yy-M-d",
        ),
        (
            "wire = { format = \"json\" }\nunits.DEPOSIT = \"角\"",
            10,
            "角",
        ),
        (
            "wire = { format = \"json\" }\ncodes.no_table = { a = \"b\" }",
            10,
            "no_table",
        ),
    ] {
        let text = format!(
            "version = 1\nid = \"329900\"\nkind = \"city\"\nname = \"示例市\"\nenglish = \"Example\"\n\
             region = \"329900\"\nways = [\"http\"]\ndatasets = \"general\"\n{rest}"
        );
        let profile = Profile::parse("example.toml", &text).unwrap();
        let error = Adapter::new(Arc::new(profile), edition()).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.found.contains(word), "{error}");
    }
}

#[test]
fn a_format_that_the_source_does_not_use_is_refused() {
    let adapter = adapter("wire = { format = \"json\", also = [\"ndjson\"] }");
    let hint = Hint {
        file_name: Some("a.csv".to_owned()),
        ..Hint::default()
    };
    let error = read(&adapter, b"{}", &hint, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "format is csv, expected json / ndjson");
}

#[test]
fn an_error_quotes_a_little_of_the_document_and_never_much() {
    let long = "x".repeat(100_000);
    let utf8 =
        "wire = { format = \"xml\", record = \"R\", also = [\"json\", \"ndjson\", \"csv\"] }";
    let adapter = adapter(utf8);
    for (name, document) in [
        ("a.xml", format!("<R></{long}>")),
        ("a.xml", format!("<R>&{long};</R>")),
        ("a.xml", format!("<R {long}></R>")),
        ("a.xml", format!("<{long}>")),
        ("a.json", format!("{{\"records\":{long}}}")),
        ("a.json", format!("{{\"{long}\":1,\"{long}\":2}}")),
        ("a.json", format!("{{\"edition\":[\"{long}\"]}}")),
        ("a.ndjson", format!("{{\"sequence\":\"{long}\"}}\n")),
        ("a.csv", format!("\"{long}\"{long}\n")),
    ] {
        let hint = Hint {
            file_name: Some(name.to_owned()),
            ..Hint::default()
        };
        let start = document.chars().take(20).collect::<String>();
        match read(&adapter, document.as_bytes(), &hint, &Limits::default()) {
            Err(error) => {
                let message = error.message();
                assert!(message.zh.chars().count() < 2_000, "{name} {start}");
                assert!(message.en.chars().count() < 2_000, "{name} {start}");
            }
            Ok((_, lines)) => {
                let told: usize = lines.iter().map(String::len).sum();
                assert!(told < 250_000, "{name} {start}: {told}");
            }
        }
    }
}
