//! Personal values at rest: nowhere to be found in what a hub keeps, and gone for good when they are erased, while every
//! proof still holds.

mod duties;
mod notices;
mod sealed;

use std::path::Path;
use std::process::Command;

use diesel::{Connection as _, QueryDsl as _, RunQueryDsl as _, SqliteConnection};
use serde_json::{Value, json};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

const JSON: &str = "application/json";

/// A personal value of the fixtures, in a field that the specification marks.
pub const PHONE: &str = "13977318264";
/// One in a field that it does not mark.
const MOBILE: &str = "13655290817";

/// A project with a personal value.
pub fn project(number: u32, phone: &str) -> Value {
    let mut data = records::project(number);
    data["CONTACT_INFORMATION"] = json!(phone);
    data
}

/// Everything that a hub keeps, as one heap of bytes: the files of its folder and a dump of its database.
pub fn kept(hub: &Hub) -> Vec<u8> {
    fn walk(folder: &Path, heap: &mut Vec<u8>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, heap);
            } else {
                heap.extend(std::fs::read(&path).expect("a file"));
                heap.push(0);
            }
        }
    }
    let mut heap = Vec::new();
    walk(&hub.data, &mut heap);
    if let Some(database) = hub.database() {
        // Binary columns as they are: the plain form escapes them.
        for form in ["--format=plain", "--format=tar"] {
            let dump = Command::new("/usr/lib/postgresql/15/bin/pg_dump")
                .args([form, database])
                .output()
                .expect("pg_dump runs");
            assert!(
                dump.status.success(),
                "{}",
                String::from_utf8_lossy(&dump.stderr)
            );
            heap.extend(dump.stdout);
        }
    }
    heap
}

/// Whether a heap holds a text, as it is, as the hexadecimal of a dump, or in base64 at any offset.
pub fn holds(heap: &[u8], text: &str) -> bool {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    [text, &hex]
        .iter()
        .any(|form| heap.windows(form.len()).any(|part| part == form.as_bytes()))
}

pub fn send(hub: &Hub, key: &str, name: &str, records: &[Value]) -> Value {
    let elements: Vec<Value> = records
        .iter()
        .map(|data| records::element("PROJECT", data))
        .collect();
    let body = records::envelope(name, &elements);
    let answer = hub.post("/v1/submissions", key, JSON, &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn no_personal_value_is_kept_in_clear(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let mut elsewhere = project(2, "02512345678");
    elsewhere["CONTACTOR"] = json!(MOBILE);
    let mut refused = project(3, PHONE);
    refused["REGION_CODE"] = json!("999999");
    let receipt = send(
        &hub,
        &key,
        "first",
        &[project(1, PHONE), elsewhere, refused],
    );
    assert_eq!(receipt["records"][2]["verdict"], "rejected", "{receipt}");
    // What no rule has looked at may be anything.
    let mut unknown = project(4, "02512345678");
    unknown["HOME_PHONE"] = json!(PHONE);
    send(&hub, &key, "second", &[unknown]);
    let path = "/v1/records/PROJECT/E3201000001000001";
    let shown = hub.get(path, &key);
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(!shown.text.contains(PHONE));
    assert_eq!(shown.json()["data"]["CONTACT_INFORMATION"], "139******64");
    let heap = kept(&hub);
    assert!(holds(&heap, "E3201000001") || engine == Engine::Sqlite);
    for value in [PHONE, MOBILE] {
        assert!(!holds(&heap, value), "{value} is kept in clear");
    }
    // Its sender gets it back as it was.
    let path = format!("/v1/submissions/{}/raw", receipt["id"].as_str().unwrap());
    assert!(hub.get(&path, &key).text.contains(PHONE));
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn no_personal_value_is_kept_in_clear_sqlite() {
    no_personal_value_is_kept_in_clear(Engine::Sqlite);
}

#[test]
fn no_personal_value_is_kept_in_clear_postgres() {
    no_personal_value_is_kept_in_clear(Engine::Postgres);
}

/// Writes an answer into the folder of a hub, for a command to read.
fn keep(hub: &Hub, name: &str, text: &str) -> String {
    let path = hub.data.join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

pub fn succeeds(hub: &Hub, arguments: &[&str]) -> String {
    let output = hub.command(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        hub::stdout(&output),
        String::from_utf8_lossy(&output.stderr)
    );
    hub::stdout(&output)
}

/// The commands that take no folder.
pub fn verifies(arguments: &[&str]) {
    let output = hub::run(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        hub::stdout(&output),
        String::from_utf8_lossy(&output.stderr)
    );
}

pub const ONE: &str = "/v1/records/PROJECT/E3201000001000001";

fn what_is_erased_is_gone_and_every_proof_holds(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let (centre, auditor) = (
        hub.add_reader("desk", "centre"),
        hub.add_reader("court", "auditor"),
    );
    let first = send(
        &hub,
        &key,
        "first",
        &[project(1, PHONE), project(2, "02587654321")],
    );
    let mut renamed = project(1, PHONE);
    renamed["PROJECT_NAME"] = json!("改名后的工程");
    let second = send(&hub, &key, "second", &[renamed.clone()]);
    let number = |receipt: &Value| receipt["id"].as_str().expect("a number").to_owned();
    let (first, second) = (number(&first), number(&second));
    for id in [&first, &second] {
        let path = format!("/v1/receipts/{id}/proof?wait_ms=10000");
        assert_eq!(hub.get(&path, &key).status, 200);
    }
    let receipt = hub.get(&format!("/v1/receipts/{first}"), &key).text;
    let receipt = keep(&hub, "receipt.json", &receipt);
    // Who is not the centre may not.
    let order = format!("{ONE}/erasure?reason=%E6%9C%AC%E4%BA%BA%E7%94%B3%E8%AF%B7");
    for other in [&key, &auditor] {
        assert_eq!(hub.post(&order, other, JSON, b"").status, 403);
    }
    let bare = format!("{ONE}/erasure");
    assert_eq!(hub.post(&bare, &centre, JSON, b"").status, 400);
    let done = hub.post(&order, &centre, JSON, b"");
    assert_eq!(done.status, 200, "{}", done.text);
    let done = done.json();
    assert_eq!(done["erased"]["records"].as_array().map(Vec::len), Some(2));
    assert_eq!(done["erased"]["before"], false);
    assert_eq!(done["scrubbed"], true);
    // Again: nothing more happens, and the same is said.
    let again: Value = serde_json::from_str(&succeeds(
        &hub,
        &[
            "erase",
            "PROJECT/E3201000001000001",
            "--reason",
            "again",
            "--format",
            "json",
        ],
    ))
    .expect("JSON");
    assert_eq!(again["erased"]["before"], true);
    assert_eq!(again["erased"]["leaf_index"], done["erased"]["leaf_index"]);
    // Gone, with when, why and where it is logged.
    let gone = hub.get(ONE, &key);
    assert_eq!(gone.status, 410, "{}", gone.text);
    assert!(gone.text.contains("本人申请"), "{}", gone.text);
    // Sent alone, the whole is gone; of what others were sent with, only the record.
    let raw = hub.get(&format!("/v1/submissions/{second}/raw"), &key);
    assert_eq!(raw.status, 410, "{}", raw.text);
    let raw = hub.get(&format!("/v1/submissions/{first}/raw"), &key);
    assert_eq!(raw.status, 200, "{}", raw.text);
    assert!(!raw.text.contains(PHONE) && raw.text.contains("02587654321"));
    let versions = hub.get(&format!("{ONE}/versions"), &key).json();
    assert_eq!(
        versions["items"][0]["erased"]["leaf_index"],
        done["erased"]["leaf_index"]
    );
    assert_eq!(versions["items"][0]["data"], json!({}));
    // What came with it stays.
    let other = hub.get("/v1/records/PROJECT/E3201000001000002", &key);
    assert_eq!(other.status, 200, "{}", other.text);
    // Everything still verifies: the log and the store, an old receipt, one record by itself, bundles.
    let public = hub.data.join("log.pub").display().to_string();
    hub.get(&format!("/v1/receipts/{second}/proof?wait_ms=10000"), &key);
    succeeds(&hub, &["log", "verify"]);
    verifies(&["receipt", "verify", &receipt, "--key", &public]);
    let one = hub.get(&format!("/v1/receipts/{first}/records/0/proof"), &key);
    assert_eq!(one.status, 200, "{}", one.text);
    let bundle = hub.data.join("bundle.zip").display().to_string();
    for about in [first.as_str(), "PROJECT/E3201000001000001"] {
        succeeds(&hub, &["evidence", about, "-o", &bundle]);
        verifies(&["evidence", "verify", &bundle, "--key", &public]);
        std::fs::remove_file(&bundle).expect("removed");
    }
    // Judged again: what is left gives the same bytes; where nothing is, that is said, and is no fault.
    let again: Value = serde_json::from_str(&succeeds(
        &hub,
        &["reperform", &first, &second, "--format", "json"],
    ))
    .expect("JSON");
    let results = &again["submissions"];
    assert_eq!(results[0]["result"], "identical", "{again}");
    assert_eq!(results[0]["erased"], json!([0]), "{again}");
    assert_eq!(results[1]["result"], "erased", "{again}");
    // The same record may be sent again, and is a record like any other.
    renamed["PROJECT_NAME"] = json!("再次报送的工程");
    let third = send(&hub, &key, "third", &[renamed]);
    assert_ne!(third["records"][0]["verdict"], "rejected", "{third}");
    assert_eq!(hub.get(ONE, &key).status, 200);
    succeeds(&hub, &["log", "verify"]);
}

#[test]
fn what_is_erased_is_gone_and_every_proof_holds_sqlite() {
    what_is_erased_is_gone_and_every_proof_holds(Engine::Sqlite);
}

#[test]
fn what_is_erased_is_gone_and_every_proof_holds_postgres() {
    what_is_erased_is_gone_and_every_proof_holds(Engine::Postgres);
}

/// A statement on the database of an embedded hub that is stopped; how many rows it changed.
pub fn tamper(hub: &Hub, statement: &str) -> usize {
    let path = hub.data.join("hub.db").display().to_string();
    let mut connection = SqliteConnection::establish(&path).expect("the database");
    diesel::sql_query(statement)
        .execute(&mut connection)
        .expect("a statement")
}

#[test]
fn neither_key_nor_ciphertext_is_left_of_what_was_erased() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    send(&hub, &key, "first", &[project(1, PHONE)]);
    send(&hub, &key, "second", &[project(2, PHONE)]);
    hub.kill();
    let body = |record: i64| -> Vec<u8> {
        let path = hub.data.join("hub.db").display().to_string();
        let mut connection = SqliteConnection::establish(&path).expect("the database");
        records_table::table
            .find(record)
            .select(records_table::body)
            .first(&mut connection)
            .expect("a body")
    };
    let (envelope, other) = (body(1), body(2));
    let has = |part: &[u8]| {
        let heap = kept(&hub);
        heap.windows(part.len()).any(|window| window == part)
    };
    assert!(has(&envelope[..65]) && has(&envelope[65..97]));
    succeeds(
        &hub,
        &["erase", "1", "--reason", "court order 7", "--by", "duty"],
    );
    // The wrapped key, and pieces of the ciphertext wherever a page may have kept them.
    assert!(!has(&envelope[17..65]), "the wrapped key is left");
    for piece in envelope[65..].chunks(32).filter(|piece| piece.len() == 32) {
        assert!(!has(piece), "ciphertext is left");
    }
    assert!(has(&other[..65]), "another record was hurt");
    succeeds(&hub, &["log", "verify"]);
    // Nobody makes a record vanish without an order: the body of what is left, in the row of another.
    let left = body(1);
    let hex: String = left.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        tamper(
            &hub,
            &format!("UPDATE records SET body = x'{hex}' WHERE id = 2")
        ),
        1
    );
    let seen = hub.command(&["log", "verify"]);
    assert_eq!(seen.status.code(), Some(1));
    assert!(
        hub::stdout(&seen).contains("records, id 2"),
        "{}",
        hub::stdout(&seen)
    );
}

diesel::table! {
    #[sql_name = "records"]
    records_table (id) { id -> BigInt, body -> Binary, }
}

#[test]
fn who_reads_personal_values_of_another_is_written_down() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let auditor = hub.add_reader("court", "auditor");
    let receipt = send(&hub, &key, "first", &[project(1, PHONE)]);
    let path = format!("/v1/submissions/{}/raw", receipt["id"].as_str().unwrap());
    let viewed = || {
        let heap = kept(&hub);
        let text = String::from_utf8_lossy(&heap).into_owned();
        text.matches("personal_data_viewed").count()
    };
    assert_eq!(hub.get(&path, &key).status, 200);
    assert_eq!(viewed(), 0, "a source reads its own");
    assert_eq!(hub.get(&path, &auditor).status, 200);
    assert!(viewed() > 0);
}

#[test]
fn an_erasure_that_is_killed_is_done_or_not_done() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    for number in 1..=12 {
        send(&hub, &key, &format!("s{number}"), &[project(number, PHONE)]);
    }
    let (mut done, mut left) = (0, 0);
    for number in 1..=12_u64 {
        let place = hub.place();
        let mut child = Command::new(hub::program())
            .args([
                "erase",
                &number.to_string(),
                "--reason",
                "order",
                "--by",
                "duty",
            ])
            .args(&place)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the hub runs");
        std::thread::park_timeout(std::time::Duration::from_millis(number * 25));
        drop(child.kill());
        child.wait().expect("ended");
        let path = format!("/v1/records/PROJECT/E3201000001{number:06}");
        match hub.get(&path, &key).status {
            410 => done += 1,
            200 => left += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(done + left, 12);
    succeeds(&hub, &["log", "verify"]);
    hub.kill();
    hub.restart();
    for number in 1..=12 {
        succeeds(
            &hub,
            &[
                "erase",
                &number.to_string(),
                "--reason",
                "order",
                "--by",
                "duty",
            ],
        );
    }
    succeeds(&hub, &["log", "verify"]);
    assert!(!holds(&kept(&hub), PHONE));
}
