//! One flipped byte of what is stored is found, and its place is named.

use std::path::{Path, PathBuf};

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

fn verify(hub: &Hub) -> (bool, String) {
    let output = hub.command(&["log", "verify"]);
    (
        output.status.success(),
        hub::stdout(&output) + &String::from_utf8_lossy(&output.stderr),
    )
}

fn flip(path: &Path, place: usize) {
    let mut bytes = std::fs::read(path).expect("a file of the log");
    bytes[place] ^= 1;
    std::fs::write(path, bytes).expect("written");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_file_of_the_log_is_guarded() {
    let hub = Hub::stopped_with(30, 10);
    let (sound, told) = verify(&hub);
    assert!(sound, "{told}");
    let log = hub.data.join("log");
    let stored: Vec<PathBuf> = files(&log)
        .into_iter()
        .filter(|path| {
            !path
                .file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with('.'))
        })
        .collect();
    assert!(
        stored.len() >= 3,
        "checkpoint, entries and hashes: {stored:?}"
    );
    for file in stored {
        let length = std::fs::read(&file).expect("readable").len();
        for place in [0, length / 2, length - 2] {
            flip(&file, place);
            let (sound, told) = verify(&hub);
            let name = file
                .strip_prefix(&log)
                .expect("inside")
                .display()
                .to_string();
            let name = name.strip_suffix("/000").unwrap_or(&name);
            assert!(!sound, "a flipped byte {place} of {name} was not seen");
            assert!(told.contains(name), "{name} is not named: {told}");
            flip(&file, place);
        }
    }
    assert!(verify(&hub).0);
}

#[test]
fn every_row_that_was_receipted_is_guarded() {
    let hub = Hub::stopped_with(30, 10);
    let database = hub.data.join("hub.db");
    let mut connection =
        SqliteConnection::establish(&database.display().to_string()).expect("the database");
    let mut run = |sql: &str| {
        assert_eq!(
            diesel::sql_query(sql).execute(&mut connection).expect(sql),
            1,
            "{sql}"
        );
    };
    // What is changed, how it is put back, and what must be named.
    let attacks = [
        (
            "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), '第77期', '第78期') AS BLOB) WHERE id = 77",
            "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), '第78期', '第77期') AS BLOB) WHERE id = 77",
            "records, id 77",
        ),
        (
            "UPDATE leaves SET body = CAST(replace(CAST(body AS TEXT), '320100', '320300') AS BLOB) WHERE leaf_index = 12",
            "UPDATE leaves SET body = CAST(replace(CAST(body AS TEXT), '320300', '320100') AS BLOB) WHERE leaf_index = 12",
            "leaf_index 12",
        ),
        (
            "UPDATE submissions SET accepted = accepted - 1, rejected = rejected + 1 WHERE id = 5",
            "UPDATE submissions SET accepted = accepted + 1, rejected = rejected - 1 WHERE id = 5",
            "submissions, id S000000000005",
        ),
        (
            "UPDATE volumes SET accepted = accepted + 1000 WHERE submission_id = 7",
            "UPDATE volumes SET accepted = accepted - 1000 WHERE submission_id = 7",
            "volumes of S000000000007",
        ),
        (
            "UPDATE records SET verdict = 1 - verdict WHERE id = 5",
            "UPDATE records SET verdict = 1 - verdict WHERE id = 5",
            "records, id 5, verdict",
        ),
        (
            "UPDATE submissions SET raw = substr(raw, 1, length(raw) - 1) WHERE id = 9",
            "UPDATE submissions SET raw = (SELECT raw FROM submissions WHERE id = 9) WHERE id = 9",
            "submissions, id S000000000009, raw bytes",
        ),
    ];
    for (attack, repair, place) in attacks {
        run(attack);
        let (sound, told) = verify(&hub);
        assert!(!sound, "{attack} was not seen");
        assert!(told.contains(place), "{place} is not named: {told}");
        run(repair);
    }
}

#[test]
fn a_changed_receipt_is_refused() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let answer = hub.post(
        "/v1/submissions",
        &key,
        "application/json",
        &records::one_project(1),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id = answer.json()["id"].as_str().expect("a number").to_owned();
    assert_eq!(
        hub.get(&format!("/v1/receipts/{id}/proof?wait_ms=10000"), &key)
            .status,
        200
    );
    let receipt = hub.get(&format!("/v1/receipts/{id}"), &key).text;
    let file = hub.data.join("receipt.json");
    let public = hub.data.join("log.pub").display().to_string();
    let check = |text: &str| {
        std::fs::write(&file, text).expect("written");
        let output = hub::run(&[
            "receipt",
            "verify",
            &file.display().to_string(),
            "--key",
            &public,
        ]);
        (
            output.status.code(),
            hub::stdout(&output) + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, told) = check(&receipt);
    assert_eq!(code, Some(0), "{told}");
    for (from, to, place) in [
        ("\"accepted\":1", "\"accepted\":0", "counts"),
        (
            "\"verdict\":\"accepted\"",
            "\"verdict\":\"rejected\"",
            "records",
        ),
        ("\"source\":\"320100\"", "\"source\":\"320300\"", "source"),
        (
            "\"submission\":\"one-1\"",
            "\"submission\":\"one-2\"",
            "submission",
        ),
    ] {
        let changed = receipt.replacen(from, to, 1);
        assert_ne!(changed, receipt, "{from} stands in {receipt}");
        let (code, told) = check(&changed);
        assert_eq!(code, Some(1), "{from} → {to}: {told}");
        assert!(told.contains(place), "{place} is not named: {told}");
    }
}
