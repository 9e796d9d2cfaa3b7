//! Submissions that are too large for memory: one submission all the same, seen whole or not at all.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::harness::hub::{self, Answer, Hub};
use super::harness::{Engine, records};

const NDJSON: &str = "application/x-ndjson";

/// Judged in parts from 64 KB on, so that a test needs no gigabyte.
const SMALL_MEMORY: &str = "[limits]\nmemory_bytes = 65536\n";

fn hub(engine: Engine) -> Hub {
    Hub::start_with(engine, SMALL_MEMORY)
}

/// So many different projects, one a line; every tenth lacks its name.
fn lines(submission: &str, from: u32, count: u32) -> String {
    let mut text =
        format!("{{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"{submission}\"}}\n");
    for number in from..from + count {
        let mut record = records::project(number);
        if number % 10 == 3 {
            record["PROJECT_NAME"] = json!("");
        }
        let line = records::element("PROJECT", &record);
        writeln!(text, "{line}").expect("a string");
    }
    text
}

fn send(hub: &Hub, key: &str, body: &str) -> Answer {
    hub.post("/v1/submissions", key, NDJSON, body.as_bytes())
}

/// All outcomes of a submission, page after page; each page is held against its root in the receipt.
fn outcomes(hub: &Hub, key: &str, receipt: &Value) -> Vec<Value> {
    let id = receipt["id"].as_str().expect("a number");
    let roots = receipt["parts"].as_array().expect("parts");
    let mut all = Vec::new();
    for (part, root) in roots.iter().enumerate() {
        let page = hub
            .get(&format!("/v1/submissions/{id}/outcomes?part={part}"), key)
            .json();
        assert_eq!(&page["root"], root);
        all.extend(page["records"].as_array().expect("records").clone());
    }
    let beyond = format!("/v1/submissions/{id}/outcomes?part={}", roots.len());
    assert_eq!(hub.get(&beyond, key).status, 404);
    all
}

fn verify_receipt(hub: &Hub, receipt: &Value) -> bool {
    let path = hub.data.with_extension("receipt.json");
    std::fs::write(&path, receipt.to_string()).expect("written");
    let key = hub.data.join("log.pub").display().to_string();
    let path = path.display().to_string();
    hub::run(&["receipt", "verify", &path, "--key", &key])
        .status
        .success()
}

fn is_one_submission(engine: Engine) {
    let mut hub = hub(engine);
    let key = hub.add_source("320100");
    let body = lines("large", 0, 3000);
    let answer = send(&hub, &key, &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = answer.json();
    assert_eq!(receipt["counts"]["records"], 3000);
    assert_eq!(receipt["counts"]["rejected"], 300);
    assert_eq!(receipt["records"], json!([]));
    assert_eq!(receipt["parts"].as_array().map(Vec::len), Some(3));
    assert!(verify_receipt(&hub, &receipt));
    let mut forged = receipt.clone();
    forged["parts"][1] = receipt["parts"][0].clone();
    assert!(!verify_receipt(&hub, &forged));

    // The same records in a small submission each would have been judged the same way.
    let outcomes = outcomes(&hub, &key, &receipt);
    assert_eq!(outcomes.len(), 3000);
    for (index, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome["index"], index);
        let verdict = outcome["verdict"].as_str().expect("a verdict");
        assert_eq!(verdict == "rejected", index % 10 == 3, "{outcome}");
    }
    // Lines are those of the file: the header is the first.
    let place = &outcomes[2503]["issues"][0];
    assert_eq!(place["line"], 2505, "{place}");

    // Found like any other; sent again, the first receipt; with other bytes, none.
    let found = hub.get(
        &format!("/v1/records/PROJECT/{}", records::project_code(2999)),
        &key,
    );
    assert_eq!(found.status, 200, "{}", found.text);
    assert_eq!(send(&hub, &key, &body).json()["id"], receipt["id"]);
    assert_eq!(send(&hub, &key, &lines("large", 1, 3000)).status, 409);
    let raw = hub.get(
        &format!("/v1/submissions/{}/raw", receipt["id"].as_str().unwrap()),
        &key,
    );
    assert!(raw.text == body, "the bytes come back as they came");
    let issues = hub
        .get(
            &format!("/v1/submissions/{}/issues", receipt["id"].as_str().unwrap()),
            &key,
        )
        .json();
    let rejecting = issues["issues"].as_array().expect("issues");
    let rejecting = rejecting
        .iter()
        .filter(|issue| issue["severity"] == "error");
    assert_eq!(rejecting.count(), 300);
    let metrics = hub.get("/metrics", "").text;
    let counted =
        "hub_records_total{source=\"320100\",dataset=\"PROJECT\",verdict=\"rejected\"} 300";
    assert!(metrics.contains(counted), "{metrics}");

    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn a_large_file_is_one_submission_on_sqlite() {
    is_one_submission(Engine::Sqlite);
}

#[test]
fn a_large_file_is_one_submission_on_postgres() {
    is_one_submission(Engine::Postgres);
}

#[test]
fn a_large_file_is_judged_among_itself_as_a_small_one_is() {
    // The same records, in one piece and in parts: repeated keys, corrections, withdrawals, children before parents.
    let mut elements = Vec::new();
    for number in 0..400 {
        let mut record = records::project(number);
        elements.push(records::element("PROJECT", &record));
        match number % 5 {
            0 => elements.push(records::element("PROJECT", &record)),
            1 => {
                record["ADDRESS"] = json!("南京市示例路2号");
                let mut correct = records::element("PROJECT", &record);
                correct["action"] = json!("correct");
                correct["reason"] = json!("录入有误");
                elements.push(correct);
            }
            2 => {
                let mut withdraw = records::element("PROJECT", &record);
                withdraw["action"] = json!("withdraw");
                withdraw["reason"] = json!("录入有误");
                elements.push(withdraw);
            }
            _ => {}
        }
    }
    // Far from what they repeat.
    for number in (0..400).step_by(7) {
        elements.push(records::element("PROJECT", &records::project(number)));
    }
    let body = records::envelope("same", &elements);
    let verdicts = |records: &[Value]| -> Vec<Value> {
        let told = |one: &Value| json!([one["verdict"], one["issues"], one["digest"]]);
        records.iter().map(told).collect()
    };
    let whole = Hub::start(Engine::Sqlite, &[]);
    let key = whole.add_source("320100");
    let answer = whole.post("/v1/submissions", &key, "application/json", &body);
    let expected = verdicts(answer.json()["records"].as_array().expect("records"));
    let parts = hub(Engine::Sqlite);
    let key = parts.add_source("320100");
    let answer = parts.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = verdicts(&outcomes(&parts, &key, &answer.json()));
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        // Instants of receipt differ in texts that name the other record's receipt only by number.
        assert_eq!(found, expected, "record {index}");
    }
}

fn is_whole_or_not_there(engine: Engine) {
    let mut hub = hub(engine);
    let key = hub.add_source("320100");
    let elements: Vec<Value> = (0..1500)
        .map(|number| records::element("PROJECT", &records::project(number)))
        .collect();
    let mut broken = records::envelope("broken", &elements);
    broken.truncate(broken.len() - 3);
    let answer = hub.post("/v1/submissions", &key, "application/json", &broken);
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.json()["column"], broken.len() + 1, "{}", answer.text);
    assert_eq!(hub.get("/v1/submissions", &key).json()["items"], json!([]));

    // Killed in the middle, at another place each time.
    let body = lines("killed", 0, 4000);
    for round in 0..6 {
        let url = format!("{}/v1/submissions", hub.url);
        let answer = std::thread::scope(|scope| {
            let sent =
                scope.spawn(|| hub::post(&url, &key, &[("content-type", NDJSON)], body.as_bytes()));
            // Until the hub has begun to write, and then a little more each time.
            let raw = hub.data.join("raw");
            let begun = || std::fs::read_dir(&raw).is_ok_and(|mut found| found.next().is_some());
            let mut turns = 0;
            while !sent.is_finished() && turns < round * 20 {
                if begun() {
                    turns += 1;
                }
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            hub.kill();
            sent.join().expect("the sender ends")
        });
        hub.restart();
        let listed = hub.get("/v1/submissions", &key).json()["items"].clone();
        if let Ok(answer) = answer {
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(
                listed.as_array().map(Vec::len),
                Some(1),
                "receipted and gone"
            );
        }
        let first = hub.get(
            &format!("/v1/records/PROJECT/{}", records::project_code(0)),
            &key,
        );
        let there = listed != json!([]);
        assert_eq!(
            first.status == 200,
            there,
            "half of it is there: {}",
            first.text
        );
    }
    let answer = send(&hub, &key, &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["counts"]["records"], 4000);
    let spool = std::fs::read_dir(hub.data.join("spool")).expect("the spool");
    assert_eq!(spool.count(), 0, "what was received to disk is gone");
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn a_large_file_is_whole_or_not_there_on_sqlite() {
    is_whole_or_not_there(Engine::Sqlite);
}

#[test]
fn a_large_file_is_whole_or_not_there_on_postgres() {
    is_whole_or_not_there(Engine::Postgres);
}

#[test]
fn a_changed_part_of_a_large_file_is_named() {
    use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

    let mut hub = hub(Engine::Sqlite);
    let key = hub.add_source("320100");
    assert_eq!(send(&hub, &key, &lines("large", 0, 1500)).status, 200);
    hub.kill();
    let path = hub.data.join("hub.db").display().to_string();
    let mut connection = SqliteConnection::establish(&path).expect("the database");
    let mut run = |sql: &str| {
        diesel::sql_query(sql).execute(&mut connection).expect(sql);
    };
    let told = |hub: &Hub| hub::stdout(&hub.command(&["log", "verify"]));
    // The body is encrypted: one byte less is another body all the same.
    run("CREATE TEMP TABLE before AS SELECT body FROM records WHERE id = 1100");
    run("UPDATE records SET body = substr(body, 1, length(body) - 1) WHERE id = 1100");
    assert!(told(&hub).contains("records, id 1100"), "{}", told(&hub));
    run("UPDATE records SET body = (SELECT body FROM before) WHERE id = 1100");
    assert!(told(&hub).contains("good"), "{}", told(&hub));
    run("DELETE FROM issues WHERE seq = (SELECT max(seq) FROM issues)");
    assert!(told(&hub).contains("issues of"), "{}", told(&hub));
    run("DELETE FROM outcome_parts WHERE part = 1");
    assert!(told(&hub).contains("outcome_parts of"), "{}", told(&hub));
}

#[test]
fn files_of_a_form_are_submissions_of_their_own() {
    let hub = hub(Engine::Sqlite);
    let key = hub.add_source("320100");
    let boundary = "----limit-of-parts";
    let part = |name: &str, content: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n{content}\r\n"
        )
    };
    let small = String::from_utf8(records::one_project(9001)).expect("text");
    let body = [
        part("one.json", &small),
        part("broken.json", "{"),
        part("large.ndjson", &lines("of-a-form", 0, 500)),
        format!("--{boundary}--\r\n"),
    ]
    .concat();
    let media_type = format!("multipart/form-data; boundary={boundary}");
    let send = || {
        hub.post(
            "/v1/submissions?records=issues",
            &key,
            &media_type,
            body.as_bytes(),
        )
    };
    let answer = send();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["receipted"], 2, "{told}");
    let files = told["files"].as_array().expect("files");
    assert_eq!(files[0]["file"], "one.json");
    assert_eq!(files[0]["receipt"]["counts"]["records"], 1);
    assert_eq!(files[1]["problem"]["code"], "unreadable");
    assert_eq!(files[2]["receipt"]["counts"]["records"], 500);
    assert!(verify_receipt(&hub, &files[2]["receipt"]));
    let again = send().json();
    for place in [0, 2] {
        assert_eq!(
            again["files"][place]["receipt"]["id"],
            files[place]["receipt"]["id"]
        );
    }
    let cut = &body.as_bytes()[..body.len() - 400];
    let answer = hub.post("/v1/submissions", &key, &media_type, cut);
    assert_eq!(answer.status, 400, "{}", answer.text);
    let numbered = hub.post(
        "/v1/submissions?submission=x",
        &key,
        &media_type,
        body.as_bytes(),
    );
    assert_eq!(numbered.status, 400, "{}", numbered.text);
}
