//! The second opinion: the published JSON Schema asked about a sample of the records that the hub has judged.
//!
//! Two engines over one data set must not disagree on structure. When they do, one of them is wrong, and nothing that
//! a sender can do about it: it is counted, logged and kept in a file of the data folder for a report. It is asked
//! on a thread of its own, and never decides: a record that finds the thread busy is not asked about.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use jsonschema::Validator;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::{Action, Dataset, Edition, Issue, IssueCode, Severity};

use super::Instant;
use super::judge::Item;

/// Name of the file in the data folder, one disagreement a line.
const FILE: &str = "disagreements.ndjson";
/// Records that may wait.
const WAITING: usize = 256;

/// Makes the schema of a data set.
pub type Schema = fn(&Edition, &Dataset) -> Value;

/// Asks for second opinions.
#[derive(Debug)]
pub struct SecondOpinion {
    every: u64,
    queue: SyncSender<Sample>,
    /// Counts since start.
    pub figures: Arc<Opinions>,
}

/// Counts since start.
#[derive(Debug, Default)]
pub struct Opinions {
    /// Records asked about.
    pub asked: AtomicU64,
    /// Of these, those that the two engines see differently.
    pub disagreements: AtomicU64,
}

/// One record, and what the hub's own judge found in its structure.
struct Sample {
    edition: &'static Edition,
    dataset: &'static Dataset,
    canonical: Vec<u8>,
    digest: String,
    found: Vec<String>,
    /// A type that the canonical form does not show was refused.
    by_type: bool,
}

/// One record that the two engines see differently. Values are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// When it was seen, RFC 3339.
    pub at: String,
    /// Edition that judged.
    pub edition: String,
    /// Data set.
    pub dataset: String,
    /// SHA-256 of the canonical record.
    pub digest: String,
    /// What the hub's judge found.
    pub engine: String,
    /// What the schema found.
    pub schema: String,
}

impl SecondOpinion {
    /// Starts the thread. `every`: one record in so many, chosen by digest; 0: none.
    pub fn start(every: u64, schema: Schema, data: &Path) -> std::io::Result<Self> {
        let (queue, samples) = sync_channel(WAITING);
        let figures = Arc::new(Opinions::default());
        let counts = Arc::clone(&figures);
        let path = data.join(FILE);
        std::thread::Builder::new()
            .name("second opinion".to_owned())
            .spawn(move || work(&samples, schema, &counts, &path))?;
        Ok(SecondOpinion {
            every,
            queue,
            figures,
        })
    }

    /// Asks about some of the records of a submission; does not wait.
    pub fn sample(&self, edition: &'static Edition, items: &[Item]) {
        if self.every == 0 {
            return;
        }
        for item in items {
            let Item::Judged(judged) = item else { continue };
            let bytes = judged.digest.as_bytes();
            let number = bytes
                .iter()
                .take(8)
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            if !number.is_multiple_of(self.every) || judged.record.action == Action::Withdraw {
                continue;
            }
            let refused =
                |issue: &&Issue| issue.severity == Severity::Error && is_structural(issue.code);
            let found = judged.issues.iter().filter(refused);
            // a full queue means that the machine has better things to do
            let _ = self.queue.try_send(Sample {
                edition,
                dataset: judged.record.dataset,
                canonical: judged.canonical.clone(),
                digest: judged.digest.to_hex(),
                found: found
                    .map(|issue| format!("{} {}", issue.code.name(), issue.path))
                    .collect(),
                by_type: judged
                    .issues
                    .iter()
                    .any(|issue| issue.code == IssueCode::FieldType),
            });
        }
    }
}

/// Findings that the schema must have too.
fn is_structural(code: IssueCode) -> bool {
    matches!(
        code,
        IssueCode::FieldRequired
            | IssueCode::FieldType
            | IssueCode::FieldFormat
            | IssueCode::FieldLength
            | IssueCode::FieldAmbiguous
            | IssueCode::CodeUnknown
    )
}

/// The disagreements that a data folder keeps, oldest first.
pub fn kept(data: &Path) -> std::io::Result<Vec<Disagreement>> {
    let text = match std::fs::read_to_string(data.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    // a line that a crash cut short says nothing
    Ok(text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

fn work(samples: &Receiver<Sample>, schema: Schema, figures: &Opinions, path: &Path) {
    let mut compiled: HashMap<(String, u16), Option<Validator>> = HashMap::new();
    while let Ok(sample) = samples.recv() {
        let key = (sample.edition.id.clone(), sample.dataset.code);
        let validator = compiled.entry(key).or_insert_with(|| {
            let schema = schema(sample.edition, sample.dataset);
            let made = jsonschema::validator_for(&schema);
            made.inspect_err(|error| tracing::error!(dataset = sample.dataset.id, %error, "a published schema is unusable"))
                .ok()
        });
        figures.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(disagreement) = validator
            .as_ref()
            .and_then(|validator| compare(&sample, validator))
        {
            figures.disagreements.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                edition = disagreement.edition,
                dataset = disagreement.dataset,
                digest = disagreement.digest,
                engine = disagreement.engine,
                schema = disagreement.schema,
                "the hub's judge and the published schema disagree"
            );
            if let Err(error) = keep(path, &disagreement) {
                tracing::error!(%error, "a disagreement could not be kept");
            }
        }
    }
}

fn compare(sample: &Sample, validator: &Validator) -> Option<Disagreement> {
    let faults = match serde_json::from_slice::<Value>(&sample.canonical) {
        Ok(record) => validator
            .iter_errors(&record)
            .map(|error| format!("{} {}", error.masked(), error.instance_path()))
            .take(5)
            .collect::<Vec<_>>(),
        Err(error) => vec![format!("canonical bytes: {error}")],
    };
    let alike =
        sample.found.is_empty() == faults.is_empty() || (sample.by_type && faults.is_empty());
    (!alike).then(|| Disagreement {
        at: Instant::now().text(),
        edition: sample.edition.id.clone(),
        dataset: sample.dataset.id.clone(),
        digest: sample.digest.clone(),
        engine: sample.found.join("; "),
        schema: faults.join("; "),
    })
}

fn keep(path: &Path, disagreement: &Disagreement) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(disagreement)?;
    line.push(b'\n');
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(&line)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant as Clock};

    use serde_json::json;
    use spec::Spec;

    use super::*;
    use crate::pipeline::judge;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// The records of a first push, as the hub has judged them.
    fn judged(name: &str) -> Result<(&'static Edition, Vec<Item>), Box<dyn std::error::Error>> {
        let spec: &'static Spec = Box::leak(Box::new(Spec::embedded()?));
        let edition = spec.edition("3.0").ok_or("no edition")?;
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fixtures/api")
            .join(name);
        let bytes = std::fs::read(path)?;
        let sent: Value = serde_json::from_slice(&bytes)?;
        let profile = adapters::embedded()?
            .into_iter()
            .find(|profile| {
                sent.get("source")
                    .is_some_and(|source| *source == profile.id)
            })
            .ok_or("no profile")?;
        let adapter = adapters::Adapter::new(Arc::new(profile), Arc::clone(edition))?;
        let adapter: &'static adapters::Adapter = Box::leak(Box::new(adapter));
        let context = spec::Context {
            edition,
            received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
            platforms: &[],
        };
        let limits = adapters::Limits::default();
        let read = judge::read(
            &crate::keys::LookupKey::of_nothing(),
            adapter,
            edition,
            &context,
            &bytes,
            &adapters::Hint::default(),
            &limits,
        )?;
        Ok((edition, read.items))
    }

    fn ask(
        every: u64,
        schema: Schema,
        data: &Path,
        name: &str,
    ) -> Result<(u64, u64), Box<dyn std::error::Error>> {
        let (edition, items) = judged(name)?;
        let opinion = SecondOpinion::start(every, schema, data)?;
        opinion.sample(edition, &items);
        let figures = Arc::clone(&opinion.figures);
        drop(opinion);
        // the thread ends when nobody can ask any more, and lets go of its counts
        let since = Clock::now();
        while Arc::strong_count(&figures) > 1 && since.elapsed() < Duration::from_mins(1) {
            std::thread::yield_now();
        }
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Ok((read(&figures.asked), read(&figures.disagreements)))
    }

    #[test]
    fn the_published_schema_agrees_about_sound_and_faulty_records() -> Outcome {
        let data = tempfile::tempdir()?;
        for name in ["first-push.json", "first-push-dirty.json"] {
            let (asked, differing) = ask(1, spec::export::json_schema, data.path(), name)?;
            assert!(asked > 0, "{name}");
            assert_eq!(differing, 0, "{name}");
        }
        assert_eq!(kept(data.path())?, []);
        Ok(())
    }

    #[test]
    fn a_schema_that_says_otherwise_is_an_alert_without_values() -> Outcome {
        let data = tempfile::tempdir()?;
        let stricter: Schema = |_, _| json!({"required": ["SOMETHING_ELSE"]});
        let (asked, differing) = ask(1, stricter, data.path(), "first-push.json")?;
        assert!(asked > 0 && asked == differing, "{asked} {differing}");
        let kept = kept(data.path())?;
        assert_eq!(kept.len() as u64, differing);
        for one in kept {
            assert_eq!((one.engine.as_str(), one.digest.len()), ("", 64));
            assert!(one.schema.contains("required"), "{}", one.schema);
        }
        Ok(())
    }

    #[test]
    fn nothing_is_asked_when_it_is_switched_off() -> Outcome {
        let data = tempfile::tempdir()?;
        let (asked, _) = ask(0, spec::export::json_schema, data.path(), "first-push.json")?;
        assert_eq!(asked, 0);
        Ok(())
    }
}
