//! A dead subscriber beside a live one: how much later the live one is told. The dead one takes connections and never
//! answers.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::ingest;
use super::listen::listen;
use super::load::Client;
use super::server::Server;
use super::{Figure, median};

/// Records, one a submission.
const RECORDS: u64 = 1500;
const ROUNDS: usize = 3;

/// When the events of which receipt were told.
type Told = Arc<Mutex<HashMap<String, Instant>>>;

fn describe(data: &std::path::Path, name: &str, address: &str) {
    let folder = data.join("destinations");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = format!("[target]\nkind = \"webhook\"\nurl = \"http://{address}/\"\n");
    std::fs::write(folder.join(format!("{name}.toml")), text).expect("a file");
}

/// The time from the commit to the live one, of 99 in 100 records, in seconds.
fn late(bodies: &[Vec<u8>], dead: Option<&TcpListener>) -> f64 {
    let data = tempfile::tempdir().expect("a folder");
    let told: Told = Arc::default();
    let shelf = Arc::clone(&told);
    let address = listen(move |_, body| {
        let now = Instant::now();
        let message: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        let mut shelf = shelf.lock().expect("a lock");
        for event in message["data"]["events"].as_array().expect("events") {
            let receipt = event["receipt"].as_str().expect("a receipt").to_owned();
            shelf.entry(receipt).or_insert(now);
        }
        String::new()
    });
    describe(data.path(), "live", &address);
    if let Some(dead) = dead {
        describe(
            data.path(),
            "dead",
            &dead.local_addr().expect("an address").to_string(),
        );
    }
    let hub = Server::start_on(data, &[]);
    let key = hub.key("320100");
    let mut client = Client::connect(&hub.address, "/v1/submissions", "application/json", &key);
    let mut committed = Vec::new();
    for body in bodies {
        let (status, answer) = client.post(body);
        let now = Instant::now();
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
        let receipt: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
        committed.push((receipt["id"].as_str().expect("an id").to_owned(), now));
    }
    let started = Instant::now();
    while told.lock().expect("a lock").len() < committed.len() {
        assert!(
            started.elapsed() < Duration::from_mins(1),
            "not all were told"
        );
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let told = told.lock().expect("a lock");
    let mut waits: Vec<f64> = committed
        .iter()
        .map(|(id, at)| told[id].saturating_duration_since(*at).as_secs_f64())
        .collect();
    waits.sort_by(f64::total_cmp);
    waits[waits.len() * 99 / 100]
}

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let bodies = ingest::singles(RECORDS);
    let dead = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(late(&bodies, None));
        beside.push(late(&bodies, Some(&dead)));
    }
    let (alone, beside) = (median(&mut alone), median(&mut beside));
    println!("beside: {RECORDS} records, from commit to subscriber, 99 in 100 within");
    println!(
        "  alone                              {:>8.1} ms",
        alone * 1e3
    );
    println!(
        "  beside a dead one                  {:>8.1} ms",
        beside * 1e3
    );
    vec![Figure {
        what: "p99 from commit to a subscriber, beside a dead one / alone".to_owned(),
        measured: beside / alone,
        bound: 1.2,
        at_most: true,
    }]
}
