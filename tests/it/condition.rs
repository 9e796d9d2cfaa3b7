//! How a destination is, in the word that lists show.

use super::destinations::{describe, project, push};
use super::harness::hub::{self, Hub};
use super::harness::{Engine, until};

#[test]
fn a_subscriber_that_refuses_connections_is_not_called_well() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    describe(&hub, "gone", &url, "");
    hub.kill();
    hub.restart();
    let desk = hub.add_reader("desk", "centre");
    let state = || {
        let listed = hub.get("/v1/destinations", &desk).json();
        let items = listed["items"].as_array().unwrap().clone();
        let of = items.iter().find(|item| item["name"] == "gone");
        of.map(|item| item["state"].clone()).unwrap_or_default()
    };
    assert_eq!(state(), "live");
    push(&hub, &key, "first", &[project(1)]);
    until("it was tried again", || state() == "repeating");
    let told = hub::stdout(&hub.command(&["deliveries", "list"]));
    let line = told.lines().find(|line| line.contains("gone"));
    assert!(line.is_some_and(|line| line.contains("重发中")), "{told}");
}
