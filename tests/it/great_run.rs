//! The great run: 10,000 records of 200 deals under every fault that the platform knows, the hub killed a hundred times
//! meanwhile. Nothing is lost, doubled or overtaken; and the close of the day balances, and names exactly what the
//! platform and the source hold otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::forward::{National, settled};
use super::harness::closing::{Source, close, with};
use super::harness::hub::Hub;
use super::harness::receiver::Receiver;
use super::harness::{Engine, records, until};

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
until = "7s"
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
[[fault]]
kind = "forget"
numbers = "701"
[[fault]]
kind = "alter"
numbers = "902"
[[fault]]
kind = "hold_twice"
numbers = "1103"
[[fault]]
kind = "invent"
numbers = "1304"
"#;

/// What the platform holds otherwise than it said, and how the close calls it. Each of its lives begins to count anew,
/// and one of the six at least takes over more than 1,304 records.
const PLANTED: [(&str, &str); 4] = [
    ("forget", "acknowledged_not_held"),
    ("alter", "held_differently"),
    ("hold_twice", "held_twice"),
    ("invent", "never_owed"),
];

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

/// 10,000 records of 200 deals, every fault, 100 kills of the hub at any moment, and some of the platform; then the close
/// of the day.
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
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    std::fs::create_dir(source.receipts()).expect("a folder");
    let (mut dice, mut dealt) = (Dice(7), BTreeSet::new());
    let desk = Subscriber::of(&hub);
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
        let answer = hub.post("/v1/submissions", &source.key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["counts"]["rejected"], 0, "{}", answer.text);
        std::fs::write(receipt(&source, round), &answer.text).expect("the receipt is kept");
        // Now at once, now a little later: in the middle of whatever it is doing.
        std::thread::park_timeout(Duration::from_millis(dice.below(200)));
        hub.kill();
        if round % 20 == 19 {
            note(&mut dealt, &national);
            national.kill_and_restart();
        }
        desk.answer(round);
        hub.restart();
    }
    national.push_to(&hub);
    desk.assert_told_everything();
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
    the_close_names_what_was_planted(&hub, &source, &national, &reader);
    hub.kill();
    hub.assert_log_verifies();
}

/// A webhook subscriber beside the platform, which fails now and then. (A topic of Kafka has a run of its own, in which
/// the broker dies too: `topic.rs`.)
struct Subscriber(Receiver);

impl Subscriber {
    /// Described to a hub, which serves it from its next start.
    fn of(hub: &Hub) -> Subscriber {
        let receiver = Receiver::start();
        let folder = hub.data.join("destinations");
        std::fs::create_dir_all(&folder).expect("a folder");
        let described = format!(
            "start = \"beginning\"\n[target]\nkind = \"webhook\"\nurl = \"{}\"\n[pace]\nbatch = 50\nbackoff_base_ms = 20\n\
             backoff_max_ms = 200\nbreaker_ms = 100\n",
            receiver.url
        );
        std::fs::write(folder.join("desk.toml"), described).expect("a file");
        Subscriber(receiver)
    }

    /// How it answers until the next round.
    fn answer(&self, round: u32) {
        self.0.answer(match round % 7 {
            2 => 500,
            4 => 429,
            _ => 204,
        });
    }

    /// Each version of each deal came at least once, and in order: of what came again, the first time counts.
    fn assert_told_everything(&self) {
        self.0.answer(204);
        let mut told: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        until("the subscriber was told everything", || {
            told.clear();
            for event in self.0.events() {
                let deal = event["key"].as_str().expect("a key").to_owned();
                let version = event["record"].as_i64().expect("a number");
                let versions = told.entry(deal).or_default();
                if !versions.contains(&version) {
                    versions.push(version);
                }
            }
            told.values().map(Vec::len).sum::<usize>() == (DEALS * VERSIONS) as usize
        });
        assert_eq!(told.len(), DEALS as usize);
        for (deal, versions) in &told {
            assert!(versions.is_sorted(), "{deal}: {versions:?}");
        }
    }
}

/// The receipt of a round, as the source keeps it.
fn receipt(source: &Source, round: u32) -> PathBuf {
    let file = format!("round-{round}.receipt.json");
    source.receipts().join(file)
}

/// The books balance after all that; what the platform holds otherwise, what it contradicted, and what the source lost,
/// invented or remembers otherwise, is named, and nothing else.
fn the_close_names_what_was_planted(hub: &Hub, source: &Source, national: &National, reader: &str) {
    let told_before = contradicted(hub, reader);
    let (code, closed) = close(hub, &[]);
    let told_after = contradicted(hub, reader);
    assert_eq!(code, Some(1), "the platform holds other things: {closed}");
    let received = with(&closed, "source/320100");
    assert_eq!(received["balanced"], true, "{received}");
    let books = &received["document"]["books"]["source"];
    assert_eq!(books["records"], DEALS * VERSIONS, "{books}");
    let owed = with(&closed, "destination/national");
    let stands = (&owed["balanced"], &owed["agreed"]);
    assert_eq!(stands, (&json!(true), &json!(false)), "{owed}");
    let books = &owed["document"]["books"]["destination"];
    assert_eq!(books["acknowledged"], DEALS * VERSIONS, "{books}");
    let desk = with(&closed, "destination/desk");
    let of_desk = &desk["document"]["books"]["destination"];
    let figures = (
        &of_desk["owed"],
        &of_desk["acknowledged"],
        &desk["balanced"],
    );
    let all = json!(DEALS * VERSIONS);
    assert_eq!(figures, (&all, &all, &json!(true)), "{desk}");

    let planted = national.get("/planted");
    let planted: BTreeSet<(String, i64)> = planted
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let fault = one["fault"].as_str().expect("a fault");
            let (_, kind) = PLANTED
                .iter()
                .find(|(name, _)| *name == fault)
                .expect(fault);
            (
                (*kind).to_owned(),
                one["version"].as_i64().expect("a number"),
            )
        })
        .collect();
    for (fault, kind) in PLANTED {
        let dealt = planted.iter().any(|(known, _)| known == kind);
        assert!(dealt, "{fault} was never dealt: {planted:?}");
    }
    let named = books["platform"]["named"].as_array().expect("named");
    let found: BTreeSet<(String, i64)> = named
        .iter()
        .map(|one| {
            let kind = one["kind"].as_str().expect("a kind").to_owned();
            (kind, one["version"].as_i64().expect("a number"))
        })
        .collect();
    assert_eq!(found, planted, "exactly these");
    assert_eq!(named.len(), planted.len(), "each once");

    // The platform goes on contradicting itself meanwhile.
    let batches = books["contradicted"]["batches"]
        .as_array()
        .expect("batches");
    let batches: BTreeSet<i64> = batches
        .iter()
        .map(|one| one["batch"].as_i64().expect("a number"))
        .collect();
    assert!(!batches.is_empty(), "{books}");
    assert!(batches.is_superset(&told_before) && batches.is_subset(&told_after));
    source_differences_are_named(hub, source);
}

/// The batches about which the platform said two things, as an operator sees them.
fn contradicted(hub: &Hub, reader: &str) -> BTreeSet<i64> {
    let shown = hub.get("/v1/destinations", reader).json();
    let batches = shown["items"][0]["contradicted_batches"].as_array();
    let batches = batches.expect("batches").iter();
    batches.map(|one| one.as_i64().expect("a number")).collect()
}

fn source_differences_are_named(hub: &Hub, source: &Source) {
    let (code, told) = source.reconcile(hub, &[]);
    assert_eq!((code, &told["agreed"]), (Some(0), &json!(true)), "{told}");
    // The source loses a record, remembers other contents of one, and invents one.
    let change = |round: u32, change: fn(&mut Vec<Value>)| {
        let path = receipt(source, round);
        let text = std::fs::read_to_string(&path).expect("a receipt");
        let mut kept: Value = serde_json::from_str(&text).expect("JSON");
        change(kept["records"].as_array_mut().expect("records"));
        std::fs::write(&path, kept.to_string()).expect("written");
    };
    change(3, |records| drop(records.remove(30)));
    change(50, |records| records[60]["digest"] = "ab".repeat(32).into());
    change(77, |records| {
        let mut invented = records[0].clone();
        invented["index"] = 100.into();
        records.push(invented);
    });
    let (code, told) = source.reconcile(hub, &["--sign", &source.sign()]);
    assert_eq!((code, &told["agreed"]), (Some(1), &json!(false)), "{told}");
    assert!(told["signed_leaf"].is_number(), "the dispute is in the log");
    let named: BTreeSet<(&str, &str, i64)> = told["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let kind = one["kind"].as_str().expect("a kind");
            let side = &one[if kind == "missing_here" {
                "source"
            } else {
                "hub"
            }];
            let submission = side["submission"].as_str().expect("a submission");
            (kind, submission, side["index"].as_i64().expect("a place"))
        })
        .collect();
    let expected = [
        ("missing_here", "round-77", 100),
        ("missing_there", "round-3", 30),
        ("otherwise", "round-50", 60),
    ];
    assert_eq!(named, BTreeSet::from(expected));
}

#[test]
fn nothing_is_lost_doubled_or_overtaken_on_sqlite() {
    nothing_is_lost_doubled_or_overtaken(Engine::Sqlite);
}

#[test]
fn nothing_is_lost_doubled_or_overtaken_on_postgres() {
    nothing_is_lost_doubled_or_overtaken(Engine::Postgres);
}
