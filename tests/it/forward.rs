//! Forwarding through real processes: every accepted record arrives, in order within its deal, once.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

/// The simulated national platform as a process.
pub struct National {
    child: Child,
    /// Its address.
    pub url: String,
}

impl National {
    /// Starts it, with the faults that are named.
    pub fn start(fail: &str) -> National {
        if fail.is_empty() {
            return National::run(&[]);
        }
        National::run(&["--fail", fail])
    }

    /// Starts one whose business answer takes so many milliseconds.
    pub fn start_slow(delay: u64) -> National {
        National::run(&["--delay", &delay.to_string()])
    }

    /// Starts it with further arguments.
    pub fn start_with(more: &[&str]) -> National {
        National::run(more)
    }

    fn run(more: &[&str]) -> National {
        let mut command = Command::new(hub::program());
        command.args(["simulate", "national", "--listen", "127.0.0.1:0"]);
        command.args(more);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout"))
            .read_line(&mut line)
            .expect("a line");
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .expect(&line)
            .to_owned();
        National { child, url }
    }
}

impl Drop for National {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn row(hub: &Hub, reader: &str) -> Value {
    let table = hub.get("/v1/reports/exchange", reader).json();
    table["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["source"] == "320100")
        .expect("Nanjing")
        .clone()
}

/// Waits until nothing is on its way.
pub fn settled(hub: &Hub, reader: &str) -> Value {
    let started = Instant::now();
    loop {
        let row = row(hub, reader);
        if row["open"] == 0 {
            return row;
        }
        assert!(
            started.elapsed() < Duration::from_mins(2),
            "still on its way: {row}"
        );
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

pub fn push(hub: &Hub, key: &str, from: u32, count: u32) {
    for batch in 0..count / 20 {
        let elements: Vec<Value> = (0..20)
            .map(|n| records::element("PROJECT", &records::project(from + batch * 20 + n)))
            .collect();
        let body = records::envelope(&format!("from-{from}-{batch}"), &elements);
        let answer = hub.post("/v1/submissions", key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

fn everything_arrives_once(engine: Engine) {
    let national = National::start(
        "5xx=0.1,drop_after_commit=0.1,reset=0.1,lost_answer=0.1,429=0.05,garbage=0.05,seed=7",
    );
    let mut hub = Hub::start(engine, &["--national", &national.url]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    for round in 0..4 {
        push(&hub, &key, round * 100 + 1, 100);
        // In the middle of sending.
        hub.kill();
        hub.restart();
    }
    let row = settled(&hub, &reader);
    assert_eq!(row["owed"], 400, "{row}");
    assert_eq!(row["acknowledged"], 400, "{row}");
    let summary = hub::get(&format!("{}/summary", national.url), "").json();
    assert_eq!(summary["accepted"], 400, "{summary}");
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn everything_arrives_once_on_sqlite() {
    everything_arrives_once(Engine::Sqlite);
}

#[test]
fn everything_arrives_once_on_postgres() {
    everything_arrives_once(Engine::Postgres);
}

/// Deals, and versions of each: an order that can be broken.
const DEALS: u32 = 200;
const VERSIONS: u32 = 50;
const KILLS: u32 = 100;

/// All that the platform took over, in order: numbers of versions.
fn taken(national: &National) -> Vec<i64> {
    let mut all = Vec::new();
    loop {
        let url = format!("{}/records?after={}&limit=10000", national.url, all.len());
        let page = hub::get(&url, "").json();
        let rows = page["records"].as_array().expect("records");
        if rows.is_empty() {
            return all;
        }
        all.extend(rows.iter().map(|row| row["id"].as_i64().expect("a number")));
    }
}

/// Which project each version is of, as the hub says.
fn projects(hub: &Hub, reader: &str) -> HashMap<i64, String> {
    let mut all = HashMap::new();
    let mut after = "0".to_owned();
    loop {
        let path = format!("/v1/events?destination=national&limit=1000&after={after}");
        let page = hub.get(&path, reader).json();
        for event in page["items"].as_array().expect("events") {
            let key = event["key"].as_str().expect("a key").to_owned();
            all.insert(event["record"].as_i64().expect("a number"), key);
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return all,
        }
    }
}

/// 10,000 records of 200 deals, every fault that the platform knows, and 100 kills at any moment.
#[test]
fn nothing_is_lost_doubled_or_overtaken_while_the_hub_is_killed_a_hundred_times() {
    let national = National::start(
        "5xx=0.05,drop_after_commit=0.05,reset=0.05,lost_answer=0.05,429=0.01,garbage=0.05,hang=0.005,hang_for=1s,seed=3",
    );
    let mut hub = Hub::start(Engine::Sqlite, &["--national", &national.url]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    for round in 0..KILLS {
        let elements: Vec<Value> = (0..DEALS / 2)
            .map(|n| {
                let deal = n + (round % 2) * (DEALS / 2) + 1;
                let mut data = records::project(deal);
                data["PROJECT_NAME"] = format!("示例工程{deal}第{round}版").into();
                records::element("PROJECT", &data)
            })
            .collect();
        let body = records::envelope(&format!("round-{round}"), &elements);
        let answer = hub.post("/v1/submissions", &key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["counts"]["rejected"], 0, "{}", answer.text);
        // Now at once, now a little later: in the middle of whatever it is doing.
        std::thread::park_timeout(Duration::from_millis(u64::from(round * 37 % 200)));
        hub.kill();
        hub.restart();
    }
    let row = settled(&hub, &reader);
    assert_eq!(row["owed"], DEALS * VERSIONS, "{row}");
    assert_eq!(row["acknowledged"], DEALS * VERSIONS, "{row}");
    let (taken, projects) = (taken(&national), projects(&hub, &reader));
    assert_eq!(taken.len(), (DEALS * VERSIONS) as usize, "no effect twice");
    let mut newest = HashMap::new();
    for id in taken {
        let project = &projects[&id];
        let before = newest.insert(project, id);
        assert!(
            before.is_none_or(|before| before < id),
            "{project} was overtaken by itself"
        );
    }
    assert_eq!(newest.len(), DEALS as usize);
}
