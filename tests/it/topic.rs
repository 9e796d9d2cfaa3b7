//! A topic of Kafka as a destination, on a real broker: what is accepted is there once for whoever reads as told, in
//! the order of each deal, whatever dies on the way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::erasure::succeeds;
use super::harness::hub::Hub;
use super::harness::kafka::{Broker, Read};
use super::harness::{Engine, records};

/// Deals, each a project with its versions.
const DEALS: u32 = 12;
const KILLS: u32 = 24;

fn describe(hub: &Hub, broker: &Broker) {
    let folder = hub.data.join("destinations");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = format!(
        "[target]\nkind = \"kafka\"\nbrokers = \"{}\"\ntopic = \"out\"\n\
         [pace]\nbatch = 5\ntimeout_ms = 3000\nbackoff_max_ms = 200\nbreaker_ms = 100\n",
        broker.address()
    );
    std::fs::write(folder.join("lake.toml"), text).expect("a file");
}

/// A version of a project: the first, then corrections, at last a withdrawal.
fn version(deal: u32, version: u32, last: u32) -> Value {
    let mut data = records::project(deal);
    data["PROJECT_NAME"] = json!(format!("示例工程第{deal}期第{version}版"));
    let mut element = records::element("PROJECT", &data);
    if version == last {
        element["data"] = json!({ "PROJECT_CODE": records::project_code(deal) });
        element["action"] = json!("withdraw");
        element["reason"] = json!("项目取消");
    } else if version > 0 {
        element["action"] = json!("correct");
        element["reason"] = json!("名称有误");
    }
    element
}

#[track_caller]
fn push(hub: &Hub, key: &str, name: &str, elements: &[Value]) {
    let body = records::envelope(name, elements);
    let answer = hub.post("/v1/submissions", key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let counts = &answer.json()["counts"];
    assert_eq!(counts["rejected"], 0, "{}", answer.text);
    assert_eq!(counts["duplicate"], 0, "{}", answer.text);
}

/// Everything that the hub owed the topic, in order.
fn owed(hub: &Hub, reader: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let path = format!("/v1/events?destination=lake&limit=1000&after={after}");
        let page = hub.get(&path, reader).json();
        all.extend(page["items"].as_array().expect("events").clone());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return all,
        }
    }
}

fn distinct(read: &[Read]) -> usize {
    read.iter()
        .map(|one| &one.id)
        .collect::<BTreeSet<_>>()
        .len()
}

/// Reads as a consumer is told to: of each key, only what is higher than everything seen before.
fn consumed(read: &[Read]) -> Vec<Value> {
    let mut highest: BTreeMap<&str, i64> = BTreeMap::new();
    let mut taken = Vec::new();
    for one in read {
        let id: i64 = one.id.parse().expect("a number in the header");
        let before = highest.insert(&one.key, id).unwrap_or(0);
        if id > before {
            taken.push(serde_json::from_slice(&one.body).expect("JSON"));
        } else {
            highest.insert(&one.key, before);
        }
    }
    taken
}

#[test]
fn each_record_is_read_once_and_in_the_order_of_its_deal_whatever_dies() {
    let mut broker = Broker::start();
    broker.topic("out", 3);
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    describe(&hub, &broker);
    for round in 0..KILLS {
        hub.kill();
        hub.restart();
        let half = (round % 2) * (DEALS / 2);
        let elements: Vec<Value> = (1..=DEALS / 2)
            .map(|n| version(n + half, round / 2, KILLS / 2 - 1))
            .collect();
        push(&hub, &key, &format!("round-{round}"), &elements);
        if round % 8 == 3 {
            broker.kill();
        }
        if round % 8 == 5 {
            broker.restart();
        }
        // Sometimes at once, sometimes in the middle of producing.
        std::thread::park_timeout(std::time::Duration::from_millis(u64::from(
            round * 53 % 160,
        )));
    }
    let events = owed(&hub, &reader);
    assert_eq!(events.len() as u32, DEALS / 2 * KILLS);
    let read = broker.read("out", |read| distinct(read) == events.len());

    let taken = consumed(&read);
    assert_eq!(
        taken.len(),
        events.len(),
        "each once, {} in the topic",
        read.len()
    );
    let sorted = |events: &[Value]| {
        let mut deals: HashMap<String, Vec<Value>> = HashMap::new();
        for event in events {
            let deal = event["key"].as_str().expect("a key").to_owned();
            deals.entry(deal).or_default().push(event.clone());
        }
        deals
    };
    assert_eq!(
        sorted(&taken),
        sorted(&events),
        "the same, in the order of each deal"
    );
    for versions in sorted(&taken).values() {
        let actions: Vec<&str> = versions
            .iter()
            .filter_map(|one| one["action"].as_str())
            .collect();
        assert_eq!(actions.first(), Some(&"upsert"));
        assert_eq!(actions.last(), Some(&"withdraw"));
        assert_eq!(
            actions
                .iter()
                .filter(|action| **action == "correct")
                .count(),
            versions.len() - 2
        );
    }
    // Repeats come from deaths alone: at most what was under way at each.
    let deaths = (KILLS + KILLS / 8) as usize;
    assert!(
        read.len() - events.len() <= deaths * 10,
        "{} repeats",
        read.len() - events.len()
    );
}

#[test]
fn a_topic_without_a_broker_waits_and_then_gets_everything_once() {
    let mut broker = Broker::start();
    broker.topic("out", 3);
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    describe(&hub, &broker);
    broker.kill();
    hub.kill();
    hub.restart();
    let elements: Vec<Value> = (1..=60).map(|number| version(number, 0, 9)).collect();
    push(&hub, &key, "dark", &elements);
    let shown = || {
        let all = hub.get("/v1/destinations", &reader).json();
        let items = all["items"].as_array().expect("destinations").clone();
        items
            .into_iter()
            .find(|one| one["name"] == "lake")
            .expect("the topic")
    };
    let failed = |hub: &Hub| {
        let page = hub.get(
            "/v1/deliveries?destination=lake&state=pending&limit=100",
            &reader,
        );
        let page = page.json();
        let rows = page["items"].as_array().expect("rows");
        rows.iter().filter(|row| row["attempts"] != 0).count()
    };
    super::harness::until("it was tried", || failed(&hub) > 0);
    assert_eq!(shown()["deliveries"]["pending"], 60, "nothing is given up");
    assert_eq!(shown()["deliveries"]["acknowledged"], Value::Null);
    broker.restart();
    let read = broker.read("out", |read| distinct(read) == 60);
    super::harness::until("all are acknowledged", || {
        shown()["deliveries"]["acknowledged"] == 60
    });
    assert_eq!(consumed(&read).len(), 60);
}

#[test]
fn a_topic_is_told_of_an_erasure_behind_the_record_itself() {
    let broker = Broker::start();
    broker.topic("out", 3);
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    describe(&hub, &broker);
    hub.kill();
    hub.restart();
    let elements: Vec<Value> = (1..=3).map(|number| version(number, 0, 9)).collect();
    push(&hub, &key, "first", &elements);
    broker.read("out", |read| distinct(read) == 3);

    let record = format!("PROJECT/{}", records::project_code(2));
    let order = [
        "erase",
        &record,
        "--reason",
        "本人申请",
        "--class",
        "request",
    ];
    succeeds(&hub, &order);
    let read = broker.read("out", |read| distinct(read) == 4);

    // The same key, so that it lies behind the record in the same partition.
    let first = message(&read, 2);
    let about = read.iter().filter(|one| one.key == first.key);
    let told: Vec<Value> = about
        .map(|one| serde_json::from_slice(&one.body).expect("JSON"))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0]["type"], "record.current", "{told:?}");
    assert_eq!(told[1]["type"], "record.erased", "{told:?}");
    assert_eq!(told[1]["digest"], told[0]["digest"], "{told:?}");
    assert_eq!(told[1]["data"], json!({}), "{told:?}");
}

/// The first message about a project.
fn message(read: &[Read], number: u32) -> &Read {
    let code = records::project_code(number);
    let of = |one: &&Read| {
        let event: Value = serde_json::from_slice(&one.body).expect("JSON");
        event["data"]["PROJECT_CODE"] == code.as_str()
    };
    read.iter().find(of).expect("a message about the project")
}
