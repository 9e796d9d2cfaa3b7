//! Dialects as a sender meets them over HTTP: packages, calls, and a source that nobody has heard of yet.

use std::path::Path;

use serde_json::{Value, json};

use super::harness::hub::{self, Answer, Hub};
use super::harness::{Engine, records};

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sources");
    std::fs::read(path.join(name)).expect("a fixture")
}

/// The finding of the first rejected record of a receipt.
fn first_error(answer: &Answer) -> Value {
    let receipt = answer.json();
    let records = receipt["records"].as_array().unwrap().clone();
    let rejected = records
        .iter()
        .find(|record| record["verdict"] == "rejected");
    let issues = rejected.unwrap_or_else(|| panic!("{}", answer.text))["issues"].clone();
    let issues = issues.as_array().unwrap().clone();
    issues
        .into_iter()
        .find(|issue| issue["severity"] == "error")
        .unwrap()
}

#[test]
fn a_finding_in_a_workbook_names_sheet_row_and_column() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320700");
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let answer = hub.post(
        "/v1/submissions",
        &key,
        xlsx,
        &fixture("320700/02-dirty.xlsx"),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let error = first_error(&answer);
    let part = error["part"].as_str().unwrap_or_default();
    assert!(part.chars().take(3).all(|c| c.is_ascii_digit()), "{error}");
    assert!(error["line"].as_u64().unwrap() > 3, "{error}");
    assert!(
        (1..100).contains(&error["column"].as_u64().unwrap()),
        "{error}"
    );
    // What stands in another form is told what is read.
    let refused = hub.post("/v1/submissions", &key, "application/json", b"{}");
    assert_eq!(refused.status, 415, "{}", refused.text);
}

#[test]
fn an_archive_that_is_none_or_hides_one_is_refused_with_its_place() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320200");
    let post = |name: &str, body: &[u8]| {
        hub.post(
            &format!("/v1/submissions?filename={name}"),
            &key,
            "application/zip",
            body,
        )
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sources/320200");
    let mut packets: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            name.contains("-001") && Path::new(name).extension().is_some_and(|end| end == "zip")
        })
        .collect();
    packets.sort();
    assert!(packets.len() > 2, "{packets:?}");
    for packet in &packets {
        let answer = post(packet, &fixture(&format!("320200/{packet}")));
        assert_eq!(answer.status, 200, "{packet}: {}", answer.text);
        assert_eq!(
            answer.json()["counts"]["rejected"],
            0,
            "{packet}: {}",
            answer.text
        );
    }
    let broken = post("20261120-000001-501.zip", b"PK\x03\x04 and nothing else");
    assert_eq!(broken.status, 400, "{}", broken.text);
    assert_eq!(broken.json()["code"], "unreadable");
}

#[test]
fn a_call_is_answered_in_its_own_form_after_the_commit() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("321300");
    let form = "application/x-www-form-urlencoded";
    let call = |body: &[u8]| hub.post("/v1/receiveInfo", &key, form, body);
    let body = fixture("321300/01-clean-001.form");
    let taken = call(&body);
    assert_eq!(
        (taken.status, &taken.json()["success"]),
        (200, &json!(true)),
        "{}",
        taken.text
    );
    let number = taken
        .headers
        .iter()
        .find(|(name, _)| name == "x-receipt-id");
    let (_, number) = number.expect("the number of the receipt");
    let receipt = hub.get(&format!("/v1/receipts/{number}"), &key).json();
    assert_eq!(receipt["counts"]["records"], 1, "{receipt}");
    assert_eq!(
        call(&body).json()["success"],
        true,
        "the same call again is the first one"
    );
    // The same serial number with another record.
    let text = String::from_utf8(body).unwrap();
    let other = text.replace("REQUESTTIME=2026-11-20", "REQUESTTIME=2026-11-21");
    let refused = call(other.as_bytes());
    assert_eq!(
        (refused.status, &refused.json()["success"]),
        (409, &json!(false)),
        "{}",
        refused.text
    );
    assert_ne!(refused.json()["errorCode"], "");
    let broken = call(b"SERIALNUMBER=1&DATASETCODE=GCJS_PROJECT&XMLCONTENT=%3CGCJS_PROJECT%3E");
    assert_eq!(
        (broken.status, &broken.json()["success"]),
        (400, &json!(false)),
        "{}",
        broken.text
    );
    let faulty = "<GCJS_PROJECT><PROJECT_NAME>x</PROJECT_NAME></GCJS_PROJECT>";
    let body = format!("SERIALNUMBER=2&DATASETCODE=GCJS_PROJECT&XMLCONTENT={faulty}");
    let rejected = call(body.as_bytes());
    assert_eq!(rejected.status, 200, "{}", rejected.text);
    assert_eq!(rejected.json()["errorCode"], "field.required");
    assert!(
        rejected.json()["errorMessage"]
            .as_str()
            .unwrap()
            .contains("PROJECT_CODE")
    );
    assert_eq!(
        hub.post("/v1/receiveInfo", "nobody", form, b"x").status,
        401
    );
}

#[test]
fn a_source_more_is_a_file_more() {
    let folder = tempfile::tempdir().unwrap();
    let profiles = folder.path().join("profiles");
    std::fs::create_dir(&profiles).unwrap();
    let profile = "version = 1\nid = \"322200\"\nkind = \"city\"\nname = \"新市\"\nenglish = \"Newtown\"\n\
        region = \"320100\"\nways = [\"http\"]\ndatasets = \"general\"\n\
        [wire]\nformat = \"json\"\nshape = \"flat\"\ncase = \"camel\"\nmembers = { kind = \"dataset\", list = \"records\" }\n";
    std::fs::write(profiles.join("newtown.toml"), profile).unwrap();
    let config = folder.path().join("hub.toml");
    std::fs::write(
        &config,
        format!("[spec]\nsources = \"{}\"\n", profiles.display()),
    )
    .unwrap();
    let config = config.display().to_string();
    let hub = Hub::start(Engine::Sqlite, &["--config", &config]);
    let added = hub.command(&["sources", "add", "322200", "--config", &config]);
    assert!(
        added.status.success(),
        "{}",
        String::from_utf8_lossy(&added.stderr)
    );
    let printed = hub::stdout(&added);
    let key = printed.trim_end().lines().last().unwrap_or_default();
    let mut record = serde_json::Map::from_iter([("kind".to_owned(), json!("PROJECT"))]);
    for (name, value) in records::project(1).as_object().unwrap() {
        let mut words = name.split('_').map(str::to_lowercase);
        let first = words.next().unwrap_or_default();
        let rest: String = words
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect();
        record.insert(format!("{first}{rest}"), value.clone());
    }
    let body = json!({ "list": [record] }).to_string();
    let answer = hub.post("/v1/submissions", key, "application/json", body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["counts"]["rejected"], 0, "{}", answer.text);
    assert_eq!(answer.json()["records"][0]["key"], records::project_code(1));
    // Those that came with the program are still there.
    assert!(!hub.add_source("320100").is_empty());
}
