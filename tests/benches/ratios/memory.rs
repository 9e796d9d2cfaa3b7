//! A file of 1 GB: the peak of resident memory of `hub check`, and of a hub that takes it as one submission.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::server::Server;
use super::{Figure, records, server};

const SIZE: usize = 1 << 30;

/// Writes a gigabyte of records, each of which comes so many times; returns how many there are.
fn write(path: &Path, dataset: &str, times: usize) -> u64 {
    let spec = spec::Spec::embedded().expect("the specification");
    let dataset = spec
        .edition("3.0")
        .and_then(|e| e.dataset(dataset))
        .expect("a data set");
    let sample = records::record(dataset, 3000, 0, &|field| records::tender_project(field, 0));
    let code = |number: u64| records::tender_project("PROJECT_CODE", number).expect("a code");
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let (mut written, mut number, mut count) = (0, 0, 0);
    while written < SIZE {
        let data = sample.replace(&code(0), &code(number));
        let line = format!("{{\"dataset\":\"{}\",\"data\":{data}}}\n", dataset.id);
        for _ in 0..times {
            file.write_all(line.as_bytes()).expect("written");
            written += line.len();
            count += 1;
        }
        number += 1;
    }
    file.flush().expect("written");
    count
}

/// Peak of resident memory of a process so far, in MB; none when it has ended.
fn peak(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Runs both.
pub fn run() -> Vec<Figure> {
    vec![check(), submission()]
}

/// One push of a gigabyte: received to disk, judged in parts, one receipt.
fn submission() -> Figure {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.ndjson");
    let records = write(&path, "PROJECT", 1);
    let server = Server::start();
    let key = server.key("320100");
    let before = peak(server.pid()).expect("the hub runs");
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let started = Instant::now();
    let mut answer = agent
        .post(format!("http://{}/v1/submissions", server.address))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/x-ndjson")
        .send(File::open(&path).expect("the file"))
        .expect("an answer");
    let text = answer
        .body_mut()
        .with_config()
        .limit(64 << 20)
        .read_to_string()
        .expect("a receipt");
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(answer.status().as_u16(), 200, "{text}");
    let receipt: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(receipt["counts"]["records"], records);
    let peak = peak(server.pid()).expect("the hub runs");
    println!(
        "memory: {records} records of 1 GB receipted in {seconds:.1} s ({} bytes of receipt, {}), {before:.0} MB \
         resident before, {peak:.0} MB at most",
        text.len(),
        receipt["counts"]
    );
    Figure {
        what: "peak resident memory of a hub that takes 1 GB as one submission, in MB".to_owned(),
        measured: peak,
        bound: 500.0,
        at_most: true,
    }
}

/// The check without a hub.
fn check() -> Figure {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.ndjson");
    write(&path, "TENDER_PROJECT", 50);
    let started = Instant::now();
    let mut child = Command::new(server::program())
        .arg("check")
        .arg(&path)
        .args(["--source", "320100", "--format", "json"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut most = 0.0_f64;
    while child.try_wait().expect("a child").is_none() {
        // The file vanishes when the process has ended.
        most = most.max(peak(child.id()).unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(50));
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("memory: 1 GB checked in {seconds:.1} s, {most:.0} MB resident at most");
    Figure {
        what: "peak resident memory of `hub check` on 1 GB, in MB".to_owned(),
        measured: most,
        bound: 200.0,
        at_most: true,
    }
}
