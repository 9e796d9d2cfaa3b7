//! Commands as people meet them who mistype.

use serde_json::json;

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

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
