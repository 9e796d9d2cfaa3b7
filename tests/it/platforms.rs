//! The close with platforms: what they say over their signatures is checked and kept, those beyond the national one are
//! compared too, and what they contradict is in the books.

use serde_json::{Value, json};

use super::forward::{National, settled};
use super::harness::closing::{Source, close, today, with};
use super::harness::hub::{self, Hub};
use super::harness::{Engine, until};

/// The close with a destination as the hub hands it out, in a file.
fn shown(hub: &Hub, source: &Source, reader: &str, destination: &str) -> String {
    let path = format!("/v1/closes/{}?with=destination/{destination}", today());
    let answer = hub.get(&path, reader);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let file = source.path(&format!("{destination}.close.json"));
    std::fs::write(&file, answer.text).expect("written");
    file.display().to_string()
}

/// Checks a close offline; exit code and what was said.
fn verify(hub: &Hub, file: &str, more: &[&str]) -> (Option<i32>, String) {
    let key = hub.data.join("log.pub").display().to_string();
    let verified = hub::run(&[&["close", "verify", file, "--key", &key], more].concat());
    (verified.status.code(), hub::stdout(&verified))
}

fn what_platforms_say_is_signed_and_kept(engine: Engine) {
    let national = National::with(&["--data", "DATA"]);
    let second = National::with(&["--data", "DATA"]);
    let mut hub = Hub::start_with(engine, &national.settings(""));
    let folder = hub.data.join("destinations");
    std::fs::create_dir_all(&folder).expect("a folder");
    let described = format!(
        "[target]\nkind = \"national\"\nurl = \"{}\"\nedition = \"2.0\"\nsender = \"320000\"\nkeys = [\"{}\"]\n",
        second.url,
        second.key().trim()
    );
    std::fs::write(folder.join("second.toml"), described).expect("a file");
    hub.kill();
    hub.restart();
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    source.push(&hub, 1, 3);
    settled(&hub, &reader);
    until("the second platform has them too", || {
        second.get("/summary")["answers"]["asked_for"] == second.get("/summary")["packets"]
            && second.get("/summary")["accepted"] == 30
    });
    until("the hub knows it", || {
        let listed = hub.get("/v1/destinations", &reader).json();
        let items = listed["items"].as_array().expect("items").clone();
        let second = items.iter().find(|one| one["name"] == "second");
        second.expect("the second")["deliveries"] == json!({"acknowledged": 30})
    });
    let (code, closed) = close(&hub, &[]);
    assert_eq!(code, Some(0), "{closed}");
    for (name, platform) in [("national", &national), ("second", &second)] {
        let owed = with(&closed, &format!("destination/{name}"));
        assert_eq!(owed["agreed"], true, "{owed}");
        let said = &owed["document"]["books"]["destination"]["platform"];
        assert_eq!(said["theirs"]["records"], 30, "{said}");
        let key = platform.key();
        assert_eq!(said["statement"]["key"], key.trim(), "{said}");
        // An auditor checks it years later, without hub or platform.
        let file = shown(&hub, &source, &reader, name);
        let (code, told) = verify(&hub, &file, &["--platform-key", key.trim()]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains(key.trim()), "{told}");
    }
    let other = second.key();
    let file = shown(&hub, &source, &reader, "national");
    let (code, told) = verify(&hub, &file, &["--platform-key", other.trim()]);
    assert_eq!(code, Some(1), "another platform's key: {told}");
    hub.assert_log_verifies();

    // A platform whose answers are signed by somebody else has said nothing.
    let settings = national
        .settings("")
        .replace(national.key().trim(), other.trim());
    hub.kill();
    hub.restart_set(&settings);
    source.push(&hub, 101, 1);
    let (_, closed) = close(&hub, &[]);
    let owed = with(&closed, "destination/national");
    assert_eq!(owed["agreed"], Value::Null, "{owed}");
    let said = &owed["document"]["books"]["destination"]["platform"];
    let why = said["silent"].as_str().expect("why it was not believed");
    assert!(why.contains("signature of the answer is wrong"), "{why}");
    assert_eq!(
        (&said["theirs"], &said["statement"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn what_platforms_say_is_signed_and_kept_on_sqlite() {
    what_platforms_say_is_signed_and_kept(Engine::Sqlite);
}

#[test]
fn what_platforms_say_is_signed_and_kept_on_postgres() {
    what_platforms_say_is_signed_and_kept(Engine::Postgres);
}

fn contradictions_are_in_the_books(engine: Engine) {
    let script = "[[fault]]\nkind = \"contradictory_answer\"\nnumbers = \"1\"\n";
    let arguments = ["--data", "DATA", "--answers", "both", "--script", "SCRIPT"];
    let national = National::scripted(&[&arguments[..], &["--delay", "5"]].concat(), script);
    let hub = Hub::start_with(engine, &national.settings(""));
    national.push_to(&hub);
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    source.push(&hub, 1, 1);
    settled(&hub, &reader);
    until("the contrary was said", || {
        national.get("/summary")["answers"]["pushes"]["contraries_refused"] == 1
    });
    let (code, closed) = close(&hub, &[]);
    // The first answer stands, and is what the platform holds: the books balance, and say what happened.
    assert_eq!(code, Some(0), "{closed}");
    let books = &with(&closed, "destination/national")["document"]["books"]["destination"];
    assert_eq!(books["acknowledged"], 10, "{books}");
    let said = &books["contradicted"];
    let figures = [
        &said["records"],
        &said["taken_back"],
        &said["taken_after_all"],
    ];
    assert_eq!(figures, [&json!(10), &json!(10), &json!(0)], "{said}");
    let batches = said["batches"].as_array().expect("batches");
    assert_eq!(batches.len(), 1, "{said}");
    assert_eq!(batches[0]["records"], "1-10", "{said}");
    assert!(batches[0]["leaf"].is_number(), "{said}");
    let report = hub.get("/v1/reports/closes", &reader).json();
    let mut rows = report["rows"].as_array().expect("rows").iter();
    let row = rows.find(|row| row["with"] == "destination/national");
    assert_eq!(row.expect("a row")["contradicted"], 10, "{report}");
    until("an alarm can be built on it", || {
        let figures = hub.get("/metrics", &reader).text;
        figures
            .lines()
            .any(|line| line == "hub_closes_contradicted 10")
    });
    hub.assert_log_verifies();
}

#[test]
fn contradictions_are_in_the_books_on_sqlite() {
    contradictions_are_in_the_books(Engine::Sqlite);
}

#[test]
fn contradictions_are_in_the_books_on_postgres() {
    contradictions_are_in_the_books(Engine::Postgres);
}
