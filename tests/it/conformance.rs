//! The conformance kit: a good sender passes and is certified, a bad one is told each fault, and a hub can require it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::harness::Engine;
use super::harness::{hub, records};

/// Everything that the kit does to a sender, quickly.
const SCRIPT: &str = r#"valid_days = 30
[required]
datasets = ["PROJECT"]
corrections = 1
withdrawals = 1
[[step]]
fault = "none"
[[step]]
fault = "too_many"
retry_after = 1
[[step]]
fault = "unavailable"
retry_after = 1
[[step]]
fault = "slow"
delay_ms = 600
[[step]]
fault = "reset_after_commit"
[[step]]
fault = "lost_receipt"
[[step]]
fault = "expired_edition"
[[step]]
fault = "rotated_key"
"#;

/// A running kit.
struct Kit {
    child: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
    first_key: String,
    second_key: String,
    folder: tempfile::TempDir,
}

impl Kit {
    fn start() -> Kit {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script.toml");
        std::fs::write(&script, SCRIPT).unwrap();
        let mut child = Command::new(hub::program())
            .args([
                "simulate",
                "hub",
                "--source",
                "320100",
                "--software",
                "示例系统",
            ])
            .args([
                "--software-version",
                "1.2",
                "--listen",
                "127.0.0.1:0",
                "--quiet",
                "1",
            ])
            .arg("--script")
            .arg(&script)
            .arg("--out")
            .arg(folder.path())
            .arg("--sign-key")
            .arg(folder.path().join("examiner.key"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.path().join("progress.log")).unwrap())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut next = |begins: &str| {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let rest = line.strip_prefix(begins).map(|rest| rest.trim().to_owned());
            rest.unwrap_or_else(|| panic!("`{begins}` begins {line}"))
        };
        let (url, first_key, second_key) = (next("listening on "), next("key "), next("new key "));
        Kit {
            child,
            stdout,
            url,
            first_key,
            second_key,
            folder,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Waits for the end: exit code, the report, and what was printed.
    fn end(mut self) -> (Option<i32>, Value, String, tempfile::TempDir) {
        let mut told = String::new();
        self.stdout.read_to_string(&mut told).unwrap();
        let code = self.child.wait().unwrap().code();
        let report = std::fs::read(self.file("report.json")).unwrap();
        (
            code,
            serde_json::from_slice(&report).unwrap(),
            told,
            self.folder,
        )
    }
}

/// Files of one project each; those whose receipts get lost correct the first one, and take the second one back.
fn files(folder: &Path, numbers: std::ops::Range<u32>) -> Vec<String> {
    let mut files = Vec::new();
    for number in numbers {
        let path = folder.join(format!("{number}.json"));
        let content = match number {
            5 => again(number, "correct", 1),
            6 => again(number, "withdraw", 2),
            _ => records::one_project(number),
        };
        std::fs::write(&path, content).unwrap();
        files.push(path.display().to_string());
    }
    files
}

/// A submission about a project that was sent before.
fn again(number: u32, action: &str, project: u32) -> Vec<u8> {
    let mut record = records::project(project);
    record["ADDRESS"] = "南京市示例路2号".into();
    let mut element = records::element("PROJECT", &record);
    element["action"] = action.into();
    element["reason"] = "录入有误".into();
    records::envelope(&format!("p-{number}"), &[element])
}

fn submit(kit: &Kit, key: &str, files: &[String]) -> Option<i32> {
    let receipts = kit.file("receipts").display().to_string();
    let mut arguments = vec![
        "submit",
        "--url",
        &kit.url,
        "--key",
        key,
        "--receipts",
        &receipts,
    ];
    arguments.extend(files.iter().map(String::as_str));
    hub::run(&arguments).status.code()
}

#[test]
fn a_good_sender_passes_and_its_certificate_opens_a_hub_that_requires_one() {
    let kit = Kit::start();
    let files = files(kit.folder.path(), 1..9);
    // One file is refused for good, and the last needs the new key.
    assert_eq!(submit(&kit, &kit.first_key, &files), Some(2));
    assert_eq!(submit(&kit, &kit.second_key, &files[7..]), Some(0));
    let (code, report, told, folder) = kit.end();
    assert_eq!(code, Some(0), "{told}{report:#}");
    assert_eq!(report["passed"], true);
    assert_eq!(report["cases"].as_array().unwrap().len(), 8);
    let progress = std::fs::read_to_string(folder.path().join("progress.log")).unwrap();
    for words in [
        "/8 步，取得回执",
        "of 8 steps met",
        "every step was met; graded after 1 s",
    ] {
        assert!(progress.contains(words), "{words}: {progress}");
    }
    // Sent twice because their receipts got lost, and counted once.
    for what in ["corrections", "withdrawals"] {
        assert_eq!(report["data"][what], 1, "{what}: {:#}", report["data"]);
    }
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(
        page.contains("符合性检测报告") && page.contains("通过"),
        "{page}"
    );

    let certificate = folder.path().join("certificate.note").display().to_string();
    let key = told.trim().rsplit_once('：').unwrap().1.to_owned();
    let config = folder.path().join("hub.toml");
    std::fs::write(
        &config,
        format!("[certificates]\nrequired = [\"320100\"]\nkeys = [\"{key}\"]\n"),
    )
    .unwrap();
    let config = config.display().to_string();
    let hub = hub::Hub::start(Engine::Sqlite, &["--config", &config]);
    let key = hub.add_source("320100");
    let send = |number| {
        hub.post(
            "/v1/submissions",
            &key,
            "application/json",
            &records::one_project(number),
        )
    };
    let refused = send(1);
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert!(refused.text.contains("符合性证书"), "{}", refused.text);
    let checked = hub.post(
        "/v1/check",
        &key,
        "application/json",
        &records::one_project(1),
    );
    assert_eq!(checked.status, 200, "judging stays open: {}", checked.text);

    let changed = folder.path().join("changed.note");
    let text = std::fs::read_to_string(&certificate).unwrap();
    std::fs::write(&changed, text.replace("version 1.2", "version 9.9")).unwrap();
    let changed = changed.display().to_string();
    let output = hub.command(&["sources", "certify", &changed, "--config", &config]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = hub.command(&["sources", "certify", &certificate, "--config", &config]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(send(1).status, 200);
}

/// A submission without a number of its own, under one given outside.
fn post(kit: &Kit, key: &str, number: &str, body: &[u8]) -> Option<u16> {
    let headers = [
        ("content-type", "application/json"),
        ("x-submission-id", number),
    ];
    let url = format!("{}/v1/submissions", kit.url);
    hub::post(&url, key, &headers, body)
        .ok()
        .map(|answer| answer.status)
}

fn body(number: u32) -> Vec<u8> {
    let record = records::element("PROJECT", &records::project(number));
    serde_json::to_vec(&serde_json::json!({ "records": [record] })).unwrap()
}

#[test]
fn a_bad_sender_fails_and_is_told_each_fault() {
    let kit = Kit::start();
    let key = kit.first_key.clone();
    let mut spoilt = records::project(1);
    // A remark comes before the error.
    spoilt["CLASS_VER_CODE"] = "1".into();
    spoilt["RELATE_CODE"] = "1".into();
    let record = records::element("PROJECT", &spoilt);
    let spoilt = serde_json::to_vec(&serde_json::json!({ "records": [record] })).unwrap();
    assert_eq!(post(&kit, &key, "n1", &spoilt), Some(200));
    // impatient
    assert_eq!(post(&kit, &key, "n2", &body(2)), Some(429));
    assert_eq!(post(&kit, &key, "n2", &body(2)), Some(200));
    // gives up
    assert_eq!(post(&kit, &key, "n3", &body(3)), Some(503));
    // sends twice at once
    std::thread::scope(|scope| {
        let first = scope.spawn(|| post(&kit, &key, "n4", &body(4)));
        let second = scope.spawn(|| post(&kit, &key, "n4", &body(4)));
        assert_eq!(first.join().unwrap(), Some(200));
        assert_eq!(second.join().unwrap(), Some(200));
    });
    // takes another number
    assert_eq!(post(&kit, &key, "n5", &body(5)), None);
    assert_eq!(post(&kit, &key, "n5-again", &body(5)), Some(200));
    // changes the bytes
    assert_eq!(post(&kit, &key, "n6", &body(6)), Some(502));
    assert_eq!(post(&kit, &key, "n6", &body(66)), Some(409));
    // insists
    for _ in 0..2 {
        assert_eq!(post(&kit, &key, "n7", &body(7)), Some(422));
    }
    // goes on with the old key
    for _ in 0..3 {
        assert_eq!(post(&kit, &key, "n8", &body(8)), Some(401));
    }
    let pid = kit.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let (code, report, told, folder) = kit.end();
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(report["passed"], false);
    assert!(!folder.path().join("certificate.note").exists());
    let cases = report["cases"].as_array().unwrap();
    for (place, words) in [
        (1, "sent again after"),
        (2, "without a receipt"),
        (3, "while the answer was on its way"),
        (4, "another number, `n5-again`"),
        (5, "other bytes under the same number `n6`"),
        (6, "the same bytes 1 times more"),
        (7, "with the old key 2 times"),
    ] {
        let faults = cases[place]["faults"].to_string();
        assert!(faults.contains(words), "{words}: {:#}", cases[place]);
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(cases[0]["faults"], serde_json::json!([]));
    let data = report["data"]["faults"].to_string();
    assert!(
        data.contains("was rejected and not sent again put right"),
        "{data}"
    );
    for words in [
        "1 records had to be corrected, 0 were",
        "1 records had to be withdrawn, 0 were",
    ] {
        assert!(data.contains(words), "{words}: {data}");
    }
    assert!(
        data.contains("INVEST_PROJECT_CODE") && !data.contains("CLASS_VER_CODE"),
        "told why it was rejected, not what was remarked: {data}"
    );
}
