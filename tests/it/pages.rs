//! Differences beyond those that one answer names: all are counted, and the rest is had page by page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::forward::{National, settled};
use super::harness::Engine;
use super::harness::closing::{Source, close, today, with};
use super::harness::hub::Hub;

/// One page of what the platform holds otherwise: the versions, and where the next begins.
fn page(hub: &Hub, after: i64) -> (Value, BTreeSet<i64>) {
    let (date, after) = (today(), after.to_string());
    let arguments = [
        "close",
        "differences",
        &date,
        "--after",
        &after,
        "--format",
        "json",
    ];
    let output = hub.command(&arguments);
    assert_eq!(output.status.code(), Some(1), "they differ");
    let page: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let named = page["platform"]["named"].as_array().expect("named").iter();
    let versions = named.map(|one| one["version"].as_i64().expect("a number"));
    let versions = versions.collect();
    (page, versions)
}

fn the_rest_is_had_by_pages(engine: Engine) {
    let script = "[[fault]]\nkind = \"forget\"\nrate = 1.0\n";
    let national = National::scripted(&["--script", "SCRIPT"], script);
    let hub = Hub::start_with(engine, &national.settings(""));
    let (source, reader) = (Source::at(&hub), hub.add_reader("desk", "centre"));
    source.push(&hub, 1, 105);
    settled(&hub, &reader);
    let (code, closed) = close(&hub, &[]);
    assert_eq!(code, Some(1), "{}", closed["date"]);
    let owed = with(&closed, "destination/national");
    let platform = &owed["document"]["books"]["destination"]["platform"];
    assert_eq!(platform["differences"]["acknowledged_not_held"], 1050);
    assert_eq!(platform["named"].as_array().expect("named").len(), 1000);
    let (first, mut seen) = page(&hub, 0);
    assert_eq!(seen.len(), 1000);
    let (second, more) = page(&hub, first["next"].as_i64().expect("more"));
    assert_eq!(second["next"], Value::Null);
    seen.extend(more);
    assert_eq!(
        seen.into_iter().collect::<Vec<i64>>(),
        (1..=1050).collect::<Vec<i64>>()
    );

    // A source that has lost everything.
    std::fs::remove_dir_all(source.receipts()).expect("removed");
    std::fs::create_dir(source.receipts()).expect("a folder");
    let (code, told) = source.reconcile(&hub, &[]);
    assert_eq!(
        (code, &told["differing"]["missing_there"]),
        (Some(1), &json!(1050))
    );
    let ids = |told: &Value| -> BTreeSet<String> {
        let list = told["differences"].as_array().expect("a list").iter();
        list.map(|one| one["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let mut all = ids(&told);
    assert_eq!(all.len(), 1000);
    let next = told["next"].as_str().expect("more");
    let (_, rest) = source.reconcile(&hub, &["--after", next]);
    assert_eq!((ids(&rest).len(), &rest["next"]), (50, &Value::Null));
    all.extend(ids(&rest));
    assert_eq!(all.len(), 1050);
}

#[test]
fn the_rest_is_had_by_pages_on_sqlite() {
    the_rest_is_had_by_pages(Engine::Sqlite);
}

#[test]
fn the_rest_is_had_by_pages_on_postgres() {
    the_rest_is_had_by_pages(Engine::Postgres);
}
