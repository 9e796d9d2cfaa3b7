//! The waiting room as senders meet it, on both databases: chains in any order, deadlines, and what replaces what
//! still waits.

use serde_json::{Value, json};

use super::harness::chain::{self, Chain, DAYS, LEVELS};
use super::harness::hub::{self, Hub};
use super::harness::{Engine, log_size};

/// A hub over the small specification, and the keys of its two sources.
struct Yard {
    chain: Chain,
    hub: Hub,
    keys: [(&'static str, String); 2],
    reader: String,
}

impl Yard {
    fn open(engine: Engine, waiting: &str) -> Yard {
        let chain = Chain::new(waiting);
        let hub = Hub::start(engine, &["--config", &chain.config()]);
        let keys = ["320100", "320600"].map(|id| (id, hub.add_source(id)));
        let reader = hub.add_reader("desk", "centre");
        Yard {
            chain,
            hub,
            keys,
            reader,
        }
    }

    /// Sends records from one of the sources, and gives the receipt.
    #[track_caller]
    fn send(&self, source: usize, submission: &str, records: &[Value]) -> Value {
        let (id, key) = &self.keys[source];
        let body = chain::envelope(id, submission, records);
        let answer = self
            .hub
            .post("/v1/submissions", key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    #[track_caller]
    fn verdict(&self, source: usize, submission: &str, record: Value) -> String {
        let receipt = self.send(source, submission, &[record]);
        receipt["records"][0]["verdict"]
            .as_str()
            .expect("a verdict")
            .to_owned()
    }

    fn parked(&self) -> Vec<Value> {
        let report = self.hub.get("/v1/reports/parked", &self.reader).json();
        report["rows"].as_array().expect("rows").clone()
    }

    /// What became of the records of a submission, by the sender's number of it.
    #[track_caller]
    fn detail(&self, submission: &str) -> Value {
        let list = self
            .hub
            .get(
                &format!("/v1/submissions?submission={submission}"),
                &self.reader,
            )
            .json();
        let id = list["items"][0]["id"]
            .as_str()
            .expect("a number")
            .to_owned();
        self.hub
            .get(&format!("/v1/submissions/{id}"), &self.reader)
            .json()
    }

    /// Rejects what is over its time, as of an instant; what was rejected.
    #[track_caller]
    fn sweep(&self, at: &str) -> Vec<Value> {
        let config = self.chain.config();
        let output = self.hub.command(&[
            "waiting", "sweep", "--at", at, "--format", "json", "--config", &config,
        ]);
        let text = hub::stdout(&output);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let swept: Value = serde_json::from_str(&text).expect("JSON");
        swept["expired"].as_array().expect("a list").clone()
    }
}

fn upsert(name: &str, level: u16) -> Value {
    chain::element(level, "upsert", &chain::record(name, level))
}

/// `2026-01-01` so many days after now.
fn in_days(days: i64) -> String {
    let span = jiff::Span::new().hours(24 * days);
    (jiff::Timestamp::now() + span).to_string()
}

fn a_chain_in_reverse_resolves_in_order(engine: Engine) {
    let mut yard = Yard::open(engine, "");
    // Each level by itself, from the last to the second, now from one source, now from the other.
    for level in (2..=LEVELS).rev() {
        let source = usize::from(level % 2);
        let verdict = yard.verdict(source, &format!("c-{level}"), upsert("c", level));
        assert_eq!(
            verdict, "parked",
            "level {level}: what it hangs on waits itself"
        );
    }
    let rows = yard.parked();
    assert_eq!(rows.len(), usize::from(LEVELS) - 1, "{rows:?}");
    let second = rows
        .iter()
        .find(|row| row["dataset"] == "LEVEL2")
        .expect("the second level waits");
    assert_eq!(second["source"], "320100");
    assert_eq!(second["key"], "c-2");
    assert_eq!(second["number"], "c-2");
    assert_eq!(second["awaited_dataset"], "LEVEL1");
    assert_eq!(second["awaited_field"], "CODE");
    assert_eq!(second["awaited_value"], "c-1");
    let instant = |name: &str| {
        let text = second[name].as_str().expect(name);
        text.parse::<jiff::Timestamp>().expect("an instant")
    };
    assert_eq!(
        instant("deadline").duration_since(instant("since")),
        jiff::SignedDuration::from_hours(24 * DAYS)
    );

    assert_eq!(yard.verdict(1, "c-1", upsert("c", 1)), "accepted");
    assert_eq!(yard.parked(), Vec::<Value>::new());
    for level in 2..=LEVELS {
        let detail = yard.detail(&format!("c-{level}"));
        assert_eq!(detail["counts"]["parked"], 1, "the receipt stays: {detail}");
        assert_eq!(detail["waiting"], 0, "{detail}");
        let change = &detail["changes"][0];
        assert_eq!(change["record"], 0, "{detail}");
        assert_eq!(change["dataset"], format!("LEVEL{level}"), "{detail}");
        assert_eq!(change["key"], format!("c-{level}"), "{detail}");
        assert_eq!(change["change"], "released", "{detail}");
        assert_eq!(change["verdict"], "accepted", "{detail}");
    }

    // The same inside one submission.
    let all: Vec<Value> = (1..=LEVELS).rev().map(|level| upsert("d", level)).collect();
    let receipt = yard.send(0, "d", &all);
    assert_eq!(receipt["counts"]["rejected"], 0, "{receipt}");
    let detail = yard.detail("d");
    assert_eq!(detail["waiting"], 0, "{detail}");
    let changed: Vec<i64> = detail["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter_map(|change| change["record"].as_i64())
        .collect();
    assert_eq!(changed, (0..i64::from(LEVELS) - 1).collect::<Vec<_>>());

    // Parents go before their children to the destination.
    let owed = yard
        .hub
        .get("/v1/deliveries?limit=100", &yard.reader)
        .json();
    let owed: Vec<i64> = owed["items"]
        .as_array()
        .expect("deliveries")
        .iter()
        .filter_map(|delivery| delivery["record"].as_i64())
        .collect();
    let of = |name: &str, level: u16| {
        let path = format!("/v1/records/LEVEL{level}/{name}-{level}");
        yard.hub.get(&path, &yard.reader).json()["id"]
            .as_i64()
            .expect("a record")
    };
    let wanted: Vec<i64> = ["c", "d"]
        .iter()
        .flat_map(|name| (1..=LEVELS).map(|level| of(name, level)))
        .collect();
    assert_eq!(owed, wanted);

    yard.hub.kill();
    let verified = yard.hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn a_chain_in_reverse_resolves_in_order_on_sqlite() {
    a_chain_in_reverse_resolves_in_order(Engine::Sqlite);
}

#[test]
fn a_chain_in_reverse_resolves_in_order_on_postgres() {
    a_chain_in_reverse_resolves_in_order(Engine::Postgres);
}

fn who_waits_too_long_is_rejected_with_the_reason(engine: Engine) {
    let mut yard = Yard::open(engine, "");
    let both = [upsert("e", 1), upsert("f", 2)];
    assert_eq!(yard.send(0, "late", &both)["counts"]["parked"], 1);
    assert_eq!(yard.sweep(&in_days(DAYS - 1)), Vec::<Value>::new());
    let swept = yard.sweep(&in_days(DAYS + 1));
    assert_eq!(swept.len(), 1, "{swept:?}");
    assert_eq!(swept[0]["index"], 1);
    assert_eq!(yard.sweep(&in_days(DAYS + 1)), Vec::<Value>::new(), "once");

    // What was rejected stays so, also after a crash, and when what it waited for comes after all.
    yard.hub.kill();
    yard.hub.restart();
    yard.verdict(1, "too-late", upsert("f", 1));
    let detail = yard.detail("late");
    let change = &detail["changes"][0];
    assert_eq!(change["record"], 1, "{detail}");
    assert_eq!(change["key"], "f-2", "{detail}");
    assert_eq!(change["change"], "expired", "{detail}");
    assert_eq!(change["verdict"], "rejected", "{detail}");
    let issue = &change["issues"][0];
    assert_eq!(issue["code"], "reference.missing", "{detail}");
    assert_eq!(issue["severity"], "error", "{detail}");
    assert_eq!(issue["path"], "/UP", "{detail}");
    assert_eq!(issue["found"], "f-1", "{detail}");
    let told = issue["message"]["zh"].as_str().expect("a message");
    let since = swept[0]["since"].as_str().expect("an instant");
    assert!(told.contains(since) && told.contains("第1级"), "{told}");

    // The change is an entry of the log.
    let index = change["leaf_index"].as_u64().expect("a place");
    let size = || log_size(&yard.hub);
    let started = std::time::Instant::now();
    while size() <= index && started.elapsed() < std::time::Duration::from_secs(20) {
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    let entries = yard.hub.get(&format!("/tile/entries/000.p/{}", size()), "");
    assert!(entries.text.contains("\"expired\""), "{}", entries.text);

    // Sent again, it is judged anew.
    assert_eq!(yard.verdict(0, "again", upsert("f", 2)), "accepted");
    yard.hub.kill();
    let verify = || {
        let output = yard.hub.command(&["log", "verify"]);
        (output.status.success(), hub::stdout(&output))
    };
    let (sound, told) = verify();
    assert!(sound, "{told}");

    // Nobody makes the rejection unseen.
    if engine == Engine::Sqlite {
        use diesel::{Connection as _, RunQueryDsl as _};
        let file = yard.hub.data.join("hub.db").display().to_string();
        let mut database = diesel::SqliteConnection::establish(&file).expect("the database");
        for attack in [
            "UPDATE changes SET verdict = 0",
            "UPDATE changes SET verdict = 4, issues = '[]'",
            "DELETE FROM changes",
        ] {
            diesel::sql_query(attack)
                .execute(&mut database)
                .expect(attack);
            let (sound, told) = verify();
            assert!(!sound, "{attack} was not seen");
            assert!(
                told.contains("changes") || told.contains("verdict"),
                "{told}"
            );
        }
    }
}

#[test]
fn who_waits_too_long_is_rejected_with_the_reason_on_sqlite() {
    who_waits_too_long_is_rejected_with_the_reason(Engine::Sqlite);
}

#[test]
fn who_waits_too_long_is_rejected_with_the_reason_on_postgres() {
    who_waits_too_long_is_rejected_with_the_reason(Engine::Postgres);
}

#[test]
fn a_serving_hub_sweeps_by_itself() {
    let yard = Yard::open(Engine::Sqlite, "days = 0\nsweep_ms = 20");
    yard.send(0, "short", &[upsert("g", 2)]);
    let started = std::time::Instant::now();
    while !yard.parked().is_empty() {
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }
    assert_eq!(yard.detail("short")["changes"][0]["change"], "expired");
}

fn what_waits_gives_way_to_what_is_sent_since(engine: Engine) {
    let yard = Yard::open(engine, "");
    let named = |name: &str, action: &str| {
        let mut data = chain::record("h", 2);
        data["NAME"] = json!(name);
        chain::element(2, action, &data)
    };
    assert_eq!(yard.verdict(0, "first", named("一", "upsert")), "parked");
    assert_eq!(
        yard.verdict(0, "twice", named("一", "upsert")),
        "duplicate",
        "the same waits already"
    );
    assert_eq!(yard.verdict(0, "second", named("二", "correct")), "parked");
    let change = yard.detail("first")["changes"][0].clone();
    assert_eq!(change["change"], "replaced", "{change}");
    assert_eq!(
        change["replaced_by"]["receipt"],
        yard.detail("second")["id"],
        "{change}"
    );
    // From another source, and twice in one submission.
    let both = [named("三", "upsert"), named("四", "correct")];
    assert_eq!(yard.send(1, "third", &both)["counts"]["parked"], 2);
    assert_eq!(yard.parked().len(), 1);
    assert_eq!(yard.verdict(0, "parent", upsert("h", 1)), "accepted");
    let current = yard.hub.get("/v1/records/LEVEL2/h-2", &yard.reader).json();
    assert_eq!(current["data"]["NAME"], "四", "{current}");
    let versions = yard
        .hub
        .get("/v1/records/LEVEL2/h-2/versions", &yard.reader)
        .json();
    let known: Vec<bool> = versions["items"]
        .as_array()
        .expect("versions")
        .iter()
        .map(|version| version["from"].is_string())
        .collect();
    assert_eq!(known, [true, false, false, false], "{versions}");

    // What is taken back while it waits is never released, and nobody hears of it.
    assert_eq!(yard.verdict(0, "waits", upsert("i", 2)), "parked");
    let withdrawn = yard.verdict(
        0,
        "back",
        chain::element(2, "withdraw", &json!({ "CODE": "i-2" })),
    );
    assert_eq!(withdrawn, "accepted");
    assert_eq!(yard.parked(), Vec::<Value>::new());
    assert_eq!(yard.verdict(0, "parent-i", upsert("i", 1)), "accepted");
    assert_eq!(yard.detail("waits")["changes"][0]["change"], "replaced");
    let owed = yard
        .hub
        .get("/v1/deliveries?limit=100", &yard.reader)
        .json();
    assert_eq!(owed["items"].as_array().map(Vec::len), Some(3), "{owed}");
}

#[test]
fn what_waits_gives_way_to_what_is_sent_since_on_sqlite() {
    what_waits_gives_way_to_what_is_sent_since(Engine::Sqlite);
}

#[test]
fn what_waits_gives_way_to_what_is_sent_since_on_postgres() {
    what_waits_gives_way_to_what_is_sent_since(Engine::Postgres);
}

fn who_refers_to_what_was_taken_back_is_told(engine: Engine) {
    let yard = Yard::open(engine, "");
    assert_eq!(yard.verdict(0, "parent", upsert("t", 1)), "accepted");
    let back = chain::element(1, "withdraw", &json!({ "CODE": "t-1" }));
    let receipt = yard.send(0, "back", &[back]);
    let receipt = receipt["id"].as_str().expect("a number");
    let help = |answer: &Value| {
        let issues = answer["records"][0]["issues"].as_array().expect("findings");
        let missing = issues
            .iter()
            .find(|issue| issue["code"] == "reference.missing")
            .expect("the reference finds nothing");
        missing["help"]["zh"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let child = yard.send(1, "child", &[upsert("t", 2)]);
    assert_eq!(child["records"][0]["verdict"], "parked", "{child}");
    let named = format!("回执 {receipt} 第 1 条记录撤回");
    assert!(help(&child).contains(&named), "{child}");
    // Of what was never there nothing of the kind is said.
    let other = yard.send(1, "other", &[upsert("u", 2)]);
    assert_eq!(help(&other), "", "{other}");
    // What was taken back and is sent anew frees who waits.
    assert_eq!(yard.verdict(0, "anew", upsert("t", 1)), "accepted");
    assert_eq!(yard.parked().len(), 1, "only the other one waits");
    // An auditor finds the same, although it is there again.
    let (config, id) = (yard.chain.config(), child["id"].as_str().expect("a number"));
    let told = yard
        .hub
        .command(&["reperform", id, "--format", "json", "--config", &config]);
    let told: Value = serde_json::from_str(&hub::stdout(&told)).expect("JSON");
    assert_eq!(told["submissions"][0]["result"], "identical", "{told}");
}

#[test]
fn who_refers_to_what_was_taken_back_is_told_on_sqlite() {
    who_refers_to_what_was_taken_back_is_told(Engine::Sqlite);
}

#[test]
fn who_refers_to_what_was_taken_back_is_told_on_postgres() {
    who_refers_to_what_was_taken_back_is_told(Engine::Postgres);
}
