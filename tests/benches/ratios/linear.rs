//! One deal in one submission, ten and a hundred times as large: cost must grow in a line. So must it where every record
//! is held against all others of its section: bids whose bidders must not share a manager.

mod sequence;

use std::time::Instant;

use serde_json::{Value, json};
use spec::generate::identifiers::{citizen, credit_code, organization};

use super::load::Client;
use super::server::Server;
use super::{Figure, records};

/// Records of a deal, and how often each size is sent (each time another deal).
const SIZES: [(u64, u64); 3] = [(1_000, 10), (10_000, 3), (100_000, 1)];

const PATH: &str = "/v1/submissions?records=issues";

/// A project, its tender project and section, and guarantees for the bids: all of them hang on the section.
fn deal(edition: &spec::Edition, deal: u64, guarantees: u64) -> Vec<u8> {
    let own = |field: &str, number: u64| match field {
        "BID_SECTION_CODE" => Some(format!("E3201000001{deal:06}001001")),
        "GUARANTEE_NO" => Some(format!("BH{deal:06}{number:08}")),
        "BIDDER_ORG_CODE" => Some("91320100TEXT00017N".to_owned()),
        "TENDER_PROJECT_CLASSIFY_CODE" => Some("A01".to_owned()),
        other => records::tender_project(other, deal),
    };
    let one = |name: &str, number: u64| {
        let dataset = edition.dataset(name).expect("a data set");
        let data = records::record(dataset, 600, number, &|field| own(field, number));
        format!("{{\"dataset\":\"{name}\",\"data\":{data}}}")
    };
    let mut all: Vec<String> = ["PROJECT", "TENDER_PROJECT", "SECTION"]
        .iter()
        .map(|name| one(name, 0))
        .collect();
    all.extend((0..guarantees).map(|number| one("LETTER_OF_GUARANTEE", number)));
    format!(
        "{{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"deal-{deal}\",\"records\":[{}]}}",
        all.join(",")
    )
    .into_bytes()
}

/// What Nanjing sends before the bids: subjects, and deals with their sections.
fn before(server: &Server, key: &str) -> Vec<Value> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sources/320100");
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a fixture");
    let mut client = Client::connect(&server.address, PATH, "application/json", key);
    assert_eq!(
        client.post(&read("02-subjects.json")).0,
        200,
        "the subjects"
    );
    let deals = read("03-deals.ndjson");
    let mut client = Client::connect(&server.address, PATH, "application/x-ndjson", key);
    assert_eq!(client.post(&deals).0, 200, "the deals");
    let text = String::from_utf8(deals).expect("UTF-8");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

/// Bids for one section, each of a bidder and with a manager of its own.
fn bids(deals: &[Value], deal: u64, count: u64) -> Vec<u8> {
    let of = |name: &str, place: u64| {
        let mut all = deals.iter().filter(|record| record["dataset"] == name);
        all.nth(place as usize).expect("a record").clone()
    };
    let (bid, section) = (of("TENDER_LIST", 0), of("SECTION", deal));
    let head = json!({ "edition": "3.0", "source": "320100", "submission": format!("bids-{deal}-{count}") });
    let mut text = format!("{head}\n");
    for number in 0..count {
        let mut bid = bid.clone();
        let data = &mut bid["data"];
        for name in ["TENDER_PROJECT_CODE", "BID_SECTION_CODE"] {
            data[name] = section["data"][name].clone();
        }
        let body = organization(&format!("T{number:07}"));
        let (month, day) = (1 + number / 60 % 12, 1 + number / 720 % 28);
        let birth = format!("{}{month:02}{day:02}", 1930 + number % 60);
        data["BIDDER_ORG_CODE"] = credit_code("91", "320100", &body).into();
        data["PM_CODE"] = citizen("320102", &birth, 1 + (number / 20_160) as u32).into();
        text.push_str(&bid.to_string());
        text.push('\n');
    }
    text.into_bytes()
}

/// Candidates for one section, each of a rank that no other may have.
fn candidates(deals: &[Value], deal: u64, count: u64) -> Vec<u8> {
    let of = |name: &str, place: u64| {
        let mut all = deals.iter().filter(|record| record["dataset"] == name);
        all.nth(place as usize).expect("a record").clone()
    };
    let (mut candidate, report) = (of("TENDER_CANDIDATE", 0), of("EVALUATION_REPORT", deal - 1));
    for name in ["TENDER_PROJECT_CODE", "BID_SECTION_CODE"] {
        candidate["data"][name] = report["data"][name].clone();
    }
    let head = json!({ "edition": "3.0", "source": "320100", "submission": format!("candidates-{deal}-{count}") });
    let mut text = format!("{head}\n");
    for number in 0..count {
        let body = organization(&format!("C{number:07}"));
        let data = &mut candidate["data"];
        data["WIN_CANDIDATE_CODE"] = credit_code("91", "320100", &body).into();
        data["WIN_CANDIDATE_ORDER"] = (number + 1).into();
        text.push_str(&candidate.to_string());
        text.push('\n');
    }
    text.into_bytes()
}

/// Runs the comparison: of processor time, which other work on the machine does not change.
pub fn run() -> Vec<Figure> {
    let spec = spec::Spec::embedded().expect("the specification");
    let edition = spec.edition("3.0").expect("3.0");
    let server = Server::start();
    let key = server.key("320100");
    println!("linear: one deal in one submission");
    let mut figures = measured(
        &server,
        &key,
        "application/json",
        "a deal",
        &|number, size| deal(edition, number, size),
    );
    println!("linear: bids for one section in one submission");
    let deals = before(&server, &key);
    let bids = |number, size| bids(&deals, number, size);
    let candidates = |number, size| candidates(&deals, number, size);
    let ndjson = "application/x-ndjson";
    figures.extend(measured(&server, &key, ndjson, "the bids", &bids));
    println!("linear: candidates of one section in one submission, whose ranks differ");
    let what = "the candidates";
    figures.extend(measured(&server, &key, ndjson, what, &candidates));
    sequence::run(&SIZES);
    figures
}

fn measured(
    server: &Server,
    key: &str,
    media_type: &str,
    what: &str,
    body: &dyn Fn(u64, u64) -> Vec<u8>,
) -> Vec<Figure> {
    let mut next = 0;
    let times: Vec<f64> = SIZES
        .iter()
        .map(|&(size, rounds)| {
            let (mut clock, mut processor) = (0.0, 0.0);
            for _ in 0..rounds {
                next += 1;
                let body = body(next, size);
                // A kept-open connection would have been closed while a large deal was made up.
                let mut client = Client::connect(&server.address, PATH, media_type, key);
                let (before, started) = (server.cpu().0, Instant::now());
                let (status, answer) = client.post(&body);
                clock += started.elapsed().as_secs_f64();
                processor += server.cpu().0 - before;
                let head = String::from_utf8_lossy(answer.get(..400).unwrap_or(answer));
                assert_eq!(status, 200, "{head}");
                let kept = head.contains("\"parked\":0") && head.contains("\"rejected\":0");
                assert!(kept, "{head}");
            }
            let each = |seconds: f64| seconds * 1e6 / (rounds * size) as f64;
            println!(
                "  {size:>7} records: each {:>6.1} µs on the clock, {:>6.1} µs of processor time",
                each(clock),
                each(processor)
            );
            processor / rounds as f64
        })
        .collect();
    growth(&format!("processor time of {what}"), &times)
}

/// How the cost of each size compares with that of the size before.
fn growth(what: &str, times: &[f64]) -> Vec<Figure> {
    let sizes = SIZES.iter().zip(SIZES.iter().skip(1));
    let times = times.iter().zip(times.iter().skip(1));
    sizes
        .zip(times)
        .map(|((small, large), (before, after))| Figure {
            what: format!("{what} of {} / of {} records", large.0, small.0),
            measured: after / before,
            bound: 12.0,
            at_most: true,
        })
        .collect()
}
