//! `hub close reconcile`: the source's side. Builds the set of a day from the receipts that `hub submit` kept, walks it
//! against the hub's close, names what differs, and sends the signed manifest.

mod asking;
mod found;
mod kept;

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use self::asking::Hub;
use self::found::Found;
use self::kept::Kept;
use crate::cli::access::Access;
use crate::cli::{Form, said};
use crate::close::document::{Books, Document};
use crate::close::manifest::Manifest;
use crate::close::shown::Shown;
use crate::close::tree::{Prefix, Summary};
use crate::keys::SigningKey;
use crate::leaf::canonical;
use crate::tlog::{Hash, sha256};

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The day, in China.
    date: String,
    #[command(flatten)]
    access: Access,
    /// Folder in which `hub submit` keeps the receipts.
    #[arg(long, default_value = "receipts", value_name = "DIR")]
    receipts: PathBuf,
    /// Private key of the source (`hub close key`); without it the books are compared, and nothing is signed.
    #[arg(long, value_name = "FILE")]
    sign: Option<PathBuf>,
    /// File in which the hub's close is kept, with what was signed.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Name the differences that follow this id, as the answer before said; each names 1,000 at most.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// Runs the command: true when both sides agree.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let key = arguments.access.key()?;
    let hub = Hub::new(&arguments.access.url, key);
    let after = arguments.after.as_deref().map(Hash::from_hex).transpose();
    let after = after.with_context(|| {
        said(
            "--after 应为 64 位十六进制数字",
            "--after: expected 64 hexadecimal digits",
        )
    })?;
    let date = &arguments.date;
    let path = format!("/v1/closes/{date}");
    let shown: Shown = hub.get(&path)?;
    let encoded = canonical(&shown.document);
    let document: Document = serde_json::from_str(&encoded)?;
    let source = document
        .with
        .strip_prefix("source/")
        .with_context(|| said("该密钥不是来源的密钥", "the key is not that of a source"))?;
    let Books::Source(books) = &document.books else {
        anyhow::bail!("{path}: not the books of a source");
    };
    let kept = Kept::read(&hub, &arguments.receipts, source, &document)?;
    let tree = &kept.tree;
    let theirs = Summary {
        count: books.listed,
        digest: Hash::from_hex(&books.root)?,
    };
    let number = document.number;
    let ask = |prefix: &Prefix| hub.node(date, number, prefix);
    let found = Found::walk(tree, theirs, after.as_ref(), ask)?;
    let differences = found.name(&hub, &kept)?;
    let answer = match &arguments.sign {
        None => None,
        Some(file) => {
            let signer = SigningKey::load(file).with_context(|| {
                said(
                    format!(
                        "{}：无法读取签名密钥；先用 hub close key --source {source} {} 生成，再由中心以 hub sources signer 登记",
                        file.display(),
                        file.display()
                    ),
                    format!(
                        "{}: the key cannot be read; make it with `hub close key --source {source} {}`, and let the centre register it with `hub sources signer`",
                        file.display(),
                        file.display()
                    ),
                )
            })?.note_signer(source)?;
            let manifest = Manifest {
                origin: document.origin.clone(),
                source: source.to_owned(),
                date: date.clone(),
                number: document.number,
                document_sha256: sha256(encoded.as_bytes()).to_hex(),
                records: tree.root().count,
                root: tree.root().digest.to_hex(),
            };
            let note = manifest.sign(&signer)?;
            let path = format!("{path}?number={number}");
            Some(hub.post(&path, &json!({ "manifest": note }))?)
        }
    };
    if let Some(output) = &arguments.output {
        let shown: Value = hub.get(&format!("{path}?number={number}"))?;
        std::fs::write(output, format!("{shown:#}\n"))
            .with_context(|| output.display().to_string())?;
    }
    let agreed = tree.root() == theirs;
    let signed = answer.as_ref().and_then(|answer| answer.get("leaf_index"));
    let balanced = document.balanced();
    match arguments.format {
        Form::Json => {
            let result = json!({
                "date": date, "source": source, "number": number, "agreed": agreed, "balanced": balanced,
                "records": { "hub": theirs.count, "source": tree.root().count },
                "questions": found.questions, "signed_leaf": signed,
                "differing": found.tally, "differences": differences, "next": found.next,
            });
            println!("{result}");
        }
        Form::Text => {
            for one in &differences {
                println!("  ✗ {} / {}", one.zh, one.en);
            }
            let more = found.tally.all().saturating_sub(differences.len() as u64);
            if let Some(next) = &found.next {
                println!(
                    "  ✗ 另有差异 {more} 条，后续以 --after {next} 查看 / {more} more; see those that follow with --after {next}"
                );
            }
            let (ours, hub) = (tree.root().count, theirs.count);
            let questions = found.questions;
            let verdict = if agreed {
                "一致 agreed"
            } else {
                "不一致 NOT agreed"
            };
            let signed = match signed {
                Some(leaf) => format!("已签署 signed, leaf {leaf}"),
                None => "未签署 not signed".to_owned(),
            };
            println!(
                "{date} {source}: 来源 source {ours} · 枢纽 hub {hub} · {verdict} · {signed} · 查询 {questions} questions"
            );
        }
    }
    Ok(agreed && balanced)
}
