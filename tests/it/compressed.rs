//! Files that come compressed, as they lie at the sender: by every way in they are read as what they become.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::harness::hub::{Hub, run, stdout};
use super::harness::{Engine, records};
use super::uploads::{ask, begin, ended, piece, place};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// So many projects, a line each, with enough beside them that the file is judged in parts.
fn lines(submission: &str, numbers: std::ops::Range<u32>) -> Vec<u8> {
    let head = json!({ "edition": "3.0", "source": "320100", "submission": submission });
    let records = numbers.map(|number| records::element("PROJECT", &records::project(number)));
    let all = std::iter::once(head).chain(records);
    all.map(|line| format!("{line}\n"))
        .collect::<String>()
        .into_bytes()
}

fn counted(receipt: &Value, submission: &str, records: u32) {
    assert_eq!(receipt["submission"], submission, "{receipt}");
    assert_eq!(receipt["counts"]["accepted"], records, "{receipt}");
}

#[test]
fn a_compressed_file_is_read_by_every_way_in() {
    let front = tempfile::tempdir().expect("a folder");
    let settings = format!(
        "[limits]\nmemory_bytes = 65536\n[folders]\nbase = {:?}\nsettle_ms = 0\npoll_ms = 20\n",
        front.path().display().to_string()
    );
    let hub = Hub::start_with(Engine::Sqlite, &settings);
    let key = hub.add_source("320100");
    let receipt_of = |id: &Value| {
        let id = id.as_str().expect("a number");
        hub.get(&format!("/v1/receipts/{id}"), &key).json()
    };

    // In pieces, by its name and by its type; the second is large when it is expanded.
    let upload = |name: &str, kind: &str, bytes: &[u8]| {
        let said = [("filename", name), ("filetype", kind)];
        let said = said.iter().filter(|(_, text)| !text.is_empty());
        let said: Vec<String> = said
            .map(|(word, text)| format!("{word} {}", BASE64_STANDARD.encode(text)))
            .collect();
        let at = place(&begin(&hub, &key, bytes.len(), &said.join(",")));
        ask(&hub, &key, &format!("PATCH {at}"), &piece(0), bytes);
        ended(&hub, &key, &at)
    };
    let shown = upload("a.ndjson.gz", "", &gzip(&lines("a", 0..2)));
    counted(&receipt_of(&shown["receipt"]), "a", 2);
    let zstd = zstd::encode_all(lines("b", 10..810).as_slice(), 3).expect("memory");
    let shown = upload("b.ndjson", "application/zstd", &zstd);
    counted(&receipt_of(&shown["receipt"]), "b", 800);
    // Kept and receipted as what it became.
    let id = shown["receipt"].as_str().expect("a number");
    let raw = hub.get(&format!("/v1/submissions/{id}/raw"), &key);
    assert_eq!(raw.text.as_bytes(), lines("b", 10..810));

    // A form, and a body of that type.
    let body = [
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"c.ndjson.gz\"\r\n\
          Content-Type: application/octet-stream\r\n\r\n"
            .as_slice(),
        &gzip(&lines("c", 1000..1003)),
        b"\r\n--x--\r\n",
    ]
    .concat();
    let answer = hub.post(
        "/v1/submissions",
        &key,
        "multipart/form-data; boundary=x",
        &body,
    );
    counted(&answer.json()["files"][0]["receipt"], "c", 3);
    for (submission, numbers) in [("d", 1010..1012), ("e", 1100..1900)] {
        let count = numbers.len() as u32;
        let path = format!("/v1/submissions?filename={submission}.ndjson.gz");
        let body = gzip(&lines(submission, numbers));
        let answer = hub.post(&path, &key, "application/gzip", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        counted(&answer.json(), submission, count);
    }

    // The watched folder; and a small file that would become a gigabyte.
    let inbox = front.path().join("320100/inbox");
    let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !inbox.is_dir() {
        assert!(std::time::Instant::now() < until, "the folders are made");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(inbox.join(format!("{name}.part")), bytes).expect("written");
        std::fs::rename(inbox.join(format!("{name}.part")), inbox.join(name)).expect("renamed");
    };
    put("f.ndjson.gz", &gzip(&lines("f", 2000..2004)));
    put("bomb.json.gz", &gzip(&vec![b' '; 1 << 30]));
    put("broken.json.gz", b"\x1f\x8b and nothing else");
    let wait = |place: &str| -> Value {
        let path = front.path().join("320100").join(place);
        let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while !path.exists() {
            assert!(std::time::Instant::now() < until, "{place}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON")
    };
    counted(&wait("done/f.ndjson.gz.receipt.json"), "f", 4);
    assert_eq!(
        wait("rejected/bomb.json.gz.problem.json")["code"],
        "too_large"
    );
    assert_eq!(
        wait("rejected/broken.json.gz.problem.json")["code"],
        "unreadable"
    );
    let spool = std::fs::read_dir(hub.data.join("spool")).expect("the spool");
    assert_eq!(spool.count(), 0, "what was expanded on the way is gone");
}

#[test]
fn commands_read_a_compressed_file_as_what_it_becomes() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.display().to_string()
    };
    let plain = write("a.ndjson", &lines("a", 0..700));
    let gz = write("a.ndjson.gz", &gzip(&lines("a", 0..700)));
    let zst = zstd::encode_all(lines("a", 0..700).as_slice(), 3).expect("memory");
    let zst = write("a.ndjson.zst", &zst);
    let data = folder.path().join("none").display().to_string();

    let check = |file: &str| {
        let output = run(&[
            "check", file, "--source", "320100", "--format", "json", "--data", &data,
        ]);
        let said = stdout(&output).replace(file, "FILE");
        assert!(said.lines().count() >= 700, "{said}");
        (output.status.code(), said)
    };
    assert_eq!(check(&gz), check(&plain));
    assert_eq!(check(&zst), check(&plain));

    let profile = super::harness::root().join("adapters/cities/nanjing.toml");
    let profile = profile.display().to_string();
    let tried = |file: &str| stdout(&run(&["sources", "try", &profile, file, "--data", &data]));
    assert!(tried(&plain).contains("PROJECT"), "{}", tried(&plain));
    assert_eq!(tried(&gz), tried(&plain));

    let bomb = write("bomb.json.gz", &gzip(&vec![b' '; 1 << 30]));
    let output = run(&["check", &bomb, "--source", "320100", "--data", &data]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("bomb.json.gz") && said.contains("times"),
        "{said}"
    );

    let gzipped = gzip(&lines("a", 0..700));
    for path in ["/v1/check", "/v1/submissions"] {
        let path = format!("{path}?filename=b.ndjson.gz");
        let told = hub.post(&path, &key, "application/octet-stream", &gzipped);
        let told = told.json();
        let records = told["records"].as_array().map(Vec::len);
        assert_eq!(records, Some(700), "{path}: {told}");
    }

    let receipts = folder.path().join("receipts");
    let sent = run(&[
        "submit",
        &gz,
        "--url",
        &hub.url,
        "--key",
        &key,
        "--receipts",
        &receipts.display().to_string(),
    ]);
    let said = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert_eq!(sent.status.code(), Some(0), "{said}");
    let receipt = std::fs::read(receipts.join("a.ndjson.gz.receipt.json")).expect("a receipt");
    counted(&serde_json::from_slice(&receipt).expect("JSON"), "a", 700);
}
