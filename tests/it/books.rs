//! The books of a close under what happens to a province: a day of a hundred thousand records whose list is sent whole,
//! a record that is erased after its day was closed, and a key in the database that the log never announced.

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use serde_json::{Value, json};

use super::forward::{National, settled};
use super::harness::closing::{Source, close, today, with};
use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

/// Records of a submission, and submissions of the day.
const EACH: u32 = 5_000;
const SUBMISSIONS: u32 = 20;

#[test]
fn a_list_of_a_hundred_thousand_records_is_compared_whole() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let source = Source::at(&hub);
    let mut lines: Vec<String> = Vec::new();
    for batch in 0..SUBMISSIONS {
        let elements: Vec<Value> = (1..=EACH)
            .map(|n| records::element("PROJECT", &records::project(batch * EACH + n)))
            .collect();
        let body = records::envelope(&format!("day-{batch}"), &elements);
        let answer = hub.post("/v1/submissions", &source.key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let receipt = answer.json();
        for record in receipt["records"].as_array().expect("records") {
            let line = json!({
                "submission": receipt["submission"], "index": record["index"], "dataset": record["dataset"],
                "verdict": record["verdict"], "digest": record["digest"],
            });
            lines.push(line.to_string());
        }
    }
    assert_eq!(lines.len(), (EACH * SUBMISSIONS) as usize);
    let (code, closed) = close(&hub, &[]);
    assert_eq!(code, Some(0), "{closed}");
    let books = &with(&closed, "source/320100")["document"]["books"]["source"];
    assert_eq!(books["listed"], EACH * SUBMISSIONS, "{books}");

    let path = format!("/v1/closes/{}", today());
    let say = |lines: &[String]| {
        let text = lines.join("\n");
        assert!(text.len() > 8 << 20, "more than is held in memory");
        let answer = hub.post(&path, &source.key, "application/x-ndjson", text.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    // The first line may say what the whole is.
    let header = json!({"records": lines.len(), "root": books["root"]}).to_string();
    let agreed = say(&[&[header], &lines[..]].concat());
    assert_eq!(
        (&agreed["agreed"], &agreed["complete"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(agreed["differences"], json!([]));

    lines.remove(77_777);
    lines[50_000] = lines[50_000].replace("\"accepted\"", "\"rejected\"");
    lines.push(lines[0].replace("\"index\":0", "\"index\":5000"));
    let told = say(&lines);
    assert_eq!(
        (&told["agreed"], &told["complete"]),
        (&json!(false), &json!(true))
    );
    let place = |kind: &str, side: &str| {
        let mut list = told["differences"].as_array().expect("a list").iter();
        let one = list.find(|one| one["kind"] == kind).expect(kind);
        (one[side]["submission"].clone(), one[side]["index"].clone())
    };
    assert_eq!(
        told["differences"].as_array().map(Vec::len),
        Some(3),
        "{told}"
    );
    assert_eq!(
        place("missing_there", "hub"),
        (json!("day-15"), json!(2_777))
    );
    assert_eq!(place("otherwise", "hub"), (json!("day-10"), json!(0)));
    assert_eq!(
        place("missing_here", "source"),
        (json!("day-0"), json!(5_000))
    );

    // As one JSON document it is too much, and it is said what to do.
    let list = format!("{{\"list\":[{}]}}", lines.join(","));
    let answer = hub.post(&path, &source.key, "application/json", list.as_bytes());
    assert_eq!(answer.status, 413, "{}", answer.text);
    assert!(
        answer.text.contains("application/x-ndjson"),
        "{}",
        answer.text
    );
}

fn what_was_closed_holds_after_an_erasure(engine: Engine) {
    let national = National::with(&["--data", "DATA"]);
    let mut hub = Hub::start_with(engine, &national.settings(""));
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    source.push(&hub, 1, 2);
    settled(&hub, &reader);
    let (code, before) = close(&hub, &[]);
    assert_eq!(code, Some(0), "{before}");
    let shown = source.path("close.json").display().to_string();
    let (code, told) = source.reconcile(&hub, &["--sign", &source.sign(), "--output", &shown]);
    assert_eq!(code, Some(0), "{told}");
    let record = format!("PROJECT/{}", records::project_code(7));
    let erased = hub.command(&["erase", &record, "--reason", "本人申请"]);
    assert!(
        erased.status.success(),
        "{}",
        String::from_utf8_lossy(&erased.stderr)
    );

    // The platform holds still what it was sent, the source what it sent: nothing has changed in the books.
    let (code, after) = close(&hub, &[]);
    assert_eq!((code, &after["new"]), (Some(0), &json!(0)), "{after}");
    let root = |closed: &Value| {
        let owed = with(closed, "destination/national");
        owed["document"]["books"]["destination"]["platform"]["ours"].clone()
    };
    assert_eq!(root(&after), root(&before));
    let (code, told) = source.reconcile(&hub, &[]);
    assert_eq!((code, &told["agreed"]), (Some(0), &json!(true)), "{told}");
    // What comes later is told beside it.
    source.push(&hub, 101, 1);
    settled(&hub, &reader);
    let (code, later) = close(&hub, &[]);
    assert_eq!(code, Some(0), "{later}");
    let owed = with(&later, "destination/national");
    assert_eq!(
        (&owed["number"], &owed["agreed"]),
        (&json!(2), &json!(true))
    );
    let key = hub.data.join("log.pub").display().to_string();
    let verified = hub::run(&["close", "verify", &shown, "--key", &key]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
    hub.kill();
    hub.assert_log_verifies();
}

#[test]
fn what_was_closed_holds_after_an_erasure_on_sqlite() {
    what_was_closed_holds_after_an_erasure(Engine::Sqlite);
}

#[test]
fn what_was_closed_holds_after_an_erasure_on_postgres() {
    what_was_closed_holds_after_an_erasure(Engine::Postgres);
}

#[test]
fn a_key_that_the_log_did_not_announce_is_seen() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let source = Source::at(&hub);
    source.push(&hub, 1, 1);
    let (code, closed) = close(&hub, &[]);
    assert_eq!(code, Some(0), "{closed}");
    let (code, _) = source.reconcile(&hub, &["--sign", &source.sign()]);
    assert_eq!(code, Some(0));
    hub.kill();
    hub.assert_log_verifies();
    let tamper = |statement: &str| {
        let database = hub.data.join("hub.db").display().to_string();
        let mut connection = SqliteConnection::establish(&database).expect("the database");
        let changed = diesel::sql_query(statement).execute(&mut connection);
        assert_eq!(changed.expect("changed"), 1, "{statement}");
    };
    let seen = |statement: &str, undo: &str| {
        tamper(statement);
        let verified = hub.command(&["log", "verify"]);
        let told = hub::stdout(&verified) + &String::from_utf8_lossy(&verified.stderr);
        assert_eq!(verified.status.code(), Some(1), "{statement}: {told}");
        assert!(told.contains("signers"), "{statement}: {told}");
        tamper(undo);
        hub.assert_log_verifies();
    };
    seen(
        "UPDATE signers SET retired_at = 1",
        "UPDATE signers SET retired_at = NULL",
    );
    seen(
        "INSERT INTO signers SELECT '320600', vkey, added_at, NULL, leaf_index FROM signers",
        "DELETE FROM signers WHERE source = '320600'",
    );
    seen(
        "UPDATE signers SET source = '320600'",
        "UPDATE signers SET source = '320100'",
    );
}

/// What is sent again after its day was settled moves the books of that day: the thread that closes days tells it with
/// the next day that it closes.
#[test]
fn a_replay_of_a_settled_day_is_told_by_a_supplement() {
    let national = National::with(&["--data", "DATA"]);
    let settings = national.settings("\n[close]\nat = \"00:00\"\n");
    let mut hub = Hub::start_with(Engine::Sqlite, &settings);
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    let operator = hub.add_reader("night", "operator");
    source.push(&hub, 1, 1);
    settled(&hub, &reader);
    hub.kill();
    let (today, yesterday, before) = (today(), day(-1), day(-2));
    let database = hub.data.join("hub.db").display().to_string();
    let statement = |statement: &str| {
        let mut connection = SqliteConnection::establish(&database).expect("the database");
        let changed = diesel::sql_query(statement).execute(&mut connection);
        assert_eq!(changed.expect("changed"), 1, "{statement}");
    };
    // All this was two days ago.
    statement(&format!("UPDATE days SET date = '{before}'"));
    hub.restart();
    let closed = |hub: &Hub, number: u32| {
        let path = format!("/v1/closes/{before}?with=destination/national&number={number}");
        let answer = hub.get(&path, &reader);
        (answer.status == 200).then(|| answer.json()["document"]["books"]["destination"].clone())
    };
    let wait = |hub: &Hub, number: u32| {
        let started = std::time::Instant::now();
        loop {
            if let Some(books) = closed(hub, number) {
                return books;
            }
            let waited = started.elapsed();
            assert!(waited.as_secs() < 60, "no close {number} of {before}");
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
    };
    let first = wait(&hub, 1);
    assert_eq!(
        (&first["acknowledged"], &first["pending"]),
        (&json!(10), &json!(0))
    );
    let order = |path: &str| {
        let answer = hub.post(path, &operator, "application/json", b"");
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    order("/v1/destinations/national/stop?reason=maintenance");
    order(
        "/v1/deliveries/replay?destination=national&state=acknowledged&reason=again&confirm=true&rate=1000",
    );
    settled_again(&hub, &reader, 10);
    hub.kill();
    statement(&format!(
        "INSERT INTO days SELECT '{yesterday}', submission, record, delivery, leaf FROM days WHERE date = '{today}'"
    ));
    hub.restart();
    let second = wait(&hub, 2);
    assert_eq!(
        (&second["acknowledged"], &second["pending"]),
        (&json!(0), &json!(10))
    );
    hub.kill();
    hub.assert_log_verifies();
}

/// The day in China so many days from now.
fn day(days: i64) -> String {
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let then = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    then.to_zoned(china).date().to_string()
}

/// Waits until so many are to be sent again.
fn settled_again(hub: &Hub, reader: &str, pending: usize) {
    let started = std::time::Instant::now();
    loop {
        let listed = hub.get("/v1/destinations", reader).json();
        if listed["items"][0]["deliveries"]["pending"] == pending {
            return;
        }
        assert!(started.elapsed().as_secs() < 60, "{listed}");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
}
