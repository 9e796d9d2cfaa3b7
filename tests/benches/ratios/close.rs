//! The close of a day of 1,000,000 records that a platform holds, against one of a tenth: time and memory of `hub close`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Figure;
use super::forward::{Platform, until};
use super::ingest;
use super::load::Client;
use super::memory::peak;
use super::server::{Server, program};

/// Submissions of 500 records, of the small day and the large.
const DAYS: [u64; 2] = [200, 2000];

/// What a close took.
struct Took {
    seconds: f64,
    megabytes: f64,
}

/// Fills a day, forwards it, and closes it.
fn closed(batches: u64) -> Took {
    let data = tempfile::tempdir().expect("a folder");
    let vkey = data.path().join("log.pub").display().to_string();
    // The first start makes the key that the platform checks by.
    let data = Server::start_on(data, &[]).stop();
    let platform = Platform::start(&vkey);
    let url = format!("http://{}", platform.address);
    let hub = Server::start_on(data, &["--national", &url]);
    let key = hub.key("320100");
    let path = "/v1/submissions?records=issues";
    let mut client = Client::connect(&hub.address, path, "application/json", &key);
    for body in ingest::each(batches) {
        let (status, answer) = client.post(&body);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
    }
    let records = batches * ingest::BATCH;
    until("all are acknowledged", || {
        hub.metric("hub_delivery_open") < 0.5 && platform.accepted() == records
    });
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let today = jiff::Timestamp::now().to_zoned(china).date().to_string();
    let started = Instant::now();
    let mut child = Command::new(program())
        .args([
            "close",
            &today,
            "--national",
            &url,
            "--format",
            "json",
            "--data",
        ])
        .arg(hub.data.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the close begins");
    let mut megabytes = 0.0_f64;
    let status = loop {
        megabytes = megabytes.max(peak(child.id()).unwrap_or(0.0));
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = started.elapsed().as_secs_f64();
    assert!(status.success(), "balanced, and the platform agrees");
    println!("close: {records} records in {seconds:.2} s, {megabytes:.0} MB resident at most");
    Took { seconds, megabytes }
}

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let [small, large] = DAYS.map(closed);
    vec![
        Figure {
            what: "closing a day of 1,000,000 records / of 100,000".to_owned(),
            measured: large.seconds / small.seconds,
            bound: 12.0,
            at_most: true,
        },
        Figure {
            // What the database keeps of its pages (64 MB a connection) is not full after the small day.
            what: "peak memory of closing a day ten times as large, in units of the small one"
                .to_owned(),
            measured: large.megabytes / small.megabytes,
            bound: 1.5,
            at_most: true,
        },
    ]
}
