//! `hub spec generate` makes records that `hub check` judges as the generator says: what a vendor does on the first
//! day.

use super::harness::hub::run;

/// What a command says; it may find something, but it must run.
fn hub(arguments: &[&str]) -> Vec<u8> {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    output.stdout
}

/// Code and path of each finding of a record, in order.
fn findings(line: &serde_json::Value) -> Vec<(String, String)> {
    let text = |issue: &serde_json::Value, member: &str| issue[member].as_str().unwrap().to_owned();
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
        let records = hub(&[
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
        let told = hub(&[
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
        let lines: Vec<serde_json::Value> = String::from_utf8(told)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let expected = std::fs::read_to_string(&expect).unwrap();
        let mut faulty = 0;
        for (place, line) in expected.lines().enumerate() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
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
