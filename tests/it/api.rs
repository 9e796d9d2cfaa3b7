//! The HTTP interface as a sender and a reader meet it, on both databases.

use std::io::Write as _;

use serde_json::{Value, json};

use super::harness::hub::{self, Answer, Hub};
use super::harness::{Engine, records};

const JSON: &str = "application/json";

fn push(hub: &Hub, key: &str, body: &[u8]) -> Answer {
    hub.post("/v1/submissions", key, JSON, body)
}

/// The stable code of a problem answer, and the answer's whole text for messages.
#[track_caller]
fn problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    let kind = answer
        .headers
        .iter()
        .find(|(name, _)| name == "content-type")
        .map(|(_, value)| value.as_str());
    assert_eq!(kind, Some("application/problem+json"), "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["status"], status);
    assert!(
        body["trace_id"].as_str().is_some_and(|id| !id.is_empty()),
        "{}",
        answer.text
    );
    body
}

fn a_push_is_receipted_once(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let body = records::envelope(
        "first",
        &[
            records::element("PROJECT", &records::project(1)),
            records::element("500", &records::project(2)),
        ],
    );
    let first = push(&hub, &key, &body);
    assert_eq!(first.status, 200, "{}", first.text);
    let receipt = first.json();
    assert_eq!(receipt["counts"]["records"], 2);
    assert_eq!(receipt["counts"]["rejected"], 0, "{}", first.text);
    assert_eq!(receipt["records"][1]["key"], records::project_code(2));
    assert_eq!(receipt["records"][1]["dataset"], "PROJECT");

    let again = push(&hub, &key, &body);
    assert_eq!(
        again.json(),
        receipt,
        "the same bytes give the first receipt"
    );

    let other = String::from_utf8(body)
        .expect("JSON")
        .replace("道路2.4千米", "道路2.5千米");
    let conflict = problem(&push(&hub, &key, other.as_bytes()), 409);
    assert_eq!(conflict["code"], "conflict");

    let repeated = push(
        &hub,
        &key,
        &records::envelope(
            "second",
            &[records::element("PROJECT", &records::project(1))],
        ),
    );
    assert_eq!(
        repeated.json()["counts"]["duplicate"],
        1,
        "the same record under another number: {}",
        repeated.text
    );

    let mut changed = records::project(1);
    changed["PROJECT_SCALE"] = json!("道路3千米");
    let newer = push(
        &hub,
        &key,
        &records::envelope("third", &[records::element("PROJECT", &changed)]),
    );
    assert_eq!(newer.json()["counts"]["rejected"], 0, "{}", newer.text);
    let versions = hub
        .get(
            &format!("/v1/records/PROJECT/{}/versions", records::project_code(1)),
            &key,
        )
        .json();
    assert_eq!(
        versions["items"].as_array().map(Vec::len),
        Some(2),
        "{versions}"
    );
    let current = hub.get(
        &format!("/v1/records/PROJECT/{}", records::project_code(1)),
        &key,
    );
    assert!(current.text.contains("道路3千米"), "{}", current.text);
    assert!(
        !current.text.contains("02500000000"),
        "a phone is personal and masked: {}",
        current.text
    );

    let raw = hub.get(
        &format!(
            "/v1/submissions/{}/raw",
            receipt["id"].as_str().expect("a number")
        ),
        &key,
    );
    assert_eq!(raw.status, 200);
    assert!(raw.text.contains("\"submission\":\"first\""));
}

#[test]
fn a_push_is_receipted_once_on_sqlite() {
    a_push_is_receipted_once(Engine::Sqlite);
}

#[test]
fn a_push_is_receipted_once_on_postgres() {
    a_push_is_receipted_once(Engine::Postgres);
}

fn bad_records_harm_no_good_ones(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let mut unknown_field = records::project(2);
    unknown_field["PROJECT_NAM"] = json!("x");
    let mut bad_code = records::project(3);
    bad_code["RELATE_CODE"] = json!("7");
    let mut missing = records::project(4);
    missing
        .as_object_mut()
        .expect("an object")
        .remove("FUND_SOURCE");
    let mut nested = records::project(5);
    nested["ADDRESS"] = json!({"city": "南京"});
    let elements = [
        records::element("PROJECT", &records::project(1)),
        records::element("PROJECT", &unknown_field),
        records::element("PROJECT", &bad_code),
        records::element("PROJECT", &missing),
        records::element("PROJECT", &nested),
        records::element("NO_SUCH_SET", &records::project(6)),
        records::element("PROJECT", &records::project(7)),
    ];
    let answer = push(&hub, &key, &records::envelope("mixed", &elements));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = answer.json();
    let expected = [
        (1, "field.unknown", "/PROJECT_NAM"),
        (2, "code.unknown", "/RELATE_CODE"),
        (3, "field.required", "/FUND_SOURCE"),
        (4, "field.type", "/ADDRESS"),
        (5, "dataset.unknown", ""),
    ];
    for (place, code, path) in expected {
        let issue = &receipt["records"][place]["issues"][0];
        assert_eq!(issue["code"], code, "record {place}: {issue}");
        assert_eq!(issue["path"], path, "record {place}: {issue}");
        assert_eq!(issue["line"], 1, "record {place}: {issue}");
        assert!(
            issue["column"].as_u64().is_some_and(|column| column > 1),
            "record {place}: {issue}"
        );
        assert!(
            issue["message"]["zh"]
                .as_str()
                .is_some_and(|text| !text.is_ascii()),
            "record {place}: {issue}"
        );
        assert!(
            issue["message"]["en"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "record {place}: {issue}"
        );
    }
    assert_eq!(receipt["counts"]["rejected"], 5, "{}", answer.text);
    assert_eq!(receipt["counts"]["records"], 7);
    for good in [0, 6] {
        let verdict = receipt["records"][good]["verdict"].as_str();
        assert!(
            verdict.is_some_and(|verdict| verdict.starts_with("accepted")),
            "{}",
            receipt["records"][good]
        );
    }
    let id = receipt["id"].as_str().expect("a number");
    let csv = hub.get(&format!("/v1/submissions/{id}/issues?format=csv"), &key);
    assert!(
        csv.text.starts_with('\u{feff}') && csv.text.contains("code.unknown"),
        "{}",
        csv.text
    );
    let few = hub
        .post(
            "/v1/submissions?records=issues",
            &key,
            JSON,
            &records::envelope("mixed", &elements),
        )
        .json();
    assert_eq!(few["records"].as_array().map(Vec::len), Some(5));
    assert_eq!(few["omitted"].as_array().map(Vec::len), Some(2));
    assert_eq!(few["signature"], receipt["signature"]);
}

#[test]
fn bad_records_harm_no_good_ones_on_sqlite() {
    bad_records_harm_no_good_ones(Engine::Sqlite);
}

#[test]
fn bad_records_harm_no_good_ones_on_postgres() {
    bad_records_harm_no_good_ones(Engine::Postgres);
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let unreadable = problem(&push(&hub, &key, b"{\n  \"records\": [\n    oops\n"), 400);
    assert_eq!(unreadable["code"], "unreadable");
    assert!(
        unreadable["detail"]
            .as_str()
            .is_some_and(|text| text.contains("第3行")),
        "{unreadable}"
    );

    let envelope = problem(&push(&hub, &key, br#"{"edition":"3.0","recordz":[]}"#), 422);
    assert!(
        envelope["detail"]
            .as_str()
            .is_some_and(|text| text.contains("recordz")),
        "{envelope}"
    );

    let edition = records::one_project(1);
    let edition = String::from_utf8(edition)
        .expect("JSON")
        .replace("\"3.0\"", "\"9.9\"");
    assert_eq!(
        problem(&push(&hub, &key, edition.as_bytes()), 422)["code"],
        "edition"
    );

    let deep = format!(
        "{{\"records\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let answer = push(&hub, &key, deep.as_bytes());
    assert!(
        [400, 413, 422].contains(&answer.status),
        "{} {}",
        answer.status,
        answer.text
    );

    assert_eq!(
        problem(
            &hub.post("/v1/submissions", &key, "application/pdf", b"%PDF"),
            415
        )["code"],
        "media_type"
    );
    assert_eq!(
        problem(&hub.get("/v1/submissions/S999999999999", &key), 404)["code"],
        "not_found"
    );
    let xml = b"<?xml version=\"1.0\"?><!DOCTYPE DES [<!ENTITY a \"b\">]><DES>&a;</DES>";
    let xuzhou = hub.add_source("320300");
    let refused = hub.post("/v1/submissions", &xuzhou, "application/xml", xml);
    assert_eq!(problem(&refused, 400)["code"], "unreadable");

    // Nothing of all this was kept.
    assert_eq!(hub.get("/v1/submissions", &key).json()["items"], json!([]));
}

#[test]
fn compressed_bodies_are_read_and_bombs_refused() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let url = format!("{}/v1/submissions", hub.url);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("compressed");
        encoder.finish().expect("compressed")
    };
    let headers = [("content-type", JSON), ("content-encoding", "gzip")];
    let packed =
        hub::post(&url, &key, &headers, &gzip(&records::one_project(1))).expect("an answer");
    assert_eq!(packed.status, 200, "{}", packed.text);
    let bomb = gzip(&vec![b' '; 600 << 20]);
    assert!(bomb.len() < 1 << 20);
    let answer = hub::post(&url, &key, &headers, &bomb).expect("an answer");
    assert_eq!(problem(&answer, 413)["code"], "too_large");
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", hub.pid())).expect("the hub lives");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    let kilobytes: u64 = peak
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .expect("a number");
    assert!(
        kilobytes < 600 * 1024,
        "the bomb went off: {kilobytes} kB resident"
    );
}

#[test]
fn a_key_opens_only_its_own_door() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let (nanjing, nantong) = (hub.add_source("320100"), hub.add_source("320600"));
    let (centre, auditor) = (
        hub.add_reader("desk", "centre"),
        hub.add_reader("audit", "auditor"),
    );
    assert_eq!(
        problem(&push(&hub, "", &records::one_project(1)), 401)["code"],
        "unauthenticated"
    );
    assert_eq!(
        problem(
            &push(&hub, "hub_320100_guess", &records::one_project(1)),
            401
        )["code"],
        "unauthenticated"
    );
    assert_eq!(
        problem(&push(&hub, &centre, &records::one_project(1)), 403)["code"],
        "forbidden"
    );
    let receipt = push(&hub, &nanjing, &records::one_project(1)).json();
    let path = format!(
        "/v1/submissions/{}",
        receipt["id"].as_str().expect("a number")
    );
    assert_eq!(hub.get(&path, &nanjing).status, 200);
    assert_eq!(problem(&hub.get(&path, &nantong), 404)["code"], "not_found");
    assert_eq!(hub.get(&path, &centre).status, 200);
    assert_eq!(hub.get(&path, &auditor).status, 200);
    assert_eq!(
        hub.get("/v1/submissions", &nantong).json()["items"],
        json!([])
    );
    // Nobody sends in another's name, nor what is not his to send.
    let foreign = String::from_utf8(records::one_project(2))
        .expect("JSON")
        .replace("\"320100\"", "\"320300\"");
    let refused = problem(&push(&hub, &nanjing, foreign.as_bytes()), 422);
    assert!(
        refused["detail"]
            .as_str()
            .is_some_and(|text| text.contains("320300")),
        "{refused}"
    );
    let price = hub.post(
        "/v1/submissions?dataset=1300",
        &nantong,
        "text/csv",
        b"REGION_CODE\n320600\n",
    );
    assert_eq!(
        price.json()["records"][0]["issues"][0]["code"],
        "dataset.forbidden",
        "{}",
        price.text
    );
}

#[test]
fn a_check_keeps_nothing() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let checked = hub.post("/v1/check", &key, JSON, &records::one_project(1));
    assert_eq!(checked.status, 200, "{}", checked.text);
    let pushed = push(&hub, &key, &records::one_project(1)).json();
    assert_eq!(
        checked.json()["records"],
        pushed["records"],
        "a check finds what a push finds"
    );
    assert_eq!(
        hub.get("/v1/submissions", &key).json()["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

fn what_waits_is_released(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let folder = super::harness::root().join("fixtures/api/first-push.json");
    let text = std::fs::read_to_string(&folder).expect("the fixture of the README");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let all = document["records"].as_array().expect("records").clone();
    // The children first, then the project that they hang on.
    let (parent, children) = all.split_first().expect("three records");
    let early = push(&hub, &key, &records::envelope("children", children)).json();
    assert_eq!(early["counts"]["parked"], children.len(), "{early}");
    let late = push(
        &hub,
        &key,
        &records::envelope("parent", std::slice::from_ref(parent)),
    )
    .json();
    assert_eq!(late["counts"]["rejected"], 0, "{late}");
    let reader = hub.add_reader("desk", "centre");
    let table = hub.get("/v1/reports/exchange", &reader).json();
    let row = table["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["source"] == "320100")
        .expect("Nanjing");
    assert_eq!(row["waiting"], 0, "{row}");
    assert_eq!(
        row["owed"],
        all.len(),
        "all of the chain goes on to the national platform: {row}"
    );
}

#[test]
fn what_waits_is_released_on_sqlite() {
    what_waits_is_released(Engine::Sqlite);
}

#[test]
fn what_waits_is_released_on_postgres() {
    what_waits_is_released(Engine::Postgres);
}

#[test]
fn anyone_may_follow_the_log_and_read_the_catalog() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let receipt = push(&hub, &key, &records::one_project(1)).json();
    let id = receipt["id"].as_str().expect("a number");
    let proof = hub.get(&format!("/v1/receipts/{id}/proof?wait_ms=10000"), &key);
    assert!(
        proof.text.starts_with("c2sp.org/tlog-proof@v1\n"),
        "{}",
        proof.text
    );
    let checkpoint = hub.get("/checkpoint", "");
    assert_eq!(checkpoint.status, 200);
    let size = checkpoint.text.lines().nth(1).expect("a size");
    let entries = hub.get(&format!("/tile/entries/000.p/{size}"), "");
    assert!(
        entries.text.contains("\"kind\":\"submission\""),
        "{}",
        entries.text
    );
    let tile = format!("/tile/0/000.p/{size}");
    assert_eq!(hub.get(&tile, "").status, 200);
    assert_eq!(hub.get("/tile/0/../../hub.db", "").status, 404);
    let published = std::fs::read_to_string(hub.data.join("log.pub")).expect("log.pub");
    assert_eq!(hub.get("/v1/log/key", "").text.trim(), published.trim());
    assert_eq!(hub.get("/healthz", "").status, 200);
    assert_eq!(hub.get("/readyz", "").status, 200);
    assert!(
        hub.get("/metrics", "").text.contains("hub_"),
        "metrics in Prometheus form"
    );
    let openapi = hub.get("/openapi.json", "").json();
    assert!(openapi["paths"]["/v1/submissions"]["post"].is_object());
    let dataset = hub.get("/v1/catalog/3.0/datasets/TENDER_PROJECT", "");
    assert!(
        dataset.text.contains("招标项目"),
        "{} {}",
        dataset.status,
        dataset.text
    );
}
