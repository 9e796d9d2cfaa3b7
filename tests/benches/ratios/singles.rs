//! 64 senders of single records, against a handler that only reads and hashes the same bodies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::load::Client;
use super::server::Server;
use super::{Figure, records};

const SENDERS: usize = 64;
const TIME: Duration = Duration::from_secs(6);

fn rate(address: &str, path: &str, key: &str, bodies: &[Vec<u8>], next: &AtomicUsize) -> (f64, usize) {
    let done = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let mut client = Client::connect(address, path, "application/json", key);
                while started.elapsed() < TIME {
                    let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    let (status, answer) = client.post(body);
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let done = done.into_inner();
    (done as f64 / started.elapsed().as_secs_f64(), done)
}

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let spec = spec::Spec::embedded().expect("the specification");
    let dataset = spec.edition("3.0").and_then(|e| e.dataset("PROJECT")).expect("500");
    let bodies: Vec<Vec<u8>> = (0..200_000_u64)
        .map(|n| {
            let data = records::record(dataset, 1200, n, &|field| records::tender_project(field, n));
            format!(
                "{{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"s{n}\",\"records\":[{{\"dataset\":\"PROJECT\",\"data\":{data}}}]}}"
            )
            .into_bytes()
        })
        .collect();
    let server = Server::start();
    let key = server.key("320100");
    let (hashed, _) = rate(&server.address, "/bench/hash", &key, &bodies, &AtomicUsize::new(0));
    let before = server.metric("hub_commits_total");
    let (kept, done) = rate(&server.address, "/v1/submissions", &key, &bodies, &AtomicUsize::new(0));
    let commits = server.metric("hub_commits_total") - before;
    let per_thousand = commits * 1000.0 / done as f64;
    println!("singles: {SENDERS} senders, {} bytes a submission", bodies[0].len());
    println!("  read and hash {hashed:>8.0} /s");
    println!("  kept          {kept:>8.0} /s, {commits} commits for {done} submissions");
    vec![
        Figure {
            what: "single records kept / the same bodies only read and hashed".to_owned(),
            measured: kept / hashed,
            bound: 0.4,
            at_most: false,
        },
        Figure { what: "commits per 1,000 submissions".to_owned(), measured: per_thousand, bound: 200.0, at_most: true },
    ]
}
