//! Files at rest: beside records, on their way in, half uploaded: nowhere in clear, and gone with their record.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PHONE, holds, kept, succeeds};
use crate::attachments::{FILES, PAPERS};
use crate::harness::Engine;
use crate::harness::chain::{self, Chain};
use crate::harness::hub::{Answer, Hub};

/// What stands in a file and must not be found on disk.
const SECRET: &str = "身份证号 320102199001010017 的核验意见";

fn pdf(secret: &str) -> Vec<u8> {
    format!("%PDF-1.7\n{secret}\n%%EOF\n").into_bytes()
}

fn upload(hub: &Hub, key: &str, slot: &str, code: &str, bytes: &[u8]) -> Answer {
    let sha256 = ::hub::tlog::sha256(bytes).to_hex();
    let path = format!("/v1/attachments/{slot}?code={code}&file=a.pdf&sha256={sha256}");
    hub.put(&path, key, "application/pdf", bytes)
}

fn paper(code: &str, files: &str) -> Value {
    json!({ "dataset": "PAPER", "action": "upsert", "data": { "CODE": code, "FILES": files } })
}

fn objects(hub: &Hub) -> usize {
    fn walk(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths
            .map(|path| if path.is_dir() { walk(&path) } else { 1 })
            .sum()
    }
    walk(&hub.data.join("attachments/kept"))
}

fn files_are_encrypted_and_go_with_their_record(engine: Engine) {
    let chain = Chain::new("");
    chain.write("spec/3.0/datasets/a/paper.toml", PAPERS);
    chain.write("spec/3.0/attachments.toml", FILES);
    let mut hub = Hub::start(engine, &["--config", &chain.config()]);
    let key = hub.add_source("320100");
    let (own, common) = (pdf(SECRET), pdf("common file 33445566"));
    assert_eq!(upload(&hub, &key, "M_A", "f-1", &own).status, 200);
    assert_eq!(upload(&hub, &key, "M_A", "f-2", &common).status, 200);
    // The same file again is the same file.
    assert_eq!(upload(&hub, &key, "M_A", "f-1", &own).status, 200);
    assert_eq!(objects(&hub), 2);
    let records = [paper("p-1", "f-1;f-2"), paper("p-2", "f-2")];
    let body = chain::envelope("320100", "w", &records);
    let receipt = hub.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(receipt.status, 200, "{}", receipt.text);
    assert_eq!(receipt.json()["counts"]["accepted"], 2, "{}", receipt.text);
    let heap = kept(&hub);
    for text in [SECRET, "common file 33445566"] {
        assert!(!holds(&heap, text), "`{text}` lies in clear");
    }
    let get = |hub: &Hub, code: &str| hub.get(&format!("/v1/attachments/M_A?code={code}"), &key);
    assert!(get(&hub, "f-1").text.contains(SECRET));
    hub.kill();
    hub.restart();
    assert!(get(&hub, "f-1").text.contains(SECRET));
    succeeds(&hub, &["log", "verify", "--config", &chain.config()]);
    // Its file goes with the record; that which another record has stays.
    let done: Value = serde_json::from_str(&succeeds(
        &hub,
        &[
            "erase",
            "PAPER/p-1",
            "--reason",
            "order",
            "--format",
            "json",
            "--config",
            &chain.config(),
        ],
    ))
    .expect("JSON");
    assert_eq!(done["erased"]["attachments"], json!([1]), "{done}");
    assert_eq!(done["erased"]["attachments_shared"], json!([2]), "{done}");
    let gone = get(&hub, "f-1");
    assert_eq!(gone.status, 410, "{}", gone.text);
    assert!(get(&hub, "f-2").text.contains("common file"));
    assert_eq!(objects(&hub), 1);
    succeeds(&hub, &["log", "verify", "--config", &chain.config()]);
    // Sent again it is a file like any other.
    assert_eq!(upload(&hub, &key, "M_A", "f-1", &own).status, 200);
    assert!(get(&hub, "f-1").text.contains(SECRET));
    succeeds(&hub, &["log", "verify", "--config", &chain.config()]);
    // A file whose bytes somebody takes away without an order is missed.
    hub.kill();
    std::fs::remove_dir_all(hub.data.join("attachments/kept")).expect("removed");
    let seen = hub.command(&["log", "verify", "--config", &chain.config()]);
    assert_eq!(seen.status.code(), Some(1));
}

#[test]
fn files_are_encrypted_and_go_with_their_record_sqlite() {
    files_are_encrypted_and_go_with_their_record(Engine::Sqlite);
}

#[test]
fn files_are_encrypted_and_go_with_their_record_postgres() {
    files_are_encrypted_and_go_with_their_record(Engine::Postgres);
}

/// Bytes that lie in the files of a folder.
fn lies(folder: &Path) -> Vec<u8> {
    let mut heap = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            heap.extend(lies(&path));
        } else {
            // It may go away in this very moment.
            heap.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
    heap
}

/// What is received to disk, while it is: the request is held open until enough of it lies there.
#[test]
fn what_is_being_received_lies_encrypted() {
    let hub = Hub::start_with(Engine::Sqlite, "[limits]\nmemory_bytes = 65536\n");
    let key = hub.add_source("320100");
    let line =
        format!("{{\"dataset\":\"PROJECT\",\"data\":{{\"CONTACT_INFORMATION\":\"{PHONE}\"}}}}\n");
    let body = line.repeat(40_000);
    let address = hub.url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("the hub listens");
    let head = format!(
        "POST /v1/submissions HTTP/1.1\r\nhost: hub\r\ncontent-type: application/x-ndjson\r\n\
         authorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n",
        body.len() + 1
    );
    stream.write_all(head.as_bytes()).expect("sent");
    stream.write_all(body.as_bytes()).expect("sent");
    let since = Instant::now();
    let spool = hub.data.join("spool");
    while lies(&spool).len() < 1 << 20 {
        assert!(
            since.elapsed() < Duration::from_mins(1),
            "nothing was received"
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
    assert!(!holds(&lies(&spool), PHONE), "the spool is in clear");
}

/// Half an upload, over a kill and a change of the master key, to its end.
#[test]
fn half_an_upload_lies_encrypted_and_is_ended_under_another_master_key() {
    let mut hub = Hub::start_with(Engine::Sqlite, "[limits]\nmemory_bytes = 65536\n");
    let key = hub.add_source("320100");
    let mut project = super::project(1, PHONE);
    let header = json!({ "edition": "3.0", "source": "320100", "submission": "up" });
    let mut body = format!("{header}\n");
    for number in 1..=600 {
        project["PROJECT_CODE"] = json!(crate::harness::records::project_code(number));
        body.push_str(&crate::harness::records::element("PROJECT", &project).to_string());
        body.push('\n');
    }
    let bytes = body.as_bytes();
    let begun = crate::uploads::begin(&hub, &key, bytes.len(), "filename dXAubmRqc29u");
    let place = crate::uploads::place(&begun);
    let half = bytes.len() / 2;
    let send = |hub: &Hub, from: usize, to: usize| {
        let piece = crate::uploads::piece(from as u64);
        crate::uploads::ask(
            hub,
            &key,
            &format!("PATCH {place}"),
            &piece,
            &bytes[from..to],
        )
    };
    assert_eq!(send(&hub, 0, half).offset(), half as u64);
    assert!(
        !holds(&kept(&hub), PHONE),
        "an unfinished upload is in clear"
    );
    hub.kill();
    succeeds(&hub, &["keys", "master", "rotate"]);
    hub.restart();
    assert_eq!(send(&hub, half, bytes.len()).offset(), bytes.len() as u64);
    let since = Instant::now();
    let shown = "/v1/records/PROJECT/E3201000001000600";
    while hub.get(shown, &key).status != 200 {
        assert!(since.elapsed() < Duration::from_mins(1), "{}", hub.told());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert!(!holds(&kept(&hub), PHONE));
    succeeds(&hub, &["log", "verify"]);
}
