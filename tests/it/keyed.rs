//! What records are found by is keyed: who holds the database cannot try out guesses, and a database from before comes
//! under the key by itself.

use ::hub::tlog::sha256;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl as _};
use serde_json::json;

use super::erasure::{ONE, PHONE, project, send, succeeds};
use super::harness::Engine;
use super::harness::hub::Hub;
use super::harness::records::project_code;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    hash: i64,
    #[diesel(sql_type = BigInt)]
    record_id: i64,
}

fn rows(hub: &Hub, table: &str) -> Vec<(i64, i64)> {
    let found: Vec<Row> = diesel::sql_query(format!(
        "SELECT hash, record_id FROM {table} ORDER BY record_id, hash"
    ))
    .load(&mut hub.store())
    .expect("rows");
    found.iter().map(|row| (row.hash, row.record_id)).collect()
}

/// The bare digest under which a project was found by its key before there was a look-up key: anyone can work it out.
fn bare(number: u32) -> i64 {
    let mut bytes = 500_u16.to_be_bytes().to_vec();
    bytes.extend_from_slice(&u16::MAX.to_be_bytes());
    bytes.extend_from_slice(project_code(number).as_bytes());
    i64::from_be_bytes(*sha256(&bytes).as_bytes().first_chunk().expect("32 bytes"))
}

fn run(hub: &Hub, statement: &str) -> usize {
    diesel::sql_query(statement)
        .execute(&mut hub.store())
        .expect("a statement")
}

fn nobody_confirms_a_guess_and_every_hub_finds_the_same(engine: Engine) {
    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    send(&hub, &key, "first", &[project(1, PHONE)]);
    let links = rows(&hub, "links");
    assert!(!links.is_empty());
    assert!(
        links.iter().all(|(hash, _)| *hash != bare(1)),
        "a guess is confirmed"
    );
    if engine == Engine::Postgres {
        let other = hub.beside();
        assert_eq!(other.get(ONE, &key).status, 200);
        let mut renamed = project(1, PHONE);
        renamed["PROJECT_NAME"] = json!("改名后的工程");
        send(&other, &key, "second", &[renamed]);
        let shown = hub.get(ONE, &key).json();
        assert_eq!(shown["data"]["PROJECT_NAME"], "改名后的工程");
        let versions = hub.get(&format!("{ONE}/versions"), &key).json();
        assert_eq!(versions["items"].as_array().map(Vec::len), Some(2));
    }
    // Another database has another key: nothing can be compared across them.
    let elsewhere = Hub::start(engine, &[]);
    let key = elsewhere.add_source("320100");
    send(&elsewhere, &key, "first", &[project(1, PHONE)]);
    let others = rows(&elsewhere, "links");
    assert!(
        others
            .iter()
            .all(|(hash, _)| links.iter().all(|(own, _)| own != hash))
    );
}

#[test]
fn nobody_confirms_a_guess_and_every_hub_finds_the_same_sqlite() {
    nobody_confirms_a_guess_and_every_hub_finds_the_same(Engine::Sqlite);
}

#[test]
fn nobody_confirms_a_guess_and_every_hub_finds_the_same_postgres() {
    nobody_confirms_a_guess_and_every_hub_finds_the_same(Engine::Postgres);
}

/// Rows of the database from before that nobody looks for: enough for several pages.
const MANY: usize = 3000;

fn a_database_from_before_comes_under_the_key(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    send(&hub, &key, "first", &[project(1, PHONE), project(2, PHONE)]);
    hub.stop();
    // As it was before: bare digests, no key.
    for statement in ["DELETE FROM links", "DELETE FROM lookup_keys"] {
        assert!(run(&hub, statement) > 0);
    }
    let own: Vec<String> = (1..=2)
        .map(|number| format!("({}, {number})", bare(number)))
        .collect();
    run(
        &hub,
        &format!(
            "INSERT INTO bare_links (hash, record_id) VALUES {}",
            own.join(", ")
        ),
    );
    for table in ["bare_links", "bare_waiting", "bare_past_parked"] {
        let many: Vec<String> = (0..MANY)
            .map(|row| format!("({}, {})", row as i64 * 7919 - 9_000_000, 1_000_000 + row))
            .collect();
        run(
            &hub,
            &format!(
                "INSERT INTO {table} (hash, record_id) VALUES {}",
                many.join(", ")
            ),
        );
    }
    run(
        &hub,
        "INSERT INTO bare_past_links (hash, record_id, until, until_leaf) VALUES (5, 77, 1, NULL), (6, 78, 2, 9)",
    );
    run(
        &hub,
        "INSERT INTO bare_parked (record_id, submission_id, edition, own_hash, message_hash, since, warned, awaits) \
         VALUES (900, 9, '3.0', 5, NULL, 1, 0, '[]'), (901, 9, '3.0', 0, 6, 1, 0, '[]')",
    );
    for delay in [40, 60, 80, 100, 140] {
        hub.command_killed(&["sources", "add", "320200"], delay);
    }
    hub.restart();
    for table in ["links", "waiting", "past_parked", "past_links"] {
        assert!(rows(&hub, &format!("bare_{table}")).is_empty(), "{table}");
    }
    // Each row is there once, under the key.
    for table in ["waiting", "past_parked"] {
        let moved = rows(&hub, table);
        assert_eq!(moved.len(), MANY, "{table}");
        let records: std::collections::BTreeSet<i64> =
            moved.iter().map(|(_, record)| *record).collect();
        assert_eq!(records.len(), MANY, "{table}");
    }
    let links = rows(&hub, "links");
    assert_eq!(links.len(), MANY + 2);
    // One value has one hash in every table.
    let of =
        |rows: &[(i64, i64)], record: i64| rows.iter().find(|row| row.1 == record).map(|row| row.0);
    let waiting = rows(&hub, "waiting");
    for record in [1_000_000, 1_000_000 + MANY as i64 - 1] {
        assert_eq!(of(&links, record), of(&waiting, record));
    }
    let past = rows(&hub, "past_links");
    let parked: Vec<Row> = diesel::sql_query(
        "SELECT COALESCE(message_hash, own_hash) AS hash, record_id FROM parked ORDER BY record_id",
    )
    .load(&mut hub.store())
    .expect("rows");
    let parked: Vec<(i64, i64)> = parked.iter().map(|row| (row.hash, row.record_id)).collect();
    assert_eq!(of(&past, 77), of(&parked, 900));
    assert_eq!(of(&past, 78), of(&parked, 901));
    assert_ne!(of(&past, 77), Some(5));
    // And what was found before is found, and gives way to what is newer.
    assert_eq!(hub.get(ONE, &key).status, 200);
    let mut renamed = project(1, PHONE);
    renamed["PROJECT_NAME"] = json!("改名后的工程");
    send(&hub, &key, "second", &[renamed]);
    assert_eq!(
        hub.get(ONE, &key).json()["data"]["PROJECT_NAME"],
        "改名后的工程"
    );
    let versions = hub.get(&format!("{ONE}/versions"), &key).json();
    assert_eq!(versions["items"].as_array().map(Vec::len), Some(2));
    succeeds(&hub, &["log", "verify"]);
}

#[test]
fn a_database_from_before_comes_under_the_key_sqlite() {
    a_database_from_before_comes_under_the_key(Engine::Sqlite);
}

#[test]
fn a_database_from_before_comes_under_the_key_postgres() {
    a_database_from_before_comes_under_the_key(Engine::Postgres);
}
