//! Destinations as their owners and operators see them: told in time, signed, in order, stopped, begun in the past,
//! told again, served by one hub at a time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::forward::National;
use super::harness::hub::{self, Hub};
use super::harness::receiver::Receiver;
use super::harness::{Engine, records, until};

/// A company made for tests, with a right check character.
const COMPANY: &str = "91320100FXT000125K";

fn guid(number: u32) -> String {
    format!("4df0f88e-3dcf-49b5-85b5-{number:012}")
}

fn listing(number: u32) -> Value {
    json!({"dataset": "BLACK_LIST", "action": "upsert", "data": {
        "BLACKLIST_CODE": guid(number), "BODY_CODE": COMPANY, "BODY_NAME": "示例公司", "BODY_ROLE": "03",
        "BODY_TYPE": "2", "CONFINED_ACTION": "2", "DATA_TIMESTAMP": "20261120060900", "DOCUMENT_CODE": "示例〔2026〕1号",
        "GOVERNMENT": "示例部门", "PLATFORM_CODE": records::OPERATOR, "PUB_SERVICE_PLAT_CODE": records::OPERATOR,
        "RECORD_DATE": "20261119033000", "RECORD_REASON": "示例原因", "REVOCATION_STATUS": "0", "SCOPE": "1"}})
}

fn delisting(number: u32) -> Value {
    json!({"dataset": "WITHDRAW_BLACK_LIST", "action": "upsert", "data": {
        "BLACKLIST_CODE": guid(number), "BODY_CODE": COMPANY, "BODY_NAME": "示例公司", "BODY_ROLE": "03",
        "BODY_TYPE": "2", "REVOCATIONEASONS": "期满", "GOVERNMENT": "示例部门", "DOCUMENT_CODE": "示例〔2026〕2号",
        "ROPOSER": "示例公司", "APPLICATION_DATE": "20261120033000", "SCOPE": "1", "DATA_TIMESTAMP": "20261120060900",
        "PLATFORM_CODE": records::OPERATOR, "PUB_SERVICE_PLAT_CODE": records::OPERATOR}})
}

fn award() -> Value {
    json!({"dataset": "AWARD_INFO", "action": "upsert", "data": {
        "BODY_CODE": COMPANY, "BODY_NAME": "示例公司", "BODY_TYPE": "2", "BODY_ROLE": "03",
        "REWARD_PUNISHMENT_TYPE": "11", "REWARD_REASON": "示例", "REWARD_DATE": "20261114101500",
        "DOCUMENT_CODE": "示例〔2026〕3号", "GOVERNMENT": "示例部门", "SCOPE": "1", "DATA_TIMESTAMP": "20261119214407",
        "PLATFORM_CODE": records::OPERATOR, "PUB_SERVICE_PLAT_CODE": records::OPERATOR}})
}

/// A penalty that restricts the company for years to come, as its sender says it or takes it back.
fn penalty(action: &str) -> Value {
    json!({"dataset": "VIOLATING_LAWS_RULES_INFO", "action": action, "reason": "复议撤销", "data": {
        "VIOLATING_CODE": guid(9), "VIOLATING_NAME": "示例事项", "VIOLATING_TIME": "20261101", "VIOLATING_TYPE": "4",
        "BODY_CODE": COMPANY, "BODY_NAME": "示例公司", "BODY_TYPE": "2", "BODY_ROLE": "03", "AREA": "156320100",
        "REWARD_PUNISHMENT_BODY": "02", "VIOLATING_INSTRUCTIONS": "示例", "GOVERNMENT": "示例部门",
        "TENDER_PROJECT_NAME": "示例项目", "TENDER_PROJECT_CODE": "E3201000001000001001",
        "BID_SECTION_CODE": "E3201000001000001001001", "BID_SECTION_NAME": "示例标段",
        "UNIFIED_DEAL_CODE": "D01-12440600320810571C-20261118-002086-C", "DOCUMENT_CODE": "示例〔2026〕4号",
        "PUNISHMENT_BASIS": "示例依据", "PUNISHMENT_RESULT": "示例结果", "CONFINED_ACTION": "1",
        "CONFINED_START": "20261101080000", "CONFINED_END": "20281101080000", "OPERATE_DATE": "20261120011400",
        "SCOPE": "1", "DATA_TIMESTAMP": "20261120011400",
        "PLATFORM_CODE": records::OPERATOR, "PUB_SERVICE_PLAT_CODE": records::OPERATOR}})
}

const CREDIT: &str =
    "[\"BLACK_LIST\", \"WITHDRAW_BLACK_LIST\", \"AWARD_INFO\", \"VIOLATING_LAWS_RULES_INFO\"]";

/// Describes a webhook subscriber in the hub's folder.
pub fn describe(hub: &Hub, name: &str, url: &str, more: &str) {
    let folder = hub.data.join("destinations");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = format!("{more}\n[target]\nkind = \"webhook\"\nurl = \"{url}\"\n");
    std::fs::write(folder.join(format!("{name}.toml")), text).expect("a file");
}

/// Sends records, all of which must be accepted; the number of the receipt.
#[track_caller]
pub fn push(hub: &Hub, key: &str, name: &str, elements: &[Value]) -> String {
    let body = records::envelope(name, elements);
    let answer = hub.post("/v1/submissions", key, "application/json", &body);
    let receipt = answer.json();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let counts = &receipt["counts"];
    let good =
        counts["accepted"].as_u64().unwrap() + counts["accepted_with_warnings"].as_u64().unwrap();
    assert_eq!(good, elements.len() as u64, "{}", answer.text);
    receipt["id"].as_str().unwrap().to_owned()
}

/// The two deliveries that are sent, once they are.
#[track_caller]
pub fn both_sent(hub: &Hub, reader: &str) -> Value {
    let sent = || hub.get("/v1/deliveries?state=sent", reader).json()["items"].clone();
    until("both are sent", || {
        sent().as_array().is_some_and(|items| items.len() == 2)
    });
    sent()
}

/// A project, as an element of a submission.
pub fn project(number: u32) -> Value {
    records::element("PROJECT", &records::project(number))
}

fn credit_is_known_at_once(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    let desks = [Receiver::start(), Receiver::start(), Receiver::start()];
    let filter = format!("[filter]\ndatasets = {CREDIT}\nurgent = {CREDIT}");
    for (number, desk) in desks.iter().enumerate() {
        describe(&hub, &format!("desk-{number}"), &desk.url, &filter);
    }
    // One that is dead must not keep the others waiting; one that takes everything has a backlog before the urgent.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    describe(
        &hub,
        "dead",
        &format!("http://{}/", gone.local_addr().unwrap()),
        &filter,
    );
    drop(gone);
    // And one that takes the connection and never says a word.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", mute.local_addr().unwrap());
    describe(&hub, "mute", &url, &filter);
    hub.kill();
    hub.restart();
    let secret = hub.command(&["deliveries", "secret", "desk-0"]);
    let secret = hub::stdout(&secret).trim().to_owned();
    desks[0].trust(&secret);

    let said = [
        (listing(1), "adverse"),
        (award(), "adverse"),
        (delisting(1), "clear"),
        (penalty("upsert"), "adverse"),
        (penalty("withdraw"), "clear"),
    ];
    for (turn, (element, expected)) in said.iter().enumerate() {
        let receipt = push(
            &hub,
            &key,
            &format!("credit-{turn}"),
            std::slice::from_ref(element),
        );
        let committed = Instant::now();
        for desk in &desks {
            let events = desk.wait_for(turn + 1);
            assert_eq!(events[turn]["dataset"], element["dataset"]);
            assert_eq!(events[turn]["receipt"], receipt.as_str());
            let at = desk.told().last().expect("told").at;
            let took = at.saturating_duration_since(committed);
            assert!(took < Duration::from_secs(2), "told after {took:?}");
        }
        let standing = hub
            .get(&format!("/v1/subjects/{COMPANY}/standing"), &key)
            .json();
        assert_eq!(standing["standing"], *expected, "{standing}");
        let first = &standing["entries"][0];
        assert_eq!(first["effect"], "listed", "{standing}");
        assert_eq!(first["in_force"], turn < 2, "{standing}");
        assert_eq!(first["ended_by"].is_null(), turn < 2, "{standing}");
    }
    assert!(desks[0].told().iter().all(|told| told.signed == Some(true)));
    let standing = hub.get(&format!("/v1/subjects/{COMPANY}/standing"), &key);
    let standing = standing.json();
    let effects: Vec<&Value> = standing["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["effect"])
        .collect();
    assert_eq!(
        effects,
        ["listed", "awarded"],
        "what was taken back is not said any more: {standing}"
    );

    // Whoever missed something fetches it by number, with a key of its own.
    let own = hub.add_reader("desk-0", "subscriber");
    let page = hub.get("/v1/events?limit=2", &own).json();
    let told = desks[0].events();
    assert_eq!(page["items"], json!([told[0], told[1]]));
    let next = page["next"].as_str().expect("more");
    let rest = hub.get(&format!("/v1/events?after={next}&limit=2"), &own);
    let rest = rest.json();
    assert_eq!(rest["items"], json!([told[2], told[3]]));
    assert_eq!(hub.get("/v1/events?destination=desk-1", &own).status, 404);
    assert_eq!(hub.get("/v1/deliveries", &own).status, 403);
    assert_eq!(hub.get("/v1/submissions", &own).status, 403);
    let all = hub.get("/v1/destinations", &reader).json();
    for name in ["dead", "mute"] {
        let mut items = all["items"].as_array().unwrap().iter();
        let one = items.find(|one| one["name"] == name).unwrap();
        assert_eq!(one["deliveries"]["pending"], said.len(), "{all}");
    }
    drop(mute);
}

#[test]
fn credit_is_known_at_once_on_sqlite() {
    credit_is_known_at_once(Engine::Sqlite);
}

#[test]
fn credit_is_known_at_once_on_postgres() {
    credit_is_known_at_once(Engine::Postgres);
}

/// Begins in the past, in the order of the log; what comes meanwhile follows; a stop holds, with its reason in the log.
fn a_late_subscriber_gets_the_past(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let (key, operator) = (hub.add_source("320100"), hub.add_reader("op", "operator"));
    for turn in 0..3 {
        let elements: Vec<Value> = (1..=300).map(|n| project(turn * 300 + n)).collect();
        push(&hub, &key, &format!("past-{turn}"), &elements);
    }
    let (all, new) = (Receiver::start(), Receiver::start());
    describe(&hub, "all", &all.url, "start = \"beginning\"");
    describe(&hub, "new", &new.url, "start = \"now\"");
    hub.kill();
    hub.restart();
    push(&hub, &key, "present", &[project(901)]);
    assert_eq!(new.wait_for(1)[0]["key"], records::project_code(901));
    let events = all.wait_for(901);
    let mut numbers: Vec<i64> = events
        .iter()
        .map(|event| event["record"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), events.len()), (901, 901), "each once");

    let order = |path: &str| {
        hub.post(
            &format!("/v1/destinations/{path}"),
            &operator,
            "text/plain",
            b"",
        )
    };
    assert_eq!(order("new/stop").status, 400, "a reason is asked for");
    assert_eq!(order("nobody/stop?reason=x").status, 404);
    assert_eq!(order("new/stop?reason=drill").json()["changed"], true);
    push(&hub, &key, "stopped", &[project(902)]);
    assert_eq!(all.wait_for(902).len(), 902, "the other one is served");
    assert_eq!(
        new.events().len(),
        1,
        "nothing is sent to one that is stopped"
    );
    assert_eq!(order("new/start?reason=over").json()["changed"], true);
    assert_eq!(new.wait_for(2)[1]["key"], records::project_code(902));

    // Sent again: counted first, then with the same numbers, so that a repeat is known as one.
    let path = "/v1/deliveries/replay?destination=new&state=acknowledged";
    let count = || hub.post(path, &operator, "text/plain", b"").json();
    until("both are acknowledged", || count()["records"] == 2);
    assert_eq!(count()["replayed"], false, "only counted");
    let again = || {
        let path = format!("{path}&confirm=true&reason=lost&rate=50");
        hub.post(&path, &operator, "text/plain", b"")
    };
    let begun = again();
    assert_eq!(begun.json()["replay"], 1, "{}", begun.text);
    let told = new.wait_for(4);
    assert_eq!(
        (&told[2]["event"], &told[3]["event"]),
        (&told[0]["event"], &told[1]["event"])
    );
    let done = |number: u64| {
        let all = hub.get("/v1/deliveries/replays", &operator).json();
        all["items"][0]["id"] == number && all["items"][0]["state"] == "done"
    };
    until("the replay is done", || done(1));
    until("both are acknowledged again", || count()["records"] == 2);
    // What is to be sent again and is not yet is open, and the log knows why.
    assert_eq!(order("new/stop?reason=drill").json()["changed"], true);
    assert_eq!(again().json()["replay"], 2);
    until("both are to be sent again", || done(2));
    assert_eq!(count()["records"], 0);
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn a_late_subscriber_gets_the_past_on_sqlite() {
    a_late_subscriber_gets_the_past(Engine::Sqlite);
}

#[test]
fn a_late_subscriber_gets_the_past_on_postgres() {
    a_late_subscriber_gets_the_past(Engine::Postgres);
}

#[test]
fn a_subscriber_that_comes_back_gets_everything_in_the_order_of_each_deal() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let desk = Receiver::start();
    desk.answer(503);
    let pace = "[pace]\nbatch = 7\nbackoff_max_ms = 200\nbreaker_ms = 100";
    describe(&hub, "desk", &desk.url, pace);
    hub.kill();
    hub.restart();
    for version in 0..3 {
        let elements: Vec<Value> = (1..=30)
            .map(|number| {
                let mut data = records::project(number);
                data["PROJECT_NAME"] = json!(format!("示例工程第{number}期第{version}版"));
                records::element("PROJECT", &data)
            })
            .collect();
        push(&hub, &key, &format!("version-{version}"), &elements);
    }
    hub.kill();
    hub.restart();
    desk.answer(200);
    let mut last = std::collections::HashMap::new();
    for event in desk.wait_for(90) {
        let record = event["record"].as_i64().unwrap();
        let before = last.insert(event["key"].as_str().unwrap().to_owned(), record);
        assert!(before.is_none_or(|before| before < record), "{event}");
    }
}

/// Outside its delivery hours the national platform is sent nothing, while another is.
#[test]
fn the_national_platform_has_delivery_hours() {
    let (national, second) = (National::start(""), National::with(&["--data", "DATA"]));
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let now = jiff::Timestamp::now().to_zoned(china).time();
    let hour = |hours: i64| {
        now.wrapping_add(jiff::SignedDuration::from_hours(hours))
            .strftime("%H:%M")
    };
    let hours = format!("window = \"{}-{}\"\n", hour(2), hour(3));
    let mut hub = Hub::start_with(Engine::Sqlite, &national.settings(&hours));
    let folder = hub.data.join("destinations");
    std::fs::create_dir_all(&folder).expect("a folder");
    let described = format!(
        "[target]\nkind = \"national\"\nurl = \"{}\"\nedition = \"2.0\"\nsender = \"320000\"\n",
        second.url
    );
    std::fs::write(folder.join("second.toml"), described).expect("a file");
    hub.kill();
    hub.restart();
    let key = hub.add_source("320100");
    push(
        &hub,
        &key,
        "hours",
        &(1..=10).map(project).collect::<Vec<_>>(),
    );
    until("the other has all", || {
        second.get("/summary")["accepted"] == 10
    });
    assert_eq!(national.get("/summary")["accepted"], 0);
    let hours = format!("window = \"{}-{}\"\n", hour(-1), hour(2));
    hub.kill();
    hub.restart_set(&national.settings(&hours));
    until("its hours have come", || {
        national.get("/summary")["accepted"] == 10
    });
}

#[test]
fn what_the_nation_refuses_comes_back_to_the_source_with_its_reason() {
    // It takes packets and is never asked in time: it says by itself what became of them.
    let national = National::start_slow(3_600_000);
    let hub = Hub::start(Engine::Sqlite, &["--national", &national.url]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    let own = hub.add_reader("national", "subscriber");
    let receipt = push(&hub, &key, "one", &[project(1), project(2)]);
    let items = both_sent(&hub, &reader);
    let answer = json!({"batch": items[0]["batch"], "records": [
        {"id": items[0]["record"], "result": "accepted"},
        {"id": items[1]["record"], "result": "refused", "code": "N17", "reason": "项目已归档"},
    ]});
    let path = "/v1/destinations/national/answers";
    let say = |key: &str, answer: &Value| {
        hub.post(path, key, "application/json", answer.to_string().as_bytes())
    };
    assert_eq!(
        say(&reader, &answer).status,
        403,
        "only the platform itself"
    );
    let taken = say(&own, &answer);
    assert_eq!(taken.json()["refused"], 1, "{}", taken.text);
    assert_eq!(say(&own, &answer).json()["repeated"], true);
    let mut other = answer.clone();
    other["records"][0]["result"] = json!("refused");
    assert_eq!(say(&own, &other).status, 409, "the first answer holds");
    let shown = hub.get(&format!("/v1/submissions/{receipt}"), &key).json();
    let refusal = &shown["refusals"][0];
    assert_eq!(refusal["record"], 1, "{shown}");
    assert_eq!(refusal["reason"], "N17: 项目已归档");
    assert_eq!(refusal["destination"], "national");
}

#[test]
fn two_hubs_on_one_database_send_nothing_twice() {
    let national = National::start("");
    let first = Hub::start(Engine::Postgres, &["--national", &national.url]);
    let mut second = first.beside();
    let (key, reader) = (
        first.add_source("320100"),
        first.add_reader("desk", "centre"),
    );
    for turn in 0..20 {
        let elements: Vec<Value> = (1..=10).map(|n| project(turn * 10 + n)).collect();
        let hub = if turn % 2 == 0 { &first } else { &second };
        push(hub, &key, &format!("turn-{turn}"), &elements);
    }
    let acknowledged = |hub: &Hub| {
        let all = hub.get("/v1/destinations", &reader).json();
        all["items"][0]["deliveries"]["acknowledged"]
            .as_u64()
            .unwrap_or(0)
    };
    until("all acknowledged", || acknowledged(&first) == 200);
    let summary = hub::get(&format!("{}/summary", national.url), "").json();
    assert_eq!(
        (&summary["accepted"], &summary["repeats"]),
        (&json!(200), &json!(0)),
        "{summary}"
    );
    // Whichever served the destination, one is left and goes on.
    drop(first);
    push(&second, &key, "alone", &[project(201)]);
    until("the other goes on", || acknowledged(&second) == 201);
    second.kill();
}

#[test]
fn a_subscriber_that_never_answers_keeps_nobody_waiting_and_is_seen_in_the_figures() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let live = Receiver::start();
    describe(&hub, "live", &live.url, "");
    // It takes the connection, and that is all.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", mute.local_addr().unwrap());
    describe(
        &hub,
        "mute",
        &url,
        "[pace]\ntimeout_ms = 600_000\nbatch = 50",
    );
    hub.kill();
    hub.restart();
    for turn in 0..10 {
        let elements: Vec<Value> = (1..=50).map(|n| project(turn * 50 + n)).collect();
        push(&hub, &key, &format!("turn-{turn}"), &elements);
        // While the mute one has had its first request for ever.
        live.wait_for((turn as usize + 1) * 50);
    }
    let figure = |name: &str| {
        let text = hub.get("/metrics", "").text;
        let told = text
            .lines()
            .find(|told| told.starts_with(&format!("{name} ")));
        let told = told.unwrap_or_else(|| panic!("no {name} in {text}"));
        told.rsplit(' ').next().unwrap().parse::<i64>().unwrap()
    };
    until("the live one has settled", || {
        figure("hub_delivery_open{destination=\"live\"}") == 0
    });
    assert_eq!(figure("hub_delivery_open{destination=\"mute\"}"), 500);
    let records = "hub_delivery_records_total";
    let of = |name: &str, outcome: &str| {
        figure(&format!(
            "{records}{{destination=\"{name}\",outcome=\"{outcome}\"}}"
        ))
    };
    assert_eq!((of("live", "sent"), of("live", "acknowledged")), (500, 500));
    assert_eq!((of("mute", "sent"), of("mute", "acknowledged")), (0, 0));
    assert_eq!(
        figure("hub_delivery_breaker{destination=\"live\",state=\"closed\"}"),
        1
    );
    assert_eq!(figure("hub_delivery_leads{destination=\"mute\"}"), 1);
    assert_eq!(
        figure("hub_delivery_retries_total{destination=\"live\"}"),
        0
    );
    assert_eq!(
        figure("hub_delivery_oldest_seconds{destination=\"live\"}"),
        0
    );
    assert!(figure("hub_retry_budget") > 0);
    drop(mute);
}
