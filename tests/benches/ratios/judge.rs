//! Judging records by themselves, bytes in, report out, against bare parsing of the same bytes: one large record of a
//! tender project, and records of every data set. What the log asks besides, the canonical form and its SHA-256, is
//! told beside it.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::{Adapter, Decoded, Hint, Limits};
use hub::tlog::sha256;
use serde_json::Value;

use spec::generate::{Maker, record};
use spec::{Context, Edition};

use super::{Figure, records};

const ROUNDS: usize = 15;
const COPIES: usize = 2000;
/// Records of each data set.
const EACH: usize = 60;

fn best(mut work: impl FnMut()) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .min()
        .expect("rounds")
}

/// The best time of each side, in nanoseconds for a record.
struct Times {
    judged: f64,
    /// Judged, written in canonical form and hashed.
    digested: f64,
    parsed: f64,
}

/// The hub's judge and the bare parser, side by side over the same lines.
struct Sides<'e> {
    adapter: Adapter,
    context: Context<'e>,
    canonical: Vec<u8>,
}

impl<'e> Sides<'e> {
    fn new(edition: &'e Arc<Edition>) -> Self {
        let mut profile = adapters::embedded()
            .expect("profiles")
            .into_iter()
            .find(|profile| profile.id == "320100")
            .expect("Nanjing");
        profile.datasets = serde_json::from_str("\"1-9999\"").expect("every data set");
        Sides {
            adapter: Adapter::new(Arc::new(profile), Arc::clone(edition)).expect("an adapter"),
            context: Context {
                edition,
                received: records::now(),
                platforms: &[],
            },
            canonical: Vec::with_capacity(4096),
        }
    }

    /// Decodes, normalizes and judges; `clean` tells whether the records must pass without a word. `digest`: writes the
    /// canonical form too and hashes it, which is what the log needs of a record, not what its judgement is made of.
    fn judge(&mut self, document: &str, clean: bool, digest: bool) {
        let hint = Hint {
            wire: Some(adapters::WireFormat::Ndjson),
            ..Hint::default()
        };
        let limits = Limits::default();
        let (context, canonical) = (&self.context, &mut self.canonical);
        let outcome = self
            .adapter
            .decode(document.as_bytes(), &hint, &limits, &mut |decoded| {
                let Decoded::Record { record, .. } = decoded else {
                    panic!("not a record")
                };
                let mut record = spec::normalize(context, record);
                let report = spec::validate::judge_alone(context, &mut record);
                if digest {
                    canonical.clear();
                    record.canonical(canonical);
                    black_box(sha256(canonical));
                }
                black_box(&report);
                if clean {
                    assert!(
                        report.issues.is_empty() && record.changes.is_empty(),
                        "the record of the bench is not sound: {:?} {:?}",
                        report.issues,
                        record.changes
                    );
                }
                ControlFlow::Continue(())
            });
        black_box(outcome.expect("readable"));
    }

    fn times(&mut self, lines: &[String], clean: bool) -> Times {
        let document = lines.concat();
        self.judge(&document, clean, true);
        let judged = best(|| self.judge(&document, clean, false));
        let digested = best(|| self.judge(&document, clean, true));
        let parsed = best(|| {
            for line in lines {
                black_box(serde_json::from_slice::<Value>(line.as_bytes()).expect("JSON"));
            }
        });
        let per = |time: Duration| time.as_nanos() as f64 / lines.len() as f64;
        Times {
            judged: per(judged),
            digested: per(digested),
            parsed: per(parsed),
        }
    }
}

fn line(dataset: &str, data: &str) -> String {
    format!("{{\"dataset\":\"{dataset}\",\"action\":\"upsert\",\"data\":{data}}}\n")
}

fn large(sides: &mut Sides<'_>) -> Figure {
    let dataset = sides
        .context
        .edition
        .dataset("TENDER_PROJECT")
        .expect("501");
    let lines: Vec<String> = (0..COPIES as u64)
        .map(|n| {
            let data =
                records::record(dataset, 3000, n, &|field| records::tender_project(field, n));
            line(&dataset.id, &data)
        })
        .collect();
    let size = lines.concat().len() / COPIES;
    let times = sides.times(&lines, true);
    println!(
        "judge: {size} bytes a record, {} fields, {COPIES} records",
        dataset.fields.len()
    );
    println!("  serde_json::Value {:>8.0} ns/record", times.parsed);
    println!("  judged            {:>8.0} ns/record", times.judged);
    println!("  with its digest   {:>8.0} ns/record", times.digested);
    Figure {
        what: "judging a record / bare serde_json::from_slice::<Value> of the same bytes"
            .to_owned(),
        measured: times.judged / times.parsed,
        bound: 1.2,
        at_most: true,
    }
}

/// Records as the generator makes them: every required field, some of the others, warnings that cannot be avoided.
fn every(sides: &mut Sides<'_>) -> Figure {
    let context = sides.context;
    let mut maker = Maker::new(context, 1);
    let mut ratios = Vec::new();
    let (mut bytes, mut digested) = (0, 0.0);
    for dataset in &context.edition.datasets {
        let lines: Vec<String> = (0..EACH)
            .map(|_| {
                let made = record(&mut maker, dataset, (0, &[])).draft;
                let data: serde_json::Map<String, Value> = made
                    .pairs()
                    .map(|(name, text)| (name.to_owned(), Value::from(text)))
                    .collect();
                line(&dataset.id, &Value::from(data).to_string())
            })
            .collect();
        bytes += lines.concat().len();
        let times = sides.times(&lines, false);
        digested += times.digested / times.parsed;
        ratios.push((times.judged / times.parsed, dataset.id.as_str()));
    }
    ratios.sort_by(|a, b| b.0.total_cmp(&a.0));
    let count = ratios.len();
    println!(
        "judge: {count} data sets, {EACH} records of each, {} bytes on average; {:.2} with their digests; the dearest:",
        bytes / count / EACH,
        digested / count as f64
    );
    for (ratio, name) in ratios.iter().take(5) {
        println!("  {ratio:>5.2} {name}");
    }
    Figure {
        what: "judging, mean over all data sets / bare parsing of the same bytes".to_owned(),
        measured: ratios.iter().map(|(ratio, _)| ratio).sum::<f64>() / count as f64,
        bound: 1.0,
        at_most: true,
    }
}

/// What the hub reads at its start.
fn start() -> Figure {
    let load = || {
        black_box(spec::Spec::embedded().expect("the specification"));
    };
    let time = best(load).as_secs_f64() * 1000.0;
    Figure {
        what: "milliseconds to load the whole specification".to_owned(),
        measured: time,
        bound: 100.0,
        at_most: true,
    }
}

/// Runs the comparisons.
pub fn run() -> Vec<Figure> {
    let spec = spec::Spec::embedded().expect("the specification");
    let edition = spec.edition("3.0").expect("edition 3.0");
    let mut sides = Sides::new(edition);
    vec![large(&mut sides), every(&mut sides), start()]
}
