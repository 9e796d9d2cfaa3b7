//! A record is cut out of the raw bytes it came in: what came with it is there, is judged again to the same bytes, and is
//! proven as before; also where the record was rejected, or sent once more.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::erasure::{ONE, PHONE, holds, kept, project, send, succeeds, tamper, verifies};
use super::evidence;
use super::harness::Engine;
use super::harness::hub::{self, Hub};
use super::harness::{browser, records};

const MEDIA: &str = "application/x-ndjson";

fn number(receipt: &Value) -> String {
    receipt["id"].as_str().expect("a number").to_owned()
}

fn reperformed(hub: &Hub, id: &str) -> Value {
    let told = succeeds(hub, &["reperform", id, "--format", "json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    told["submissions"][0].clone()
}

fn every_attempt_is_cut_and_the_rest_stays(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let auditor = hub.add_reader("court", "auditor");
    // Rejected first, beside another; then sent right; then once more.
    let mut wrong = project(1, PHONE);
    wrong["REGION_CODE"] = json!("999999");
    let refused = send(&hub, &key, "refused", &[wrong, project(2, "02587654321")]);
    assert_eq!(refused["records"][0]["verdict"], "rejected", "{refused}");
    let lines = [project(1, PHONE), project(3, "02587654322")]
        .map(|data| records::element("PROJECT", &data).to_string() + "\r\n");
    let header = json!({ "edition": "3.0", "source": "320100", "submission": "lines" });
    let lines = format!("{header}\n{}", lines.concat());
    let lines = hub.post("/v1/submissions", &key, MEDIA, lines.as_bytes());
    assert_eq!(lines.status, 200, "{}", lines.text);
    let lines = lines.json();
    let repeated = send(
        &hub,
        &key,
        "repeated",
        &[project(4, "02587654323"), project(1, PHONE)],
    );
    assert_eq!(repeated["records"][1]["verdict"], "duplicate", "{repeated}");
    let all = [number(&refused), number(&lines), number(&repeated)];
    let done: Value = serde_json::from_str(&succeeds(
        &hub,
        &[
            "erase",
            "PROJECT/E3201000001000001",
            "--reason",
            "order",
            "--format",
            "json",
        ],
    ))
    .expect("JSON");
    assert_eq!(done["erased"]["cut"], json!(all), "{done}");
    assert_eq!(done["erased"]["destroyed"], json!([]), "{done}");
    assert!(!holds(&kept(&hub), PHONE));
    for (id, place) in all.iter().zip([0, 0, 1]) {
        let raw = hub.get(&format!("/v1/submissions/{id}/raw"), &key);
        assert_eq!(raw.status, 200, "{}", raw.text);
        assert!(
            !raw.text.contains(PHONE) && raw.text.contains("025876543"),
            "{}",
            raw.text
        );
        let named = raw
            .headers
            .iter()
            .find(|(name, _)| name == "erased-records");
        let named = &named.expect("a header").1;
        assert!(named.starts_with(&format!("{place}:")), "{named}");
        let again = reperformed(&hub, id);
        assert_eq!(again["result"], "identical", "{again}");
        assert_eq!(again["erased"], json!([place]), "{again}");
        hub.get(&format!("/v1/receipts/{id}/proof?wait_ms=10000"), &key);
    }
    succeeds(&hub, &["log", "verify"]);
    // Another record of the same submission later: both are gone, and that is said.
    let done: Value = serde_json::from_str(&succeeds(
        &hub,
        &[
            "erase",
            "PROJECT/E3201000001000003",
            "--reason",
            "order",
            "--format",
            "json",
        ],
    ))
    .expect("JSON");
    assert_eq!(
        done["erased"]["destroyed"],
        json!([all[1]]),
        "nothing was left: {done}"
    );
    assert_eq!(reperformed(&hub, &all[1])["result"], "erased");
    let raw = hub.get(&format!("/v1/submissions/{}/raw", all[1]), &key);
    assert_eq!(raw.status, 410, "{}", raw.text);
    succeeds(&hub, &["log", "verify"]);
    // A bundle shows what is left, and proves that an erasure left it.
    let public = hub.data.join("log.pub").display().to_string();
    let proof = format!("/v1/receipts/{}/proof?wait_ms=10000", all[2]);
    assert_eq!(hub.get(&proof, &auditor).status, 200);
    let bundle = hub.data.join("bundle.zip").display().to_string();
    let started = Instant::now();
    let bytes = loop {
        succeeds(&hub, &["evidence", &all[0], "--personal", "-o", &bundle]);
        let bytes = std::fs::read(&bundle).expect("a bundle");
        // The leaf of the erasure is proven once it is published.
        if holds(&bytes, "raw.left") || started.elapsed() > Duration::from_secs(20) {
            break bytes;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    };
    verifies(&["evidence", "verify", &bundle, "--key", &public]);
    assert!(holds(&bytes, "raw.left"), "what is left is in the bundle");
    assert!(!holds(&bytes, PHONE), "what was erased is not");
    if engine == Engine::Sqlite {
        the_page_knows_what_was_left(&hub, std::path::Path::new(&bundle));
    }
    // The record may be sent again.
    send(&hub, &key, "later", &[project(1, PHONE)]);
    assert_eq!(hub.get(ONE, &key).status, 200);
}

/// The page inside a bundle says what an erasure left, and sees when it is something else.
fn the_page_knows_what_was_left(hub: &Hub, bundle: &std::path::Path) {
    let vkey = std::fs::read_to_string(hub.data.join("log.pub")).expect("the key");
    let mut members = evidence::members(bundle);
    let seen = browser::browse(&members, bundle, &vkey);
    assert!(
        seen.contains("有效 good") && seen.contains("what an erasure left"),
        "{seen}"
    );
    let left = members
        .iter_mut()
        .find(|(name, _)| name.ends_with("/raw.left"));
    let (_, left) = left.expect("what is left");
    left.push(b' ');
    let forged = hub.data.join("forged.zip");
    evidence::forge(&members, &forged);
    let seen = browser::browse(&members, &forged, &vkey);
    assert!(
        seen.contains("NOT good") && seen.contains("raw.left"),
        "{seen}"
    );
}

#[test]
fn every_attempt_is_cut_and_the_rest_stays_sqlite() {
    every_attempt_is_cut_and_the_rest_stays(Engine::Sqlite);
}

#[test]
fn every_attempt_is_cut_and_the_rest_stays_postgres() {
    every_attempt_is_cut_and_the_rest_stays(Engine::Postgres);
}

#[test]
fn what_is_left_is_what_the_log_says_is_left() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    send(&hub, &key, "first", &[project(1, PHONE), project(2, PHONE)]);
    send(
        &hub,
        &key,
        "second",
        &[project(3, PHONE), project(4, PHONE)],
    );
    for record in ["1", "3"] {
        succeeds(&hub, &["erase", record, "--reason", "order"]);
    }
    succeeds(&hub, &["log", "verify"]);
    hub.stop();
    // What one erasure left, in the place of what the other did.
    let swapped = "UPDATE submissions SET (raw, raw_key) = (SELECT raw, raw_key FROM submissions WHERE id = 2) WHERE id = 1";
    assert_eq!(tamper(&hub, swapped), 1);
    let seen = hub.command(&["log", "verify"]);
    assert_eq!(seen.status.code(), Some(1));
    let told = hub::stdout(&seen);
    assert!(told.contains("S000000000001, raw bytes"), "{told}");
}
