//! Forwarding through real processes: every accepted record arrives, in order within its deal, once.

use std::collections::BTreeSet;
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

/// Deals, and versions of each: an order that can be broken.
const DEALS: u32 = 200;
const VERSIONS: u32 = 50;
const KILLS: u32 = 100;

/// Every fault that the platform knows but an untrusted certificate, each now and then: most by count, so that none
/// is left to chance in the short life between two restarts.
const EVERYTHING: &str = r#"
seed = 3
[[fault]]
kind = "5xx"
numbers = "2-"
every = 21
[[fault]]
kind = "429"
numbers = "7-"
every = 41
[[fault]]
kind = "maintenance"
from = "1s"
until = "2s"
[[fault]]
kind = "hang"
numbers = "5-"
every = 199
for = "900ms"
[[fault]]
kind = "hang_after_commit"
numbers = "9-"
every = 47
for = "900ms"
[[fault]]
kind = "reset"
numbers = "6-"
every = 25
[[fault]]
kind = "reset_after_commit"
numbers = "13-"
every = 27
[[fault]]
kind = "slow"
numbers = "11-"
every = 61
for = "900ms"
[[fault]]
kind = "garbage"
numbers = "15-"
every = 29
[[fault]]
kind = "wrong_type"
numbers = "17-"
every = 31
[[fault]]
kind = "lost_answer"
numbers = "4-"
every = 23
[[fault]]
kind = "late_answer"
numbers = "3-"
every = 19
for = "400ms"
[[fault]]
kind = "double_answer"
rate = 0.1
[[fault]]
kind = "contradictory_answer"
rate = 0.1
[[fault]]
kind = "skew"
rate = 0.2
"#;

/// Faults that must have been dealt.
const DEALT: [&str; 15] = [
    "5xx",
    "429",
    "maintenance",
    "hang",
    "hang_after_commit",
    "reset",
    "reset_after_commit",
    "slow",
    "garbage",
    "wrong_type",
    "lost_answer",
    "late_answer",
    "double_answer",
    "contradictory_answer",
    "skew",
];

/// Notes which faults were dealt since the platform started.
fn note(dealt: &mut BTreeSet<String>, national: &National) {
    let summary = national.get("/summary");
    let faults = summary["faults"].as_object().expect("faults");
    dealt.extend(faults.keys().cloned());
}

/// Numbers that look random, and are the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// 10,000 records of 200 deals, every fault, 100 kills of the hub at any moment, and some of the platform.
fn nothing_is_lost_doubled_or_overtaken(engine: Engine) {
    let arguments = [
        "--data",
        "DATA",
        "--answers",
        "both",
        "--script",
        "SCRIPT",
        "--delay",
        "20",
    ];
    let mut national = National::scripted(&arguments, EVERYTHING);
    let mut hub = Hub::start_with(engine, &national.settings("batch = 50\n"));
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    let (mut dice, mut dealt) = (Dice(7), BTreeSet::new());
    for round in 0..KILLS {
        national.push_to(&hub);
        let elements: Vec<Value> = (0..DEALS / 2)
            .map(|n| {
                let deal = n + (round % 2) * (DEALS / 2) + 1;
                let mut data = records::project(deal);
                data["PROJECT_NAME"] = format!("示例工程{deal}第{round}版").into();
                records::element("PROJECT", &data)
            })
            .collect();
        let body = records::envelope(&format!("round-{round}"), &elements);
        let answer = hub.post("/v1/submissions", &key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["counts"]["rejected"], 0, "{}", answer.text);
        // Now at once, now a little later: in the middle of whatever it is doing.
        std::thread::park_timeout(Duration::from_millis(dice.below(200)));
        hub.kill();
        if round % 20 == 19 {
            note(&mut dealt, &national);
            national.kill_and_restart();
        }
        hub.restart();
    }
    national.push_to(&hub);
    let row = settled(&hub, &reader);
    assert_eq!(row["owed"], DEALS * VERSIONS, "{row}");
    assert_eq!(row["acknowledged"], DEALS * VERSIONS, "{row}");
    let summary = national.get("/summary");
    assert_eq!(summary["accepted"], DEALS * VERSIONS, "{summary}");
    assert_eq!(summary["overtaken"], 0, "{summary}");
    assert_eq!(summary["turned_away"], serde_json::json!({}), "{summary}");
    note(&mut dealt, &national);
    for fault in DEALT {
        assert!(dealt.contains(fault), "{fault} was never dealt: {dealt:?}");
    }
    let believed = &summary["answers"]["pushes"]["contraries_believed"];
    assert_eq!(*believed, 0, "{summary}");
    national.assert_holds_what_is_owed(&hub, &reader);
    hub.kill();
    hub.assert_log_verifies();
}

#[test]
fn nothing_is_lost_doubled_or_overtaken_on_sqlite() {
    nothing_is_lost_doubled_or_overtaken(Engine::Sqlite);
}

#[test]
fn nothing_is_lost_doubled_or_overtaken_on_postgres() {
    nothing_is_lost_doubled_or_overtaken(Engine::Postgres);
}
