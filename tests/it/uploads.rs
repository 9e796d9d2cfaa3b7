//! Resumable uploads (tus 1.0.0): what was answered is on disk, whatever is cut or killed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

const SETTINGS: &str = "[limits]\nmemory_bytes = 65536\n[uploads]\nper_source = 2\n";

/// An answer to a request written by hand: status, headers in lower case, body.
pub struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
            .map(str::trim)
    }

    pub fn offset(&self) -> u64 {
        let offset = self.header("upload-offset").expect("an offset");
        offset.parse().expect("a number")
    }
}

/// Speaks the protocol word by word, so that a request can be cut anywhere.
pub fn ask(hub: &Hub, key: &str, line: &str, headers: &[(&str, String)], body: &[u8]) -> Answer {
    let mut stream = open(hub, key, line, headers, body.len());
    stream.write_all(body).expect("sent");
    let mut text = Vec::new();
    stream.read_to_end(&mut text).expect("an answer");
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    Answer {
        status: head[9..12].parse().expect("a status"),
        head: head.to_lowercase().replace('\r', ""),
        body: body.to_owned(),
    }
}

/// Sends a request up to its body.
fn open(hub: &Hub, key: &str, line: &str, headers: &[(&str, String)], length: usize) -> TcpStream {
    let address = hub.url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("the hub listens");
    let mut head = format!(
        "{line} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    if !key.is_empty() {
        head.push_str(&format!("authorization: Bearer {key}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    stream
}

fn tus() -> (&'static str, String) {
    ("tus-resumable", "1.0.0".to_owned())
}

pub fn begin(hub: &Hub, key: &str, length: usize, metadata: &str) -> Answer {
    let headers = [
        tus(),
        ("upload-length", length.to_string()),
        ("upload-metadata", metadata.to_owned()),
    ];
    ask(hub, key, "POST /v1/uploads", &headers, b"")
}

pub fn place(begun: &Answer) -> String {
    assert_eq!(begun.status, 201, "{}", begun.body);
    assert!(begun.header("upload-expires").is_some(), "{}", begun.head);
    begun.header("location").expect("a place").to_owned()
}

pub fn piece(offset: u64) -> Vec<(&'static str, String)> {
    vec![
        tus(),
        ("content-type", "application/offset+octet-stream".to_owned()),
        ("upload-offset", offset.to_string()),
    ]
}

fn add(hub: &Hub, key: &str, at: &str, offset: u64, bytes: &[u8]) -> Answer {
    ask(hub, key, &format!("PATCH {at}"), &piece(offset), bytes)
}

fn stands(hub: &Hub, key: &str, at: &str) -> Answer {
    ask(hub, key, &format!("HEAD {at}"), &[tus()], b"")
}

/// How it ended, once it is judged.
pub fn ended(hub: &Hub, key: &str, at: &str) -> Value {
    let until = Instant::now() + Duration::from_mins(2);
    loop {
        let shown = hub.get(at, key).json();
        if shown["state"] != "whole" {
            return shown;
        }
        assert!(Instant::now() < until, "it is never judged: {shown}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn document(submission: &str, count: u32) -> Vec<u8> {
    let elements: Vec<Value> = (0..count)
        .map(|number| records::element("PROJECT", &records::project(number)))
        .collect();
    records::envelope(submission, &elements)
}

fn named(name: &str) -> String {
    format!("filename {}", BASE64_STANDARD.encode(name))
}

fn survives(engine: Engine) {
    let mut hub = Hub::start_with(engine, SETTINGS);
    let key = hub.add_source("320100");
    let body = document("uploaded", 400);
    let at = place(&begin(&hub, &key, body.len(), &named("一月.json")));
    assert_eq!(add(&hub, &key, &at, 0, &body[..100_000]).offset(), 100_000);

    // The connection breaks in the middle of a piece: what came is kept.
    let mut cut = open(&hub, &key, &format!("PATCH {at}"), &piece(100_000), 100_000);
    cut.write_all(&body[100_000..130_000]).expect("sent");
    cut.shutdown(std::net::Shutdown::Both).expect("cut");
    drop(cut);
    let until = Instant::now() + Duration::from_mins(1);
    let mut offset = 0;
    while offset < 130_000 {
        assert!(Instant::now() < until, "only {offset} bytes are kept");
        offset = stands(&hub, &key, &at).offset();
    }
    assert_eq!(offset, 130_000);

    // The hub is killed between pieces, and in the middle of one: no less than what was answered, and no byte wrong.
    for round in 0..4 {
        let mut half = open(&hub, &key, &format!("PATCH {at}"), &piece(offset), 40_000);
        half.write_all(&body[offset as usize..offset as usize + round * 7_000])
            .expect("sent");
        hub.kill();
        drop(half);
        hub.restart();
        let kept = stands(&hub, &key, &at);
        assert!(kept.offset() >= offset, "{} < {offset}", kept.offset());
        assert_eq!(kept.header("upload-length"), Some(&*body.len().to_string()));
        let from = kept.offset();
        let next = add(
            &hub,
            &key,
            &at,
            from,
            &body[from as usize..from as usize + 5_000],
        );
        assert_eq!(next.status, 204, "{}", next.body);
        offset = next.offset();
    }
    let last = add(&hub, &key, &at, offset, &body[offset as usize..]);
    assert_eq!((last.status, last.offset()), (204, body.len() as u64));
    // Killed before it is judged, or in the middle, or after: one submission all the same.
    hub.kill();
    hub.restart();
    let shown = ended(&hub, &key, &at);
    assert_eq!(shown["state"], "receipted", "{shown}");
    let receipt = hub.get(
        &format!("/v1/receipts/{}", shown["receipt"].as_str().unwrap()),
        &key,
    );
    assert_eq!(
        receipt.json()["counts"]["accepted"],
        400,
        "{}",
        receipt.text
    );
    assert_eq!(receipt.json()["submission"], "uploaded");
    let again = hub.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(again.json()["id"], shown["receipt"]);
    let listed = hub.get("/v1/submissions", &key).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_upload_survives_cuts_and_kills_on_sqlite() {
    survives(Engine::Sqlite);
}

#[test]
fn an_upload_survives_cuts_and_kills_on_postgres() {
    survives(Engine::Postgres);
}

#[test]
fn the_protocol_is_that_of_tus() {
    let hub = Hub::start_with(Engine::Sqlite, SETTINGS);
    let key = hub.add_source("320100");
    let other = hub.add_source("320600");
    let can = ask(&hub, "", "OPTIONS /v1/uploads", &[], b"");
    assert_eq!(can.status, 204);
    assert_eq!(can.header("tus-version"), Some("1.0.0"));
    let extensions = can.header("tus-extension").expect("extensions");
    assert_eq!(extensions, "creation,termination,expiration,checksum");
    let headers = [("upload-length", "10".to_owned())];
    let old = ask(&hub, &key, "POST /v1/uploads", &headers, b"");
    assert_eq!(
        (old.status, old.header("tus-version")),
        (412, Some("1.0.0"))
    );
    assert_eq!(begin(&hub, "", 10, "").status, 401);
    assert_eq!(begin(&hub, &key, 1 << 40, "").status, 413);
    assert_eq!(begin(&hub, &key, 10, "filename ***").status, 400);
    let form = format!("filetype {}", BASE64_STANDARD.encode("image/png"));
    assert_eq!(begin(&hub, &key, 10, &form).status, 415);

    let at = place(&begin(&hub, &key, 10, &named("a.json")));
    assert_eq!(
        stands(&hub, &key, &at).header("cache-control"),
        Some("no-store")
    );
    let elsewhere = add(&hub, &key, &at, 3, b"x");
    assert_eq!(
        (elsewhere.status, elsewhere.header("tus-resumable")),
        (409, Some("1.0.0"))
    );
    assert_eq!(
        ask(
            &hub,
            &key,
            &format!("PATCH {at}"),
            &[tus(), ("upload-offset", "0".to_owned())],
            b"x"
        )
        .status,
        415
    );
    // Another source does not see it.
    assert_eq!(stands(&hub, &other, &at).status, 404);
    assert_eq!(add(&hub, &other, &at, 0, b"x").status, 404);
    assert_eq!(hub.get(&at, &other).status, 404);

    // A piece counts only when it fits its checksum.
    let summed = |offset: u64, sum: &str, bytes: &[u8]| {
        let mut headers = piece(offset);
        headers.push(("upload-checksum", sum.to_owned()));
        ask(&hub, &key, &format!("PATCH {at}"), &headers, bytes)
    };
    // SHA-1 and SHA-256 of `abc` (FIPS 180-4).
    let sha1 = "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
    let sha256 = "sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    assert_eq!(summed(0, sha1, b"abd").status, 460);
    assert_eq!(stands(&hub, &key, &at).offset(), 0);
    assert_eq!(summed(0, sha1, b"abc").offset(), 3);
    assert_eq!(summed(3, sha256, b"abc").offset(), 6);
    assert_eq!(summed(6, "md5 abc", b"abc").status, 400);
    // More than was announced.
    assert_eq!(add(&hub, &key, &at, 6, b"123456").status, 413);
    let refused = ended(&hub, &key, &at);
    assert_eq!(
        (&refused["state"], &refused["code"]),
        (&json!("refused"), &json!("unreadable"))
    );

    // No more than two at once; one that is ended makes room. Behind a narrow proxy the method is in a header.
    let first = place(&begin(&hub, &key, 10, ""));
    place(&begin(&hub, &key, 10, ""));
    assert_eq!(begin(&hub, &key, 10, "").status, 429);
    let meant = [tus(), ("x-http-method-override", "DELETE".to_owned())];
    assert_eq!(
        ask(&hub, &key, &format!("POST {first}"), &meant, b"").status,
        204
    );
    assert_eq!(stands(&hub, &key, &first).status, 404);
    place(&begin(&hub, &key, 10, ""));
}

#[test]
fn what_expires_goes_away() {
    let hub = Hub::start_with(Engine::Sqlite, "[uploads]\nkeep_hours = 0\n");
    let key = hub.add_source("320100");
    let at = place(&begin(&hub, &key, 10, ""));
    assert_eq!(stands(&hub, &key, &at).status, 404);
    let folder = hub.data.join("uploads/320100");
    let until = Instant::now() + Duration::from_mins(1);
    while std::fs::read_dir(&folder).is_ok_and(|mut found| found.next().is_some()) {
        assert!(Instant::now() < until, "its files stay");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn submit_uploads_large_files_and_goes_on_after_a_cut() {
    let mut hub = Hub::start_with(Engine::Sqlite, SETTINGS);
    let key = hub.add_source("320100");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large.json");
    // Three pieces of 8 MiB.
    let elements: Vec<Value> = (0..360)
        .map(|number| {
            let mut element = records::element("PROJECT", &records::project(number));
            element["flex"] = json!({ "note": "备".repeat(20_000) });
            element
        })
        .collect();
    let body = records::envelope("by-submit", &elements);
    assert!(body.len() > 20 << 20);
    std::fs::write(&file, &body).expect("written");
    let receipts = folder.path().join("receipts").display().to_string();
    let path = file.display().to_string();
    let submit = |hub: &Hub, attempts: &str| {
        hub::run(&[
            "submit",
            &path,
            "--url",
            &hub.url,
            "--key",
            &key,
            "--receipts",
            &receipts,
            "--upload-above",
            "1000000",
            "--attempts",
            attempts,
        ])
    };
    // The hub goes away while pieces come: the first run gives up, and leaves what it knows.
    let memo = folder.path().join("receipts/large.json.upload.json");
    let url = hub.url.clone();
    let gone = std::thread::scope(|scope| {
        let sent = scope.spawn(|| {
            hub::run(&[
                "submit",
                &path,
                "--url",
                &url,
                "--key",
                &key,
                "--receipts",
                &receipts,
                "--upload-above",
                "1000000",
                "--attempts",
                "2",
            ])
        });
        while !memo.exists() && !sent.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
        hub.kill();
        sent.join().expect("it ends")
    });
    hub.restart();
    if gone.status.success() {
        // It was quicker than the kill: nothing to go on with, and the same receipt again below.
        assert!(!memo.exists());
    } else {
        // The address is another one now; whoever runs it again names the new one.
        assert!(memo.exists(), "{}", String::from_utf8_lossy(&gone.stderr));
        let text = std::fs::read_to_string(&memo).expect("a memo");
        std::fs::write(&memo, text.replace(&url, &hub.url)).expect("written");
    }
    let sent = submit(&hub, "12");
    assert!(
        sent.status.success(),
        "{}{}",
        hub::stdout(&sent),
        String::from_utf8_lossy(&sent.stderr)
    );
    assert!(!memo.exists());
    let receipt =
        std::fs::read(folder.path().join("receipts/large.json.receipt.json")).expect("a receipt");
    let receipt: Value = serde_json::from_slice(&receipt).expect("JSON");
    assert_eq!(receipt["counts"]["accepted"], 360, "{receipt}");
    let uploads = std::fs::read_dir(hub.data.join("uploads/320100")).expect("uploads");
    let begun = uploads
        .filter(|entry| {
            entry
                .as_ref()
                .is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "json"))
        })
        .count();
    assert_eq!(begun, 1, "it began anew in place of going on");
}
