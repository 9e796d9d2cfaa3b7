//! The watched folder: what is put in is receipted once, half-written files are left alone, a killed hub repeats nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

/// A hub that watches a folder.
struct Front {
    hub: Hub,
    base: tempfile::TempDir,
}

impl Front {
    fn start(engine: Engine, more: &str) -> Front {
        let base = tempfile::Builder::new()
            .prefix("hub-front-")
            .tempdir()
            .expect("a folder");
        let settings = format!(
            "[limits]\nmemory_bytes = 65536\n[folders]\nbase = \"{}\"\npoll_ms = 5\n{more}\n",
            base.path().display()
        );
        let hub = Hub::start_with(engine, &settings);
        let front = Front { hub, base };
        wait(
            || front.place("320100", "inbox").is_dir(),
            "the folders are made",
        );
        front
    }

    fn place(&self, source: &str, name: &str) -> PathBuf {
        self.base.path().join(source).join(name)
    }

    fn put(&self, source: &str, name: &str, bytes: &[u8]) {
        let inbox = self.place(source, "inbox");
        let begun = inbox.join(format!(".{name}"));
        std::fs::write(&begun, bytes).expect("written");
        std::fs::rename(begun, inbox.join(name)).expect("moved");
    }

    /// The receipt beside a file, once it is there.
    fn receipt(&self, source: &str, name: &str) -> Value {
        let done = self.place(source, "done");
        wait(|| done.join(name).exists(), name);
        read(&done.join(format!("{name}.receipt.json")))
    }
}

fn read(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).expect("JSON")
}

#[track_caller]
fn wait(holds: impl Fn() -> bool, what: &str) {
    let until = Instant::now() + Duration::from_mins(2);
    while !holds() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = found
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    names.sort();
    names
}

/// A submission of Nanjing without a number of its own.
fn unnumbered(numbers: std::ops::Range<u32>) -> Vec<u8> {
    let elements: Vec<Value> = numbers
        .map(|number| records::element("PROJECT", &records::project(number)))
        .collect();
    json!({ "edition": "3.0", "source": "320100", "records": elements })
        .to_string()
        .into_bytes()
}

#[test]
fn a_file_ends_beside_its_receipt_and_a_report() {
    let front = Front::start(Engine::Sqlite, "settle_ms = 0");
    let key = front.hub.add_source("320100");
    front.put("320100", "一月.json", &unnumbered(1..3));
    let receipt = front.receipt("320100", "一月.json");
    assert_eq!(receipt["counts"]["accepted"], 2, "{receipt}");
    let id = receipt["id"].as_str().expect("a number");
    assert_eq!(
        front.hub.get(&format!("/v1/receipts/{id}"), &key).status,
        200
    );
    let done = front.place("320100", "done");
    let report = std::fs::read_to_string(done.join("一月.json.report.txt")).expect("a report");
    assert!(
        report.contains("共 2 条记录：合格 2") && report.contains(id),
        "{report}"
    );

    // The same file again: its first receipt, and nothing new.
    front.put("320100", "一月.json", &unnumbered(1..3));
    wait(
        || names(&front.place("320100", "inbox")).is_empty(),
        "it is taken",
    );
    wait(
        || names(&front.place("320100", "work")).is_empty(),
        "it is ended",
    );
    assert_eq!(front.receipt("320100", "一月.json")["id"], id);
    // Another file of the same name ends beside the first, under its receipt.
    front.put("320100", "一月.json", &unnumbered(3..5));
    let second = "一月.json.S000000000002";
    assert_eq!(front.receipt("320100", second)["counts"]["accepted"], 2);
    // The same content under another name is another submission, of duplicates.
    front.put("320100", "二月.json", &unnumbered(1..3));
    assert_eq!(
        front.receipt("320100", "二月.json")["counts"]["duplicate"],
        2
    );

    // A large one is judged in parts.
    front.put("320100", "large.json", &unnumbered(100..600));
    let large = front.receipt("320100", "large.json");
    assert_eq!(large["counts"]["accepted"], 500);
    assert_eq!(large["parts"].as_array().map(Vec::len), Some(1));

    // What cannot be read is rejected as a whole, with the place.
    front.put("320100", "broken.json", b"{\"records\":[\n{]");
    let rejected = front.place("320100", "rejected");
    wait(|| rejected.join("broken.json").exists(), "it is rejected");
    let problem = read(&rejected.join("broken.json.problem.json"));
    assert_eq!(
        (&problem["code"], &problem["line"]),
        (&json!("unreadable"), &json!(2))
    );
    let report =
        std::fs::read_to_string(rejected.join("broken.json.report.txt")).expect("a report");
    assert!(report.contains("第 2 行"), "{report}");
    let listed = front
        .hub
        .command(&["report", "refused", "--format", "json"]);
    let listed: Value = serde_json::from_str(&hub::stdout(&listed)).expect("JSON");
    let rows = listed["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 1, "{listed}");
    for (member, value) in [
        ("way", json!("folder")),
        ("place", json!("320100")),
        ("key", json!("broken.json")),
        ("code", json!("unreadable")),
        ("line", json!(2)),
    ] {
        assert_eq!(rows[0][member], value, "{member}: {listed}");
    }
    assert_eq!(names(&front.place("320100", "work")), [""; 0]);
}

#[test]
fn half_written_files_are_left_alone() {
    let front = Front::start(Engine::Sqlite, "settle_ms = 0\nmarker = \".ok\"");
    let inbox = front.place("320100", "inbox");
    let whole = unnumbered(1..3);
    std::fs::write(inbox.join("a.json"), &whole[..100]).expect("written");
    std::fs::write(inbox.join("b.json.tmp"), &whole).expect("written");
    std::fs::write(inbox.join("b.json.tmp.ok"), "").expect("written");
    // Other files are taken meanwhile: it is not that nobody looks.
    std::fs::write(inbox.join("c.json"), unnumbered(5..6)).expect("written");
    std::fs::write(inbox.join("c.json.ok"), "").expect("written");
    front.receipt("320100", "c.json");
    assert_eq!(names(&inbox), ["a.json", "b.json.tmp", "b.json.tmp.ok"]);
    std::fs::write(inbox.join("a.json"), &whole).expect("written");
    std::fs::write(inbox.join("a.json.ok"), "").expect("written");
    assert_eq!(front.receipt("320100", "a.json")["counts"]["accepted"], 2);
    assert_eq!(names(&inbox), ["b.json.tmp", "b.json.tmp.ok"]);
}

#[test]
fn a_folder_that_is_away_is_said_and_passes() {
    let front = Front::start(Engine::Sqlite, "settle_ms = 0");
    let key = front.hub.add_source("320100");
    let faults = || {
        let ways = front.hub.get("/readyz", "").json()["ways"].clone();
        let mut ways = ways.as_array().expect("a list").clone();
        ways.retain(|way| way["check"] != "ok");
        ways
    };
    assert_eq!(faults(), Vec::<Value>::new());
    let away = front.base.path().with_extension("away");
    std::fs::rename(front.base.path(), &away).expect("moved away");
    wait(
        || {
            let said = |way: &Value| way["way"] == "folder" && way["place"] == "320100";
            faults()
                .iter()
                .any(|way| said(way) && way["fault"].is_string())
        },
        "the fault is shown",
    );
    // Other ways in go on.
    let answer = front.hub.post(
        "/v1/submissions",
        &key,
        "application/json",
        &records::one_project(9),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    std::fs::rename(&away, front.base.path()).expect("moved back");
    front.put("320100", "after.json", &unnumbered(1..2));
    assert_eq!(
        front.receipt("320100", "after.json")["counts"]["accepted"],
        1
    );
    wait(|| faults().is_empty(), "the fault has passed");
}

/// Killed again and again while files come: every file has one receipt, no submission is there twice.
fn killed(engine: Engine, kills: u32) {
    let mut front = Front::start(engine, "settle_ms = 0");
    let key = front.hub.add_source("320100");
    let mut sent: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..kills {
        for place in 0..3 {
            let name = format!("{round:02}-{place}.json");
            // The last of each round is judged in parts.
            let count = if place == 2 { 150 } else { 2 };
            let first = (round * 3 + place) * 1000;
            front.put("320100", &name, &unnumbered(first..first + count));
            sent.insert(name, count);
        }
        // At another moment each time: before, between and after the steps of some file.
        let done = front.place("320100", "done");
        let before = names(&done).len();
        let goal = before + (round % 7) as usize;
        let turns = std::cell::Cell::new(0);
        wait(
            || {
                turns.set(turns.get() + 1);
                names(&done).len() >= goal || turns.get() > 200
            },
            "some files are done",
        );
        for _ in 0..u64::from(round) * 2_654_435_761 % 40_000 {
            std::hint::spin_loop();
        }
        front.hub.kill();
        front.hub.restart();
    }
    let done = front.place("320100", "done");
    let ended = || sent.keys().all(|name| done.join(name).exists());
    wait(ended, "every file is done");
    let mut ids = BTreeMap::new();
    for (name, count) in &sent {
        let receipt = front.receipt("320100", name);
        assert_eq!(receipt["counts"]["records"], *count, "{name}: {receipt}");
        // Nothing of it came twice: then it would be a duplicate.
        assert_eq!(receipt["counts"]["accepted"], *count, "{name}: {receipt}");
        let id = receipt["id"].as_str().expect("a number").to_owned();
        assert_eq!(
            ids.insert(id, name.clone()),
            None,
            "{name} shares its receipt"
        );
        assert!(done.join(format!("{name}.report.txt")).exists(), "{name}");
    }
    for place in ["inbox", "work", "rejected"] {
        assert_eq!(names(&front.place("320100", place)), [""; 0], "{place}");
    }
    assert_eq!(names(&done).len(), sent.len() * 3, "{:?}", names(&done));
    let listed = front.hub.get("/v1/submissions?limit=1000", &key).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(sent.len()));
    front.hub.kill();
    let verified = front.hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn a_killed_hub_repeats_nothing_on_sqlite() {
    killed(Engine::Sqlite, 32);
}

#[test]
fn a_killed_hub_repeats_nothing_on_postgres() {
    killed(Engine::Postgres, 10);
}
