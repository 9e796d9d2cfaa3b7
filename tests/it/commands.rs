//! Commands as people meet them who mistype.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::json;

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records, root};

#[test]
fn a_mistyped_folder_makes_no_hub() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("dta").display().to_string();
    for command in [
        ["report", "volumes"],
        ["report", "parked"],
        ["sources", "list"],
        ["keys", "list"],
        ["waiting", "sweep"],
    ] {
        let output = hub::run(&[command[0], command[1], "--data", &wrong]);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(&wrong) && told.contains("no hub"), "{told}");
        assert!(!std::path::Path::new(&wrong).exists(), "{command:?}");
    }
}

#[test]
fn who_reads_only_the_beginning_is_no_fault() {
    let script = "\"$0\" spec list | head -n 1; echo \"${PIPESTATUS[0]}\"";
    let output = Command::new("bash")
        .args(["-c", script])
        .arg(hub::program())
        .output()
        .expect("bash runs");
    let told = hub::stdout(&output);
    let fault = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(fault.is_empty(), "{fault}");
}

/// A first start, and commands that come before it has ended: what the README's first lines do when pasted.
fn meet_on_a_fresh_database(engine: Engine) {
    for _ in 0..4 {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data").display().to_string();
        let database = engine.fresh();
        let commands = ["first", "second", "third", "fourth"].map(|name| {
            let mut command = Command::new(hub::program());
            command.args(["keys", "reader", name, "--role", "centre", "--data", &data]);
            if let Some(database) = &database {
                command.args(["--database", database]);
            }
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the command runs")
        });
        let hub = Hub::start_in(&folder, database);
        for command in commands {
            let output = command.wait_with_output().expect("it ends");
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{told}");
            let key = hub::stdout(&output);
            let key = key.trim_end().lines().last().unwrap_or_default().trim();
            assert_eq!(hub.get("/v1/reports/exchange", key).status, 200);
        }
    }
}

#[test]
fn programs_that_start_together_on_a_fresh_folder_make_one_database() {
    meet_on_a_fresh_database(Engine::Sqlite);
}

#[test]
fn programs_that_start_together_on_a_fresh_postgres_make_one_schema() {
    meet_on_a_fresh_database(Engine::Postgres);
}

#[test]
fn an_ended_demo_leaves_no_server_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Command::new(hub::program())
        .args(["demo", "--serve", "--data"])
        .arg(folder.path().join("demo"))
        .arg("--fixtures")
        .arg(root().join("fixtures"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demo starts");
    // Held to the end: to print to nobody would end it too.
    let mut lines = BufReader::new(demo.stdout.take().expect("stdout")).lines();
    let mut addresses = Vec::new();
    for line in lines.by_ref() {
        let line = line.expect("a line");
        let word = line.split_whitespace().last().unwrap_or_default();
        addresses.extend(word.strip_prefix("http://").map(str::to_owned));
        if line.starts_with("folder") {
            break;
        }
    }
    assert_eq!(
        addresses.len(),
        5,
        "hub, platform, three witnesses: {addresses:?}"
    );
    let asked = Command::new("kill").arg(demo.id().to_string()).status();
    assert!(asked.expect("kill runs").success());
    let ended = demo.wait().expect("it ends");
    assert_eq!(ended.code(), Some(2), "it did not come to its end");
    for address in addresses {
        assert!(
            TcpStream::connect(&address).is_err(),
            "{address} still listens"
        );
    }
}

/// Sends one project, and returns the receipt.
fn sent(hub: &Hub, number: u32, action: &str, reason: Option<&str>) -> serde_json::Value {
    let key = hub.add_source("320100");
    let mut element = records::element("PROJECT", &records::project(number));
    element["action"] = json!(action);
    if let Some(reason) = reason {
        element["reason"] = json!(reason);
    }
    let body = records::envelope(&format!("{action}-{number}"), &[element]);
    let answer = hub.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn an_erasure_can_be_looked_at_before_it_is_done() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let record = "PROJECT/E3201000001000001";
    let receipt = sent(&hub, 1, "upsert", None);
    let erase = |more: &[&str]| {
        let mut command = vec!["erase", record, "--reason", "order"];
        command.extend(more);
        let output = hub.command(&command);
        assert!(output.status.success(), "{output:?}");
        hub::stdout(&output)
    };
    let told = erase(&["--dry-run"]);
    let id = receipt["id"].as_str().expect("a number");
    assert!(
        told.contains(id) && told.contains("nothing was changed yet"),
        "{told}"
    );
    let key = hub.add_reader("auditor", "auditor");
    let path = format!("/v1/records/{record}");
    assert_eq!(hub.get(&path, &key).status, 200);
    assert!(erase(&[]).contains("已删除 1 个版本"));
    assert_eq!(hub.get(&path, &key).status, 410);
    // Said once; the second time it is said that nothing was done.
    assert!(erase(&[]).contains("此前已删除"));
    assert!(erase(&["--dry-run"]).contains("将删除 0 个版本"));
    hub.assert_log_verifies();
}

#[test]
fn a_receipt_of_another_hub_is_not_judged_again_here() {
    let (hub, other) = (
        Hub::start(Engine::Sqlite, &[]),
        Hub::start(Engine::Sqlite, &[]),
    );
    sent(&hub, 1, "upsert", None);
    let foreign = sent(&other, 2, "upsert", None);
    let file = hub.data.join("foreign.json");
    std::fs::write(&file, foreign.to_string()).expect("a file");
    let output = hub.command(&["reperform", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("不是本枢纽签发"), "{told}");
}
