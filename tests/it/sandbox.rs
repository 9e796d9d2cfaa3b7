//! The sandbox: judged as in production, and nowhere near it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, escaped, records, root};

/// What a source sends, in order, with its media type.
fn sent_by(source: &str) -> Vec<(PathBuf, &'static str)> {
    let folder = root().join("fixtures/sources").join(source);
    let entries = std::fs::read_dir(&folder).expect("fixtures");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let typed = files.into_iter().filter_map(|file| {
        let name = file.file_name()?.to_str()?.to_owned();
        let media_type = match name.rsplit_once('.')?.1 {
            "json" => "application/json",
            "ndjson" => "application/x-ndjson",
            "xml" => "application/xml",
            "csv" => "text/csv",
            "zip" => "application/zip",
            "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _ => return None,
        };
        (name != "expected.json").then_some((file, media_type))
    });
    typed.collect()
}

fn key_of(hub: &Hub, arguments: &[&str]) -> String {
    let output = hub.command(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    hub::stdout(&output)
        .trim_end()
        .lines()
        .last()
        .expect("a key")
        .to_owned()
}

/// Records of an answer without the instant of receipt, which findings about the future name.
fn timeless(answer: &Value) -> String {
    let cut = |text: &str, from: &str, to: &str| {
        let mut pieces = text.split(from);
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |whole, piece| {
            whole + from + piece.split_once(to).map_or(piece, |(_, rest)| rest)
        })
    };
    let text = cut(&answer["records"].to_string(), "接收时间（", "）");
    cut(&text, "time of receipt (", ")")
}

fn check_and_sandbox_find_what_production_finds(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    // A source of each form and shape that is pushed.
    for source in [
        "320100", "320200", "320500", "320600", "320700", "320900", "321100", "property", "water",
    ] {
        let live = hub.add_source(source);
        let tried = key_of(&hub, &["sources", "add", source, "--sandbox"]);
        for (file, media_type) in sent_by(source) {
            let body = std::fs::read(&file).expect("a fixture");
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a name");
            let ask = |path: &str, key: &str| {
                let name = escaped(name);
                let path = format!("{path}?filename={name}&submission={name}");
                // What has an envelope may bear its number there.
                let path = if media_type.contains("json") {
                    path.split("&submission").next().expect("a path").to_owned()
                } else {
                    path
                };
                let answer = hub.post(&path, key, media_type, &body);
                (answer.status, answer.json())
            };
            let (checked, sandbox, production) = (
                ask("/v1/check", &live),
                ask("/v1/submissions", &tried),
                ask("/v1/submissions", &live),
            );
            assert_eq!(
                checked.0, production.0,
                "{name}: {} {}",
                checked.1, production.1
            );
            assert_eq!(sandbox.0, production.0, "{name}");
            let kept = timeless(&production.1);
            assert_eq!(timeless(&checked.1), kept, "{name}: check");
            assert_eq!(timeless(&sandbox.1), kept, "{name}: sandbox");
            assert_eq!(sandbox.1["counts"], production.1["counts"], "{name}");
        }
    }
}

#[test]
fn check_and_sandbox_find_what_production_finds_on_sqlite() {
    check_and_sandbox_find_what_production_finds(Engine::Sqlite);
}

fn the_sandbox_is_nowhere_near_production(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let reader = hub.add_reader("desk", "centre");
    let tried = key_of(&hub, &["sources", "add", "320100", "--sandbox"]);
    let early = hub.command(&["sources", "add", "320100"]);
    assert!(!early.status.success(), "in the sandbox, not in production");

    let answer = hub.post(
        "/v1/submissions",
        &tried,
        "application/json",
        &records::one_project(1),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = answer.json();
    assert_eq!(receipt["space"], "sandbox");
    assert_eq!(receipt["counts"]["accepted"], 1, "{receipt}");

    // Whoever holds the receipt finds its log with the same key, and the log of production does not prove it.
    let file = hub.data.join("receipt.json").display().to_string();
    std::fs::write(&file, receipt.to_string()).expect("written");
    let public = hub.data.join("sandbox.pub").display().to_string();
    std::fs::write(&public, hub.get("/v1/log/key", &tried).text).expect("written");
    let verified = hub::run(&["receipt", "verify", &file, "--key", &public]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
    let live = hub.data.join("log.pub").display().to_string();
    assert_eq!(
        hub::run(&["receipt", "verify", &file, "--key", &live])
            .status
            .code(),
        Some(1)
    );
    let mut without = receipt.clone();
    without.as_object_mut().expect("a receipt").remove("space");
    std::fs::write(&file, without.to_string()).expect("written");
    assert_eq!(
        hub::run(&["receipt", "verify", &file, "--key", &public])
            .status
            .code(),
        Some(1)
    );

    // Production knows nothing of it; the source sees it, and a reader who asks for it.
    let id = receipt["id"].as_str().expect("a number");
    let path = format!("/v1/receipts/{id}");
    assert_eq!(hub.get(&path, &reader).status, 404);
    assert_eq!(hub.get(&path, &tried).status, 200);
    assert_eq!(
        hub.get_with(&path, &reader, ("x-space", "sandbox")).status,
        200
    );
    let rows = |answer: hub::Answer| answer.json()["rows"].clone();
    assert_eq!(rows(hub.get("/v1/reports/volumes", &reader)), json!([]));
    assert_eq!(
        hub.get("/v1/deliveries", &reader).json()["items"],
        json!([])
    );
    let metrics = hub.get("/metrics", "").text;
    assert!(
        !metrics.contains("hub_submissions_total{source=\"320100\"}"),
        "{metrics}"
    );

    // Promotion is an operator's action, is in the log, and gives the key for production.
    let key = key_of(&hub, &["sources", "promote", "320100", "--by", "zhang"]);
    assert!(
        !hub.command(&["sources", "promote", "320100", "--by", "zhang"])
            .status
            .success()
    );
    let listed = hub.command(&["sources", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&hub::stdout(&listed)).expect("JSON");
    let row = listed["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["id"] == "320100");
    assert_eq!(row.expect("a row")["onboarding"], "promoted");
    let fresh = hub
        .post(
            "/v1/submissions",
            &key,
            "application/json",
            &records::one_project(1),
        )
        .json();
    assert_eq!(
        fresh["counts"]["accepted"], 1,
        "no repetition of what was tried: {fresh}"
    );
    assert_eq!(fresh.get("space"), None);
    assert_eq!(
        hub.get_with(&path, &key, ("x-space", "sandbox")).status,
        403
    );

    // Both outlive a crash.
    hub.kill();
    hub.restart();
    assert_eq!(hub.get(&path, &tried).json()["space"], "sandbox");
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn the_sandbox_is_nowhere_near_production_on_sqlite() {
    the_sandbox_is_nowhere_near_production(Engine::Sqlite);
}

#[test]
fn the_sandbox_is_nowhere_near_production_on_postgres() {
    the_sandbox_is_nowhere_near_production(Engine::Postgres);
}
