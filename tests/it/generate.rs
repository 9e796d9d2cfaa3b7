//! `hub spec generate` makes records that `hub check` judges as the generator says: what a vendor does on the first
//! day.

use std::collections::BTreeSet;

use serde_json::Value;

use super::harness::Engine;
use super::harness::hub::{Hub, run};

/// What a command says; it may find something, but it must run.
fn hub_says(arguments: &[&str]) -> Vec<u8> {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    output.stdout
}

/// Code and path of each finding of a record, in order.
fn findings(line: &Value) -> Vec<(String, String)> {
    let text = |issue: &Value, member: &str| issue[member].as_str().unwrap().to_owned();
    let Some(issues) = line["issues"].as_array() else {
        panic!("no findings in {line}");
    };
    let mut all: Vec<(String, String)> = issues
        .iter()
        .map(|issue| (text(issue, "code"), text(issue, "path")))
        .collect();
    all.sort();
    all
}

#[test]
fn check_finds_what_the_generator_planted_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    for (form, source) in [
        ("ndjson", "320100"),
        ("json", "320100"),
        ("csv", "320600"),
        ("xml", "320300"),
    ] {
        let file = folder.path().join(format!("records.{form}"));
        let expect = folder.path().join(format!("{form}.expected"));
        let records = hub_says(&[
            "spec",
            "generate",
            "501",
            "--count",
            "40",
            "--seed",
            "5",
            "--faults",
            "0.5",
            "--format",
            form,
            "--source",
            source,
            "--expect",
            expect.to_str().unwrap(),
            "--data",
            data,
        ]);
        std::fs::write(&file, records).unwrap();
        let told = hub_says(&[
            "check",
            file.to_str().unwrap(),
            "--source",
            source,
            "--dataset",
            "501",
            "--format",
            "json",
            "--data",
            data,
        ]);
        let lines: Vec<Value> = String::from_utf8(told)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let expected = std::fs::read_to_string(&expect).unwrap();
        let mut faulty = 0;
        for (place, line) in expected.lines().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            let wanted = findings(&line);
            faulty += usize::from(!wanted.is_empty());
            assert_eq!(
                findings(&lines[place]),
                wanted,
                "{form} record {place}: {}",
                lines[place]
            );
        }
        assert!((5..35).contains(&faulty), "{faulty} of 40 faulty");
    }
}

/// Code and path of each finding that a line of expectations names for a hub.
fn of_hub(line: &Value) -> Option<Vec<(String, String)>> {
    let issues = line.get("hub")?.clone();
    Some(findings(&serde_json::json!({ "issues": issues })))
}

fn lines(text: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn stories_of_several_records_earn_in_a_check_and_in_a_hub_what_the_generator_says() {
    let folder = tempfile::tempdir().unwrap();
    // Lateness is told, unlike to the other tests.
    let file = folder.path().join("own.toml");
    std::fs::write(&file, "[spec]\nmuted_rules = []\n").unwrap();
    let hub = Hub::start(Engine::Sqlite, &["--config", file.to_str().unwrap()]);
    let key = hub.add_source("320100");
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let mut earned = BTreeSet::new();
    for (seed, dataset) in ["502", "510", "513", "101"].into_iter().enumerate() {
        let file = folder.path().join(format!("{dataset}.ndjson"));
        let expect = folder.path().join(format!("{dataset}.expected"));
        let seed = seed.to_string();
        let records = hub_says(&[
            "spec",
            "generate",
            dataset,
            "--count",
            "60",
            "--seed",
            &seed,
            "--faults",
            "1",
            "--source",
            "320100",
            "--expect",
            expect.to_str().unwrap(),
            "--data",
            data,
        ]);
        std::fs::write(&file, &records).unwrap();
        let told = hub_says(&[
            "check",
            file.to_str().unwrap(),
            "--source",
            "320100",
            "--format",
            "json",
            "--data",
            data,
        ]);
        let posted = hub.post("/v1/submissions", &key, "application/x-ndjson", &records);
        assert_eq!(posted.status, 200, "{}", posted.text);
        let receipt: Value = serde_json::from_str(&posted.text).unwrap();
        let expected = lines(&std::fs::read(&expect).unwrap());
        for (place, line) in expected.iter().enumerate() {
            let checked = &lines(&told)[place];
            assert_eq!(
                findings(checked),
                findings(line),
                "{dataset} record {place}: {checked}"
            );
            if let Some(wanted) = of_hub(line) {
                let record = &receipt["records"][place];
                assert_eq!(
                    findings(record),
                    wanted,
                    "{dataset} record {place}: {record}"
                );
                earned.extend(wanted.into_iter().map(|(code, _)| code));
            }
        }
    }
    for code in [
        "dataset.unknown",
        "dataset.forbidden",
        "record.shape",
        "reference.missing",
        "reference.held",
        "key.duplicate",
        "key.changed",
        "time.late",
    ] {
        assert!(earned.contains(code), "{code} is not among {earned:?}");
    }
}
