//! `hub submit`: sends files to a hub until it has receipted them, and keeps the receipts with their proofs.
//!
//! Sending again is harmless: the hub knows a submission by its number, or by its bytes when it has none, and
//! answers with the first receipt.

mod client;
mod several;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use serde_json::json;

use super::Form;
use super::access::Access;
use crate::pipeline::receipt::Receipt;
use crate::report::table::{Cell, Table, column};
use client::{Client, Patience};

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files, sent in this order.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    access: Access,
    /// Folder in which the receipts are kept.
    #[arg(long, default_value = "receipts", value_name = "DIR")]
    receipts: PathBuf,
    /// Data set of all records, where the files do not say it.
    #[arg(long)]
    dataset: Option<String>,
    /// Files above this size, in bytes, are uploaded in pieces, and go on where they were cut off.
    #[arg(long, default_value_t = 8 << 20, value_name = "BYTES")]
    upload_above: u64,
    /// Send several files in one request (multipart/form-data); each is a submission of its own.
    #[arg(long, conflicts_with_all = ["upload_above", "concurrency"])]
    multipart: bool,
    /// Files sent at once; more than one gives up their order.
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
    /// Attempts before a file is given up.
    #[arg(long, default_value_t = 12)]
    attempts: u32,
    /// Longest wait for the proof of a receipt, in seconds.
    #[arg(long, default_value_t = 60)]
    proof_wait: u64,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// What became of one file.
type Sent = Result<Receipt, String>;

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let key = arguments.access.key()?;
    std::fs::create_dir_all(&arguments.receipts)
        .with_context(|| arguments.receipts.display().to_string())?;
    let patience = Patience {
        attempts: arguments.attempts,
        proof_wait: std::time::Duration::from_secs(arguments.proof_wait),
    };
    let client = Client::new(&arguments.access.url, &key, patience);
    let results = if arguments.multipart {
        several::send_all(arguments, &client)
    } else {
        send_all(arguments, &client)
    };
    report(arguments, &results)
}

fn send_all(arguments: &Arguments, client: &Client) -> Vec<Option<Sent>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![None; arguments.files.len()]);
    std::thread::scope(|scope| {
        for _ in 0..arguments.concurrency.clamp(1, 256) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = arguments.files.get(place) else {
                        return;
                    };
                    let sent = send(arguments, client, file).map_err(|error| format!("{error:#}"));
                    if let Err(error) = &sent {
                        eprintln!("{}: {error}", file.display());
                    }
                    let mut results = results
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    if let Some(slot) = results.get_mut(place) {
                        *slot = Some(sent);
                    }
                }
            });
        }
    });
    results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn send(arguments: &Arguments, client: &Client, file: &Path) -> anyhow::Result<Receipt> {
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let size = std::fs::metadata(file)
        .with_context(|| file.display().to_string())?
        .len();
    let dataset = arguments.dataset.as_deref();
    let mut receipt = if size > arguments.upload_above {
        let memo = arguments.receipts.join(format!("{name}.upload.json"));
        client.upload(&name, dataset, file, &memo)?
    } else {
        let body = std::fs::read(file).with_context(|| file.display().to_string())?;
        client.submit(&name, dataset, &body)?
    };
    kept_with_proof(arguments, client, &name, &mut receipt)?;
    Ok(receipt)
}

/// Keeps a receipt at once, and again with the proof of its place in the log.
fn kept_with_proof(
    arguments: &Arguments,
    client: &Client,
    name: &str,
    receipt: &mut Receipt,
) -> anyhow::Result<()> {
    keep(&arguments.receipts, name, receipt)?;
    receipt.proof = Some(client.proof(&receipt.id).context(super::said(
        "回执已保存，但未能取得存证",
        "the receipt is kept, its proof could not be fetched",
    ))?);
    keep(&arguments.receipts, name, receipt)
}

/// Keeps a receipt: written whole under another name first, so that there is never half of one.
fn keep(folder: &Path, name: &str, receipt: &Receipt) -> anyhow::Result<()> {
    let mut path = folder.join(format!("{name}.receipt.json"));
    // Another file of the same name was receipted before: both receipts are kept.
    if let Ok(before) = std::fs::read(&path)
        && serde_json::from_slice::<Receipt>(&before).is_ok_and(|before| before.id != receipt.id)
    {
        path = folder.join(format!("{name}.{}.receipt.json", receipt.id));
    }
    let mut text = serde_json::to_vec_pretty(receipt)?;
    text.push(b'\n');
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, &text)?;
    file.as_file().sync_all()?;
    file.persist(&path)
        .with_context(|| path.display().to_string())?;
    Ok(())
}

fn report(arguments: &Arguments, results: &[Option<Sent>]) -> anyhow::Result<bool> {
    let mut rows = Vec::new();
    let (mut failed, mut rejected) = (0, 0);
    for (file, sent) in arguments.files.iter().zip(results) {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if let Some(Ok(receipt)) = sent {
            let counts = receipt.counts;
            rejected += counts.rejected;
            if arguments.format == Form::Json {
                println!(
                    "{}",
                    json!({ "file": name, "receipt": receipt.id, "counts": counts })
                );
            }
            let mut row: Vec<Cell> = vec![name.into(), receipt.id.as_str().into()];
            let figures = [
                counts.records,
                counts.accepted,
                counts.accepted_with_warnings,
                counts.parked,
                counts.duplicate,
                counts.rejected,
            ];
            row.extend(figures.map(|figure| Cell::Number(i64::from(figure))));
            rows.push(row);
        } else {
            failed += 1;
            let why = sent.as_ref().and_then(|sent| sent.as_ref().err());
            if arguments.format == Form::Json {
                println!("{}", json!({ "file": name, "error": why }));
            }
            let mut row: Vec<Cell> = vec![name.into(), "失败 failed".into()];
            row.extend([const { Cell::Empty }; 6]);
            rows.push(row);
        }
    }
    if arguments.format == Form::Text {
        let columns = vec![
            column("file", "文件 file"),
            column("receipt", "回执 receipt"),
            column("records", "接收 received"),
            column("accepted", "合格 accepted"),
            column("warned", "提示 warned"),
            column("parked", "待关联 parked"),
            column("duplicate", "重复 duplicate"),
            column("rejected", "退回 rejected"),
        ];
        print!(
            "{}",
            Table {
                name: "submit",
                zh: "报送",
                columns,
                rows,
                total: None,
            }
            .text()
        );
        eprintln!("receipts are in {}", arguments.receipts.display());
    }
    anyhow::ensure!(
        failed == 0,
        "{failed} of {} files were not receipted with a proof",
        arguments.files.len()
    );
    Ok(rejected == 0)
}
