//! Files of records that come by the ways without an answer: in a message of Kafka, in a package in one, and for rows
//! of an exchange database, which have no room for a file.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::{Value, json};

use super::super::attachments::{FILES, PAPERS, PDF};
use super::super::harness::chain::Chain;
use super::super::harness::hub::{Answer, Hub};
use super::super::harness::kafka::{Broker, LONG, Read};
use super::super::harness::{Engine, within};
use super::{codes, message, package, profile};

/// A hub whose sources send papers by the ways that `settings` name.
fn desk(engine: Engine, profiles: &[(&str, &str)], settings: &str) -> (Hub, Chain) {
    let chain = Chain::new(settings);
    chain.write("spec/3.0/datasets/a/paper.toml", PAPERS);
    chain.write("spec/3.0/attachments.toml", FILES);
    for (id, wire) in profiles {
        let ways = "ways = [\"http\", \"kafka\", \"database\"]";
        let text = profile(id, wire).replace("ways = [\"http\", \"folder\"]", ways);
        chain.write(&format!("sources/{id}.toml"), &text);
    }
    let hub = Hub::start(engine, &["--config", &chain.config()]);
    (hub, chain)
}

#[track_caller]
fn until(what: &str, holds: impl FnMut() -> bool) {
    within(LONG, what, holds);
}

fn upload(hub: &Hub, key: &str, code: &str) -> Answer {
    let sha256 = ::hub::tlog::sha256(PDF).to_hex();
    let path = format!("/v1/attachments/M_A?code={code}&file=a.pdf&sha256={sha256}");
    hub.put(&path, key, "application/pdf", PDF)
}

/// Names of the files that are kept under a code.
fn kept(hub: &Hub, key: &str, code: &str) -> usize {
    let list = hub.get(&format!("/v1/attachments?code={code}"), key).json();
    list["items"].as_array().map_or(0, Vec::len)
}

/// The receipts in the replies, in the order of their messages.
fn receipts(replies: &[Read]) -> Vec<Value> {
    let replies = replies.iter().map(|reply| {
        let reply: Value = serde_json::from_slice(&reply.body).expect("a reply is JSON");
        reply["receipt"].clone()
    });
    replies.collect()
}

fn files_in_messages_are_kept_with_their_records(engine: Engine) {
    let broker = Broker::start();
    for topic in ["inline", "packets", "verdicts", "answers"] {
        broker.topic(topic, 1);
    }
    let settings = format!(
        "[kafka]\nbrokers = \"{}\"\nbackoff_max_ms = 1000\ntopics = [\n\
         {{ topic = \"inline\", source = \"320400\", reply = \"verdicts\" }},\n\
         {{ topic = \"packets\", source = \"320300\", reply = \"answers\" }},\n]\n",
        broker.address()
    );
    let profiles = [
        (
            "320400",
            "format = \"message\"\nbinary_content = \"base64\"",
        ),
        ("320300", "format = \"zip\"\nalso = [\"message\"]"),
    ];
    let (mut hub, _chain) = desk(engine, &profiles, &settings);
    let (inline, packets) = (hub.add_source("320400"), hub.add_source("320300"));

    let within = BASE64_STANDARD.encode(PDF);
    let bodies = [
        message("in", &[("M_A", "in.pdf", &within)]),
        message("broken", &[("M_A", "broken.pdf", "no base64!")]),
        message("later", &[]),
    ];
    let bodies = bodies.each_ref().map(|body| ("", Some(body.as_bytes())));
    broker.produce("inline", &bodies);
    let packet = package(
        &[
            message(
                "a",
                &[("M_A", "a.pdf", "2026/a.pdf"), ("M_B", "b.pdf", "b.pdf")],
            ),
            message("c", &[("M_A", "c.exe", "c.exe")]),
        ],
        &[
            ("2026/a.pdf", PDF),
            ("b.pdf", b"%PDF-1.4 another"),
            ("c.exe", b"MZ"),
        ],
    );
    broker.produce("packets", &[("", Some(&packet))]);

    let told = receipts(&broker.read("verdicts", |replies| replies.len() == 3));
    let record = |place: usize| &told[place]["records"][0];
    assert_eq!(record(0)["verdict"], "accepted", "{told:?}");
    assert_eq!(record(1)["verdict"], "parked", "{told:?}");
    assert_eq!(
        codes(record(1)),
        ["attachment.refused", "attachment.missing"]
    );
    assert_eq!(record(2)["verdict"], "parked", "{told:?}");
    let told = receipts(&broker.read("answers", |replies| replies.len() == 1));
    let records = &told[0]["records"];
    assert_eq!(records[0]["verdict"], "accepted", "{told:?}");
    assert_eq!(records[0]["attachments"].as_array().map_or(0, Vec::len), 2);
    assert_eq!(
        codes(&records[1]),
        ["attachment.refused", "attachment.missing"]
    );

    // Killed and begun again, the hub has what it had, once; and the file that comes later ends the wait.
    hub.kill();
    hub.restart();
    let back = hub.get("/v1/attachments/M_A?code=f-in", &inline);
    assert_eq!(back.text.as_bytes(), PDF);
    assert_eq!(kept(&hub, &inline, "f-in"), 1);
    assert_eq!(kept(&hub, &packets, "f-a"), 2);
    assert_eq!(kept(&hub, &packets, "f-c"), 0);
    assert_eq!(upload(&hub, &inline, "f-later").status, 200);
    let waited = hub.get("/v1/records/PAPER/later", &inline);
    assert_eq!(waited.status, 200, "{}", waited.text);
    hub.stop();
    hub.assert_log_verifies();
}

#[test]
fn files_in_messages_are_kept_with_their_records_on_sqlite() {
    files_in_messages_are_kept_with_their_records(Engine::Sqlite);
}

#[test]
fn files_in_messages_are_kept_with_their_records_on_postgres() {
    files_in_messages_are_kept_with_their_records(Engine::Postgres);
}

fn rows_wait_for_their_files(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.db").display().to_string();
    let mut exchange = SqliteConnection::establish(&path).expect("a database");
    exchange
        .batch_execute(
            "PRAGMA busy_timeout = 60000; CREATE TABLE paper_out (row_id BIGINT PRIMARY KEY, \"CODE\" TEXT, \
             \"FILES\" TEXT, stamp TEXT); INSERT INTO paper_out VALUES (1, 'ahead', 'f-ahead', '1')",
        )
        .expect("a table");
    let address = folder.path().join("address");
    std::fs::write(&address, &path).expect("a file");
    let settings = format!(
        "[pull]\ninterval_ms = 50\ndatabases = [{{ source = \"320300\", url_file = \"{}\" }}]\n",
        address.display()
    );
    let wire = "format = \"sql\"\n[fields]\nrow_id = \"\"\nstamp = \"\"\n[[pull]]\nwatermark = \"stamp\"\n\
                key = \"row_id\"\ntables = { paper_out = \"PAPER\" }\n";
    let (mut hub, _chain) = desk(engine, &[("320300", wire)], &settings);
    let key = hub.add_source("320300");
    let auditor = hub.add_reader("auditor", "auditor");
    let parked = |hub: &Hub| {
        let report = hub.get("/v1/reports/parked", &auditor).json();
        report["rows"].as_array().map_or(0, Vec::len)
    };
    let held = |hub: &Hub, code: &str| {
        hub.get(&format!("/v1/records/PAPER/{code}"), &auditor)
            .status
            == 200
    };
    until("the row waits for its file", || parked(&hub) == 1);
    assert!(!held(&hub, "ahead"));
    assert_eq!(upload(&hub, &key, "f-ahead").status, 200);
    until("the file ends the wait", || held(&hub, "ahead"));
    assert_eq!(parked(&hub), 0);

    // The other way round: the file is there before its row. A hub that was killed reads nothing twice.
    assert_eq!(upload(&hub, &key, "f-after").status, 200);
    hub.kill();
    hub.restart();
    exchange
        .batch_execute("INSERT INTO paper_out VALUES (2, 'after', 'f-after', '2')")
        .expect("a row");
    until("the row finds its file", || held(&hub, "after"));
    let list = hub.get("/v1/submissions", &auditor).json();
    let records: u64 = list["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["counts"]["records"].as_u64())
        .sum();
    assert_eq!((records, parked(&hub)), (2, 0), "{list}");
    let report = hub.get("/v1/reports/refused", &auditor).json();
    assert_eq!(report["rows"], json!([]));
    hub.stop();
    hub.assert_log_verifies();
}

#[test]
fn rows_of_an_exchange_database_wait_for_their_files_on_sqlite() {
    rows_wait_for_their_files(Engine::Sqlite);
}

#[test]
fn rows_of_an_exchange_database_wait_for_their_files_on_postgres() {
    rows_wait_for_their_files(Engine::Postgres);
}
