//! Durable ingest over HTTP in batches of 500, against bare inserts of the very rows that it stored.

use std::time::Instant;

use super::load::Client;
use super::server::Server;
use super::{Figure, records, sqlite};

const BATCHES: u64 = 120;
/// Records of a submission.
pub const BATCH: u64 = 500;
const SENDERS: u64 = 4;

fn batch(dataset: &spec::Dataset, number: u64, size: u64) -> Vec<u8> {
    let records: Vec<String> = (0..size)
        .map(|n| {
            let n = number * size + n;
            let data =
                records::record(dataset, 1200, n, &|field| records::tender_project(field, n));
            format!("{{\"dataset\":\"PROJECT\",\"data\":{data}}}")
        })
        .collect();
    format!(
        "{{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"b{number}\",\"records\":[{}]}}",
        records.join(",")
    )
    .into_bytes()
}

/// Submissions of different records, as many as are wanted.
pub fn bodies(batches: u64) -> Vec<Vec<u8>> {
    submissions(batches, BATCH)
}

/// Submissions of one record each.
pub fn singles(records: u64) -> Vec<Vec<u8>> {
    submissions(records, 1)
}

/// The same one by one, for days that do not fit into memory.
pub fn each(batches: u64) -> impl Iterator<Item = Vec<u8>> {
    made(batches, BATCH)
}

fn made(number: u64, size: u64) -> impl Iterator<Item = Vec<u8>> {
    let spec = spec::Spec::embedded().expect("the specification");
    (0..number).map(move |number| {
        let dataset = spec
            .edition("3.0")
            .and_then(|e| e.dataset("PROJECT"))
            .expect("500");
        batch(dataset, number, size)
    })
}

fn submissions(number: u64, size: u64) -> Vec<Vec<u8>> {
    made(number, size).collect()
}

/// Runs the comparison, and says what each index costs.
pub fn run() -> Vec<Figure> {
    let bodies = bodies(BATCHES);
    let server = Server::start();
    let key = server.key("320100");
    let started = Instant::now();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (bodies, server, key) = (&bodies, &server, &key);
            scope.spawn(move || {
                let mut client = Client::connect(
                    &server.address,
                    "/v1/submissions?records=issues",
                    "application/json",
                    key,
                );
                for body in bodies
                    .iter()
                    .skip(sender as usize)
                    .step_by(SENDERS as usize)
                {
                    let (status, answer) = client.post(body);
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
                }
            });
        }
    });
    let hub = started.elapsed().as_secs_f64();
    let data = server.stop();
    let copy = sqlite::copy(&data.path().join("hub.db"));
    assert_eq!(
        copy.records as u64,
        BATCHES * BATCH,
        "every record was kept"
    );
    let bare = |name: &str, without: &[&str]| {
        let best = (0..2)
            .map(|round| {
                let path = data.path().join(format!("bare-{name}-{round}.db"));
                sqlite::insert(&copy, &path, without).as_secs_f64()
            })
            .fold(f64::INFINITY, f64::min);
        println!(
            "  bare, {name:<28} {:>8.0} records/s",
            copy.records as f64 / best
        );
        best
    };
    println!(
        "ingest: {} records in batches of {BATCH} from {SENDERS} senders",
        copy.records
    );
    println!(
        "  hub, over HTTP                     {:>8.0} records/s",
        copy.records as f64 / hub
    );
    let all = bare("everything", &[]);
    bare("without links", &["links"]);
    bare("without deliveries_open", &["deliveries_open"]);
    bare("without submissions_by_source", &["submissions_by_source"]);
    bare(
        "records only",
        &[
            "links",
            "deliveries",
            "submissions",
            "volumes",
            "issues",
            "leaves",
        ],
    );
    vec![Figure {
        what: "records kept over HTTP / bare inserts of the same rows".to_owned(),
        measured: all / hub,
        bound: 0.5,
        at_most: false,
    }]
}
