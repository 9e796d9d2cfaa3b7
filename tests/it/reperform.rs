//! Verdicts performed again from the archive: after the state moved on, after the specification changed, in another
//! place of the world; and never a false "identical".

use std::process::Command;

use serde_json::{Value, json};

use super::harness::chain::{self, Chain};
use super::harness::hub::{self, Hub};
use super::harness::{Engine, escaped, records, root};

const JSON: &str = "application/json";

#[track_caller]
fn send(hub: &Hub, key: &str, number: &str, elements: &[Value]) -> Value {
    let body = chain::envelope("320100", number, elements);
    let answer = hub.post("/v1/submissions", key, JSON, &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[track_caller]
fn verdict(receipt: &Value) -> &str {
    receipt["records"][0]["verdict"]
        .as_str()
        .expect("a verdict")
}

/// Sends what depends on what was there: parked, released, replaced, corrected, withdrawn, sent again, refused.
fn history(hub: &Hub, key: &str) -> Vec<String> {
    let level = |level: u16, action: &str, more: &[(&str, &str)]| {
        let mut data = chain::record("a", level);
        for (field, value) in more {
            data[*field] = json!(value);
        }
        chain::element(level, action, &data)
    };
    let plain = |number: u16| level(number, "upsert", &[]);
    let steps: Vec<(Value, &str)> = vec![
        (plain(3), "parked"),
        (level(3, "upsert", &[("NAME", "换名")]), "parked"),
        (plain(2), "parked"),
        (plain(1), "accepted"),
        (plain(1), "duplicate"),
        (plain(3), "accepted"),
        (level(1, "upsert", &[("KIND", "B")]), "rejected"),
        (level(1, "correct", &[("NAME", "更正后")]), "accepted"),
        (
            level(1, "upsert", &[("STAMP", "20250101080000")]),
            "rejected",
        ),
        (level(1, "withdraw", &[]), "rejected"),
        (level(3, "withdraw", &[]), "accepted"),
        (level(2, "withdraw", &[]), "accepted"),
        (level(1, "withdraw", &[]), "accepted"),
        (plain(2), "parked"),
        (level(1, "upsert", &[("KIND", "C")]), "accepted"),
        (plain(8), "parked"),
    ];
    let mut ids = Vec::new();
    for (place, (element, expected)) in steps.into_iter().enumerate() {
        let receipt = send(hub, key, &format!("step-{place}"), &[element]);
        assert_eq!(verdict(&receipt), expected, "step {place}: {receipt}");
        ids.push(receipt["id"].as_str().expect("a number").to_owned());
    }
    // Several of one chain in one submission, children first.
    let whole: Vec<Value> = (1..=6)
        .rev()
        .map(|level| chain::element(level, "upsert", &chain::record("b", level)))
        .collect();
    ids.push(
        send(hub, key, "whole", &whole)["id"]
            .as_str()
            .expect("a number")
            .to_owned(),
    );
    ids
}

#[track_caller]
fn again(hub: &Hub, arguments: &[&str], environment: &[(&str, &str)]) -> (bool, Value) {
    let place = hub.place();
    let output = Command::new(hub::program())
        .arg("reperform")
        .args(arguments)
        .args(["--format", "json"])
        .args(&place)
        .envs(environment.iter().copied())
        .output()
        .expect("the hub runs");
    let told = hub::stdout(&output);
    let value = serde_json::from_str(&told).unwrap_or_else(|error| {
        panic!("{error}: {told}{}", String::from_utf8_lossy(&output.stderr))
    });
    (output.status.success(), value)
}

fn results(told: &Value) -> Vec<&str> {
    let all = told["submissions"].as_array().expect("submissions");
    all.iter()
        .map(|one| one["result"].as_str().expect("a result"))
        .collect()
}

fn what_depended_on_others_is_judged_as_of_then(engine: Engine) {
    let small = Chain::new("");
    let mut hub = Hub::start(engine, &["--config", &small.config()]);
    let key = hub.add_source("320100");
    let ids = history(&hub, &key);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (good, told) = again(&hub, &ids, &[]);
    assert!(good, "{told:#}");
    assert_eq!(results(&told), vec!["identical"; ids.len()]);
    // Elsewhere in the world, in another language.
    let elsewhere = [
        ("TZ", "America/St_Johns"),
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "tr_TR.UTF-8"),
    ];
    let (good, there) = again(&hub, &ids, &elsewhere);
    assert!(good, "{there:#}");
    assert_eq!(there["submissions"], told["submissions"]);
    // The specification of today has other rules; that of then judges.
    small.forbid_everything();
    hub.kill();
    hub.restart();
    let refused = send(
        &hub,
        &key,
        "today",
        &[chain::element(1, "upsert", &chain::record("z", 1))],
    );
    assert_eq!(verdict(&refused), "rejected");
    let (good, told) = again(&hub, &ids, &[]);
    assert!(good, "{told:#}");
    // What was found is in the log, which still verifies.
    let path = "/v1/receipts/S000000000001/proof?wait_ms=10000";
    assert_eq!(hub.get(path, &key).status, 200);
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn what_depended_on_others_is_judged_as_of_then_on_sqlite() {
    what_depended_on_others_is_judged_as_of_then(Engine::Sqlite);
}

#[test]
fn what_depended_on_others_is_judged_as_of_then_on_postgres() {
    what_depended_on_others_is_judged_as_of_then(Engine::Postgres);
}

#[test]
fn the_dialects_of_the_sources_come_out_the_same_and_the_checkpoint_draws() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let mut last = (String::new(), String::new());
    for source in ["320100", "320300", "320600"] {
        let key = hub.add_source(source);
        let folder = root().join("fixtures/sources").join(source);
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("fixtures")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|ending| ending != "ndjson"))
            .collect();
        files.sort();
        for file in files {
            let (name, ending) = (
                file.file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                file.extension()
                    .expect("an ending")
                    .to_string_lossy()
                    .into_owned(),
            );
            let media = match ending.as_str() {
                "csv" => "text/csv",
                "xml" => "application/xml",
                "zip" => "application/zip",
                _ => JSON,
            };
            let address = format!("/v1/submissions?filename={}", escaped(&name));
            let body = std::fs::read(&file).expect("readable");
            let answer = hub.post(&address, &key, media, &body);
            assert!(answer.status < 500, "{name}: {}", answer.text);
            if answer.status == 200 {
                last = (
                    answer.json()["id"].as_str().expect("a number").to_owned(),
                    key.clone(),
                );
            }
        }
    }
    let (id, key) = last;
    let path = format!("/v1/receipts/{id}/proof?wait_ms=10000");
    assert_eq!(hub.get(&path, &key).status, 200);
    let (good, told) = again(&hub, &["--sample", "1000"], &[]);
    let drawn = told["submissions"].as_array().expect("submissions");
    assert!(drawn.len() >= 3, "{told:#}");
    assert!(
        good,
        "{:#?}",
        drawn.iter().find(|one| one["result"] != "identical")
    );
    assert!(told["drawn"]["root"].is_string());
    let outcomes: u64 = drawn
        .iter()
        .filter_map(|one| one["outcomes"].as_u64())
        .sum();
    assert!(outcomes > 300, "{outcomes}");
}

#[test]
fn what_cannot_be_had_is_said_and_what_differs_is_named() {
    use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
    let hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let answer = hub.post("/v1/submissions", &key, JSON, &records::one_project(1));
    let id = answer.json()["id"].as_str().expect("a number").to_owned();
    let repeated = records::envelope(
        "again",
        &[records::element("PROJECT", &records::project(1))],
    );
    let second = hub.post("/v1/submissions", &key, JSON, &repeated).json();
    assert_eq!(verdict(&second), "duplicate");
    let second = second["id"].as_str().expect("a number").to_owned();
    let (good, _) = again(&hub, &[&id, &second], &[]);
    assert!(good);

    // The record that the second one repeated is lost.
    let database = hub.data.join("hub.db").display().to_string();
    let mut connection = SqliteConnection::establish(&database).expect("the database");
    let mut run = |sql: &str| diesel::sql_query(sql).execute(&mut connection).expect(sql);
    run("CREATE TABLE kept AS SELECT * FROM links");
    run("DELETE FROM links");
    let (good, told) = again(&hub, &[&second], &[]);
    assert!(!good);
    assert_eq!(told["submissions"][0]["result"], "different");
    assert_eq!(told["submissions"][0]["place"], "outcome 0, /verdict");
    assert_eq!(told["submissions"][0]["then"], "\"duplicate\"");
    run("INSERT INTO links SELECT * FROM kept");

    // What judged is damaged, then lost.
    let leaf: Value =
        serde_json::from_str(answer.json()["evidence"]["leaf"].as_str().expect("a leaf"))
            .expect("JSON");
    let basis = leaf["basis"].as_str().expect("a basis");
    let file = hub
        .data
        .join("raw")
        .join(&basis[..2])
        .join(format!("{basis}.zst"));
    let bytes = std::fs::read(&file).expect("the archived basis");
    let mut flipped = bytes.clone();
    flipped[20] ^= 1;
    for damage in [Some(flipped), None] {
        match damage {
            Some(bytes) => std::fs::write(&file, bytes).expect("written"),
            None => std::fs::remove_file(&file).expect("removed"),
        }
        let (good, told) = again(&hub, &[&id], &[]);
        assert!(!good);
        assert_eq!(told["submissions"][0]["result"], "impossible", "{told:#}");
    }
    std::fs::write(&file, bytes).expect("written");
    assert!(again(&hub, &[&id], &[]).0);

    // Who judged it is part of what was signed: a receipt that says otherwise is none of this hub.
    let receipt = hub.get(&format!("/v1/receipts/{id}"), &key).text;
    let older = receipt.replace("hub 0.", "hub 0.0.");
    assert_ne!(older, receipt);
    let path = hub.data.join("older.json").display().to_string();
    std::fs::write(&path, older).expect("written");
    let refused = hub.command(&["reperform", &path]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("evidence.leaf_hash"), "{told}");
}

#[test]
fn what_was_judged_in_parts_is_judged_again_as_a_whole() {
    let hub = Hub::start_with(Engine::Sqlite, "[limits]\nmemory_bytes = 65536\n");
    let key = hub.add_source("320100");
    let mut body =
        "{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"large\"}\n".to_owned();
    // Every record stands there twice, far apart: the second is judged among the first, in another part.
    for number in (1..=150).chain(1..=150) {
        let mut record = records::project(number);
        if number % 10 == 3 {
            record["PROJECT_NAME"] = json!("");
        }
        body.push_str(&records::element("PROJECT", &record).to_string());
        body.push('\n');
    }
    let answer = hub.post(
        "/v1/submissions",
        &key,
        "application/x-ndjson",
        body.as_bytes(),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = answer.json();
    assert_eq!(receipt["counts"]["duplicate"], 135, "{}", receipt["counts"]);
    let id = receipt["id"].as_str().expect("a number").to_owned();
    let (good, told) = again(&hub, &[&id], &[]);
    assert!(good, "{told:#}");
    assert_eq!(told["submissions"][0]["outcomes"], 300);
}
