//! A clock that goes back: said, logged once, and no harm to what was proved.

use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use hub::store::Database;

use super::activation::{actions, of};
use super::harness::hub::Hub;
use super::harness::{Engine, records};

fn push(hub: &Hub, key: &str, number: u32) {
    let element = records::element("PROJECT", &records::project(number));
    let body = records::envelope(&format!("no-{number}"), &[element]);
    let answer = hub.post("/v1/submissions", key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["counts"]["accepted"], 1, "{}", answer.text);
}

/// Waits until the hub says so of its clock.
#[track_caller]
fn until_clock(hub: &Hub, word: &str) {
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let said = hub.get("/readyz", "");
        assert_eq!(said.status, 200, "{}", said.text);
        if said.json()["checks"]["clock"] == word {
            return;
        }
        assert!(Instant::now() < until, "never {word}: {}", said.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes it so that the last checkpoints were published by a clock that stood elsewhere, in milliseconds.
fn moved_on(hub: &Hub, by: i64) {
    let own = hub.data.join("hub.db").display().to_string();
    let mut connection = ::hub::store::connect(hub.database().unwrap_or(&own)).expect("a store");
    let sql = format!("UPDATE checkpoints SET at = at + ({by})");
    let sql = diesel::sql_query(sql);
    match &mut connection {
        Database::Sqlite(sqlite) => sql.execute(sqlite),
        Database::Postgres(postgres) => sql.execute(postgres),
    }
    .expect("an update");
}

fn back(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    push(&hub, &key, 1);
    until_clock(&hub, "ok");
    hub.kill();
    moved_on(&hub, 3_600_000);
    hub.restart();
    push(&hub, &key, 2);
    until_clock(&hub, "back");
    push(&hub, &key, 3);
    assert!(hub.get("/metrics", "").text.contains("\nhub_clock_back 1"));
    let done = actions(&hub);
    let [(_, _, facts)] = of(&done, "clock_moved")[..] else {
        panic!("logged once: {done:?}");
    };
    let moved: i64 = facts["back_ms"]
        .as_str()
        .expect("a figure")
        .parse()
        .expect("a number");
    assert!((3_500_000..=3_600_000).contains(&moved), "{facts}");
    hub.kill();

    moved_on(&hub, -3_600_000);
    hub.restart();
    push(&hub, &key, 4);
    until_clock(&hub, "ok");
    assert!(hub.get("/metrics", "").text.contains("\nhub_clock_back 0"));
    assert_eq!(of(&actions(&hub), "clock_moved").len(), 1);
    hub.assert_log_verifies();
}

#[test]
fn a_clock_that_goes_back_is_noticed_on_sqlite() {
    back(Engine::Sqlite);
}

#[test]
fn a_clock_that_goes_back_is_noticed_on_postgres() {
    back(Engine::Postgres);
}
