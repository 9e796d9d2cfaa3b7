//! `hub erase`: destroys the personal data of a record, and keeps its proofs.

use super::folder::Folder;
use super::{Form, said};
use crate::erase::{self, Order};
use crate::pipeline::{Instant, RawStore};
use crate::store::transaction::begin;
use crate::{app, vault};

/// Whose, why, at whose order.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `DATASET/KEY` (parts of a key joined with `|`), or the number of a version: so that a personal key need not stand
    /// in the history of the shell.
    record: String,
    /// Why; kept beside the erasure, and in the log as a digest.
    #[arg(long)]
    reason: String,
    /// At whose order.
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
    #[command(flatten)]
    folder: Folder,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let reason = arguments.reason.trim();
    anyhow::ensure!(
        (1..=200).contains(&reason.chars().count()),
        said(
            "--reason 应为 1 至 200 字",
            "--reason takes 1 to 200 characters"
        )
    );
    let (config, mut connection) = arguments.folder.open_existing()?;
    let specification = app::load_spec(&config)?;
    vault::admit(&config, &mut connection)?;
    let unknown = || {
        said(
            format!(
                "未找到记录“{}”，应为 数据集/业务主键 或版本编号",
                arguments.record
            ),
            format!(
                "there is no record `{}`: give DATASET/KEY, or the number of a version",
                arguments.record
            ),
        )
    };
    let subject = erase::subject(&mut connection, specification, &arguments.record)?;
    let subject = subject.ok_or_else(|| anyhow::anyhow!(unknown()))?;
    let order = Order {
        by: format!("command line {}", arguments.by),
        reason: reason.to_owned(),
    };
    let mut transaction = begin(&mut connection)?;
    let erased = erase::erase(
        &mut transaction,
        specification,
        &subject,
        &order,
        Instant::now(),
    )?;
    let erased = erased.ok_or_else(|| anyhow::anyhow!(unknown()))?;
    transaction.commit()?;
    let raw = RawStore::open(&config.data.join("raw"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let scrubbed = runtime.block_on(erase::scrub(&raw, &mut connection, &erased))?;
    match arguments.format {
        Form::Json => println!(
            "{}",
            serde_json::json!({ "erased": erased, "scrubbed": scrubbed })
        ),
        Form::Text => {
            println!(
                "{}",
                said(
                    format!(
                        "已删除 {} 个版本的个人信息，销毁 {} 份原始报文；日志条目 {}（{}）",
                        erased.records.len(),
                        erased.submissions.len(),
                        erased.leaf_index,
                        erased.at
                    ),
                    format!(
                        "personal data of {} versions erased, raw bytes of {} submissions destroyed; leaf {} ({})",
                        erased.records.len(),
                        erased.submissions.len(),
                        erased.leaf_index,
                        erased.at
                    )
                )
            );
            for destination in &erased.held_by {
                println!(
                    "{}",
                    said(
                        format!("目的地“{destination}”已收到该记录，请另行通知其删除"),
                        format!(
                            "destination `{destination}` holds the record: ask it to erase it too"
                        )
                    )
                );
            }
        }
    }
    if !scrubbed {
        eprintln!(
            "{}",
            said(
                "有读取正在进行，旧页面尚未清除；请稍后再次执行本命令",
                "readers kept old pages from being overwritten; run this command again"
            )
        );
    }
    Ok(scrubbed)
}
