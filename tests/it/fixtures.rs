//! Every generated record through adapters and judge: clean ones pass, and every planted fault is found,
//! in its place and under its name, or put right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters::{Adapter, Decoded, Hint, Limits, Locator, Part};
use hub::attachment::enclosed::Luggage;
use serde_json::Value;
use spec::validate::{judge_alone, judge_among};
use spec::{
    Action, Change, Context, Found, Issue, IssueCode, Known, Lookup, Normalized, Severity,
    references,
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// What became of one record.
#[derive(Default)]
struct Seen {
    dataset: String,
    issues: Vec<Issue>,
    changes: Vec<Change>,
    parked: bool,
    /// What it waits for is sent by no source here, or was refused for a planted fault.
    rightly: bool,
    duplicate: bool,
}

/// A hub in a few lines: what is current, by all that it can be looked up by. Parked records stay parked.
#[derive(Default)]
struct Memory {
    found: BTreeMap<Lookup, Vec<Found>>,
    canonical: BTreeMap<Lookup, (i64, Vec<u8>)>,
    refused: BTreeSet<Lookup>,
    last: i64,
}

impl Memory {
    /// Judges a record among those before it, and keeps it unless it is rejected or waits.
    fn judge(&mut self, context: &Context<'_>, record: &Normalized<'_, '_>, seen: &mut Seen) {
        let lookups = references::lookups(context.edition, record);
        let mut known = Known::default();
        for lookup in &lookups {
            let found = self.found.get(lookup).cloned().unwrap_or_default();
            known.answers.insert(lookup.clone(), found.into());
        }
        let (report, waits) = judge_among(context, record, &known);
        seen.issues.extend(report.issues);
        let missed = |wait: &Lookup| {
            self.found.keys().any(|entry| entry.dataset == wait.dataset)
                && !self.refused.contains(wait)
        };
        seen.parked = !waits.is_empty();
        seen.rightly = !waits.iter().any(missed);
        let mut bytes = Vec::new();
        record.canonical(&mut bytes);
        let key = record.key().map(|value| Lookup {
            dataset: record.dataset.code,
            field: None,
            value,
        });
        let held = key.as_ref().and_then(|key| self.canonical.get(key));
        seen.duplicate = held.is_some_and(|(_, held)| *held == bytes);
        if seen.parked || seen.duplicate || seen.rejected() {
            return;
        }
        let held = held.map(|(id, _)| *id);
        self.last += 1;
        let body = serde_json::from_slice(&bytes).unwrap();
        let found = Found {
            id: self.last,
            body: Arc::new(body),
        };
        for entry in references::index_entries(record.dataset, record) {
            let all = self.found.entry(entry).or_default();
            all.retain(|other| Some(other.id) != held);
            all.push(found.clone());
        }
        if let Some(key) = key {
            self.canonical.insert(key, (self.last, bytes));
        }
    }
}

impl Seen {
    fn rejected(&self) -> bool {
        self.issues
            .iter()
            .any(|issue| issue.severity == Severity::Error)
    }
}

/// Reads and judges one file of a source.
fn judge(
    adapter: &Adapter,
    memory: &mut Memory,
    file: &str,
    bytes: &[u8],
) -> Result<Vec<Seen>, String> {
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
    let mut package = adapter
        .open(bytes, &hint, &Limits::default())
        .map_err(|error| format!("{file}: {error}"))?;
    let enclosed = std::mem::take(&mut package.enclosed);
    let luggage = Luggage::new(edition, adapter.profile(), &Limits::default(), enclosed);
    let mut sink = |_: &Part<'_>, _: &Locator<'_>, decoded: Decoded<'_, '_>| {
        let mut seen = Seen::default();
        match decoded {
            Decoded::Unusable { issue, dataset, .. } => {
                seen.dataset = dataset.unwrap_or_default();
                seen.issues.push(issue);
            }
            Decoded::Record {
                record,
                attachments,
                ..
            } => {
                seen.dataset.clone_from(&record.dataset.id);
                let withdrawn = record.action == Action::Withdraw;
                let mut record = spec::normalize(&context, record);
                seen.changes = std::mem::take(&mut record.changes);
                // What is taken back is not judged.
                if !withdrawn {
                    seen.issues = judge_alone(&context, &mut record).issues;
                    seen.issues
                        .extend(luggage.of_record(&record, &attachments).1);
                    if seen.rejected() {
                        let entries = references::index_entries(record.dataset, &record);
                        memory.refused.extend(entries);
                    } else {
                        memory.judge(&context, &record, &mut seen);
                    }
                }
            }
        }
        all.push(seen);
        ControlFlow::Continue(())
    };
    package
        .decode(adapter, &Limits::default(), &mut sink)
        .map_err(|error| format!("{file}: {error}"))?;
    let unclaimed: Vec<&str> = luggage.unclaimed().collect();
    if !unclaimed.is_empty() {
        return Err(format!("{file}: {unclaimed:?} belong to no record"));
    }
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
        let path = if field.is_empty() {
            String::new()
        } else {
            format!("/{field}")
        };
        let found = |severity: Severity| {
            seen.issues.iter().any(|issue| {
                issue.severity == severity
                    && serde_json::to_value(issue.code).is_ok_and(|named| named == code.as_str())
                    && (issue.path == path
                        || issue.path.starts_with(&format!("{path}/"))
                        || code == "dataset.unknown")
                    && planted
                        .get("rule")
                        .is_none_or(|rule| issue.rule.as_deref() == rule.as_str())
            })
        };
        let right = match expect.as_str() {
            "error" => found(Severity::Error),
            "warning" => found(Severity::Warning) && !found(Severity::Error),
            "repaired" => {
                seen.changes
                    .iter()
                    .any(|change| change.path == path && change.why.word() == code)
                    && !seen.issues.iter().any(|issue| {
                        // A rule may find fault with what the repaired value says.
                        let about_the_writing =
                            issue.rule.is_none() && issue.code != IssueCode::CodeUnverified;
                        issue.path == path && about_the_writing
                    })
            }
            "parked" => seen.parked,
            "duplicate" => seen.duplicate,
            "kept" => !seen.rejected() && !seen.parked && !seen.duplicate,
            other => {
                faults.push(format!("`{other}` is no expectation"));
                continue;
            }
        };
        if expect == "error" {
            explained.push(path.clone());
        }
        if !right {
            faults.push(format!(
                "planted {kind} in {field}: expected {expect} {code}"
            ));
        }
    }
    let errors = seen
        .issues
        .iter()
        .filter(|issue| issue.severity == Severity::Error);
    let stray = errors
        .filter(|issue| !explained.contains(&issue.path) && explained.is_empty())
        .count();
    if stray > 0 {
        faults.push(format!("{stray} errors that nobody planted"));
    }
    let waits = planted.iter().any(|planted| planted["expect"] == "parked");
    let repeats = planted
        .iter()
        .any(|planted| planted["expect"] == "duplicate");
    if (seen.parked && !seen.rightly && !waits) || (seen.duplicate && !repeats) {
        faults.push("waits or is known already, which nobody planted".to_owned());
    }
    faults
}

fn adapter(source: &str) -> Adapter {
    let spec = spec::Spec::embedded().unwrap();
    let edition = Arc::clone(spec.edition("3.0").unwrap());
    let profiles = adapters::embedded().unwrap();
    let profile = profiles
        .into_iter()
        .find(|profile| profile.id == source)
        .unwrap();
    Adapter::new(Arc::new(profile), edition).unwrap()
}

fn check(source: &str) {
    let adapter = adapter(source);
    let folder = fixtures().join("sources").join(source);
    let expected: Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut planted: BTreeMap<(&str, u64), Vec<&Value>> = BTreeMap::new();
    for entry in expected["planted"].as_array().unwrap() {
        let place = (
            entry["file"].as_str().unwrap(),
            entry["record"].as_u64().unwrap(),
        );
        planted.entry(place).or_default().push(entry);
    }
    let mut report = String::new();
    let mut records = 0;
    let mut memory = Memory::default();
    for entry in expected["files"].as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let all = match judge(&adapter, &mut memory, file, &bytes) {
            Ok(all) => all,
            Err(error) => {
                writeln!(report, "{error}").unwrap();
                continue;
            }
        };
        records += all.len() as u64;
        if all.len() as u64 != entry["records"].as_u64().unwrap() {
            writeln!(
                report,
                "{file}: {} records read, {} written",
                all.len(),
                entry["records"]
            )
            .unwrap();
        }
        for (place, seen) in all.iter().enumerate() {
            let planted = planted
                .get(&(file, place as u64))
                .map_or(&[][..], Vec::as_slice);
            for fault in differences(seen, planted) {
                writeln!(report, "{file} record {place} {}: {fault}", seen.dataset).unwrap();
                for issue in &seen.issues {
                    let code = serde_json::to_string(&issue.code).unwrap();
                    let rule = issue.rule.as_deref().unwrap_or_default();
                    writeln!(
                        report,
                        "    {:?} {code} {rule} {} found {:?}: {}",
                        issue.severity, issue.path, issue.found, issue.message.en
                    )
                    .unwrap();
                }
                for change in &seen.changes {
                    writeln!(
                        report,
                        "    changed {} {:?} -> {:?} ({})",
                        change.path, change.before, change.after, change.why
                    )
                    .unwrap();
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

#[test]
fn every_other_source_is_read_and_judged_as_planted() {
    let known = ["320100", "320300", "320600"];
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(fixtures().join("sources")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !known.contains(&name.as_str()) {
            sources.push(name);
        }
    }
    // All of them, and then what they say: one that fails must not hide another.
    let failed: Vec<String> = sources
        .iter()
        .filter_map(|source| {
            let outcome = std::panic::catch_unwind(|| check(source));
            let told = outcome.err()?;
            let told = told.downcast_ref::<String>().cloned();
            Some(format!("{source}: {}", told.unwrap_or_default()))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(
        sources.len() + known.len(),
        adapters::embedded().unwrap().len()
    );
}

#[test]
fn hostile_documents_are_refused_or_found_faulty() {
    let adapters = [
        ("json", adapter("320100")),
        ("xml", adapter("320300")),
        ("csv", adapter("320600")),
    ];
    let mut documents = 0;
    for entry in std::fs::read_dir(fixtures().join("hostile")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let (_, adapter) = adapters
            .iter()
            .find(|(ending, _)| name.ends_with(ending))
            .unwrap();
        let begun = std::time::Instant::now();
        if let Ok(all) = judge(adapter, &mut Memory::default(), name, &bytes) {
            assert!(!all.is_empty(), "{name} was read, and nothing was in it");
            let sound = all.iter().filter(|seen| !seen.rejected()).count();
            assert_eq!(sound, 0, "{name} holds records that are in order");
        }
        assert!(
            begun.elapsed().as_secs() < 5,
            "{name} keeps the reader busy"
        );
        documents += 1;
    }
    assert!(documents > 20, "{documents} hostile documents");
}

#[test]
fn generated_identifiers_are_those_of_the_standards() {
    use spec::generate::identifiers::{citizen, credit_code, deal, deal_characters, organization};
    assert_eq!(organization("TEXT0001"), "TEXT00017");
    assert_eq!(
        credit_code("91", "320100", "TEXT00017"),
        "91320100TEXT00017N"
    );
    assert_eq!(citizen("320102", "19010101", 1), "320102190101010017");
    let code = "A02-123100007847653857-20161012-000015-Q";
    assert_eq!(deal("A02", "123100007847653857", "20161012", 15), code);
    assert_eq!(deal_characters(code), ['Q', 'X']);
}

/// Code and path of each finding of an example, record by record.
fn findings(name: &str) -> Vec<Vec<String>> {
    let bytes = std::fs::read(fixtures().join("api").join(name)).unwrap();
    let all = judge(&adapter("320100"), &mut Memory::default(), name, &bytes).unwrap();
    let named = |issue: &Issue| format!("{} {}", issue.code.name(), issue.path);
    all.iter()
        .map(|seen| seen.issues.iter().map(named).collect())
        .collect()
}

#[test]
fn the_first_push_is_clean_and_its_dirty_twin_shows_four_faults() {
    // The owner's own record is not part of the example: a warning, no more.
    let owner = "reference.missing /TENDERER_CODE";
    let clean = findings("first-push.json");
    assert_eq!(clean, [vec![], vec![owner], vec![]]);
    assert_eq!(
        findings("first-push-dirty.json"),
        [
            vec![],
            vec!["field.required /TENDERER_NAME", "code.unknown /TENDER_MODE"],
            vec![
                "field.ambiguous /CONTRACT_RECKON_PRICE",
                "rule.violated /BID_SECTION_CODE"
            ],
        ]
    );
}
