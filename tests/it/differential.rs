//! Two judges of structure over every fixture, as adapters read it: the engine, and the published schema
//! run by `jsonschema`. What the engine finds sound must be sound by the schema, and the other way round.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters::{Adapter, Decoded, Hint, Limits};
use serde_json::Value;
use spec::record::Kind;
use spec::validate::judge_alone;
use spec::{Action, Context, Edition, IssueCode, Record, Report, Severity, Spec};

/// One compiled schema per data set.
struct Schemas(HashMap<String, jsonschema::Validator>);

impl Schemas {
    fn of(edition: &Edition) -> Self {
        let schema = |dataset| spec::export::json_schema(edition, dataset);
        let compiled = edition.datasets.iter().map(|dataset| {
            let validator = jsonschema::validator_for(&schema(dataset)).unwrap();
            (dataset.id.clone(), validator)
        });
        Schemas(compiled.collect())
    }

    fn fault(&self, dataset: &str, record: &Value) -> Option<String> {
        let fault = self.0[dataset].iter_errors(record).next()?;
        Some(format!("{fault} at {}", fault.instance_path()))
    }
}

/// Findings about structure. A stranger is not in the canonical record any more.
fn structural(report: &Report) -> Vec<String> {
    let found = report.issues.iter().filter(|issue| {
        issue.severity == Severity::Error
            && matches!(
                issue.code,
                IssueCode::FieldRequired
                    | IssueCode::FieldType
                    | IssueCode::FieldFormat
                    | IssueCode::FieldLength
                    | IssueCode::FieldAmbiguous
                    | IssueCode::CodeUnknown
            )
    });
    found
        .map(|issue| format!("{} {}", issue.code.name(), issue.path))
        .collect()
}

/// How the judges differ over a record; none if they agree. The flag: both found it sound.
fn difference(
    context: &Context<'_>,
    schemas: &Schemas,
    record: Record<'_, '_>,
) -> (Option<String>, bool) {
    // The canonical record does not show that a text was a list or `true` when it came.
    let plain = record
        .values
        .iter()
        .flatten()
        .all(|value| matches!(value.kind, Kind::Text | Kind::Number));
    let mut record = spec::normalize(context, record);
    let dataset = record.dataset.id.as_str();
    let found = structural(&judge_alone(context, &mut record));
    let mut bytes = Vec::new();
    record.canonical(&mut bytes);
    let canonical: Value = serde_json::from_slice(&bytes).unwrap();
    match (found.as_slice(), schemas.fault(dataset, &canonical)) {
        ([], None) => (None, true),
        ([], Some(fault)) => {
            let text = format!("{dataset}: the schema alone refuses: {fault} in {canonical}");
            (Some(text), false)
        }
        (_, None) if plain => {
            let text = format!("{dataset}: the engine alone refuses: {found:?} in {canonical}");
            (Some(text), false)
        }
        _ => (None, false),
    }
}

/// Files of a folder, in order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !path.ends_with("expected.json"))
        .collect();
    all.sort();
    all
}

#[test]
fn engine_and_schema_agree_over_the_fixtures() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let edition = Arc::clone(Spec::embedded().unwrap().edition("3.0").unwrap());
    let schemas = Schemas::of(&edition);
    let context = Context {
        edition: &edition,
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    let (mut sound, mut unsound, mut differences) = (0, 0, Vec::new());
    for (source, folders) in [
        ("320100", ["sources/320100", "api", "hostile"].as_slice()),
        ("320300", &["sources/320300", "hostile"]),
        ("320600", &["sources/320600", "hostile"]),
    ] {
        let profile = adapters::embedded()
            .unwrap()
            .into_iter()
            .find(|profile| profile.id == source)
            .unwrap();
        let adapter = Adapter::new(Arc::new(profile), Arc::clone(&edition)).unwrap();
        for path in folders
            .iter()
            .flat_map(|folder| files(&fixtures.join(folder)))
        {
            let name = path.file_name().unwrap().to_str().unwrap();
            let hint = Hint {
                file_name: Some(name.to_owned()),
                ..Hint::default()
            };
            let mut sink = |decoded: Decoded<'_, '_>| {
                if let Decoded::Record { record, .. } = decoded
                    && record.action != Action::Withdraw
                {
                    let (different, is_sound) = difference(&context, &schemas, record);
                    differences.extend(different.map(|text| format!("{name} {text}")));
                    *(if is_sound { &mut sound } else { &mut unsound }) += 1;
                }
                ControlFlow::Continue(())
            };
            // Documents that cannot be read are part of the fixtures.
            let _ = adapter.decode(
                &std::fs::read(&path).unwrap(),
                &hint,
                &Limits::default(),
                &mut sink,
            );
        }
    }
    let shown: Vec<&String> = differences.iter().take(20).collect();
    assert!(
        differences.is_empty(),
        "{} records: {shown:#?}",
        differences.len()
    );
    assert!(
        sound > 500 && unsound > 20,
        "{sound} sound, {unsound} unsound"
    );
}
