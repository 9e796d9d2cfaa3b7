//! Two judges of structure that know nothing of each other, over the same records: the engine, and the published
//! schema run by `jsonschema`. What the one finds sound must be sound to the other, over every fixture as adapters
//! read it, every case of a rule, and a hundred thousand records that were made and spoilt.

mod spoilt;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters::{Adapter, Decoded, Hint, Limits, Locator, Part};
use serde_json::{Map, Value};
use spec::record::Kind;
use spec::validate::judge_alone;
use spec::{Action, Context, Edition, Format, IssueCode, Record, Report, Severity, Spec};
use tests::rules::Suite;

use super::harness::root;

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

/// What was compared, and where the judges differed.
#[derive(Default)]
struct Tally {
    sound: usize,
    unsound: usize,
    differences: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.sound += other.sound;
        self.unsound += other.unsound;
        self.differences.extend(other.differences);
    }

    /// Holds the judges against each other over one record; `name` says where it came from.
    fn compare(
        &mut self,
        context: &Context<'_>,
        schemas: &Schemas,
        record: Record<'_, '_>,
        name: &str,
    ) {
        let (difference, sound) = difference(context, schemas, record);
        self.differences
            .extend(difference.map(|text| format!("{name} {text}")));
        *(if sound {
            &mut self.sound
        } else {
            &mut self.unsound
        }) += 1;
    }

    fn tell(&self) {
        let shown: Vec<&String> = self.differences.iter().take(20).collect();
        let (count, sound, unsound) = (self.differences.len(), self.sound, self.unsound);
        assert!(
            shown.is_empty(),
            "{count} of {} records: {shown:#?}",
            sound + unsound
        );
    }
}

/// A day of receipt for everything that is compared.
fn context(edition: &Edition) -> Context<'_> {
    Context {
        edition,
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    }
}

/// Findings about structure. A stranger is not in the canonical record any more: it is compared as it was sent.
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

/// Whether the canonical text shows how the value came: it does not of a list, `true`, or a number in a text.
fn plain(record: &Record<'_, '_>) -> bool {
    let fields = record.dataset.fields.iter().zip(&record.values);
    let mut filled = fields.filter_map(|(field, value)| Some((field, value.as_ref()?)));
    filled.all(|(field, value)| match value.kind {
        Kind::Text => true,
        Kind::Number => matches!(field.format, Format::Number { .. }),
        Kind::Bool | Kind::Nested => false,
    })
}

/// How the judges differ over a record; none if they agree. The flag: both found it sound.
fn difference(
    context: &Context<'_>,
    schemas: &Schemas,
    record: Record<'_, '_>,
) -> (Option<String>, bool) {
    let plain = plain(&record);
    let fields = record.dataset.fields.iter().zip(&record.values);
    let sent: Map<String, Value> = fields
        .filter_map(|(field, value)| {
            let text = value.as_ref()?.text.as_ref();
            Some((field.id.clone(), Value::from(text)))
        })
        .collect();
    let strangers: Vec<String> = record
        .unknown
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    let mut record = spec::normalize(context, record);
    let dataset = record.dataset.id.as_str();
    let report = judge_alone(context, &mut record);
    let found = structural(&report);
    let mut bytes = Vec::new();
    record.canonical(&mut bytes);
    let canonical: Value = serde_json::from_slice(&bytes).unwrap();
    let judge = |record: &Value| match (found.as_slice(), schemas.fault(dataset, record)) {
        ([], Some(fault)) => Some(format!(
            "{dataset}: the schema alone refuses: {fault} in {record}"
        )),
        ([_, ..], None) if plain => Some(format!(
            "{dataset}: the engine alone refuses: {found:?} in {record}"
        )),
        _ => None,
    };
    let mut difference = judge(&canonical);
    // What was canonical when it came is judged as it came, too: an empty text is not in the canonical record.
    let same = |(name, text): (&String, &Value)| canonical.get(name) == Some(text);
    if difference.is_none() && plain && sent.iter().all(same) {
        difference = judge(&Value::Object(sent));
    }
    for name in strangers {
        let mut with = canonical.clone();
        with[&name] = Value::from("1");
        let by_engine = report
            .issues
            .iter()
            .any(|issue| issue.code == IssueCode::FieldUnknown);
        let by_schema = schemas.fault(dataset, &with).is_some();
        if difference.is_none() && !(by_engine && by_schema) {
            let by = if by_engine { "schema" } else { "engine" };
            difference = Some(format!("{dataset}: the {by} takes the stranger {name}"));
        }
    }
    let sound = difference.is_none() && found.is_empty();
    (difference, sound)
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

/// Compares the records of a file, as a source's adapter reads it; what could not be read, if not all was.
fn decoded(
    adapter: &Adapter,
    path: &Path,
    context: &Context<'_>,
    schemas: &Schemas,
    tally: &mut Tally,
) -> Result<(), String> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let hint = Hint {
        file_name: Some(name.to_owned()),
        ..Hint::default()
    };
    let bytes = std::fs::read(path).unwrap();
    let package = adapter
        .open(&bytes, &hint, &Limits::default())
        .map_err(|error| error.to_string())?;
    let mut sink = |_: &Part<'_>, _: &Locator<'_>, decoded: Decoded<'_, '_>| {
        if let Decoded::Record { record, .. } = decoded
            && record.action != Action::Withdraw
        {
            tally.compare(context, schemas, record, name);
        }
        ControlFlow::Continue(())
    };
    let read = package.decode(adapter, &Limits::default(), &mut sink);
    read.map(drop).map_err(|error| error.to_string())
}

#[test]
fn engine_and_schema_agree_over_the_fixtures() {
    let fixtures = root().join("fixtures");
    let edition = Arc::clone(Spec::embedded().unwrap().edition("3.0").unwrap());
    let schemas = Schemas::of(&edition);
    let context = context(&edition);
    let mut tally = Tally::default();
    for profile in adapters::embedded().unwrap() {
        let own = fixtures.join("sources").join(&profile.id);
        let adapter = Adapter::new(Arc::new(profile), Arc::clone(&edition)).unwrap();
        let before = tally.sound + tally.unsound;
        for path in files(&own) {
            let read = decoded(&adapter, &path, &context, &schemas, &mut tally);
            assert!(read.is_ok(), "{}: {read:?}", path.display());
        }
        assert!(
            tally.sound + tally.unsound > before + 20,
            "{}",
            own.display()
        );
        // Documents that cannot be read are among these.
        for folder in ["api", "hostile"] {
            for path in files(&fixtures.join(folder)) {
                let _ = decoded(&adapter, &path, &context, &schemas, &mut tally);
            }
        }
    }
    for path in files(&fixtures.join("rules")) {
        let suite = Suite::read(&std::fs::read(&path).unwrap()).unwrap();
        let dataset = suite.dataset(&edition).unwrap();
        for entry in &suite.cases {
            let case = suite.case(dataset, entry);
            tally.compare(&context, &schemas, case.draft.record(), &entry.rule);
        }
    }
    tally.tell();
    assert!(tally.sound > 1000 && tally.unsound > 200);
}
