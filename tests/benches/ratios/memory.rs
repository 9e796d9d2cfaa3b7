//! A file of 1 GB: the peak of resident memory of `hub check`, in lines and in XML, and of a hub that takes it as one
//! submission.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::server::Server;
use super::{Figure, records, server};

const SIZE: usize = 1 << 30;

/// How a record is written.
#[derive(Clone, Copy)]
enum Form {
    /// A JSON object a line.
    Lines,
    /// An element in one large batch.
    Elements,
}

impl Form {
    /// The source that writes so, and the ending of its files.
    fn source(self) -> (&'static str, &'static str) {
        match self {
            Form::Lines => ("320100", "ndjson"),
            Form::Elements => ("320900", "xml"),
        }
    }

    fn record(self, dataset: &str, data: &str) -> String {
        match self {
            Form::Lines => format!("{{\"dataset\":\"{dataset}\",\"data\":{data}}}\n"),
            Form::Elements => {
                let fields: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(data).expect("JSON");
                let field = |(name, value): (&String, &serde_json::Value)| {
                    let text = value.as_str().map_or(value.to_string(), str::to_owned);
                    format!("<{name}>{text}</{name}>")
                };
                let fields: String = fields.iter().map(field).collect();
                format!("<GCJS_{dataset}>{fields}</GCJS_{dataset}>\n")
            }
        }
    }

    /// What stands around the records.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Form::Lines => ("", ""),
            Form::Elements => ("<BATCH>\n", "</BATCH>\n"),
        }
    }
}

/// Writes a gigabyte of records, each of which comes so many times; returns how many there are.
fn write(path: &Path, form: Form, dataset: &str, times: usize) -> u64 {
    let spec = spec::Spec::embedded().expect("the specification");
    let dataset = spec
        .edition("3.0")
        .and_then(|e| e.dataset(dataset))
        .expect("a data set");
    let sample = records::record(dataset, 3000, 0, &|field| records::tender_project(field, 0));
    let code = |number: u64| records::tender_project("PROJECT_CODE", number).expect("a code");
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let (mut written, mut number, mut count) = (0, 0, 0);
    let (head, tail) = form.around();
    file.write_all(head.as_bytes()).expect("written");
    while written < SIZE {
        let data = sample.replace(&code(0), &code(number));
        let record = form.record(&dataset.id, &data);
        for _ in 0..times {
            file.write_all(record.as_bytes()).expect("written");
            written += record.len();
            count += 1;
        }
        number += 1;
    }
    file.write_all(tail.as_bytes()).expect("written");
    file.flush().expect("written");
    count
}

/// Peak of resident memory of a process so far, in MB; none when it has ended.
pub fn peak(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Runs both.
pub fn run() -> Vec<Figure> {
    vec![check(Form::Lines), check(Form::Elements), submission()]
}

/// One push of a gigabyte: received to disk, judged in parts, one receipt.
fn submission() -> Figure {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.ndjson");
    let records = write(&path, Form::Lines, "PROJECT", 1);
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
fn check(form: Form) -> Figure {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, ending) = form.source();
    let path = folder.path().join(format!("large.{ending}"));
    write(&path, form, "TENDER_PROJECT", 50);
    let started = Instant::now();
    let mut child = Command::new(server::program())
        .arg("check")
        .arg(&path)
        .args(["--source", source, "--format", "json"])
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
    println!("memory: 1 GB of {ending} checked in {seconds:.1} s, {most:.0} MB resident at most");
    Figure {
        what: format!("peak resident memory of `hub check` on 1 GB of {ending}, in MB"),
        measured: most,
        bound: 200.0,
        at_most: true,
    }
}
