//! The log as a standard client of another language follows it: the library of Go's checksum database, as Debian packs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::super::harness::hub::Hub;
use super::super::harness::{Engine, records, root};
use super::{receipted, told, write};

/// Builds the client.
fn client(folder: &Path) -> PathBuf {
    let program = folder.join("follow");
    let output = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(root().join("tests/it/proof/follow.go"))
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .output()
        .expect("go runs");
    assert!(output.status.success(), "{}", told(&output));
    program
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copied");
        }
    }
}

#[test]
fn a_standard_client_of_another_language_follows_the_log_and_no_other() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let folder = tempfile::tempdir().expect("a folder");
    let program = client(folder.path());
    let mut proven = Vec::new();
    let mut prove = |n: u32| {
        let receipt = receipted(&hub, &key, n, 3);
        let id = receipt["id"].as_str().expect("a number");
        let proof = hub.get(&format!("/v1/receipts/{id}/proof"), &key).text;
        let leaf = receipt["evidence"]["leaf"].as_str().expect("a leaf");
        proven.push(write(folder.path(), &format!("entry-{n}"), leaf));
        proven.push(write(folder.path(), &format!("proof-{n}"), &proof));
    };
    prove(1);
    let checkpoint = |name: &str| write(folder.path(), name, &hub.get("/checkpoint", "").text);
    let old = checkpoint("old");
    // Past the first full tile.
    for n in 100..380 {
        let elements = [records::element("PROJECT", &records::project(n))];
        let body = records::envelope(&format!("one-{n}"), &elements);
        let answer = hub.post("/v1/submissions", &key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    prove(1000);
    let new = checkpoint("new");
    let follow = |from: &str, old: &str, proven: &[String]| -> Output {
        Command::new(&program)
            .arg(hub.data.join("log.pub"))
            .args([from, old])
            .args(proven)
            .output()
            .expect("it runs")
    };
    let output = follow(&hub.url, &old, &proven);
    assert!(output.status.success(), "{}", told(&output));

    // A copy of the folder is a full mirror; whatever is changed in it is noticed.
    let mirror = |name: &str| {
        let to = folder.path().join(name);
        copy(&hub.data.join("log"), &to);
        to
    };
    let from = |folder: &Path| folder.display().to_string();
    let output = follow(&from(&mirror("whole")), &old, &proven);
    assert!(output.status.success(), "{}", told(&output));
    for path in ["tile/entries/000", "tile/0/000", "checkpoint"] {
        let forged = mirror(&path.replace('/', "-"));
        let mut bytes = std::fs::read(forged.join(path)).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(forged.join(path), bytes).expect("written");
        let output = follow(&from(&forged), &old, &[]);
        assert_eq!(output.status.code(), Some(1), "{path}: {}", told(&output));
    }
    let rolled_back = mirror("rolled-back");
    std::fs::copy(&old, rolled_back.join("checkpoint")).expect("copied");
    let output = follow(&from(&rolled_back), &new, &[]);
    assert!(!output.status.success(), "{}", told(&output));
    // The proof of one entry is none of another.
    let swapped = [proven[2].clone(), proven[1].clone()];
    let output = follow(&hub.url, &old, &swapped);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
}
