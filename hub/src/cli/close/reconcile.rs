//! `hub close reconcile`: the source's side. Builds the set of a day from the receipts that `hub submit` kept, walks it
//! against the hub's close, names what differs, and sends the signed manifest.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cli::access::Access;
use crate::cli::{Form, said};
use crate::close::document::{Books, Document};
use crate::close::manifest::{Difference, Manifest};
use crate::close::received::{Told, entry_of};
use crate::close::shown::Shown;
use crate::close::tree::{Entry, Prefix, Summary, Tree};
use crate::close::walk::{self, NodeText};
use crate::keys::SigningKey;
use crate::leaf::canonical;
use crate::pipeline::receipt::{Outcome, Receipt};
use crate::tlog::{Hash, merkle_root, sha256};

/// Most differences that are looked for.
const MOST: usize = 100_000;

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
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// A hub, asked by a source.
struct Hub {
    agent: ureq::Agent,
    url: String,
    key: String,
}

impl Hub {
    fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let request = request.header("authorization", format!("Bearer {}", self.key));
        read(request.call(), path)
    }

    fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        read(request.send(body.to_string()), path)
    }
}

fn read<T: DeserializeOwned>(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    path: &str,
) -> anyhow::Result<T> {
    let mut response = answer.with_context(|| path.to_owned())?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(1 << 30);
    let text = body.read_to_string().with_context(|| path.to_owned())?;
    if status != 200 {
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let part = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or(&text);
        anyhow::bail!("HTTP {status}: {}", said(part("detail"), part("detail_en")));
    }
    serde_json::from_str(&text).with_context(|| path.to_owned())
}

/// Runs the command: true when both sides agree.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let key = arguments.access.key()?;
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_mins(5)))
        .build();
    let hub = Hub {
        agent: agent.into(),
        url: arguments.access.url.trim_end_matches('/').to_owned(),
        key,
    };
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
    let (tree, told) = kept(&hub, &arguments.receipts, source, &document)?;
    let theirs = Summary {
        count: books.listed,
        digest: Hash::from_hex(&books.root)?,
    };
    let mut questions = 0;
    let mut known: Vec<(Entry, Value)> = Vec::new();
    let number = document.number;
    let found = walk::compare(
        &tree,
        theirs,
        MOST,
        |prefix: &Prefix| -> anyhow::Result<_> {
            questions += 1;
            let path = format!("/v1/closes/{date}/nodes?prefix={prefix}&number={number}");
            let text: NodeText<Value> = hub.get(&path)?;
            let node = text
                .read(prefix)
                .with_context(|| format!("{path}: not a node"))?;
            if let (Some(texts), walk_below) = (&text.entries, &node.below)
                && let crate::close::tree::Below::Entries(entries) = walk_below
            {
                let abouts = texts.iter().map(|text| text.about.clone());
                known.extend(entries.iter().copied().zip(abouts));
            }
            Ok(node)
        },
    )
    .map_err(|error| match error {
        walk::WalkError::Asked(error) => error,
        other => anyhow::anyhow!("{other}"),
    })?;
    let of_hub = |entry: &Entry| -> Option<Told> {
        let (_, value) = known.iter().find(|(one, _)| one == entry)?;
        serde_json::from_value(value.clone()).ok()
    };
    let of_ours = |entry: &Entry| -> Option<Value> {
        let at = told.binary_search_by_key(entry, |(one, _)| *one).ok()?;
        let (_, told) = told.get(at)?;
        serde_json::to_value(told).ok()
    };
    // Here is the source; the words are those of the hub's side.
    let mut differences = Vec::new();
    for entry in &found.only_here {
        differences.push(Difference::missing_here(&entry.id, of_ours(entry)));
    }
    for entry in &found.only_there {
        differences.push(Difference::missing_there(&entry.id, of_hub(entry)));
    }
    for (ours, theirs) in &found.otherwise {
        let (hub, source) = (of_hub(theirs), of_ours(ours));
        differences.push(Difference::otherwise(&ours.id, hub, source));
    }
    let answer = match &arguments.sign {
        None => None,
        Some(file) => {
            let signer = SigningKey::load(file)?.note_signer(source)?;
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
                "questions": questions, "signed_leaf": signed, "differences": differences,
            });
            println!("{result}");
        }
        Form::Text => {
            for one in &differences {
                println!("  ✗ {} / {}", one.zh, one.en);
            }
            let (ours, hub) = (tree.root().count, theirs.count);
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

/// The set of a day from the receipts of a folder, and each record in words.
fn kept(
    hub: &Hub,
    folder: &Path,
    source: &str,
    document: &Document,
) -> anyhow::Result<(Tree, Vec<(Entry, Told)>)> {
    let mut told: Vec<(Entry, Told)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if !path.to_string_lossy().ends_with(".receipt.json") {
            continue;
        }
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).with_context(|| name.clone())?;
        let receipt: Receipt = serde_json::from_slice(&bytes).with_context(|| name.clone())?;
        let leaf = i64::try_from(receipt.evidence.leaf_index).unwrap_or(i64::MAX);
        let of_day = (document.leaves.from..document.leaves.until).contains(&leaf);
        // The same bytes sent again gave the same receipt, which may lie here under two names.
        if !of_day || receipt.source != source || !seen.insert(receipt.id.clone()) {
            continue;
        }
        anyhow::ensure!(
            receipt.omitted.is_empty(),
            said(
                format!("{name} 略去了部分记录，无法对账，请以完整回执替换"),
                format!("{name} leaves records out: keep the whole receipt in its place"),
            )
        );
        for outcome in outcomes(hub, &receipt)? {
            let entry = entry_of(source, &receipt.submission, &outcome);
            told.push((entry, Told::of(&receipt.submission, &receipt.id, &outcome)));
        }
    }
    told.sort_by_key(|(entry, _)| *entry);
    Ok((told.iter().map(|(entry, _)| *entry).collect(), told))
}

/// Some outcomes of a large submission, as the hub answers.
#[derive(serde::Deserialize)]
struct Page {
    records: Vec<Outcome>,
}

/// The outcomes of a receipt; those of a large submission are fetched, and held against the roots that it signed for.
fn outcomes(hub: &Hub, receipt: &Receipt) -> anyhow::Result<Vec<Outcome>> {
    if receipt.parts.is_empty() {
        return Ok(receipt.records.clone());
    }
    let mut all = Vec::new();
    for (part, root) in receipt.parts.iter().enumerate() {
        let page: Page = hub.get(&format!(
            "/v1/submissions/{}/outcomes?part={part}",
            receipt.id
        ))?;
        let hashes: Vec<Hash> = page.records.iter().map(Outcome::hash).collect();
        anyhow::ensure!(
            merkle_root(&hashes).to_string() == *root,
            said(
                format!("{} 第 {part} 段与回执不符", receipt.id),
                format!(
                    "part {part} of {} is not the one of the receipt",
                    receipt.id
                ),
            )
        );
        all.extend(page.records);
    }
    Ok(all)
}
