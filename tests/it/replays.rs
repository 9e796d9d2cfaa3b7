//! What goes to whom, and what is sent again: filters of destinations and of replays, a replay that is stopped, a secret
//! that is changed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::destinations::{self, both_sent};
use super::forward::National;
use super::harness::hub::{self, Hub};
use super::harness::receiver::Receiver;
use super::harness::{Engine, records, root, until};

fn describe(hub: &Hub, name: &str, desk: &Receiver, filter: &str) {
    destinations::describe(hub, name, &desk.url, &format!("[filter]\n{filter}"));
}

fn push(hub: &Hub, key: &str, name: &str, from: u32, count: u32) {
    let elements: Vec<Value> = (from..from + count)
        .map(|number| records::element("PROJECT", &records::project(number)))
        .collect();
    let body = records::envelope(name, &elements);
    let answer = hub.post("/v1/submissions", key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Each destination has a filter of its own: by source, by region, by data set.
#[test]
fn each_destination_gets_what_its_filter_lets_through() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let (nanjing, nantong) = (hub.add_source("320100"), hub.add_source("320600"));
    let filters = [
        ("source", "sources = [\"320100\"]".to_owned()),
        ("region", "regions = [\"3206\"]".to_owned()),
        ("dataset", format!("datasets = [\"{}\"]", dataset("100"))),
        ("all", String::new()),
    ];
    let desks = filters.each_ref().map(|(name, filter)| {
        let desk = Receiver::start();
        describe(&hub, name, &desk, filter);
        desk
    });
    hub.kill();
    hub.restart();
    push(&hub, &nanjing, "nj", 1, 5);
    let file = root().join("fixtures/sources/320600/100_法人基本信息_20261120.csv");
    let body = std::fs::read(file).expect("a fixture");
    let path = "/v1/submissions?dataset=100&submission=nt";
    let answer = hub.post(path, &nantong, "text/csv", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let counts = &answer.json()["counts"];
    let kept =
        counts["accepted"].as_u64().unwrap() + counts["accepted_with_warnings"].as_u64().unwrap();
    assert!(kept > 0, "{}", answer.text);
    let kept = usize::try_from(kept).expect("few");
    let expected = [5, kept, kept, 5 + kept];
    for ((name, _), (desk, expected)) in filters.iter().zip(desks.iter().zip(expected)) {
        assert_eq!(desk.wait_for(expected).len(), expected, "{name}");
    }
    let sources = |desk: &Receiver| -> BTreeSet<String> {
        let events = desk.events().into_iter();
        events
            .map(|one| one["source"].as_str().expect("a source").to_owned())
            .collect()
    };
    let told: Vec<BTreeSet<String>> = desks.iter().map(sources).collect();
    let of = |list: &[&str]| {
        list.iter()
            .map(|&id| id.to_owned())
            .collect::<BTreeSet<_>>()
    };
    let expected = [
        of(&["320100"]),
        of(&["320600"]),
        of(&["320600"]),
        of(&["320100", "320600"]),
    ];
    assert_eq!(told, expected);
}

/// The name of a data set by its number.
fn dataset(number: &str) -> String {
    let spec = spec::Spec::embedded().expect("the specification");
    let edition = spec.edition("3.0").expect("the edition");
    edition.dataset(number).expect("a data set").id.clone()
}

fn a_replay_is_chosen_and_can_be_stopped(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let (key, operator) = (hub.add_source("320100"), hub.add_reader("op", "operator"));
    let desk = Receiver::start();
    describe(&hub, "desk", &desk, "");
    hub.kill();
    hub.restart();
    push(&hub, &key, "some", 1, 40);
    desk.wait_for(40);
    let order = |filter: &str| {
        let path = format!("/v1/deliveries/replay?destination=desk&state=acknowledged{filter}");
        hub.post(&path, &operator, "text/plain", b"").json()
    };
    until("all are acknowledged", || order("")["records"] == 40);
    let project = dataset("500");
    for (filter, records) in [
        ("&source=320100".to_owned(), 40),
        ("&source=320600".to_owned(), 0),
        (format!("&dataset={project}"), 40),
        (format!("&dataset={}", dataset("100")), 0),
        ("&from=2000-01-01&to=2000-01-02".to_owned(), 0),
        ("&from=2000-01-01".to_owned(), 40),
        ("&issue=N17".to_owned(), 0),
    ] {
        let counted = order(&filter);
        assert_eq!(
            (&counted["records"], &counted["replayed"]),
            (&json!(records), &json!(false)),
            "{filter}"
        );
    }
    assert_eq!(desk.events().len(), 40, "nothing was sent by counting");

    // One a second: stopped long before its end.
    let begun = order("&confirm=true&rate=1&reason=drill");
    assert_eq!(begun["replay"], 1, "{begun}");
    desk.wait_for(41);
    let stop = ["deliveries", "replays", "--stop", "1", "--reason", "enough"];
    let stopped = hub.command(&stop);
    assert!(stopped.status.success(), "{}", hub::stdout(&stopped));
    let shown = || hub.get("/v1/deliveries/replays", &operator).json()["items"][0].clone();
    until("it says so", || shown()["state"] == "stopped");
    let revived = shown()["revived"].as_u64().expect("a number");
    assert!((1..40).contains(&revived), "{}", shown());
    until("what was revived is acknowledged again", || {
        order("")["records"] == 40
    });
    let again = usize::try_from(revived).expect("few");
    assert_eq!(
        desk.events().len(),
        40 + again,
        "and nothing else went again"
    );
    hub.assert_log_verifies();
}

#[test]
fn a_replay_is_chosen_and_can_be_stopped_on_sqlite() {
    a_replay_is_chosen_and_can_be_stopped(Engine::Sqlite);
}

#[test]
fn a_replay_is_chosen_and_can_be_stopped_on_postgres() {
    a_replay_is_chosen_and_can_be_stopped(Engine::Postgres);
}

/// What the nation refused is found by the reason, and sent again when somebody has settled it.
#[test]
fn what_was_refused_is_found_by_its_reason() {
    let national = National::start_slow(3_600_000);
    let hub = Hub::start(Engine::Sqlite, &["--national", &national.url]);
    let (key, operator) = (hub.add_source("320100"), hub.add_reader("op", "operator"));
    let own = hub.add_reader("national", "subscriber");
    push(&hub, &key, "some", 1, 2);
    let items = both_sent(&hub, &operator);
    let answer = json!({"batch": items[0]["batch"], "records": [
        {"id": items[0]["record"], "result": "refused", "code": "N17", "reason": "项目已归档"},
        {"id": items[1]["record"], "result": "refused", "code": "N18", "reason": "长".repeat(5000)},
    ]});
    let said = hub.post(
        "/v1/destinations/national/answers",
        &own,
        "application/json",
        answer.to_string().as_bytes(),
    );
    assert_eq!(said.json()["refused"], 2, "{}", said.text);
    let count = |issue: &str| {
        let path =
            format!("/v1/deliveries/replay?destination=national&state=refused&issue={issue}");
        hub.post(&path, &operator, "text/plain", b"").json()["records"].clone()
    };
    assert_eq!(
        (count("N17"), count("N18"), count("N19")),
        (json!(1), json!(1), json!(0))
    );
    // A reason is kept as long as people read it.
    let listed = hub.get("/v1/deliveries?state=refused", &operator).json();
    let longest = listed["items"].as_array().expect("items").iter();
    let longest = longest
        .filter_map(|one| one["reason"].as_str())
        .map(|text| text.chars().count())
        .max();
    assert_eq!(longest, Some("N18: ".len() + 1000), "{listed}");
}

/// While a secret is changed, whoever knows either can check what comes.
#[test]
fn a_secret_is_changed_without_a_message_that_cannot_be_checked() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let desk = Receiver::start();
    describe(&hub, "desk", &desk, "");
    hub.kill();
    hub.restart();
    let secret = |more: &[&str]| {
        let told = hub.command(&[&["deliveries", "secret", "desk"], more].concat());
        assert!(told.status.success(), "{}", hub::stdout(&told));
        hub::stdout(&told).trim().to_owned()
    };
    let old = secret(&[]);
    let mut told = 0;
    let mut next = |trusted: &str| {
        desk.trust(trusted);
        push(&hub, &key, &format!("push-{told}"), told + 1, 1);
        told += 1;
        desk.wait_for(told as usize);
        desk.told().last().expect("told").signed
    };
    assert_eq!(next(&old), Some(true));
    let new = secret(&["--rotate"]);
    assert_ne!(old, new);
    assert_eq!(next(&new), Some(true), "the new one is in force at once");
    assert_eq!(next(&old), Some(true), "and the old one still");
    assert_eq!(secret(&["--settle"]), new);
    assert_eq!(next(&new), Some(true));
    assert_eq!(next(&old), Some(false), "the old one is over");
}
