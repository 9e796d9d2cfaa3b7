//! How often the hub asks its store about the records around those of a submission: counted where the store is asked.

use std::cell::RefCell;

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use hub::app::App;
use hub::config::Config;
use hub::pipeline::{self, Incoming};
use serde_json::{Value, json};

use super::harness::hub::Hub;
use super::harness::{Engine, records};

thread_local! {
    static ASKED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Statements that this thread sends to the store while `work` is done.
fn asked(work: impl FnOnce()) -> Vec<String> {
    ASKED.take();
    work();
    ASKED.take()
}

fn submission(elements: &[Value]) -> Incoming {
    Incoming {
        source: "320100".to_owned(),
        body: records::envelope("counted", elements).into(),
        media_type: "application/json".to_owned(),
        hint: adapters::Hint {
            wire: Some(adapters::WireFormat::Json),
            ..adapters::Hint::default()
        },
        submission: None,
        edition: None,
        otherwise: None,
    }
}

/// Projects, each with a tender project that refers to it: two data sets that refer to others.
fn deal(number: u32) -> [Value; 2] {
    let project = records::project_code(number);
    let tender = json!({
        "PROJECT_CODE": project,
        "TENDER_PROJECT_CODE": format!("{project}001"),
        "TENDERER_CODE": records::OPERATOR,
    });
    [
        records::element("PROJECT", &records::project(number)),
        records::element("TENDER_PROJECT", &tender),
    ]
}

#[test]
fn records_around_a_submission_are_looked_up_at_once() {
    let set = set_default_instrumentation(|| {
        Some(Box::new(|event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                ASKED.with_borrow_mut(|asked| asked.push(query.to_string()));
            }
        }))
    });
    assert!(set.is_ok(), "statements can be counted");
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let kept: Vec<Value> = (1..=50).flat_map(deal).collect();
    let body = records::envelope("kept", &kept);
    let answer = hub.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    hub.kill();
    // The same store, asked from within this process.
    let config = Config::load(&hub.data, None, &[]).expect("defaults");
    let app = App::open(config).expect("a hub");
    for deals in [1, 10, 1000] {
        let elements: Vec<Value> = (1..=deals).flat_map(deal).collect();
        let incoming = submission(&elements);
        let statements = asked(|| {
            let checked = pipeline::check(&app, &incoming).expect("judged");
            assert_eq!(checked.counts.records, 2 * deals);
            // What the store holds is found, so the questions that were counted were the right ones.
            let held = checked.counts.duplicate;
            assert_eq!(held, deals.min(50), "{:?}", checked.counts);
        });
        let of = |table: &str| {
            let from = format!("FROM {table}");
            statements
                .iter()
                .filter(|text| text.contains(&from))
                .count()
        };
        let asked = ["(`links`", "(`parked`", "`attachments`"].map(of);
        assert_eq!(
            (asked, statements.len()),
            ([1, 1, 1], 3),
            "{deals} deals: {statements:#?}"
        );
    }
}
