//! How soon a receipt is covered by a published checkpoint while others send, as a share of the second that is promised.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Figure;
use super::ingest;
use super::load::{Client, get};
use super::server::Server;

/// Receipts that are followed.
const FOLLOWED: usize = 100;
/// Batches of the others.
const OTHERS: u64 = 400;
const PROMISED: f64 = 1.0;

/// Leaves that the published checkpoint covers.
fn published(address: &str) -> u64 {
    let note = get(address, "/checkpoint");
    let note = note.split("\r\n\r\n").nth(1).unwrap_or_default();
    let size = note.lines().nth(1).expect("a size");
    size.parse().expect("a number")
}

/// Runs the measurement.
pub fn run() -> Vec<Figure> {
    let bodies = ingest::bodies(OTHERS + FOLLOWED as u64);
    let (followed, others) = bodies.split_at(FOLLOWED);
    let hub = Server::start();
    let key = hub.key("320100");
    let connect = || Client::connect(&hub.address, "/v1/submissions", "application/json", &key);
    let done = AtomicBool::new(false);
    let mut took = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = connect();
            for body in others {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                assert_eq!(client.post(body).0, 200);
            }
        });
        let mut client = connect();
        for body in followed {
            let (status, answer) = client.post(body);
            let receipted = Instant::now();
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
            let receipt: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
            let index = receipt["evidence"]["leaf_index"].as_u64().expect("a place");
            while published(&hub.address) <= index {
                assert!(receipted.elapsed() < Duration::from_mins(1), "published");
                std::thread::park_timeout(Duration::from_millis(2));
            }
            took.push(receipted.elapsed().as_secs_f64());
        }
        done.store(true, Ordering::Relaxed);
    });
    took.sort_by(f64::total_cmp);
    let slowest = took.last().copied().unwrap_or_default();
    println!(
        "published: receipts of 500 records while another sends the same: half within {:.0} ms, all within {:.0} ms",
        took[took.len() / 2] * 1000.0,
        slowest * 1000.0
    );
    vec![Figure {
        what: "slowest time from a receipt to its published checkpoint / one second".to_owned(),
        measured: slowest / PROMISED,
        bound: 1.0,
        at_most: true,
    }]
}
