//! Several files in one request (`multipart/form-data`, RFC 7578): each is a submission of its own, and gets a receipt of
//! its own; one that cannot be read does not harm the others.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::client::{Client, read};
use super::{Arguments, Sent, kept_with_proof};
use crate::cli::said;
use crate::pipeline::receipt::Receipt;

/// Files of a request at most; the hub takes a hundred.
const FILES: usize = 50;
/// Bytes of a request, about.
const BYTES: u64 = 16 << 20;

/// The answer to a request.
#[derive(Debug, Deserialize)]
struct Answer {
    files: Vec<Line>,
}

/// What became of one file.
#[derive(Debug, Deserialize)]
struct Line {
    receipt: Option<Receipt>,
    problem: Option<Value>,
}

/// Sends all files, in order, some at a time.
pub fn send_all(arguments: &Arguments, client: &Client) -> Vec<Option<Sent>> {
    let mut results = Vec::new();
    for files in groups(&arguments.files) {
        match request(client, arguments.dataset.as_deref(), files) {
            Ok(lines) => {
                for (file, line) in files.iter().zip(lines) {
                    let sent = outcome(arguments, client, file, line);
                    results.push(Some(sent.map_err(|error| told(file, &error))));
                }
            }
            Err(error) => {
                results.extend(files.iter().map(|file| Some(Err(told(file, &error)))));
            }
        }
    }
    results
}

fn told(file: &Path, error: &anyhow::Error) -> String {
    eprintln!("{}: {error:#}", file.display());
    format!("{error:#}")
}

/// Files that go together.
fn groups(files: &[PathBuf]) -> Vec<&[PathBuf]> {
    let mut groups = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (place, file) in files.iter().enumerate() {
        // What cannot be looked at is told when it is read.
        let size = std::fs::metadata(file).map_or(0, |about| about.len());
        if place > from && (place - from == FILES || bytes + size > BYTES) {
            groups.extend(files.get(from..place));
            (from, bytes) = (place, 0);
        }
        bytes += size;
    }
    groups.extend(files.get(from..).filter(|rest| !rest.is_empty()));
    groups
}

fn request(client: &Client, dataset: Option<&str>, files: &[PathBuf]) -> anyhow::Result<Vec<Line>> {
    let boundary = format!("hub-{}", uuid::Uuid::now_v7().simple());
    let mut body = Vec::new();
    for file in files {
        let name = name(file).replace('"', "%22");
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        body.extend_from_slice(&bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let answer = client.persist(|| {
        let mut address = format!("{}/v1/submissions", client.url);
        if let Some(dataset) = dataset {
            address = format!("{address}?dataset={}", super::client::encode(dataset));
        }
        let request = client
            .agent
            .post(address)
            .header("authorization", format!("Bearer {}", client.key))
            .header(
                "content-type",
                format!("multipart/form-data; boundary={boundary}"),
            );
        read(request.send(body.as_slice()))
    })?;
    let answer: Answer = serde_json::from_slice(&answer.body).context(said(
        "返回内容不是回执清单",
        "the answer is no list of receipts",
    ))?;
    anyhow::ensure!(
        answer.files.len() == files.len(),
        said(
            format!(
                "发送 {} 个文件，应答 {} 个",
                files.len(),
                answer.files.len()
            ),
            format!(
                "{} files were sent, {} answered",
                files.len(),
                answer.files.len()
            ),
        )
    );
    Ok(answer.files)
}

fn outcome(
    arguments: &Arguments,
    client: &Client,
    file: &Path,
    line: Line,
) -> anyhow::Result<Receipt> {
    let mut receipt = match (line.receipt, line.problem) {
        (Some(receipt), _) => receipt,
        (None, problem) => anyhow::bail!("{}", problem.unwrap_or_default()),
    };
    kept_with_proof(arguments, client, &name(file), &mut receipt)?;
    Ok(receipt)
}

fn name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
