//! `hub check` of a file of 1 GB: its peak of resident memory.

use std::io::{BufWriter, Write as _};
use std::process::{Command, Stdio};

use super::{Figure, records, server};

const SIZE: usize = 1 << 30;

/// Runs the check.
pub fn run() -> Vec<Figure> {
    let spec = spec::Spec::embedded().expect("the specification");
    let dataset = spec.edition("3.0").and_then(|e| e.dataset("TENDER_PROJECT")).expect("501");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.ndjson");
    let mut file = BufWriter::new(std::fs::File::create(&path).expect("a file"));
    let mut written = 0;
    let mut number = 0;
    while written < SIZE {
        let data = records::record(dataset, 3000, number, &|field| records::tender_project(field, number));
        let line = format!("{{\"dataset\":\"TENDER_PROJECT\",\"data\":{data}}}\n");
        for _ in 0..50 {
            file.write_all(line.as_bytes()).expect("written");
            written += line.len();
        }
        number += 1;
    }
    file.flush().expect("written");
    drop(file);
    let started = std::time::Instant::now();
    let mut child = Command::new(server::program())
        .arg("check")
        .arg(&path)
        .args(["--source", "320100", "--format", "json"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0_u64;
    while child.try_wait().expect("a child").is_none() {
        // The file vanishes when the process has ended.
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok());
            peak = peak.max(kilobytes.unwrap_or(0));
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("memory: {written} bytes checked in {seconds:.1} s, {peak} kB resident at most");
    vec![Figure {
        what: "peak resident memory of `hub check` on 1 GB, in MB".to_owned(),
        measured: peak as f64 / 1024.0,
        bound: 200.0,
        at_most: true,
    }]
}
