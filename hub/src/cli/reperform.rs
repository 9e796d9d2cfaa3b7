//! `hub reperform`: judges stored submissions again from the archive, and writes into the log what that has shown.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::folder::Folder;
use super::{Form, receipt, said};
use crate::leaf::{self, Submission as Leaf};
use crate::pipeline::commit::{parse_receipt_id, receipt_id};
use crate::pipeline::receipt::Receipt;
use crate::pipeline::{Instant, RawStore};
use crate::reperform::{self, Finding, Judges, Reperformed, sample};
use crate::store::submissions::{self, Submission};
use crate::store::transaction::begin;
use crate::store::{Database, StoreError};
use crate::tlog::{Checkpoint, Keyring, Keys as _, Storage};
use crate::{app, pipeline};

/// Leaves in one transaction: others must get their turn.
const TOGETHER: usize = 200;

/// Which submissions, and where they are.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Receipts (files), or numbers of receipts such as S000000000001.
    #[arg(required_unless_present = "sample", conflicts_with = "sample")]
    targets: Vec<String>,
    /// So many submissions, drawn by the checkpoint of the published log.
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
    #[command(flatten)]
    folder: Folder,
    /// Public key of the log: a file such as log.pub, or the vkey itself. Default: log.pub of the data folder.
    #[arg(long, value_name = "LOG.pub")]
    key: Option<String>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let (config, mut connection) = arguments.folder.open_existing()?;
    let raw = RawStore::open(&config.data.join("raw"))?;
    let mut judges = Judges::new(raw, &pipeline::build());
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (drawn, wanted) = match arguments.sample {
        Some(wanted) => {
            let own = config.data.join("log.pub").display().to_string();
            let key = receipt::read_key(arguments.key.as_deref().unwrap_or(&own))?;
            let bytes = Storage::new(app::log_folder(&config)).read_checkpoint()?;
            let bytes =
                bytes.context(said("日志尚未发布检查点", "no checkpoint is published yet"))?;
            let checkpoint = key
                .open(&bytes)
                .context(said("检查点无效", "the checkpoint is not valid"))?;
            let found = draw(&mut connection, &checkpoint, wanted)?;
            (Some(checkpoint), found)
        }
        None => {
            let own = config.data.join("log.pub");
            let key = match &arguments.key {
                Some(key) => Some(receipt::read_key(key)?),
                None if own.is_file() => Some(receipt::read_key(&own.display().to_string())?),
                None => None,
            };
            (
                None,
                named(&mut connection, key.as_ref(), &arguments.targets)?,
            )
        }
    };
    let mut all: Vec<Reperformed> = Vec::new();
    for (row, leaf) in wanted {
        all.push(runtime.block_on(judges.again(&mut connection, &row, &leaf)));
    }
    let at = Instant::now().text();
    let mut places = Vec::new();
    for part in all.chunks(TOGETHER) {
        let mut transaction = begin(&mut connection)?;
        for one in part {
            let root = drawn.as_ref().map(|checkpoint| &checkpoint.root);
            let leaf = leaf::encode(&reperform::leaf(one, root, &at))?;
            places.push(transaction.append_leaf(leaf)?);
        }
        transaction.commit()?;
    }
    match arguments.format {
        Form::Json => println!(
            "{}",
            serde_json::json!({
                "drawn": drawn.map(|checkpoint| serde_json::json!({
                    "origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.to_string(),
                })),
                "leaves": places,
                "submissions": all,
            })
        ),
        Form::Text => {
            for one in &all {
                println!("{}: {}", one.id, told(one));
            }
            if let (Some(first), Some(last)) = (places.first(), places.last()) {
                println!("日志位置 / leaves {first}–{last}");
            }
        }
    }
    Ok(all
        .iter()
        .all(|one| matches!(one.finding, Finding::Identical | Finding::Erased { .. })))
}

fn told(one: &Reperformed) -> String {
    let builds = if one.built_then == one.built_now {
        one.built_now.clone()
    } else {
        said(
            format!("当时 {}，现在 {}", one.built_then, one.built_now),
            format!("then {}, now {}", one.built_then, one.built_now),
        )
    };
    let (outcomes, erased) = (one.outcomes, one.erased.len());
    match &one.finding {
        Finding::Identical if !one.erased.is_empty() => format!(
            "{} · {builds}",
            said(
                format!("一致：判定 {outcomes} 条，其中 {erased} 条已依法删除"),
                format!("identical: {outcomes} outcomes, {erased} of them erased by order")
            )
        ),
        Finding::Identical => format!(
            "{} · {builds}",
            said(
                format!("一致：判定 {outcomes} 条"),
                format!("identical: {outcomes} outcomes")
            )
        ),
        Finding::Different { place, then, now } => {
            format!("不一致 / DIFFERENT · {place}: {then} → {now} · {builds}")
        }
        Finding::Erased { leaf } => said(
            format!("原始报文已依法销毁（日志条目 {leaf}），无从复核"),
            format!("erased by order, leaf {leaf}: there is nothing to judge"),
        ),
        Finding::Impossible { why } => {
            format!("无法复核 / cannot be judged again · {why} · {builds}")
        }
    }
}

type Wanted = Vec<(Submission, Leaf)>;

fn named(
    connection: &mut Database,
    key: Option<&Keyring>,
    targets: &[String],
) -> anyhow::Result<Wanted> {
    let mut wanted = Vec::new();
    for target in targets {
        let (number, receipted) = match parse_receipt_id(target) {
            Some(number) => (number, None),
            None => read_receipt(target, key)?,
        };
        let row = submissions::by_id(connection, number)?.with_context(|| {
            let id = receipt_id(number);
            said(
                format!("没有批次 {id}"),
                format!("there is no submission {id}"),
            )
        })?;
        let leaf = match receipted {
            // The receipt is what its holder trusts: its leaf counts, whatever the database says.
            Some(leaf) => leaf,
            None => leaf_of(connection, &row)?,
        };
        wanted.push((row, leaf));
    }
    Ok(wanted)
}

fn read_receipt(target: &str, key: Option<&Keyring>) -> anyhow::Result<(i64, Option<Leaf>)> {
    let path: PathBuf = Path::new(target).to_owned();
    let bytes = std::fs::read(&path).with_context(|| {
        said(
            format!("“{target}”既不是回执编号，也不是可读的文件"),
            format!("`{target}` is neither the number of a receipt nor a file that can be read"),
        )
    })?;
    let receipt: Receipt = serde_json::from_slice(&bytes).with_context(|| {
        said(
            format!("{target} 不是回执"),
            format!("{target} is no receipt"),
        )
    })?;
    // A number stands for another submission in every hub.
    if let Some(key) = key {
        receipt.verify(key).map_err(|fault| {
            anyhow::anyhow!(said(
                format!(
                    "{target}：回执不是本枢纽签发，或已被改动（{}：{}）",
                    fault.place, fault.what
                ),
                format!(
                    "{target}: not a receipt of this hub, or changed since ({}: {})",
                    fault.place, fault.what
                ),
            ))
        })?;
    }
    let number = parse_receipt_id(&receipt.id)
        .with_context(|| said("回执没有编号", "the receipt bears no number"))?;
    Ok((
        number,
        Some(leaf::decode(receipt.evidence.leaf.as_bytes())?),
    ))
}

fn leaf_of(connection: &mut Database, row: &Submission) -> anyhow::Result<Leaf> {
    reperform::leaf_of(connection, row.leaf_index)?.with_context(|| {
        said(
            format!("日志位置 {} 没有该批次的记录", row.leaf_index),
            format!(
                "place {} of the log holds no leaf of the submission",
                row.leaf_index
            ),
        )
    })
}

fn draw(connection: &mut Database, checkpoint: &Checkpoint, wanted: u64) -> anyhow::Result<Wanted> {
    let places = sample::draw(checkpoint, wanted, |place| {
        Ok::<_, StoreError>(reperform::leaf_of(connection, place as i64)?.is_some())
    })?;
    let mut found = Vec::new();
    for place in places {
        let Some(leaf) = reperform::leaf_of(connection, place as i64)? else {
            continue;
        };
        let number = parse_receipt_id(&leaf.id).unwrap_or_default();
        let row = submissions::by_id(connection, number)?.with_context(|| {
            said(
                format!("批次 {} 不在数据库中", leaf.id),
                format!("submission {} is not in the database", leaf.id),
            )
        })?;
        found.push((row, leaf));
    }
    Ok(found)
}
