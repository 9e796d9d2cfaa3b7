//! The daily close as the three sides meet it: a balanced day, differences that are named exactly, supplements,
//! crashes, and two hubs that close at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::forward::{National, settled};
use super::harness::Engine;
use super::harness::chain::{self, Chain};
use super::harness::closing::{Source, close, kinds, today, with};
use super::harness::hub::{self, Hub};

fn all_three_agree(engine: Engine) {
    let national = National::start("5xx=0.1,lost_answer=0.1,seed=3");
    let mut hub = Hub::start(engine, &["--national", &national.url]);
    let source = Source::at(&hub);
    let reader = hub.add_reader("desk", "centre");
    source.push(&hub, 1, 4);
    settled(&hub, &reader);
    let (code, closed) = close(&hub, &["--national", &national.url]);
    assert_eq!((code, &closed["new"]), (Some(0), &json!(3)), "{closed}");
    let books = &with(&closed, "source/320100")["document"]["books"]["source"];
    assert_eq!(
        (&books["records"], &books["listed"]),
        (&json!(40), &json!(40))
    );
    let owed = with(&closed, "destination/national");
    assert_eq!(owed["agreed"], true, "{owed}");
    let books = &owed["document"]["books"]["destination"];
    assert_eq!(
        (&books["owed"], &books["acknowledged"]),
        (&json!(40), &json!(40))
    );
    assert_eq!(books["platform"]["theirs"]["records"], 40);

    // Without a signature the books are compared, and nothing is agreed to.
    let (code, told) = source.reconcile(&hub, &[]);
    assert_eq!((code, &told["agreed"]), (Some(0), &json!(true)), "{told}");
    assert_eq!(told["signed_leaf"], Value::Null);
    let shown = source.path("close.json").display().to_string();
    let (code, told) = source.reconcile(&hub, &["--sign", &source.sign(), "--output", &shown]);
    assert_eq!(code, Some(0), "{told}");
    let leaf = told["signed_leaf"].clone();
    assert!(leaf.is_number(), "{told}");
    // The same again is the same leaf.
    let (_, told) = source.reconcile(&hub, &["--sign", &source.sign()]);
    assert_eq!(told["signed_leaf"], leaf);

    // Nothing has changed: nothing is written.
    let (_, again) = close(&hub, &["--national", &national.url]);
    assert_eq!(again["new"], 0, "{again}");
    let report = hub.get("/v1/reports/closes", &reader).json();
    let mut row = report["rows"].as_array().expect("rows").iter();
    let row = row.rfind(|row| row["with"] == "source/320100");
    assert_eq!(row.expect("a row")["agreed"], "yes", "{report}");
    let key = hub.data.join("log.pub").display().to_string();
    let verified = hub::run(&["close", "verify", &shown, "--key", &key]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
    let text = std::fs::read_to_string(&shown).expect("kept");
    std::fs::write(&shown, text.replace("\"records\": 40", "\"records\": 41")).expect("written");
    let verified = hub::run(&["close", "verify", &shown, "--key", &key]);
    assert_eq!(verified.status.code(), Some(1), "a changed figure is seen");
    hub.kill();
    hub.assert_log_verifies();
}

#[test]
fn all_three_agree_on_sqlite() {
    all_three_agree(Engine::Sqlite);
}

#[test]
fn all_three_agree_on_postgres() {
    all_three_agree(Engine::Postgres);
}

fn change(path: &Path, change: impl FnOnce(&mut Value)) {
    let text = std::fs::read_to_string(path).expect("a receipt");
    let mut receipt: Value = serde_json::from_str(&text).expect("JSON");
    change(&mut receipt);
    std::fs::write(path, receipt.to_string()).expect("written");
}

fn differences_of_a_source_are_named(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let source = Source::at(&hub);
    source.push(&hub, 1, 10);
    let (code, closed) = close(&hub, &[]);
    assert_eq!(code, Some(0), "{closed}");
    let receipt = |number: u32| {
        source
            .receipts()
            .join(format!("p-{number}.json.receipt.json"))
    };
    // The source has lost one record, believes other contents of one, and invents one.
    change(&receipt(1), |receipt| {
        receipt["records"]
            .as_array_mut()
            .expect("records")
            .remove(3);
    });
    change(&receipt(11), |receipt| {
        receipt["records"][5]["digest"] = "ab".repeat(32).into();
    });
    change(&receipt(21), |receipt| {
        let mut invented = receipt["records"][0].clone();
        invented["index"] = 10.into();
        receipt["records"]
            .as_array_mut()
            .expect("records")
            .push(invented);
    });
    let (code, told) = source.reconcile(&hub, &["--sign", &source.sign()]);
    assert_eq!((code, &told["agreed"]), (Some(1), &json!(false)), "{told}");
    let differences = &told["differences"];
    assert_eq!(
        kinds(differences),
        ["missing_here", "missing_there", "otherwise"],
        "{told}"
    );
    let place = |kind: &str, side: &str| {
        let list = differences.as_array().expect("a list");
        let one = list.iter().find(|one| one["kind"] == kind).expect(kind);
        (one[side]["submission"].clone(), one[side]["index"].clone())
    };
    assert_eq!(place("missing_there", "hub"), (json!("p-1"), json!(3)));
    assert_eq!(place("otherwise", "hub"), (json!("p-11"), json!(5)));
    assert_eq!(place("missing_here", "source"), (json!("p-21"), json!(10)));
    assert!(
        told["questions"].as_u64().expect("a number") <= 9,
        "traffic grows with the differences: {told}"
    );
    assert!(told["signed_leaf"].is_number(), "the dispute is in the log");

    // The other way round: the source sends a list, and the hub names the same.
    let path = format!("/v1/closes/{}", today());
    let mut lines = String::new();
    for file in 0..10 {
        let text = std::fs::read_to_string(receipt(file * 10 + 1)).expect("a receipt");
        let text: Value = serde_json::from_str(&text).expect("JSON");
        for record in text["records"].as_array().expect("records") {
            let line = json!({
                "submission": text["submission"], "index": record["index"], "dataset": record["dataset"],
                "verdict": record["verdict"], "digest": record["digest"],
            });
            lines.push_str(&format!("{line}\n"));
        }
    }
    let answer = hub.post(&path, &source.key, "application/x-ndjson", lines.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let compared = answer.json();
    assert_eq!(
        kinds(&compared["differences"]),
        ["missing_here", "missing_there", "otherwise"]
    );
    assert_eq!(
        (&compared["complete"], &compared["signed"]),
        (&json!(true), &json!(false))
    );
    // And by count and root alone: it is told to send its root node.
    let said = json!({"records": 99, "root": "00".repeat(32)}).to_string();
    let answer = hub.post(&path, &source.key, "application/json", said.as_bytes());
    assert_eq!(answer.json()["ask"], json!([""]), "{}", answer.text);
    // Another source sees nothing of it.
    let other = hub.add_source("320600");
    let path = format!("/v1/closes/{}?with=source/320100", today());
    assert_eq!(hub.get(&path, &other).status, 403);
    hub.assert_log_verifies();
}

#[test]
fn differences_of_a_source_are_named_on_sqlite() {
    differences_of_a_source_are_named(Engine::Sqlite);
}

#[test]
fn differences_of_a_source_are_named_on_postgres() {
    differences_of_a_source_are_named(Engine::Postgres);
}

fn differences_of_the_platform_are_named(engine: Engine) {
    let faults = [
        ("forget", 7),
        ("alter", 15),
        ("hold_twice", 23),
        ("invent", 31),
    ];
    let rules: String = faults
        .iter()
        .map(|(kind, number)| format!("[[fault]]\nkind = \"{kind}\"\nnumbers = \"{number}\"\n"))
        .collect();
    let national = National::scripted(&["--script", "SCRIPT"], &rules);
    let hub = Hub::start(engine, &["--national", &national.url]);
    let source = Source::at(&hub);
    let reader = hub.add_reader("desk", "centre");
    source.push(&hub, 1, 4);
    settled(&hub, &reader);
    let (code, closed) = close(&hub, &["--national", &national.url]);
    assert_eq!(code, Some(1), "{closed}");
    let owed = with(&closed, "destination/national");
    assert_eq!(
        (&owed["balanced"], &owed["agreed"]),
        (&json!(true), &json!(false)),
        "{owed}"
    );
    let platform = &owed["document"]["books"]["destination"]["platform"];
    assert_eq!(
        kinds(&platform["named"]),
        [
            "acknowledged_not_held",
            "held_differently",
            "held_twice",
            "never_owed"
        ],
        "{platform}"
    );
    let versions: BTreeSet<i64> = platform["named"]
        .as_array()
        .expect("named")
        .iter()
        .filter(|one| one["kind"] != "never_owed")
        .map(|one| one["version"].as_i64().expect("a number"))
        .collect();
    assert_eq!(versions.len(), 3, "three records: {platform}");
    hub.assert_log_verifies();
}

#[test]
fn differences_of_the_platform_are_named_on_sqlite() {
    differences_of_the_platform_are_named(Engine::Sqlite);
}

#[test]
fn differences_of_the_platform_are_named_on_postgres() {
    differences_of_the_platform_are_named(Engine::Postgres);
}

/// Starts a close and lets it live for so many milliseconds.
fn begin_and_kill(hub: &Hub, millis: u64) {
    let mut child = Command::new(hub::program())
        .args(["close", &today()])
        .args(hub.place())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the close begins");
    std::thread::park_timeout(std::time::Duration::from_millis(millis));
    drop(child.kill());
    child.wait().expect("it has ended");
}

fn numbers(closed: &Value) -> Vec<i64> {
    let parties = closed["closes"].as_array().expect("closes");
    let number = |close: &Value| close["number"].as_i64().expect("a number");
    parties.iter().map(number).collect()
}

fn a_close_that_is_killed_repeats_nothing(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let source = Source::at(&hub);
    source.push(&hub, 1, 3);
    for millis in [5, 20, 40, 60, 80, 120, 160, 240, 400] {
        begin_and_kill(&hub, millis);
    }
    let (code, closed) = close(&hub, &[]);
    assert_eq!(code, Some(0), "{closed}");
    assert_eq!(numbers(&closed), [1, 1, 1], "{closed}");
    hub.assert_log_verifies();
}

#[test]
fn a_close_that_is_killed_repeats_nothing_on_sqlite() {
    a_close_that_is_killed_repeats_nothing(Engine::Sqlite);
}

#[test]
fn a_close_that_is_killed_repeats_nothing_on_postgres() {
    a_close_that_is_killed_repeats_nothing(Engine::Postgres);
}

/// Two hubs on one database, each asked to close at the same time.
#[test]
fn two_hubs_close_a_day_once() {
    let first = Hub::start(Engine::Postgres, &[]);
    let source = Source::at(&first);
    source.push(&first, 1, 3);
    let second = first.beside();
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for hub in [&first, &second, &first, &second] {
                scope.spawn(move || {
                    let (code, closed) = close(hub, &[]);
                    assert_eq!(code, Some(0), "{closed}");
                });
            }
        });
    }
    let (_, closed) = close(&first, &[]);
    assert_eq!(numbers(&closed), [1, 1, 1], "{closed}");
    first.assert_log_verifies();
}

fn what_moves_later_is_told_by_a_supplement(engine: Engine) {
    let chain = Chain::new("");
    let hub = Hub::start(engine, &["--config", &chain.config()]);
    let key = hub.add_source("320100");
    let send = |submission: &str, level: u16| {
        let element = chain::element(level, "upsert", &chain::record("c", level));
        let body = chain::envelope("320100", submission, &[element]);
        let answer = hub.post("/v1/submissions", &key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    let config = chain.config();
    let books = |closed: &Value| {
        let close = with(closed, "source/320100").clone();
        let parked = close["document"]["books"]["source"]["parked"].clone();
        (
            close["number"].clone(),
            parked["waiting"].clone(),
            parked["released"].clone(),
            close,
        )
    };
    send("late", 2);
    let (code, closed) = close(&hub, &["--config", &config]);
    assert_eq!(code, Some(0), "{closed}");
    let (number, waiting, released, first) = books(&closed);
    assert_eq!((number, waiting, released), (json!(1), json!(1), json!(0)));
    send("parent", 1);
    let (code, closed) = close(&hub, &["--config", &config]);
    assert_eq!(code, Some(0), "{closed}");
    let (number, waiting, released, second) = books(&closed);
    assert_eq!((number, waiting, released), (json!(2), json!(0), json!(1)));
    // Nothing is written over: the supplement names the close before it, which is there still.
    let hub_books = &closed["closes"][1];
    assert_eq!(
        (&hub_books["with"], &hub_books["number"]),
        (&json!("hub"), &json!(2))
    );
    assert!(second["document"]["previous"].is_string(), "{second}");
    let path = format!("/v1/closes/{}?number=1", today());
    assert_eq!(hub.get(&path, &key).json()["document"], first["document"]);
    hub.assert_log_verifies();
}

#[test]
fn what_moves_later_is_told_by_a_supplement_on_sqlite() {
    what_moves_later_is_told_by_a_supplement(Engine::Sqlite);
}

#[test]
fn what_moves_later_is_told_by_a_supplement_on_postgres() {
    what_moves_later_is_told_by_a_supplement(Engine::Postgres);
}
