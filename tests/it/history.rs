//! Corrections, withdrawals, and what was known when, on both databases.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::forward::National;
use super::harness::chain::{self, Chain};
use super::harness::hub::{self, Answer, Hub};
use super::harness::{Engine, records};

const JSON: &str = "application/json";

/// A hub over the small specification, with a source and a reader.
struct Desk {
    hub: Hub,
    key: String,
    reader: String,
    _chain: Chain,
}

impl Desk {
    fn open(engine: Engine) -> Desk {
        let chain = Chain::new("");
        let hub = Hub::start(engine, &["--config", &chain.config()]);
        let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
        Desk {
            hub,
            key,
            reader,
            _chain: chain,
        }
    }

    #[track_caller]
    fn send(&self, submission: &str, elements: &[Value]) -> Value {
        let body = chain::envelope("320100", submission, elements);
        let answer = self.hub.post("/v1/submissions", &self.key, JSON, &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    fn get(&self, path: &str) -> Answer {
        self.hub.get(path, &self.reader)
    }

    /// The time of receipt of what was sent last, after which the next thing is sent.
    #[track_caller]
    fn moment(receipt: &Value) -> String {
        // So that two instants differ, whatever the clock's grain.
        std::thread::park_timeout(Duration::from_millis(5));
        receipt["received_at"]
            .as_str()
            .expect("an instant")
            .replace('+', "%2B")
    }
}

/// A record of the first level with some values of its own.
fn first(code: &str, action: &str, more: &[(&str, &str)]) -> Value {
    let mut data = chain::record("x", 1);
    data["CODE"] = json!(code);
    data.as_object_mut().expect("an object").remove("UP");
    for (field, value) in more {
        data[*field] = json!(value);
    }
    chain::element(1, action, &data)
}

#[track_caller]
fn only(receipt: &Value) -> (&str, &str, &str) {
    let outcome = &receipt["records"][0];
    (
        outcome["verdict"].as_str().expect("a verdict"),
        outcome["issues"][0]["code"].as_str().unwrap_or_default(),
        outcome["issues"][0]["path"].as_str().unwrap_or_default(),
    )
}

fn corrections_are_judged_and_keep_what_was(engine: Engine) {
    let desk = Desk::open(engine);
    let nothing = desk.send("c0", &[first("A", "correct", &[])]);
    assert_eq!(only(&nothing), ("rejected", "reference.missing", ""));
    let one = desk.send("c1", &[first("A", "upsert", &[])]);
    let mut silent = first("A", "correct", &[("NAME", "二")]);
    silent.as_object_mut().expect("an object").remove("reason");
    let refused = desk.send("c2", &[silent]);
    assert_eq!(only(&refused), ("rejected", "record.shape", ""));
    let kind = desk.send("c3", &[first("A", "correct", &[("KIND", "B")])]);
    assert_eq!(only(&kind), ("rejected", "key.changed", "/KIND"));
    let back = desk.send(
        "c4",
        &[first("A", "correct", &[("STAMP", "20251231080000")])],
    );
    assert_eq!(only(&back), ("rejected", "time.order", "/STAMP"));
    let after_one = Desk::moment(&one);
    let two = desk.send(
        "c5",
        &[first("A", "correct", &[("NAME", "二"), ("DEAL", "other")])],
    );
    assert_eq!(only(&two).0, "accepted", "{two}");
    let after_two = Desk::moment(&two);
    let three = desk.send(
        "c6",
        &[chain::element(1, "withdraw", &json!({ "CODE": "A" }))],
    );
    assert_eq!(only(&three).0, "accepted", "{three}");
    let after_three = Desk::moment(&three);
    let twice = desk.send(
        "c7",
        &[chain::element(1, "withdraw", &json!({ "CODE": "A" }))],
    );
    assert_eq!(only(&twice), ("rejected", "reference.missing", ""));
    let gone = desk.send("c8", &[first("A", "correct", &[])]);
    assert_eq!(only(&gone), ("rejected", "reference.missing", ""));
    // Whoever comes after a withdrawal is told which one it was, and what to do.
    let by = format!(
        "已由回执 {} 第 1 条记录撤回",
        three["id"].as_str().expect("a number")
    );
    for (receipt, todo) in [(&twice, "无需再次撤回"), (&gone, "请直接报送")] {
        let told = &receipt["records"][0]["issues"][0]["message"]["zh"];
        let told = told.as_str().expect("a message");
        assert!(told.contains(&by) && told.contains(todo), "{told}");
    }
    let never = &nothing["records"][0]["issues"][0]["message"]["zh"];
    assert!(
        never.as_str().is_some_and(|told| !told.contains("撤回")),
        "{never}"
    );
    // After a withdrawal the same bytes are a new record, not a repetition.
    let again = desk.send("c9", &[first("A", "upsert", &[])]);
    assert_eq!(only(&again).0, "accepted", "{again}");

    let versions = desk.get("/v1/records/LEVEL1/A/versions").json();
    let items = versions["items"].as_array().expect("versions");
    let list = |name: &str| -> Vec<Value> { items.iter().map(|item| item[name].clone()).collect() };
    assert_eq!(
        list("action"),
        ["upsert", "withdraw", "correct", "upsert"].map(Value::from)
    );
    assert_eq!(
        list("reason"),
        [
            Value::Null,
            json!("录入有误"),
            json!("录入有误"),
            Value::Null
        ]
    );
    assert_eq!(list("receipt")[3], one["id"]);
    assert!(items[0]["to"].is_null(), "{versions}");
    for (newer, older) in items.iter().zip(items.iter().skip(1)) {
        assert_eq!(older["to"], newer["from"], "{versions}");
    }

    let known = |at: &str| desk.get(&format!("/v1/records/LEVEL1/A?at={at}"));
    assert_eq!(known(&after_one).json()["data"]["NAME"], "名1");
    assert_eq!(known(&after_two).json()["data"]["NAME"], "二");
    assert_eq!(known(&after_three).json()["action"], "withdraw");
    assert_eq!(known("2099-01-01").json()["action"], "upsert");
    assert_eq!(known("2020-01-01").status, 404);
    let wrong = known("yesterday");
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("`yesterday`") || wrong.text.contains("yesterday"));
    assert!(
        wrong.json()["detail"]
            .as_str()
            .is_some_and(|text| text.contains("at is")),
        "{}",
        wrong.text
    );

    let deal = |code: &str, at: &str| {
        let answer = desk.get(&format!("/v1/deals/{code}?at={at}"));
        let items = answer.json()["items"].clone();
        items.as_array().map_or(0, Vec::len)
    };
    assert_eq!(deal("x-deal", &after_one), 1);
    assert_eq!(deal("other", &after_one), 0);
    assert_eq!(deal("x-deal", &after_two), 0, "it was corrected away");
    assert_eq!(deal("other", &after_two), 1);
    assert_eq!(deal("other", &after_three), 0, "it was taken back");
    assert_eq!(deal("x-deal", "2099-01-01"), 1);
}

#[test]
fn corrections_are_judged_and_keep_what_was_on_sqlite() {
    corrections_are_judged_and_keep_what_was(Engine::Sqlite);
}

#[test]
fn corrections_are_judged_and_keep_what_was_on_postgres() {
    corrections_are_judged_and_keep_what_was(Engine::Postgres);
}

#[test]
fn what_holds_is_told_apart_from_what_is_known() {
    let desk = Desk::open(Engine::Sqlite);
    let one = desk.send(
        "v1",
        &[first(
            "B",
            "upsert",
            &[("NAME", "一月"), ("STAMP", "20260101000000")],
        )],
    );
    let after_one = Desk::moment(&one);
    desk.send(
        "v2",
        &[first(
            "B",
            "upsert",
            &[("NAME", "三月"), ("STAMP", "20260301000000")],
        )],
    );
    let name = |query: &str| {
        let answer = desk.get(&format!("/v1/records/LEVEL1/B?{query}"));
        match answer.status {
            200 => answer.json()["data"]["NAME"].clone(),
            status => json!(status),
        }
    };
    assert_eq!(name(""), "三月");
    assert_eq!(name("valid=2026-02-01"), "一月");
    assert_eq!(name("valid=2026-03-01"), "三月");
    assert_eq!(name("valid=2026-03-01T00:00:00%2B09:00"), "一月");
    assert_eq!(name("valid=2025-12-31"), 404);
    assert_eq!(
        name(&format!("valid=2026-03-01&at={after_one}")),
        "一月",
        "of March nothing was known then"
    );
    assert_eq!(name("valid=never"), 422);
}

fn nobody_is_taken_back_while_others_hang_on_him(engine: Engine) {
    let desk = Desk::open(engine);
    let upsert = |level: u16| chain::element(level, "upsert", &chain::record("k", level));
    let withdraw =
        |level: u16| chain::element(level, "withdraw", &json!({ "CODE": format!("k-{level}") }));
    desk.send("k", &[upsert(1), upsert(2), upsert(3)]);
    let refused = desk.send("k1", &[withdraw(1)]);
    assert_eq!(only(&refused), ("rejected", "reference.held", ""));
    let related = &refused["records"][0]["issues"][0]["related"];
    assert_eq!(related.as_array().map(Vec::len), Some(1), "{refused}");
    assert_eq!(related[0]["dataset"], "LEVEL2", "{refused}");
    assert_eq!(related[0]["key"], "k-2", "{refused}");

    // In the same submission the children go first; the other way round only they go.
    let wrong_way = desk.send("k2", &[withdraw(2), withdraw(3)]);
    assert_eq!(only(&wrong_way), ("rejected", "reference.held", ""));
    assert_eq!(
        wrong_way["records"][1]["verdict"], "accepted",
        "{wrong_way}"
    );
    let right_way = desk.send("k3", &[withdraw(2), withdraw(1)]);
    assert_eq!(right_way["counts"]["accepted"], 2, "{right_way}");

    // Nothing hangs on what was taken back: new children wait until it is sent again.
    let child = desk.send("k4", &[upsert(2)]);
    assert_eq!(only(&child).0, "parked", "{child}");
    let again = desk.send("k5", &[upsert(1)]);
    assert_eq!(only(&again).0, "accepted", "{again}");
    let current = desk.get("/v1/records/LEVEL2/k-2").json();
    assert_eq!(current["change"], "released", "{current}");
}

#[test]
fn nobody_is_taken_back_while_others_hang_on_him_on_sqlite() {
    nobody_is_taken_back_while_others_hang_on_him(Engine::Sqlite);
}

#[test]
fn nobody_is_taken_back_while_others_hang_on_him_on_postgres() {
    nobody_is_taken_back_while_others_hang_on_him(Engine::Postgres);
}

#[test]
fn corrections_and_withdrawals_travel_on() {
    let national = National::start("");
    let hub = Hub::start(Engine::Sqlite, &["--national", &national.url]);
    let key = hub.add_source("320100");
    let mut data = records::project(1);
    let mut actions = Vec::new();
    for (action, scale) in [
        ("upsert", "一"),
        ("correct", "二"),
        ("withdraw", "二"),
        ("upsert", "三"),
    ] {
        data["PROJECT_SCALE"] = json!(scale);
        let mut element = records::element("PROJECT", &data);
        element["action"] = json!(action);
        element["reason"] = json!("规模有误");
        actions.push(element);
        // Each by itself, so that every version is sent.
        let body = records::envelope(
            &format!("t-{}", actions.len()),
            &actions[actions.len() - 1..],
        );
        let answer = hub.post("/v1/submissions", &key, JSON, &body);
        assert_eq!(answer.json()["counts"]["rejected"], 0, "{}", answer.text);
    }
    let started = Instant::now();
    let operations = loop {
        let page = hub::get(&format!("{}/records", national.url), "").json();
        let operations: Vec<i64> = page["records"]
            .as_array()
            .expect("records")
            .iter()
            .filter_map(|record| record["operation"].as_i64())
            .collect();
        if operations.len() >= 4 || started.elapsed() > Duration::from_secs(30) {
            break operations;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    };
    assert_eq!(
        operations,
        [1, 2, 3, 1],
        "added, changed, deleted, added again"
    );
    let summary = hub::get(&format!("{}/summary", national.url), "").json();
    assert_eq!(summary["accepted"], 4, "{summary}");
}
