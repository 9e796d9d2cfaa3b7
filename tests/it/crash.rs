//! Killed at any moment, the hub has kept what it receipted, once, and nothing that it did not judge.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

const KILLS: usize = 20;
const SENDERS: usize = 6;

/// Pushes single records from several senders until the hub is gone; the numbers of the receipted ones.
fn push_until_killed(
    hub: &mut Hub,
    key: &str,
    next: &Arc<AtomicU32>,
    enough: usize,
) -> BTreeSet<u32> {
    let receipted = AtomicUsize::new(0);
    let mut all = BTreeSet::new();
    let url = format!("{}/v1/submissions", hub.url);
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (next, receipted, url) = (Arc::clone(next), &receipted, &url);
                scope.spawn(move || {
                    let mut mine = BTreeSet::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let body = records::one_project(number);
                        let sent =
                            hub::post(url, key, &[("content-type", "application/json")], &body);
                        match sent {
                            Ok(answer) if answer.status == 200 => {
                                assert_eq!(
                                    answer.json()["counts"]["rejected"],
                                    0,
                                    "{}",
                                    answer.text
                                );
                                mine.insert(number);
                                receipted.fetch_add(1, Ordering::Release);
                            }
                            // The connection broke: whether it was kept is open, and either is right.
                            _ => return mine,
                        }
                    }
                })
            })
            .collect();
        while receipted.load(Ordering::Acquire) < enough {
            std::thread::yield_now();
        }
        hub.kill();
        for sender in senders {
            all.extend(sender.join().expect("a sender ends"));
        }
    });
    all
}

/// Every submission that the hub lists: the sender's number of it, as often as it is listed.
fn listed(hub: &Hub, key: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut after = String::new();
    loop {
        let page = hub
            .get(&format!("/v1/submissions?limit=1000{after}"), key)
            .json();
        let rows = page["items"]
            .as_array()
            .unwrap_or_else(|| panic!("not a list: {page}"));
        names.extend(
            rows.iter()
                .map(|row| row["submission"].as_str().expect("a name").to_owned()),
        );
        match &page["next"] {
            serde_json::Value::Null => return names,
            next => after = format!("&after={}", next.as_str().expect("a number")),
        }
    }
}

fn receipted_is_kept(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let next = Arc::new(AtomicU32::new(1));
    let mut receipted = BTreeSet::new();
    for round in 0..KILLS {
        // Early, while the first group is under way, and later, in the middle of many.
        receipted.extend(push_until_killed(&mut hub, &key, &next, 1 + round * 7));
        hub.restart();
    }
    let names = listed(&hub, &key);
    let kept: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(kept.len(), names.len(), "a submission is listed twice");
    for number in &receipted {
        assert!(
            kept.contains(format!("one-{number}").as_str()),
            "one-{number} was receipted and is gone"
        );
        let path = format!(
            "/v1/records/PROJECT/{}/versions",
            records::project_code(*number)
        );
        let versions = hub.get(&path, &key).json();
        assert_eq!(
            versions["items"].as_array().map(Vec::len),
            Some(1),
            "{versions}"
        );
    }
    // What was on its way when the hub fell: sent again, it is kept once, whether it had been or not.
    let last = next.load(Ordering::Relaxed);
    for number in (1..last).filter(|number| !receipted.contains(number)) {
        let answer = hub.post(
            "/v1/submissions",
            &key,
            "application/json",
            &records::one_project(number),
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(listed(&hub, &key).len(), last as usize - 1);
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn receipted_is_kept_on_sqlite() {
    receipted_is_kept(Engine::Sqlite);
}

#[test]
fn receipted_is_kept_on_postgres() {
    receipted_is_kept(Engine::Postgres);
}
