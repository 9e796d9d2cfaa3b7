//! Proofs as auditors use them: checked by a program that shares no code, one record without the others, by witnesses,
//! over a change of keys.

mod followed;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::evidence;
use super::harness::hub::{self, Hub};
use super::harness::{Engine, browser, log_size, records, root};

fn told(output: &Output) -> String {
    hub::stdout(output) + &String::from_utf8_lossy(&output.stderr)
}

/// Sends a submission and waits until its leaf is published; the receipt.
fn receipted(hub: &Hub, key: &str, from: u32, count: u32) -> Value {
    let elements: Vec<Value> = (from..from + count)
        .map(|n| records::element("PROJECT", &records::project(n)))
        .collect();
    let body = records::envelope(&format!("of-{from}"), &elements);
    let answer = hub.post("/v1/submissions", key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = answer.json();
    let id = receipt["id"].as_str().expect("a number");
    let proof = hub.get(&format!("/v1/receipts/{id}/proof?wait_ms=10000"), key);
    assert_eq!(proof.status, 200, "{}", proof.text);
    receipt
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[test]
fn a_program_that_shares_no_code_accepts_our_proofs_and_no_others() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let receipts: Vec<Value> = (0..5)
        .map(|n| receipted(&hub, &key, n * 10 + 1, 3))
        .collect();
    let python = |entry: &str, proof: &str| {
        Command::new("python3")
            .arg(root().join("tests/it/proof/verify.py"))
            .arg(hub.data.join("log.pub"))
            .args([entry, proof])
            .output()
            .expect("python3 runs")
    };
    for receipt in receipts {
        let id = receipt["id"].as_str().expect("a number");
        let proof = hub.get(&format!("/v1/receipts/{id}/proof"), &key).text;
        let leaf = receipt["evidence"]["leaf"].as_str().expect("a leaf");
        let entry = write(&hub.data, "entry", leaf);
        let file = write(&hub.data, "proof", &proof);
        let output = python(&entry, &file);
        assert!(output.status.success(), "{}", told(&output));
        let other = write(&hub.data, "other", &leaf.replacen("320100", "320300", 1));
        assert!(!python(&other, &file).status.success());
        let size = proof.lines().rev().nth(3).expect("the size");
        let more = (size.parse::<u64>().expect("a size") + 1).to_string();
        let forged = proof.replacen(&format!("\n{size}\n"), &format!("\n{more}\n"), 1);
        let forged = write(&hub.data, "forged", &forged);
        assert!(!python(&entry, &forged).status.success());
    }
}

#[test]
fn one_record_is_shown_without_the_others() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let receipt = receipted(&hub, &key, 1, 7);
    let id = receipt["id"].as_str().expect("a number");
    let public = hub.data.join("log.pub").display().to_string();
    let check = |text: &str| {
        let file = write(&hub.data, "record.json", text);
        hub::run(&["receipt", "verify", &file, "--key", &public])
    };
    for index in 0..7 {
        let answer = hub.get(&format!("/v1/receipts/{id}/records/{index}/proof"), &key);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let output = check(&answer.text);
        assert!(output.status.success(), "{}", told(&output));
        for other in (0..7).filter(|other| *other != index) {
            let name = receipt["records"][other]["key"].as_str().expect("a key");
            assert!(
                !answer.text.contains(name),
                "record {other} shows in {index}"
            );
        }
        let changed = answer.text.replacen("\"accepted\"", "\"rejected\"", 1);
        assert_ne!(changed, answer.text);
        let output = check(&changed);
        assert_eq!(output.status.code(), Some(1));
        assert!(told(&output).contains("outcome"), "{}", told(&output));
        // The outcome of one place does not pass for another.
        let moved = answer.text.replacen(
            &format!("\"outcome\":{{\"index\":{index}"),
            &format!("\"outcome\":{{\"index\":{}", (index + 1) % 7),
            1,
        );
        assert_ne!(moved, answer.text);
        assert_eq!(check(&moved).status.code(), Some(1));
    }
    let none = hub.get(&format!("/v1/receipts/{id}/records/7/proof"), &key);
    assert_eq!(none.status, 404, "{}", none.text);
}

#[test]
fn old_receipts_verify_after_the_key_was_changed_and_a_wrong_key_is_refused() {
    for algorithm in ["ed25519", "sm2"] {
        let mut hub = Hub::start(Engine::Sqlite, &[]);
        let key = hub.add_source("320100");
        let old = receipted(&hub, &key, 1, 3);
        let refused = hub.command(&["keys", "rotate"]);
        assert_eq!(
            refused.status.code(),
            Some(2),
            "a hub is serving: {}",
            told(&refused)
        );
        let first = std::fs::read_to_string(hub.data.join("log.pub")).expect("log.pub");
        hub.kill();
        let changed = hub.command(&["keys", "rotate", "--algorithm", algorithm]);
        assert!(changed.status.success(), "{}", told(&changed));
        hub.restart();
        let new = receipted(&hub, &key, 11, 3);
        let public = hub.data.join("log.pub").display().to_string();
        for receipt in [&old, &new] {
            let id = receipt["id"].as_str().expect("a number");
            let later = hub.get(&format!("/v1/receipts/{id}"), &key).text;
            for text in [receipt.to_string(), later] {
                let file = write(&hub.data, "receipt.json", &text);
                let output = hub::run(&["receipt", "verify", &file, "--key", &public]);
                assert!(output.status.success(), "{}", told(&output));
            }
        }
        hub.kill();
        let verified = hub.command(&["log", "verify"]);
        assert!(verified.status.success(), "{}", told(&verified));
        // With the first key alone, the log is not what it says (Ed25519), or only half of its seals (SM2).
        let alone = hub.command(&["log", "verify", "--key", first.trim()]);
        assert_eq!(
            alone.status.success(),
            algorithm == "sm2",
            "{}",
            told(&alone)
        );
        // The private key is gone, or is another one.
        let keys = hub.data.join("keys");
        let newest = std::fs::read_dir(&keys)
            .expect("keys")
            .map(|entry| entry.expect("an entry").path())
            .find(|path| path.to_string_lossy().contains("log-"))
            .expect("a second key");
        std::fs::rename(&newest, newest.with_extension("away")).expect("moved");
        let folder = hub.data.display().to_string();
        let started = hub::run(&["serve", "--data", &folder, "--listen", "127.0.0.1:0"]);
        assert_eq!(started.status.code(), Some(2));
        assert!(told(&started).contains("wrong key"), "{}", told(&started));
    }
}

/// A witness as a process.
struct Witness {
    child: Child,
    /// Its line for `log.witnesses`.
    line: String,
}

impl Witness {
    fn start(folder: &Path, name: &str, log: &Path) -> Witness {
        let mut child = Command::new(hub::program())
            .args(["log", "witness", "--listen", "127.0.0.1:0", "--name", name])
            .arg("--data")
            .arg(folder.join(name))
            .arg("--log")
            .arg(log)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        lines.next().expect("the address").expect("a line");
        let line = lines.next().expect("the key").expect("a line");
        Witness { child, line }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn two_of_three_witnesses_cosign_what_proofs_rest_on() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    receipted(&hub, &key, 1, 3);
    hub.kill();
    let folder = hub.data.join("witnesses");
    let public = hub.data.join("log.pub");
    let mut witnesses: Vec<Witness> = ["w1.example", "w2.example", "w3.example"]
        .iter()
        .map(|name| Witness::start(&folder, name, &public))
        .collect();
    let lines: Vec<String> = witnesses
        .iter()
        .map(|one| format!("{:?}", one.line))
        .collect();
    let configuration = format!(
        "[spec]\nmuted_rules = [\"all.timely_*\"]\n[log]\nwitnesses = [{}]\nquorum = 2\n",
        lines.join(", ")
    );
    let file = write(
        hub.data.parent().expect("a folder"),
        "witnessed.toml",
        &configuration,
    );
    // One is away from the beginning: two are enough.
    witnesses.pop();
    hub.restart_with(&["--config", &file]);
    let receipt = receipted(&hub, &key, 11, 3);
    let id = receipt["id"].as_str().expect("a number");
    let started = Instant::now();
    let proof = loop {
        let proof = hub.get(&format!("/v1/receipts/{id}/proof"), &key).text;
        if proof.matches('\u{2014}').count() >= 3 {
            break proof;
        }
        assert!(
            started.elapsed() < Duration::from_mins(1),
            "not cosigned: {proof}"
        );
        std::thread::park_timeout(Duration::from_millis(100));
    };
    assert!(
        proof.contains("w1.example") && proof.contains("w2.example"),
        "{proof}"
    );
    let whole = hub.get(&format!("/v1/receipts/{id}"), &key).text;
    let file = write(&hub.data, "receipt.json", &whole);
    let output = hub::run(&[
        "receipt",
        "verify",
        &file,
        "--key",
        &public.display().to_string(),
        "--require-proof",
    ]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("not checked"), "{}", told(&output));

    // Any two of three: as keys, or as a file of them; of a record's proof likewise.
    let all = write(&hub.data, "witnesses.pub", &all_lines(&lines));
    let record = hub.get(&format!("/v1/receipts/{id}/records/1/proof"), &key);
    let record = write(&hub.data, "record.json", &record.text);
    let verify = |file: &str, more: &[&str]| {
        let public = public.display().to_string();
        let fixed = ["receipt", "verify", file, "--key", &public];
        hub::run(&[&fixed, more].concat())
    };
    for file in [&file, &record] {
        let output = verify(file, &["--witness", &all, "--quorum", "2"]);
        assert!(output.status.success(), "{}", told(&output));
        assert!(told(&output).contains("w2.example"), "{}", told(&output));
        let output = verify(file, &["--witness", &all]);
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        let said = told(&output);
        assert!(
            said.contains("见证不足") && said.contains("w1.example"),
            "{said}"
        );
    }
    // One cosignature taken away, and one that is of another checkpoint.
    let stripped = without_signature_of(&whole, "w2.example");
    let stripped = write(&hub.data, "stripped.json", &stripped);
    let output = verify(&stripped, &["--witness", &all, "--quorum", "2"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(
        verify(&stripped, &["--witness", &all, "--quorum", "1"])
            .status
            .success()
    );
    let bare = write(&hub.data, "bare.json", &receipt.to_string());
    let output = verify(&bare, &["--witness", &all, "--quorum", "1"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "only the log has signed: {}",
        told(&output)
    );
    let impossible = verify(&file, &["--witness", &all, "--quorum", "4"]);
    assert_eq!(impossible.status.code(), Some(2), "{}", told(&impossible));
    a_bundle_bears_the_cosignatures(&hub, id, &all);
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", told(&verified));
}

/// A bundle rests on the cosigned checkpoint, for the command and in a browser.
fn a_bundle_bears_the_cosignatures(hub: &Hub, id: &str, witnesses: &str) {
    let bundle = hub.data.join("bundle.zip");
    let (shown, public) = (bundle.display().to_string(), hub.data.join("log.pub"));
    let key = public.display().to_string();
    let made = hub.command(&["evidence", id, "-o", &shown]);
    assert!(made.status.success(), "{}", told(&made));
    let verify = |more: &[&str]| {
        let fixed = ["evidence", "verify", &shown, "--key", &key];
        hub::run(&[&fixed, more].concat())
    };
    let output = verify(&["--witness", witnesses, "--quorum", "2"]);
    assert!(output.status.success(), "{}", told(&output));
    let output = verify(&["--witness", witnesses]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let keys = std::fs::read_to_string(witnesses).expect("witnesses");
    let vkeys = std::fs::read_to_string(&public).expect("the key");
    let members = evidence::members(&bundle);
    let browse = |witnesses: &str, quorum: &str| {
        browser::browse_asking(&members, &bundle, &vkeys, (witnesses, quorum))
    };
    let seen = browse(&keys, "2");
    assert!(
        seen.contains("有效 good") && seen.contains("w2.example"),
        "{seen}"
    );
    let seen = browse("", "");
    assert!(
        seen.contains("有效 good") && seen.contains("未核验"),
        "{seen}"
    );
    for quorum in ["", "3"] {
        let seen = browse(&keys, quorum);
        assert!(
            seen.contains("NOT good") && seen.contains("见证不足"),
            "{seen}"
        );
    }
    // Keys of others under the same names, and more than there are.
    let w1 = keys
        .lines()
        .find(|line| line.contains("w1.example"))
        .expect("w1");
    let seen = browse(&w1.replace("w1.example", "w2.example"), "1");
    assert!(
        seen.contains("NOT good") && seen.contains("witnesses"),
        "{seen}"
    );
    let seen = browse(&keys, "4");
    assert!(
        seen.contains("NOT good") && seen.contains("witnesses"),
        "{seen}"
    );
}

/// The witnesses as a file, one a line, as `log.witnesses` has them.
fn all_lines(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| line.trim_matches('"').to_owned() + "\n")
        .collect()
}

/// A receipt whose proof lacks the signature of a witness.
fn without_signature_of(receipt: &str, witness: &str) -> String {
    let mut value: Value = serde_json::from_str(receipt).expect("a receipt");
    let proof = value["proof"].as_str().expect("a proof");
    let left: String = proof
        .split_inclusive('\n')
        .filter(|line| !line.contains(witness))
        .collect();
    assert_ne!(left, proof);
    value["proof"] = left.into();
    value.to_string()
}

#[test]
fn a_mirror_follows_a_hub_and_sees_that_its_log_was_put_back() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    receipted(&hub, &key, 1, 3);
    let mirror = hub.data.with_extension("mirror").display().to_string();
    let public = hub.data.join("log.pub").display().to_string();
    let follow = |hub: &Hub| hub::run(&["log", "mirror", &hub.url, &mirror, "--key", &public]);
    assert!(follow(&hub).status.success());
    let early = hub.data.with_extension("early");
    hub.kill();
    copy(&hub.data, &early);
    hub.restart();
    receipted(&hub, &key, 11, 3);
    assert!(follow(&hub).status.success());
    let verified = hub::run(&["log", "verify", "--tiles", &mirror, "--key", &public]);
    assert!(verified.status.success(), "{}", told(&verified));
    // The whole hub is put back to yesterday, and goes on otherwise.
    hub.kill();
    std::fs::remove_dir_all(&hub.data).expect("removed");
    copy(&early, &hub.data);
    hub.restart();
    receipted(&hub, &key, 21, 3);
    let output = follow(&hub);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("checkpoint"), "{}", told(&output));
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[test]
fn two_hubs_on_one_database_never_fork_the_log() {
    let mut first = Hub::start(Engine::Postgres, &[]);
    let key = first.add_source("320100");
    let mut second = first.beside();
    let mut next = 1;
    for round in 0..6_u32 {
        let (one, two) = (&first, &second);
        std::thread::scope(|scope| {
            for (place, hub) in [(0, one), (1, two)] {
                let key = key.as_str();
                scope.spawn(move || {
                    for number in 0..12 {
                        let body = records::one_project(next + place * 12 + number);
                        let answer = hub.post("/v1/submissions", key, "application/json", &body);
                        assert_eq!(answer.status, 200, "{}", answer.text);
                    }
                });
            }
        });
        next += 24;
        // Killed while it may be publishing; the other goes on.
        let fallen = if round % 2 == 0 {
            &mut first
        } else {
            &mut second
        };
        fallen.kill();
        fallen.restart();
    }
    let started = Instant::now();
    while log_size(&first) != log_size(&second) || log_size(&first) < u64::from(next) {
        assert!(
            started.elapsed() < Duration::from_mins(1),
            "{} {}",
            log_size(&first),
            log_size(&second)
        );
        std::thread::park_timeout(Duration::from_millis(100));
    }
    assert_eq!(
        first.get("/checkpoint", "").text,
        second.get("/checkpoint", "").text
    );
    for hub in [&mut first, &mut second] {
        hub.kill();
        let verified = hub.command(&["log", "verify"]);
        assert!(verified.status.success(), "{}", told(&verified));
    }
}
