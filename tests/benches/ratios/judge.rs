//! Judging one record by itself, bytes in, report out, against bare parsing of the same bytes.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::{Adapter, Decoded, Hint, Limits};
use hub::tlog::sha256;
use serde_json::Value;

use super::{Figure, records};

const ROUNDS: usize = 15;
const COPIES: usize = 2000;

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

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let spec = spec::Spec::embedded().expect("the specification");
    let edition = Arc::clone(spec.edition("3.0").expect("edition 3.0"));
    let profile = adapters::embedded()
        .expect("profiles")
        .into_iter()
        .find(|p| p.id == "320100")
        .expect("Nanjing");
    let adapter = Adapter::new(Arc::new(profile), Arc::clone(&edition)).expect("an adapter");
    let dataset = edition.dataset("TENDER_PROJECT").expect("501");

    let lines: Vec<String> = (0..COPIES as u64)
        .map(|n| {
            let data =
                records::record(dataset, 3000, n, &|field| records::tender_project(field, n));
            format!("{{\"dataset\":\"TENDER_PROJECT\",\"action\":\"upsert\",\"data\":{data}}}\n")
        })
        .collect();
    let document = lines.concat();
    let size = document.len() / COPIES;

    let received = records::now();
    let context = spec::Context {
        edition: &edition,
        received,
        platforms: &[],
    };
    let hint = Hint {
        wire: Some(adapters::WireFormat::Ndjson),
        ..Hint::default()
    };
    let limits = Limits::default();
    let mut canonical = Vec::with_capacity(4096);
    let mut judge = || {
        let outcome = adapter.decode(document.as_bytes(), &hint, &limits, &mut |decoded| {
            let Decoded::Record { record, .. } = decoded else {
                panic!("not a record")
            };
            let mut record = spec::normalize(&context, record);
            let report = spec::validate::judge_alone(&context, &mut record);
            canonical.clear();
            record.canonical(&mut canonical);
            black_box(sha256(&canonical));
            assert!(
                report.issues.is_empty(),
                "the record of the bench is not sound: {:?}",
                report.issues
            );
            assert!(
                record.changes.is_empty(),
                "the record of the bench is not canonical: {:?}",
                record.changes
            );
            ControlFlow::Continue(())
        });
        black_box(outcome.expect("readable"));
    };
    judge();
    let parse = || {
        for line in &lines {
            black_box(serde_json::from_slice::<Value>(line.as_bytes()).expect("JSON"));
        }
    };
    let (judged, parsed) = (best(&mut judge), best(parse));
    let per = |time: Duration| time.as_nanos() as f64 / COPIES as f64;
    println!(
        "judge: {size} bytes a record, {} fields, {COPIES} records",
        dataset.fields.len()
    );
    println!("  serde_json::Value {:>8.0} ns/record", per(parsed));
    println!("  judged            {:>8.0} ns/record", per(judged));
    vec![Figure {
        what: "judging a record / bare serde_json::from_slice::<Value> of the same bytes"
            .to_owned(),
        measured: judged.as_secs_f64() / parsed.as_secs_f64(),
        bound: 1.2,
        at_most: true,
    }]
}
