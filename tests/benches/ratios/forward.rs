//! Deliveries a second, against a bare HTTP client that posts the very same packets to the same platform with the same
//! concurrency. The hub besides reads, projects, signs and writes down every step, and asks for the business answer.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::ingest;
use super::listen::listen;
use super::load::{Client, get};
use super::server::{Server, listening, program};
use super::{Figure, median};

/// Submissions of 500 records.
const BATCHES: u64 = 200;
/// Packets under way at once: the hub's default.
const CONCURRENCY: usize = 8;
/// Each compares the two one after the other: a machine that gets faster or slower meanwhile does so for both.
const ROUNDS: usize = 5;

/// A platform of its own, empty.
pub struct Platform {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Platform {
    /// Starts one that checks packets by a key.
    pub fn start(key: &str) -> Platform {
        let mut child = Command::new(program())
            .args(["simulate", "national", "--listen", "127.0.0.1:0", "--key"])
            .arg(key)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the platform starts");
        let address = listening(&mut child);
        Platform { child, address }
    }

    /// Records that it has taken over.
    pub fn accepted(&self) -> u64 {
        let answer = get(&self.address, "/summary");
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        let summary: serde_json::Value = serde_json::from_str(body).expect("JSON");
        summary["accepted"].as_u64().expect("a number")
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn copy(data: &std::path::Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a folder");
    let done = Command::new("cp")
        .arg("-a")
        .arg(data.join("."))
        .arg(to.path())
        .status()
        .expect("cp runs");
    assert!(done.success(), "copied");
    to
}

/// Waits until something holds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_mins(15), "never: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The packets that a hub makes of what it owes, in order.
fn packets(data: tempfile::TempDir, records: u64) -> Vec<Vec<u8>> {
    let kept: Arc<Mutex<BTreeMap<u64, Vec<u8>>>> = Arc::default();
    let shelf = Arc::clone(&kept);
    let address = listen(move |path, body| {
        let mut shelf = shelf.lock().expect("a lock");
        if body.is_empty() {
            let batch: u64 = path
                .split('/')
                .nth(2)
                .expect("a batch")
                .parse()
                .expect("a number");
            let text = String::from_utf8_lossy(&shelf[&batch]).into_owned();
            let ids = text.split(" ID=\"").skip(1).map(|part| {
                let id = part.split('"').next().unwrap_or_default();
                format!("{{\"id\":{id},\"result\":\"accepted\"}}")
            });
            let ids: Vec<String> = ids.collect();
            return format!(
                "{{\"batch\":{batch},\"status\":\"done\",\"records\":[{}]}}",
                ids.join(",")
            );
        }
        let text = String::from_utf8_lossy(body);
        let batch = text
            .split("<BATCH>")
            .nth(1)
            .and_then(|rest| rest.split('<').next());
        let batch: u64 = batch.expect("a batch").parse().expect("a number");
        shelf.insert(batch, body.to_vec());
        format!("{{\"batch\":{batch},\"received\":true}}")
    });
    let url = format!("http://{address}");
    let hub = Server::start_on(data, &["--national", &url]);
    until("everything was recorded", || {
        hub.metric("hub_delivery_records_total{destination=\"national\",outcome=\"acknowledged\"")
            as u64
            == records
    });
    drop(hub);
    std::mem::take(&mut *kept.lock().expect("a lock"))
        .into_values()
        .collect()
}

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let bodies = ingest::bodies(BATCHES);
    let hub = Server::start();
    let key = hub.key("320100");
    let mut client = Client::connect(
        &hub.address,
        "/v1/submissions?records=issues",
        "application/json",
        &key,
    );
    for body in &bodies {
        let (status, answer) = client.post(body);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
    }
    let records = BATCHES * ingest::BATCH;
    let data = hub.stop();
    let vkey = data.path().join("log.pub").display().to_string();
    let packets = packets(copy(data.path()), records);
    let bytes: usize = packets.iter().map(Vec::len).sum();
    println!(
        "forward: {records} records in {} packets of {} KB on average",
        packets.len(),
        bytes / packets.len() / 1000
    );
    let (mut ours, mut bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let platform = Platform::start(&vkey);
        let url = format!("http://{}", platform.address);
        let hub = Server::start_on(copy(data.path()), &["--national", &url]);
        let started = Instant::now();
        // Looking costs the hub time, too, as it counts what is left: seldom while that is much, often at the end.
        let mut left = f64::MAX;
        until("all are acknowledged", || {
            let pause = (left / 100.0).clamp(15.0, 1000.0);
            std::thread::park_timeout(Duration::from_millis(pause as u64));
            left = hub.metric("hub_delivery_open");
            left < 0.5
        });
        ours.push(records as f64 / started.elapsed().as_secs_f64());
        assert_eq!(platform.accepted(), records, "the platform has them all");
        println!("  processor time: hub {:.1} s", hub.cpu().0);
        drop((hub, platform));

        let platform = Platform::start(&vkey);
        let started = Instant::now();
        std::thread::scope(|scope| {
            for place in 0..CONCURRENCY {
                let (packets, address) = (&packets, &platform.address);
                scope.spawn(move || {
                    let mut client = Client::connect(address, "/packets", "application/xml", "");
                    for packet in packets.iter().skip(place).step_by(CONCURRENCY) {
                        let (status, answer) = client.post(packet);
                        assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
                    }
                });
            }
        });
        bare.push(records as f64 / started.elapsed().as_secs_f64());
        ratios.push(ours[ours.len() - 1] / bare[bare.len() - 1]);
        assert_eq!(platform.accepted(), records, "the platform has them all");
    }
    let (ours, bare) = (median(&mut ours), median(&mut bare));
    println!("  hub, acknowledged                  {ours:>8.0} records/s");
    println!("  bare client, posted                {bare:>8.0} records/s");
    vec![Figure {
        what: "records delivered and acknowledged / the same packets posted bare".to_owned(),
        measured: median(&mut ratios),
        bound: 0.5,
        at_most: false,
    }]
}
