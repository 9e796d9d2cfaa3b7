//! 64 senders of single records, against a handler that only reads and hashes the same bodies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::load::Client;
use super::server::Server;
use super::{Figure, records};

const SENDERS: usize = 64;
const TIME: Duration = Duration::from_secs(6);

/// Submissions a second, their number, and what one costs the hub and its senders, in microseconds of processor time.
struct Rate {
    per_second: f64,
    done: usize,
    hub: f64,
    senders: f64,
}

fn rate(server: &Server, path: &str, key: &str, bodies: &[Vec<u8>], next: &AtomicUsize) -> Rate {
    let done = AtomicUsize::new(0);
    let before = server.cpu();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let mut client = Client::connect(&server.address, path, "application/json", key);
                while started.elapsed() < TIME {
                    let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        return;
                    };
                    let (status, answer) = client.post(body);
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let done = done.into_inner();
    let elapsed = started.elapsed().as_secs_f64();
    let after = server.cpu();
    let each = |seconds: f64| seconds * 1e6 / done as f64;
    Rate {
        per_second: done as f64 / elapsed,
        done,
        hub: each(after.0 - before.0),
        senders: each(after.1 - before.1),
    }
}

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let spec = spec::Spec::embedded().expect("the specification");
    let dataset = spec
        .edition("3.0")
        .and_then(|e| e.dataset("PROJECT"))
        .expect("500");
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
    let hashed = rate(&server, "/bench/hash", &key, &bodies, &AtomicUsize::new(0));
    let before = server.metric("hub_commits_total");
    let kept = rate(
        &server,
        "/v1/submissions",
        &key,
        &bodies,
        &AtomicUsize::new(0),
    );
    let commits = server.metric("hub_commits_total") - before;
    let per_thousand = commits * 1000.0 / kept.done as f64;
    println!(
        "singles: {SENDERS} senders, {} bytes a submission",
        bodies[0].len()
    );
    let told = |name: &str, rate: &Rate| {
        println!(
            "  {name} {:>8.0} /s, processor time of one: hub {:>5.1} µs, sender {:>5.1} µs",
            rate.per_second, rate.hub, rate.senders
        );
    };
    told("read and hash", &hashed);
    told("kept         ", &kept);
    println!("  {commits} commits for {} submissions", kept.done);
    vec![
        Figure {
            what: "single records kept / the same bodies only read and hashed".to_owned(),
            measured: kept.per_second / hashed.per_second,
            bound: 0.4,
            at_most: false,
        },
        Figure {
            what: "commits per 1,000 submissions".to_owned(),
            measured: per_thousand,
            bound: 200.0,
            at_most: true,
        },
    ]
}
