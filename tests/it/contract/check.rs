//! `hub check` finds what the hub itself finds: the same records, read by the command, by `POST /v1/check` and by a
//! submission.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spec::Check;

use crate::harness::hub::{self, Hub};
use crate::harness::{Engine, records, root};

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|end| end.to_str()) {
        Some("json") => "application/json",
        Some("ndjson") => "application/x-ndjson",
        Some("csv") => "text/csv",
        Some("xml") => "application/xml",
        Some("zip") => "application/zip",
        Some("form") => "application/x-www-form-urlencoded",
        _ => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
}

/// What a command says of files, record by record; one that cannot be read to its end has no more records.
fn checked(source: &str, files: &[PathBuf], more: &[&str]) -> Vec<Value> {
    let data = tempfile::tempdir().unwrap();
    let mut arguments = vec!["check", "--source", source, "--format", "json"];
    arguments.extend(["--data", data.path().to_str().unwrap()]);
    arguments.extend(more);
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let output = hub::run(&arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut lines: Vec<Value> = lines.collect();
    lines.pop().expect("a summary");
    lines.retain(|line| line.get("record").is_some());
    lines
}

/// Rules that only miss another record: nobody who holds nothing else can say so.
fn about_absence() -> BTreeSet<String> {
    let spec = spec::Spec::embedded().unwrap();
    let sets = spec.editions.iter().flat_map(|edition| &edition.datasets);
    let rules = sets.flat_map(|set| &set.rules);
    let absence =
        rules.filter(|rule| matches!(rule.check, Check::Exists { .. } | Check::MinCountOf { .. }));
    absence.map(|rule| rule.id.to_string()).collect()
}

/// A record as both tell it, without what needs a hub: that something has not come, and where it came before.
fn shown(record: &Value, absence: &BTreeSet<String>) -> Value {
    let mut issues = record["issues"].as_array().cloned().unwrap_or_default();
    issues.retain(|issue| {
        let code = issue["code"].as_str().unwrap();
        let rule = issue["rule"].as_str().unwrap_or_default();
        !["reference.missing", "attachment.missing"].contains(&code) && !absence.contains(rule)
    });
    let errors = issues.iter().any(|issue| issue["severity"] == "error");
    let verdict = match record["verdict"].as_str().unwrap() {
        "duplicate" => "duplicate",
        _ if errors => "rejected",
        _ if issues.is_empty() => "accepted",
        _ => "accepted_with_warnings",
    };
    for issue in &mut issues {
        *issue = serde_json::from_str(&timeless(&issue.to_string())).unwrap();
        let members = issue.as_object_mut().unwrap();
        // A finding among others is placed by the command, which has the document at hand.
        members.remove("line");
        members.remove("column");
        for related in members
            .get_mut("related")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            let related = related.as_object_mut().unwrap();
            related.remove("receipt");
            related.remove("record");
        }
    }
    json!({ "dataset": record["dataset"], "key": record["key"], "verdict": verdict, "issues": issues })
}

/// A text without the times of receipt in it.
fn timeless(text: &str) -> String {
    let is_time =
        |part: &&str| part.len() > 19 && part.as_bytes()[10] == b'T' && part.starts_with("20");
    let parts = text.split_inclusive(['（', '）', '(', ')', '"', ' ']);
    parts.filter(|part| !is_time(part)).collect()
}

fn compare(name: &str, of_command: &[Value], of_hub: &[Value]) -> Vec<String> {
    let absence = about_absence();
    let mut faults = Vec::new();
    if of_command.len() != of_hub.len() {
        faults.push(format!(
            "{name}: {} records, the hub {}",
            of_command.len(),
            of_hub.len()
        ));
    }
    for (place, (one, other)) in of_command.iter().zip(of_hub).enumerate() {
        let (one, other) = (shown(one, &absence), shown(other, &absence));
        if one != other {
            faults.push(format!(
                "{name} record {place}:\n  command {one}\n  hub     {other}"
            ));
        }
    }
    faults
}

/// The files of a source in the order in which they are sent.
fn files(source: &Path) -> Vec<PathBuf> {
    let expected = std::fs::read(source.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let named = expected["files"].as_array().unwrap().iter();
    named
        .map(|file| source.join(file["file"].as_str().unwrap()))
        .collect()
}

fn post(hub: &Hub, path: &str, key: &str, file: &Path) -> Vec<Value> {
    let name = file.file_name().unwrap().to_str().unwrap();
    let name: String = url(name);
    let body = std::fs::read(file).unwrap();
    let path = format!("{path}?filename={name}");
    let answer = hub.post(&path, key, media_type(file), &body);
    assert_eq!(answer.status, 200, "{}: {}", file.display(), answer.text);
    answer.json()["records"].as_array().unwrap().clone()
}

fn url(name: &str) -> String {
    let escaped = name.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    escaped.collect()
}

/// Most files of a source that are compared one by one.
const ONE_BY_ONE: usize = 4;

#[test]
fn a_check_finds_what_the_hub_finds_in_all_that_the_sources_send() {
    let mut faults = Vec::new();
    let mut sources = 0;
    for entry in std::fs::read_dir(root().join("fixtures/sources")).unwrap() {
        let folder = entry.unwrap().path();
        let source = folder.file_name().unwrap().to_str().unwrap();
        let hub = Hub::start(Engine::Sqlite, &[]);
        let key = hub.add_source(source);
        let files = files(&folder);
        // Nothing is kept by a check: each stands alone.
        for file in files.iter().step_by(files.len().div_ceil(ONE_BY_ONE)) {
            let of_hub = post(&hub, "/v1/check", &key, file);
            let of_command = checked(source, std::slice::from_ref(file), &[]);
            faults.extend(compare(&file.display().to_string(), &of_command, &of_hub));
        }
        let of_hub = files
            .iter()
            .flat_map(|file| post(&hub, "/v1/submissions", &key, file));
        let of_hub: Vec<Value> = of_hub.collect();
        faults.extend(compare(source, &checked(source, &files, &[]), &of_hub));
        sources += 1;
    }
    let shown = faults.iter().take(12).cloned().collect::<Vec<_>>();
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), shown.join("\n"));
    assert_eq!(sources, adapters::embedded().unwrap().len());
}

/// Verdict, and code of each finding.
fn told(line: &Value) -> (String, Vec<String>) {
    let issues = line["issues"].as_array().unwrap().iter();
    let codes = issues.map(|issue| issue["code"].as_str().unwrap().to_owned());
    (
        line["verdict"].as_str().unwrap().to_owned(),
        codes.collect(),
    )
}

fn write(folder: &Path, name: &str, elements: &[Value]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, records::envelope(name, elements)).unwrap();
    path
}

fn verdicts(lines: &[Value]) -> Vec<(String, Vec<String>)> {
    lines.iter().map(told).collect()
}

#[test]
fn a_file_is_judged_among_what_came_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = || ("accepted".to_owned(), Vec::<String>::new());
    let push = std::fs::read(root().join("fixtures/api/first-push.json")).unwrap();
    let push: Value = serde_json::from_slice(&push).unwrap();
    let (project, child) = (push["records"][0].clone(), push["records"][1].clone());
    let mut back = project.clone();
    (back["action"], back["reason"]) = (json!("withdraw"), json!("sent by mistake"));
    let elements = [project.clone(), project.clone(), child, back.clone()];
    let file = write(folder.path(), "one.json", &elements);
    let lines = checked("320100", &[file], &[]);
    let told = verdicts(&lines);
    assert_eq!(told[0], accepted(), "{lines:#?}");
    assert_eq!(told[1].0, "duplicate", "{lines:#?}");
    assert_eq!(told[2], accepted(), "its parent is in the file: {lines:#?}");
    let held = ("rejected".to_owned(), vec!["reference.held".to_owned()]);
    assert_eq!(told[3], held, "{lines:#?}");
    // What is taken back in another file, which comes later; and what no file holds.
    let first = write(folder.path(), "first.json", std::slice::from_ref(&project));
    let second = write(folder.path(), "second.json", &[back.clone(), project]);
    let lines = checked("320100", &[first, second.clone()], &[]);
    assert_eq!(
        verdicts(&lines),
        [accepted(), accepted(), accepted()],
        "{lines:#?}"
    );
    let alone = checked("320100", &[second], &[]);
    assert_eq!(
        verdicts(&alone),
        [accepted(), accepted()],
        "the hub may hold it: {alone:#?}"
    );
}

#[test]
fn a_file_is_judged_by_the_edition_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("named.json");
    // The name stands behind the records, as it may in JSON.
    let records = json!([{ "dataset": "PROJECT", "data": {} }]);
    let text = format!(
        "{{\"source\":\"320100\",\"submission\":\"1\",\"records\":{records},\"edition\":\"9.9\"}}"
    );
    std::fs::write(&file, text).unwrap();
    let output = hub::run(&["check", file.to_str().unwrap(), "--source", "320100"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("9.9"), "{errors}");
    std::fs::write(
        &file,
        "{\"source\":\"320300\",\"submission\":\"1\",\"records\":[]}",
    )
    .unwrap();
    let output = hub::run(&["check", file.to_str().unwrap(), "--source", "320100"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(2),
        "who sends is who the file says: {errors}"
    );
}

/// Whether a letter is one that no English sentence has.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}')
}

/// A line without what stands in quotes, which is what was sent.
fn unquoted(line: &str) -> String {
    let parts = line.split('“').enumerate();
    let own = parts.map(|(place, part)| match (place, part.split_once('”')) {
        (0, _) | (_, None) => part,
        (_, Some((_, rest))) => rest,
    });
    own.collect()
}

#[test]
fn in_english_only_what_was_sent_and_the_titles_of_norms_are_chinese() {
    let mut lines = 0;
    for entry in std::fs::read_dir(root().join("fixtures/sources")).unwrap() {
        let folder = entry.unwrap().path();
        let source = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let files = files(&folder);
        let mut arguments = vec![
            "check",
            "--source",
            &source,
            "--lang",
            "en",
            "--max-per-rule",
            "0",
        ];
        arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
        let output = hub::run(&arguments);
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let text = line.trim_start();
            // The line of the file itself, and its name; what was found, and what names a record; a norm by its title.
            let is_source = text
                .split_once(" |")
                .is_some_and(|(number, _)| number.parse::<u32>().is_ok());
            let notes = [
                "--> ",
                "= found: ",
                "= record: ",
                "= related: ",
                "= clause: ",
            ];
            if is_source || notes.iter().any(|note| text.starts_with(note)) {
                continue;
            }
            // A row of the closing table ends with a place: file, sheet, line.
            let said = unquoted(text);
            let named = files
                .iter()
                .find_map(|file| said.split_once(file.to_str().unwrap()));
            let said = named.map_or(&*said, |(before, _)| before);
            assert!(!said.contains(is_chinese), "{source}: {line}");
            lines += 1;
        }
    }
    assert!(lines > 3_000, "{lines} lines");
}
