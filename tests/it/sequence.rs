//! Counters of sources, and sources that fall silent.

use serde_json::{Value, json};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

fn send(hub: &Hub, key: &str, number: u32, sequence: i64) -> Value {
    let body = json!({
        "edition": "3.0", "source": "320100", "submission": format!("s-{number}"), "sequence": sequence,
        "records": [records::element("PROJECT", &records::project(number))],
    });
    let answer = hub.post(
        "/v1/submissions",
        key,
        "application/json",
        body.to_string().as_bytes(),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn alerts(hub: &Hub, reader: &str) -> Vec<Value> {
    let report = hub.get("/v1/reports/sequence", reader).json();
    report["rows"].as_array().expect("rows").clone()
}

fn a_counter_that_goes_wrong_is_told_and_nothing_is_refused_for_it(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let reader = hub.add_reader("desk", "centre");
    // A counter begins where its source begins.
    for (number, sequence) in [(1, 100), (2, 101), (3, 105)] {
        let receipt = send(&hub, &key, number, sequence);
        assert_eq!(receipt["counts"]["rejected"], 0, "{receipt}");
    }
    let rows = alerts(&hub, &reader);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["alert"], "gap");
    assert_eq!(rows[0]["expected"], 102);
    assert_eq!(rows[0]["found"], 105);
    assert_eq!(rows[0]["missing"], "102–104");

    // What comes late fills the gap, in any order; when all have come, the alert is closed.
    send(&hub, &key, 4, 103);
    assert_eq!(alerts(&hub, &reader)[0]["missing"], "102, 104");
    assert_eq!(alerts(&hub, &reader)[0]["closed_at"], Value::Null);
    send(&hub, &key, 5, 104);
    send(&hub, &key, 6, 102);
    let rows = alerts(&hub, &reader);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["missing"], "");
    assert!(rows[0]["closed_at"].is_string(), "{rows:?}");

    // The same message again is no second one.
    send(&hub, &key, 6, 102);
    assert_eq!(alerts(&hub, &reader).len(), 1);
    let forked = send(&hub, &key, 7, 103);
    assert_eq!(
        forked["counts"]["accepted"], 1,
        "a good record is kept: {forked}"
    );
    send(&hub, &key, 8, 7);
    let rows = alerts(&hub, &reader);
    let kinds: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["alert"].as_str())
        .collect();
    assert_eq!(kinds, ["rollback", "fork", "gap"]);
    assert_eq!(rows[1]["found"], 103);
    assert!(rows[1]["first_submission"].is_string(), "{rows:?}");
    let metrics = hub.get("/metrics", "").text;
    for kind in ["fork", "rollback"] {
        let line = format!("hub_sequence_alerts_open{{source=\"320100\",kind=\"{kind}\"}} 1");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    let sources = hub.get("/v1/reports/sources?source=320100", &reader).json();
    assert_eq!(sources["rows"][0]["sequence_alerts"], 2, "{sources}");

    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn a_counter_that_goes_wrong_is_told_and_nothing_is_refused_for_it_on_sqlite() {
    a_counter_that_goes_wrong_is_told_and_nothing_is_refused_for_it(Engine::Sqlite);
}

#[test]
fn a_counter_that_goes_wrong_is_told_and_nothing_is_refused_for_it_on_postgres() {
    a_counter_that_goes_wrong_is_told_and_nothing_is_refused_for_it(Engine::Postgres);
}

#[test]
fn a_silent_source_is_shown_with_its_last_trouble() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let reader = hub.add_reader("desk", "centre");
    send(&hub, &key, 1, 1);
    let broken = hub.post(
        "/v1/submissions",
        &key,
        "application/json",
        b"{\"records\": [",
    );
    assert_eq!(broken.status, 400, "{}", broken.text);
    let of = |at: &str| {
        let output = hub.command(&["report", "sources", "--format", "json", "--at", at]);
        let report: Value = serde_json::from_str(&hub::stdout(&output)).expect("JSON");
        let rows = report["rows"].as_array().expect("rows").clone();
        let find = |id: &str| {
            rows.iter()
                .find(|row| row["source"] == id)
                .cloned()
                .expect("a row")
        };
        (find("320100"), find("320300"))
    };
    let in_days =
        |days: i64| (jiff::Timestamp::now() + jiff::Span::new().hours(24 * days)).to_string();
    let (sent, other) = of(&in_days(1));
    assert_eq!(sent["state"], "ok", "{sent}");
    assert_eq!(sent["interval_from"], "default");
    assert_eq!(other["state"], "never", "{other}");
    // Five working days and the longest holidays are over in three weeks.
    let (sent, _) = of(&in_days(21));
    assert_eq!(sent["state"], "silent", "{sent}");
    assert_eq!(sent["silent_since"], sent["last_received_at"]);
    assert_eq!(sent["last_error_way"], "http", "{sent}");
    assert!(sent["last_error"].is_string(), "{sent}");
    let now = hub.get("/v1/reports/sources?source=320100", &reader).json();
    assert_eq!(now["rows"][0]["state"], "ok", "{now}");
}
