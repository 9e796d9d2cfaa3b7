//! Proofs that something was not held at a date, checked with nothing but the public key, on both databases.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use serde_json::Value;

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

const JSON: &str = "application/json";

#[track_caller]
fn send(hub: &Hub, key: &str, number: u32) {
    let answer = hub.post("/v1/submissions", key, JSON, &records::one_project(number));
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// A proof, once the commitment that it rests on is published.
#[track_caller]
fn prove(hub: &Hub, arguments: &[&str]) -> (PathBuf, Value) {
    let path = hub.data.join("proof.json");
    let shown = path.display().to_string();
    let all: Vec<&str> = ["prove-absence"]
        .into_iter()
        .chain(arguments.iter().copied())
        .chain(["-o", &shown])
        .collect();
    let started = Instant::now();
    let code = loop {
        let output = hub.command(&all);
        if let Some(code @ 0..=1) = output.status.code() {
            break code;
        }
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(started.elapsed() < Duration::from_mins(1), "{told}");
        std::thread::park_timeout(Duration::from_millis(200));
    };
    let proof: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("a proof")).expect("JSON");
    // What was asked for is a proof of absence: 1 says that it is none.
    assert_eq!(code, i32::from(proof["held"] == true), "{proof}");
    (path, proof)
}

fn verified(hub: &Hub, path: &std::path::Path) -> (bool, String) {
    let key = hub.data.join("log.pub").display().to_string();
    let output = hub::run(&[
        "prove-absence",
        "verify",
        &path.display().to_string(),
        "--key",
        &key,
    ]);
    (output.status.success(), hub::stdout(&output))
}

fn what_was_not_held_is_proven(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    for number in 1..=5 {
        send(&hub, &key, number);
    }
    let committed = hub.command(&["prove-absence", "commit"]);
    assert!(
        committed.status.success(),
        "{}",
        String::from_utf8_lossy(&committed.stderr)
    );
    // It comes too late to be held then.
    send(&hub, &key, 6);
    for (number, held) in [(1, true), (5, true), (6, false), (7, false)] {
        let (path, proof) = prove(
            &hub,
            &[
                "PROJECT",
                &records::project_code(number),
                "--date",
                "2099-12-31",
            ],
        );
        assert_eq!(proof["held"], held, "{number}: {proof:#}");
        let (good, told) = verified(&hub, &path);
        assert!(good, "{told}");
        assert_eq!(told.contains("NOT held"), !held, "{told}");
        let text = proof.to_string();
        let others = (1..=6).filter(|other| *other != number);
        for other in others {
            assert!(
                !text.contains(&records::project_code(other)),
                "the list gives keys away"
            );
        }
        // The same proof for another key, or for another claim, is none.
        for (from, to) in [
            (
                records::project_code(number),
                records::project_code(number + 100),
            ),
            (format!("\"held\":{held}"), format!("\"held\":{}", !held)),
        ] {
            let forged = hub.data.join("forged.json");
            assert!(text.contains(&from), "{text}");
            std::fs::write(&forged, text.replace(&from, &to)).expect("written");
            let (good, told) = verified(&hub, &forged);
            // By chance the other key lies in the same gap: then it was not held either.
            let same_gap = !held && from != to && told.contains("NOT held");
            assert!(!good || same_gap, "{told}");
        }
    }
    let (path, proof) = prove(
        &hub,
        &["320100", "one-3", "--submission", "--date", "2099-12-31"],
    );
    assert_eq!(proof["held"], true);
    assert!(verified(&hub, &path).0);
    let (path, proof) = prove(
        &hub,
        &["320100", "one-6", "--submission", "--date", "2099-12-31"],
    );
    assert_eq!(proof["held"], false);
    assert!(verified(&hub, &path).0);
    let before = hub.command(&["prove-absence", "PROJECT", "x", "--date", "2020-01-01"]);
    assert!(!before.status.success());
    assert!(String::from_utf8_lossy(&before.stderr).contains("2020-01-01"));
    let verify = hub.command(&["log", "verify"]);
    assert!(verify.status.success(), "{}", hub::stdout(&verify));
}

#[test]
fn what_was_not_held_is_proven_on_sqlite() {
    what_was_not_held_is_proven(Engine::Sqlite);
}

#[test]
fn what_was_not_held_is_proven_on_postgres() {
    what_was_not_held_is_proven(Engine::Postgres);
}

#[test]
fn a_hub_commits_to_the_day_that_ended() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    send(&hub, &key, 1);
    hub.kill();
    // Three days pass.
    let database = hub.data.join("hub.db").display().to_string();
    let mut connection = SqliteConnection::establish(&database).expect("the database");
    diesel::sql_query("UPDATE submissions SET received_at = received_at - 3 * 86400000")
        .execute(&mut connection)
        .expect("the past");
    hub.restart();
    let yesterday = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
        .date()
        .yesterday()
        .expect("a day")
        .to_string();
    let (path, proof) = prove(
        &hub,
        &["PROJECT", &records::project_code(1), "--date", &yesterday],
    );
    assert_eq!(proof["held"], true);
    assert!(verified(&hub, &path).0);
}
