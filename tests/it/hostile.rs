//! Hostile bodies through HTTP: each is refused with its place, costs little, and the next sender notices nothing.

use std::io::{Cursor, Write as _};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

const MILLION: usize = 1_000_000;

/// One body, whose it is, and what the refusal must say.
struct Case {
    source: &'static str,
    media_type: &'static str,
    body: Vec<u8>,
    says: &'static str,
}

fn cases() -> Vec<Case> {
    let case = |source, media_type, body: Vec<u8>, says| Case {
        source,
        media_type,
        body,
        says,
    };
    let json = |body: String, says| case("320100", "application/json", body.into_bytes(), says);
    let xml = |body: String, says| case("320900", "application/xml", body.into_bytes(), says);
    let attributes: String = (0..800_000).map(|n| format!(" a{n}=\"\"")).collect();
    let entities: String = (1..=20)
        .map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10)))
        .collect();
    let utf16: Vec<u8> = "<BATCH/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let unclosed = format!(
        "PROJECT_CODE,PROJECT_NAME\nE3206000001000101,\"{}",
        "x,y\n".repeat(10 * MILLION)
    );
    vec![
        json(format!("{{\"records\":{}", "[".repeat(MILLION)), "levels"),
        json(
            format!(
                "{{\"records\":[{{\"dataset\":\"500\",\"data\":{{\"PROJECT_CODE\":{}}}}}]}}",
                "1".repeat(10 * MILLION)
            ),
            "bytes in a value",
        ),
        json(
            "{\"source\":\"320100\",\"source\":\"320300\",\"records\":[]}".to_owned(),
            "repeated",
        ),
        xml(format!("<BATCH{attributes}></BATCH>"), "fields"),
        xml(format!("<BATCH>{}", "<a>".repeat(MILLION)), "levels"),
        xml(
            format!("<!DOCTYPE a [<!ENTITY e0 \"x\">{entities}]><a>&e20;</a>"),
            "DTD",
        ),
        xml(
            "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><a/>".to_owned(),
            "DTD",
        ),
        xml("<GCJS_PROJECT><A>\0</A></GCJS_PROJECT>".to_owned(), "NUL"),
        case("320900", "application/xml", utf16, "UTF-16LE"),
        case(
            "320600",
            "text/csv",
            unclosed.into_bytes(),
            "bytes in a value",
        ),
        case("320200", "application/zip", bomb(), "bytes"),
    ]
}

/// A small archive of a gigabyte.
fn bomb() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer
        .start_file("20261120-000001-500.xml", options)
        .expect("an entry");
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..1_024 {
        writer.write_all(&zeros).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

/// Peak of resident memory of a process so far, in bytes.
fn peak(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("its peak");
    let kilobytes: usize = line
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .expect("a number");
    kilobytes << 10
}

#[test]
fn hostile_bodies_are_refused_with_their_place_and_the_next_sender_notices_nothing() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let keys: Vec<(&str, String)> = ["320100", "320200", "320600", "320900"]
        .map(|source| (source, hub.add_source(source)))
        .to_vec();
    let key = |source: &str| &keys.iter().find(|(id, _)| *id == source).expect("a key").1;
    let good = |number: u32| {
        let body = records::one_project(number);
        let answer = hub.post("/v1/submissions", key("320100"), "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    good(0);
    let before = peak(hub.pid());
    for (number, case) in cases().into_iter().enumerate() {
        let path = "/v1/submissions?dataset=500";
        let answer = hub.post(path, key(case.source), case.media_type, &case.body);
        let says = case.says;
        assert!(
            (400..500).contains(&answer.status),
            "{says}: {}",
            answer.text
        );
        assert!(
            answer.text.len() < 8_192,
            "{says}: the answer quotes the body"
        );
        let problem = answer.json();
        let told = problem.to_string();
        assert!(told.contains(says), "{told}");
        let has_place = problem["line"].is_u64() && problem["column"].is_u64();
        assert!(has_place, "{says}: no place in {told}");
        good(number as u32 + 1);
    }
    let grown = peak(hub.pid()) - before;
    assert!(grown < 128 << 20, "{} MB more resident", grown >> 20);
    // Nothing of what was refused is there.
    let listed = hub.get("/v1/submissions", key("320900")).json();
    assert_eq!(listed["items"], json!([]));
    hub.stop();
    hub.assert_log_verifies();
}

/// A batch of projects in XML, a record a line; every tenth lacks its name.
fn batch(count: u32) -> String {
    let mut text = "<BATCH>\n".to_owned();
    for number in 0..count {
        let mut record = records::project(number);
        if number % 10 == 3 {
            record["PROJECT_NAME"] = json!("");
        }
        text.push_str("<GCJS_PROJECT>");
        for (name, value) in record.as_object().expect("a record") {
            let value = value.as_str().expect("a text");
            text.push_str(&format!("<{name}>{value}</{name}>"));
        }
        text.push_str("</GCJS_PROJECT>\n");
    }
    text + "</BATCH>\n"
}

/// What was found in each record, with its place.
fn found(records: &[Value]) -> Vec<Value> {
    let told = |one: &Value| json!([one["index"], one["verdict"], one["issues"], one["digest"]]);
    records.iter().map(told).collect()
}

#[test]
fn a_large_file_in_xml_is_judged_in_parts_as_a_small_one_is() {
    const XML: &str = "application/xml";
    let body = batch(1_500);
    let whole = Hub::start(Engine::Sqlite, &[]);
    let key = whole.add_source("320900");
    let answer = whole.post("/v1/submissions", &key, XML, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let expected = found(answer.json()["records"].as_array().expect("records"));
    assert_eq!(expected.len(), 1_500);

    let mut parts = Hub::start_with(Engine::Sqlite, "[limits]\nmemory_bytes = 65536\n");
    let key = parts.add_source("320900");
    let cut_off = &body[..body.len() - "</BATCH>\n".len()];
    let answer = parts.post("/v1/submissions", &key, XML, cut_off.as_bytes());
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.json()["line"], 1_502, "{}", answer.text);
    assert_eq!(
        parts.get("/v1/submissions", &key).json()["items"],
        json!([])
    );

    let answer = parts.post("/v1/submissions", &key, XML, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = answer.json();
    assert_eq!(receipt["counts"]["records"], 1_500);
    let id = receipt["id"].as_str().expect("a number");
    let mut all = Vec::new();
    for part in 0..receipt["parts"].as_array().expect("parts").len() {
        let path = format!("/v1/submissions/{id}/outcomes?part={part}");
        let page = parts.get(&path, &key).json();
        all.extend(page["records"].as_array().expect("records").clone());
    }
    for (number, (seen, expected)) in found(&all).iter().zip(&expected).enumerate() {
        assert_eq!(seen, expected, "record {number}");
    }
    assert_eq!(all.len(), 1_500);
    parts.stop();
    parts.assert_log_verifies();

    // The same without a hub.
    let path = parts.data.with_extension("xml");
    std::fs::write(&path, &body).expect("written");
    let path = path.display().to_string();
    let checked = hub::run(&["check", &path, "--source", "320900", "--format", "json"]);
    let lines = hub::stdout(&checked);
    let summary: Value =
        serde_json::from_str(lines.lines().last().expect("a summary")).expect("JSON");
    assert_eq!(summary["summary"]["records"], 1_500, "{summary}");
    assert_eq!(
        summary["summary"]["rejected"],
        receipt["counts"]["rejected"]
    );
}
