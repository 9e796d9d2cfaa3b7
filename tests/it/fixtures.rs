//! Every generated record through adapters and judge: clean ones pass, and every planted fault is found,
//! in its place and under its name, or put right.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters::{Adapter, Decoded, Hint, Limits};
use serde_json::Value;
use spec::{Action, Change, Context, Issue, IssueCode, Severity};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// What became of one record, judged by itself.
#[derive(Default)]
struct Seen {
    dataset: String,
    withdrawn: bool,
    issues: Vec<Issue>,
    changes: Vec<Change>,
}

/// Reads and judges one file of a source.
fn judge(adapter: &Adapter, file: &str, bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let edition = adapter.edition();
    let context = Context {
        edition,
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    let hint = Hint {
        file_name: Some(file.to_owned()),
        ..Hint::default()
    };
    let mut all = Vec::new();
    let mut sink = |decoded: Decoded<'_, '_>| {
        let mut seen = Seen::default();
        match decoded {
            Decoded::Unusable { issue, dataset, .. } => {
                seen.dataset = dataset.unwrap_or_default();
                seen.issues.push(issue);
            }
            Decoded::Record { record, .. } => {
                seen.dataset.clone_from(&record.dataset.id);
                seen.withdrawn = record.action == Action::Withdraw;
                let mut record = spec::normalize(&context, record);
                seen.changes = std::mem::take(&mut record.changes);
                if !seen.withdrawn {
                    seen.issues = spec::validate::judge_alone(&context, &mut record).issues;
                }
            }
        }
        all.push(seen);
        ControlFlow::Continue(())
    };
    adapter
        .decode(bytes, &hint, &Limits::default(), &mut sink)
        .map_err(|error| format!("{file}: {error}"))?;
    Ok(all)
}

/// Holds what was seen of a record against what was planted in it; says what differs.
fn differences(seen: &Seen, planted: &[&Value]) -> Vec<String> {
    let mut faults = Vec::new();
    let text = |planted: &Value, name: &str| planted[name].as_str().unwrap_or_default().to_owned();
    let mut explained: Vec<String> = Vec::new();
    for planted in planted {
        let (kind, field) = (text(planted, "kind"), text(planted, "field"));
        let (expect, code) = (text(planted, "expect"), text(planted, "code"));
        let path = if field.is_empty() { String::new() } else { format!("/{field}") };
        let found = |severity: Severity| {
            seen.issues.iter().any(|issue| {
                issue.severity == severity
                    && serde_json::to_value(issue.code).is_ok_and(|named| named == code.as_str())
                    && (issue.path == path || issue.path.starts_with(&format!("{path}/")) || code == "dataset.unknown")
                    && planted.get("rule").is_none_or(|rule| issue.rule.as_deref() == rule.as_str())
            })
        };
        let right = match expect.as_str() {
            "error" => found(Severity::Error),
            "warning" => found(Severity::Warning) && !found(Severity::Error),
            "repaired" => {
                seen.changes.iter().any(|change| change.path == path && change.why == code)
                    && !seen.issues.iter().any(|issue| {
                        issue.path == path && issue.code != IssueCode::CodeUnverified
                    })
            }
            // What only other records show is not looked for here.
            "parked" | "duplicate" | "kept" => true,
            other => {
                faults.push(format!("`{other}` is no expectation"));
                continue;
            }
        };
        if expect == "error" {
            explained.push(path.clone());
        }
        if !right {
            faults.push(format!("planted {kind} in {field}: expected {expect} {code}"));
        }
    }
    let errors = seen.issues.iter().filter(|issue| issue.severity == Severity::Error);
    let stray = errors.filter(|issue| !explained.contains(&issue.path) && explained.is_empty()).count();
    if stray > 0 {
        faults.push(format!("{stray} errors that nobody planted"));
    }
    faults
}

fn check(source: &str) {
    let spec = spec::Spec::embedded().unwrap();
    let edition = Arc::clone(spec.edition("3.0").unwrap());
    let profiles = adapters::embedded().unwrap();
    let profile = profiles.into_iter().find(|profile| profile.id == source).unwrap();
    let adapter = Adapter::new(Arc::new(profile), edition).unwrap();
    let folder = fixtures().join("sources").join(source);
    let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut planted: BTreeMap<(&str, u64), Vec<&Value>> = BTreeMap::new();
    for entry in expected["planted"].as_array().unwrap() {
        let place = (entry["file"].as_str().unwrap(), entry["record"].as_u64().unwrap());
        planted.entry(place).or_default().push(entry);
    }
    let mut report = String::new();
    let mut records = 0;
    for entry in expected["files"].as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let all = match judge(&adapter, file, &bytes) {
            Ok(all) => all,
            Err(error) => {
                writeln!(report, "{error}").unwrap();
                continue;
            }
        };
        records += all.len() as u64;
        if all.len() as u64 != entry["records"].as_u64().unwrap() {
            writeln!(report, "{file}: {} records read, {} written", all.len(), entry["records"]).unwrap();
        }
        for (place, seen) in all.iter().enumerate() {
            let planted = planted.get(&(file, place as u64)).map_or(&[][..], Vec::as_slice);
            for fault in differences(seen, planted) {
                writeln!(report, "{file} record {place} {}: {fault}", seen.dataset).unwrap();
                for issue in &seen.issues {
                    let code = serde_json::to_string(&issue.code).unwrap();
                    let rule = issue.rule.as_deref().unwrap_or_default();
                    writeln!(report, "    {:?} {code} {rule} {} found {:?}: {}", issue.severity, issue.path, issue.found, issue.message.en).unwrap();
                }
                for change in &seen.changes {
                    writeln!(report, "    changed {} {:?} -> {:?} ({})", change.path, change.before, change.after, change.why).unwrap();
                }
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
    assert_eq!(records, expected["records"].as_u64().unwrap());
}

#[test]
fn nanjing_is_read_and_judged_as_planted() {
    check("320100");
}

#[test]
fn xuzhou_is_read_and_judged_as_planted() {
    check("320300");
}

#[test]
fn nantong_is_read_and_judged_as_planted() {
    check("320600");
}
