//! Receipts as senders keep them: many of one commit, each of them checked alone.

use serde_json::Value;

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

fn a_receipt_asked_for_later_is_the_one_that_was_answered(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let send = |number| {
        let body = records::one_project(number);
        let answer = hub.post("/v1/submissions", &key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    // Sent at once, so that some share a commit and its signature.
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=24)
            .map(|number| scope.spawn(move || send(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("an answer"))
            .collect()
    });
    let file = hub.data.join("receipt.json").display().to_string();
    let public = hub.data.join("log.pub").display().to_string();
    for answer in answers {
        std::fs::write(&file, answer.to_string()).expect("written");
        let checked = hub::run(&["receipt", "verify", &file, "--key", &public]);
        assert!(checked.status.success(), "{}", hub::stdout(&checked));
        let id = answer["id"].as_str().expect("a number");
        let mut later = hub.get(&format!("/v1/receipts/{id}"), &key).json();
        later.as_object_mut().expect("a receipt").remove("proof");
        assert_eq!(later, answer);
    }
}

#[test]
fn a_receipt_asked_for_later_is_the_one_that_was_answered_on_sqlite() {
    a_receipt_asked_for_later_is_the_one_that_was_answered(Engine::Sqlite);
}

#[test]
fn a_receipt_asked_for_later_is_the_one_that_was_answered_on_postgres() {
    a_receipt_asked_for_later_is_the_one_that_was_answered(Engine::Postgres);
}
