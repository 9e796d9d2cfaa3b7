//! The master key: nothing is served without it; it is changed under kills; what lies in clear is brought under it.

use ::hub::keys::Masters;
use ::hub::pipeline::RawStore;
use ::hub::pipeline::compress;
use ::hub::store::body::Body;
use ::hub::store::{records as versions, submissions};
use ::hub::tlog::sha256;
use diesel::RunQueryDsl as _;
use serde_json::{Value, json};

use super::erasure::{ONE, PHONE, holds, kept, project, send, succeeds};
use super::harness::Engine;
use super::harness::hub::Hub;

#[test]
fn a_hub_without_its_master_key_or_with_another_does_not_start() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    send(&hub, &key, "first", &[project(1, PHONE)]);
    hub.kill();
    let file = hub.data.join("keys/master.key");
    let right = std::fs::read(&file).expect("the master key");
    std::fs::remove_file(&file).expect("removed");
    let refused = hub.command(&["serve", "--listen", "127.0.0.1:0"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(
        told.contains("master.key") && told.contains("主密钥"),
        "{told}"
    );
    assert!(!file.exists(), "no other key was made in its place");
    // Another hub's key.
    let mut other = Hub::start(Engine::Sqlite, &[]);
    other.kill();
    std::fs::copy(other.data.join("keys/master.key"), &file).expect("copied");
    for command in [
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["log", "verify"],
    ] {
        let refused = hub.command(&command);
        assert_eq!(refused.status.code(), Some(2));
    }
    std::fs::write(&file, right).expect("put back");
    hub.restart();
    let shown = hub.get("/v1/records/PROJECT/E3201000001000001", &key);
    assert_eq!(shown.status, 200, "{}", shown.text);
}

/// What `hub keys master list` says of the keys: id, and whether it is in force and was given.
fn masters(hub: &Hub) -> Vec<String> {
    let listed = succeeds(hub, &["keys", "master", "list"]);
    listed.lines().map(str::to_owned).collect()
}

fn the_master_key_is_changed_and_everything_opens_still(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let many: Vec<Value> = (1..=40).map(|number| project(number, PHONE)).collect();
    let receipt = send(&hub, &key, "first", &many);
    let raw = format!("/v1/submissions/{}/raw", receipt["id"].as_str().unwrap());
    let before = hub.get(&raw, &key).text;
    let serving = hub.command(&["keys", "master", "rotate"]);
    assert_eq!(serving.status.code(), Some(2), "a hub is serving");
    hub.kill();
    let file = hub.data.join("keys/master.key");
    let old = std::fs::read_to_string(&file).expect("the master key");
    let id = succeeds(&hub, &["keys", "master", "rotate"])
        .trim()
        .to_owned();
    let new = std::fs::read_to_string(&file).expect("the master key");
    assert!(new != old && new.lines().count() == 1);
    assert!(
        masters(&hub)
            .iter()
            .any(|line| line.contains(&id) && line.contains("yes"))
    );
    // With the old key the hub does not start, with the new one everything is as it was.
    std::fs::write(&file, &old).expect("written");
    assert_eq!(
        hub.command(&["serve", "--listen", "127.0.0.1:0"])
            .status
            .code(),
        Some(2)
    );
    std::fs::write(&file, &new).expect("written");
    hub.restart();
    assert_eq!(hub.get(&raw, &key).text, before);
    assert_eq!(hub.get(ONE, &key).status, 200);
    succeeds(&hub, &["log", "verify"]);
    hub.kill();
    // Killed on the way, it is begun again: a change is in its place only when it is whole.
    for delay in [1, 5, 20, 60, 120] {
        hub.command_killed(&["keys", "master", "rotate"], delay);
    }
    succeeds(&hub, &["keys", "master", "rotate"]);
    let file = std::fs::read_to_string(&file).expect("the master key");
    assert_eq!(file.lines().count(), 1);
    hub.restart();
    assert_eq!(hub.get(&raw, &key).text, before);
    succeeds(&hub, &["log", "verify"]);
}

#[test]
fn the_master_key_is_changed_and_everything_opens_still_sqlite() {
    the_master_key_is_changed_and_everything_opens_still(Engine::Sqlite);
}

#[test]
fn the_master_key_is_changed_and_everything_opens_still_postgres() {
    the_master_key_is_changed_and_everything_opens_still(Engine::Postgres);
}

/// Puts everything of a stopped hub into clear, as it lay before there was a master key: the small raw bytes in their
/// row, those of the second submission in the object store.
fn put_into_clear(hub: &Hub) {
    let file = hub.data.join("keys/master.key");
    let masters = Masters::load(&file)
        .expect("readable")
        .expect("a master key");
    masters.admit();
    let mut store = hub.store();
    let raw = RawStore::open(&hub.data.join("raw")).expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    for row in versions::after(&mut store, 0, 1000).expect("rows") {
        let clear = Body::Clear(row.canonical().expect("opens").to_vec());
        versions::rewrite(&mut store, row.id, &clear).expect("written");
    }
    for id in 1..=2 {
        let row = submissions::by_id(&mut store, id)
            .expect("a row")
            .expect("there");
        let stored = ::hub::pipeline::raw::Stored::of(&row);
        let bytes = runtime.block_on(raw.get(&stored)).expect("opens");
        let statement = if id == 1 {
            let packed = compress::pack(&bytes).expect("packed");
            let hex: String = packed.iter().map(|byte| format!("{byte:02x}")).collect();
            let literal = match hub.database() {
                Some(_) => format!("'\\x{hex}'::bytea"),
                None => format!("x'{hex}'"),
            };
            format!("UPDATE submissions SET raw = {literal}, raw_key = NULL WHERE id = 1")
        } else {
            let name = sha256(&bytes);
            let kept = raw.archive(&name, &bytes);
            runtime.block_on(kept).expect("kept");
            "UPDATE submissions SET raw = NULL, raw_key = NULL WHERE id = 2".to_owned()
        };
        diesel::sql_query(statement)
            .execute(&mut store)
            .expect("a statement");
    }
}

fn what_lies_in_clear_is_sealed(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let receipt = send(&hub, &key, "first", &[project(1, PHONE), project(2, PHONE)]);
    send(&hub, &key, "second", &[project(3, PHONE)]);
    let raw = format!("/v1/submissions/{}/raw", receipt["id"].as_str().unwrap());
    let before = hub.get(&raw, &key).text;
    hub.stop();
    put_into_clear(&hub);
    assert!(holds(&kept(&hub), PHONE), "the test put nothing into clear");
    // It is read as it lies, until it is sealed; killed on the way, it is begun again.
    hub.restart();
    assert_eq!(hub.get(&raw, &key).text, before);
    let serving = hub.command(&["keys", "master", "seal"]);
    assert_eq!(serving.status.code(), Some(2), "a hub is serving");
    hub.stop();
    for delay in [1, 10, 30, 60] {
        hub.command_killed(&["keys", "master", "seal"], delay);
    }
    succeeds(&hub, &["keys", "master", "seal"]);
    assert!(!holds(&kept(&hub), PHONE), "something is left in clear");
    let again: Value =
        serde_json::from_str(&succeeds(&hub, &["keys", "master", "seal"])).expect("JSON");
    assert_eq!(
        again,
        json!({ "records": 0, "submissions": 0, "refused": 0, "packets": 0, "attachments": 0, "uploads": 0 }),
        "sealed twice"
    );
    hub.restart();
    assert_eq!(hub.get(&raw, &key).text, before);
    assert_eq!(hub.get(ONE, &key).status, 200);
    succeeds(&hub, &["log", "verify"]);
}

#[test]
fn what_lies_in_clear_is_sealed_sqlite() {
    what_lies_in_clear_is_sealed(Engine::Sqlite);
}

#[test]
fn what_lies_in_clear_is_sealed_postgres() {
    what_lies_in_clear_is_sealed(Engine::Postgres);
}
