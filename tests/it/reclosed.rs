//! A day that is closed again: what was known of the platform is not forgotten when nobody can ask it any more, and
//! commands beside a serving hub know where it is reached.

use serde_json::{Value, json};

use super::forward::{National, settled};
use super::harness::Engine;
use super::harness::closing::{Source, close, with};
use super::harness::hub::{self, Hub};

/// What the close with the national platform says of it.
fn said(closed: &Value) -> &Value {
    &with(closed, "destination/national")["document"]["books"]["destination"]["platform"]
}

fn agreement_is_not_forgotten(engine: Engine) {
    let national = National::start("");
    let mut hub = Hub::start_with(engine, &national.settings(""));
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    source.push(&hub, 1, 2);
    settled(&hub, &reader);
    let (code, closed) = close(&hub, &[]);
    let owed = with(&closed, "destination/national");
    assert_eq!((code, &owed["agreed"]), (Some(0), &json!(true)), "{owed}");
    let theirs = said(&closed)["theirs"].clone();
    assert_eq!(theirs["records"], 20);

    // The hub knows no address any more: nothing new can be said, and nothing is.
    hub.kill();
    hub.restart_set("");
    let (code, closed) = close(&hub, &[]);
    assert_eq!((code, &closed["new"]), (Some(0), &json!(0)), "{closed}");
    assert_eq!(with(&closed, "destination/national")["agreed"], true);

    // The books move: the next close says that nobody asked, and what was known before.
    source.push(&hub, 101, 1);
    let (code, closed) = close(&hub, &[]);
    let owed = with(&closed, "destination/national");
    assert_eq!((code, &owed["number"]), (Some(0), &json!(2)), "{owed}");
    assert_eq!(owed["agreed"], Value::Null, "{owed}");
    let why = said(&closed)["silent"].as_str().expect("why");
    assert!(why.contains("not asked"), "{why}");
    let earlier = json!({ "number": 1, "agreed": true, "theirs": theirs });
    assert_eq!(said(&closed)["earlier"], earlier);
    let report = hub.get("/v1/reports/closes", &reader).json();
    let mut rows = report["rows"].as_array().expect("rows").iter();
    let row = rows.find(|row| row["with"] == "destination/national");
    let row = row.expect("a row");
    assert_eq!(
        (&row["agreed"], &row["differences"]),
        (&json!("earlier"), &Value::Null)
    );
    let told = hub.command(&["close", &super::harness::closing::today()]);
    assert!(
        hub::stdout(&told).contains("第 1 次对账时双方一致"),
        "{}",
        hub::stdout(&told)
    );
    // And so does a third, which names the close that knows.
    source.push(&hub, 201, 1);
    let (_, closed) = close(&hub, &[]);
    assert_eq!(said(&closed)["earlier"], earlier, "{closed}");

    // Asked again, the platform speaks for itself.
    hub.kill();
    hub.restart_set(&national.settings(""));
    settled(&hub, &reader);
    let (code, closed) = close(&hub, &[]);
    let owed = with(&closed, "destination/national");
    assert_eq!((code, &owed["agreed"]), (Some(0), &json!(true)), "{owed}");
    assert_eq!(said(&closed)["earlier"], Value::Null, "{closed}");
    assert_eq!(said(&closed)["theirs"]["records"], 40);
    hub.assert_log_verifies();
}

#[test]
fn agreement_is_not_forgotten_on_sqlite() {
    agreement_is_not_forgotten(Engine::Sqlite);
}

#[test]
fn agreement_is_not_forgotten_on_postgres() {
    agreement_is_not_forgotten(Engine::Postgres);
}

/// A disagreement stands until there is another comparison.
#[test]
fn a_disagreement_does_not_end_by_not_asking() {
    let script = "[[fault]]\nkind = \"forget\"\nnumbers = \"3\"\n";
    let national = National::scripted(&["--script", "SCRIPT"], script);
    let mut hub = Hub::start_with(Engine::Sqlite, &national.settings(""));
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    source.push(&hub, 1, 1);
    settled(&hub, &reader);
    let (code, closed) = close(&hub, &[]);
    assert_eq!(code, Some(1), "{closed}");
    hub.kill();
    hub.restart_set("");
    source.push(&hub, 101, 1);
    let (code, closed) = close(&hub, &[]);
    let owed = with(&closed, "destination/national");
    assert_eq!((code, &owed["agreed"]), (Some(1), &json!(false)), "{owed}");
    assert_eq!(said(&closed)["earlier"]["agreed"], false, "{closed}");
    hub.assert_log_verifies();
}

/// The address was given to the serving hub alone.
#[test]
fn commands_beside_a_hub_know_where_a_destination_is_reached() {
    let national = National::start("");
    let hub = Hub::start(Engine::Sqlite, &["--national", &national.url]);
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    source.push(&hub, 1, 1);
    settled(&hub, &reader);
    let (code, closed) = close(&hub, &[]);
    let owed = with(&closed, "destination/national");
    assert_eq!((code, &owed["agreed"]), (Some(0), &json!(true)), "{owed}");
    let listed = hub.get("/v1/destinations", &reader).json();
    let one = &listed["items"][0];
    assert_eq!(one["address"], national.url.as_str(), "{listed}");
    let registered = one["registered_at"].as_str().expect("a time");
    assert!(registered > "2020", "{registered}");
    let told = hub::stdout(&hub.command(&["deliveries", "list"]));
    assert!(
        told.contains(&national.url) && told.contains("正常"),
        "{told}"
    );
    let nowhere = Hub::start(Engine::Sqlite, &[]);
    let told = hub::stdout(&nowhere.command(&["deliveries", "list"]));
    assert!(told.contains("未配置地址"), "{told}");
}
