//! Forwarding through real processes: every accepted record arrives, in order within its deal, once.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::harness::hub::{self, Hub};
pub use super::harness::national::National;
use super::harness::{Engine, records};

fn row(hub: &Hub, reader: &str) -> Value {
    let table = hub.get("/v1/reports/exchange", reader).json();
    table["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["source"] == "320100")
        .expect("Nanjing")
        .clone()
}

/// Waits until nothing is on its way.
pub fn settled(hub: &Hub, reader: &str) -> Value {
    let started = Instant::now();
    loop {
        let row = row(hub, reader);
        if row["open"] == 0 {
            return row;
        }
        assert!(
            started.elapsed() < Duration::from_mins(4),
            "still on its way: {row}"
        );
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

pub fn push(hub: &Hub, key: &str, from: u32, count: u32) {
    for batch in 0..count / 20 {
        let elements: Vec<Value> = (0..20)
            .map(|n| records::element("PROJECT", &records::project(from + batch * 20 + n)))
            .collect();
        let body = records::envelope(&format!("from-{from}-{batch}"), &elements);
        let answer = hub.post("/v1/submissions", key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

fn everything_arrives_once(engine: Engine) {
    let national = National::start(
        "5xx=0.1,drop_after_commit=0.1,reset=0.1,lost_answer=0.1,429=0.05,garbage=0.05,seed=7",
    );
    let mut hub = Hub::start(engine, &["--national", &national.url]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    for round in 0..4 {
        push(&hub, &key, round * 100 + 1, 100);
        // In the middle of sending.
        hub.kill();
        hub.restart();
    }
    let row = settled(&hub, &reader);
    assert_eq!(row["owed"], 400, "{row}");
    assert_eq!(row["acknowledged"], 400, "{row}");
    let summary = hub::get(&format!("{}/summary", national.url), "").json();
    assert_eq!(summary["accepted"], 400, "{summary}");
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn everything_arrives_once_on_sqlite() {
    everything_arrives_once(Engine::Sqlite);
}

#[test]
fn everything_arrives_once_on_postgres() {
    everything_arrives_once(Engine::Postgres);
}
