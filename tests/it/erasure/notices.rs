//! Subscribers are told of an erasure by the hub itself: in order, at least once, until they confirm, and without a value.

use serde_json::{Value, json};

use super::{PHONE, project, send, succeeds};
use crate::harness::hub::Hub;
use crate::harness::national::National;
use crate::harness::receiver::Receiver;
use crate::harness::{Engine, records, until};

const RECORD: &str = "PROJECT/E3201000001000001";

fn duties(hub: &Hub) -> Vec<Value> {
    let told = succeeds(hub, &["report", "erasures", "--format", "json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    told["rows"].as_array().expect("rows").clone()
}

fn acknowledged(hub: &Hub, reader: &str, destination: &str) -> usize {
    let path = format!("/v1/deliveries?state=acknowledged&destination={destination}");
    let all = hub.get(&path, reader).json();
    all["items"].as_array().expect("items").len()
}

fn duty(hub: &Hub, destination: &str) -> Value {
    let all = duties(hub);
    let found = all.iter().find(|row| row["destination"] == destination);
    found.unwrap_or_else(|| panic!("{all:?}"))["duty"].clone()
}

fn subscribers_are_told_of_an_erasure(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let (desk, other) = (Receiver::start(), Receiver::start());
    let folder = hub.data.join("destinations");
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, receiver, more) in [
        ("desk", &desk, ""),
        (
            "elsewhere",
            &other,
            "[filter]\ndatasets = [\"BLACK_LIST\"]\n",
        ),
    ] {
        let url = &receiver.url;
        let text = format!("{more}[target]\nkind = \"webhook\"\nurl = \"{url}\"\n");
        std::fs::write(folder.join(format!("{name}.toml")), text).expect("a file");
    }
    hub.kill();
    hub.restart();
    send(&hub, &key, "first", &[project(1, PHONE), project(2, PHONE)]);
    let mut renamed = project(1, PHONE);
    renamed["PROJECT_NAME"] = json!("改名后的工程");
    send(&hub, &key, "second", &[renamed]);
    let before = desk.wait_for(3);
    let reader = hub.add_reader("office", "centre");
    until("all is acknowledged", || {
        acknowledged(&hub, &reader, "desk") == 3
    });
    // It does not take anything now, and is killed in between: it is told all the same.
    desk.answer(503);
    let order = [
        "erase",
        RECORD,
        "--reason",
        "本人张三申请",
        "--class",
        "request",
        "--format",
        "json",
    ];
    let done: Value = serde_json::from_str(&succeeds(&hub, &order)).expect("JSON");
    assert_eq!(done["erased"]["held_by"], json!(["desk"]), "{done}");
    assert_eq!(done["erased"]["told"], json!(["desk"]), "{done}");
    let leaf = done["erased"]["leaf_index"].clone();
    assert_eq!(duty(&hub, "desk"), "telling");
    hub.kill();
    hub.restart();
    assert_eq!(duty(&hub, "desk"), "telling");
    assert_eq!(desk.events().len(), 3);
    desk.answer(204);
    let told = desk.wait_for(5);
    let versions: Vec<&Value> = before
        .iter()
        .filter(|event| event["key"] == "E3201000001000001")
        .collect();
    assert_eq!(versions.len(), 2, "{before:?}");
    for (event, version) in told[3..5].iter().zip(versions) {
        assert_eq!(event["type"], "record.erased", "{event}");
        assert_eq!(event["action"], "erase", "{event}");
        assert_eq!(event["reason_class"], "request", "{event}");
        assert_eq!(event["data"], json!({}), "{event}");
        assert!(event["reason"].is_null(), "{event}");
        for name in [
            "record",
            "digest",
            "receipt",
            "record_index",
            "dataset",
            "order",
        ] {
            assert_eq!(event[name], version[name], "{name} of {event}");
        }
        assert!(
            event["event"].as_i64() > version["event"].as_i64(),
            "{event}"
        );
        let text = event.to_string();
        assert!(!text.contains(PHONE) && !text.contains("张三"), "{text}");
    }
    until("it is said that it was told", || {
        duty(&hub, "desk") == "told"
    });
    // Fetched again by number it says the same.
    let own = hub.add_reader("desk", "subscriber");
    let after = before[2]["event"].to_string();
    let page = hub.get(&format!("/v1/events?after={after}"), &own).json();
    assert_eq!(page["items"], json!([told[3], told[4]]));
    // Who never had it hears nothing of it.
    assert!(other.events().is_empty());
    let confirm = ["erase", RECORD, "--reason", "mail", "--confirm", "desk"];
    succeeds(&hub, &confirm);
    assert_eq!(duty(&hub, "desk"), "confirmed");
    assert_eq!(duties(&hub)[0]["leaf"], leaf);
    succeeds(&hub, &["log", "verify"]);
    // Done again, nobody is told again.
    succeeds(&hub, &["erase", RECORD, "--reason", "again"]);
    send(&hub, &key, "third", &[project(3, PHONE)]);
    assert_eq!(desk.wait_for(6)[5]["type"], "record.current");
}

#[test]
fn subscribers_are_told_of_an_erasure_sqlite() {
    subscribers_are_told_of_an_erasure(Engine::Sqlite);
}

#[test]
fn subscribers_are_told_of_an_erasure_postgres() {
    subscribers_are_told_of_an_erasure(Engine::Postgres);
}

#[test]
fn a_record_that_the_platform_holds_is_to_be_withdrawn_first() {
    let national = National::start("");
    let hub = Hub::start(Engine::Sqlite, &["--national", &national.url]);
    let key = hub.add_source("320100");
    send(&hub, &key, "first", &[project(1, PHONE)]);
    let reader = hub.add_reader("office", "centre");
    let acknowledged = |count| acknowledged(&hub, &reader, "national") == count;
    until("it is acknowledged", || acknowledged(1));
    let dry = |form: &str| {
        succeeds(
            &hub,
            &[
                "erase",
                RECORD,
                "--reason",
                "x",
                "--dry-run",
                "--format",
                form,
            ],
        )
    };
    let would: Value = serde_json::from_str(&dry("json")).expect("JSON");
    assert_eq!(would["would"]["current_at"], json!(["national"]), "{would}");
    let text = dry("text");
    assert!(
        text.contains("OPERATION 3") && text.contains("withdraw"),
        "{text}"
    );
    let mut element = records::element("PROJECT", &project(1, PHONE));
    element["action"] = json!("withdraw");
    element["reason"] = json!("to be erased");
    let body = records::envelope("withdrawal", &[element]);
    let answer = hub.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    until("the withdrawal is acknowledged", || acknowledged(2));
    let would: Value = serde_json::from_str(&dry("json")).expect("JSON");
    assert_eq!(would["would"]["current_at"], json!([]), "{would}");
    assert!(!dry("text").contains("OPERATION 3"));
}
