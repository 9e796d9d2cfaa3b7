//! `hub log`: the log verified from scratch and the database against it; proofs, mirrors, witnesses.

mod mirror;
mod prove;
mod witness;

use std::path::PathBuf;

use anyhow::Context as _;

use super::folder::Folder;
use super::{Form, receipt};
use crate::attachment::Objects;
use crate::pipeline::RawStore;
use crate::{app, audit, store, tlog};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Verify everything; names the first wrong place.
    Verify {
        #[command(flatten)]
        folder: Folder,
        /// Verify only these tiles, without a database.
        #[arg(long, value_name = "DIR", requires = "key")]
        tiles: Option<PathBuf>,
        /// Public key: a file such as log.pub, or the vkey itself. Default: log.pub of the data folder.
        #[arg(long, value_name = "LOG.pub")]
        key: Option<String>,
        /// Make every daily list of keys again from the store, not the last one only; each reads the whole store.
        #[arg(long)]
        every_commitment: bool,
        /// Form of the result.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
    /// Prove that a leaf is in the log, or that the log only grew.
    #[command(subcommand)]
    Prove(prove::Command),
    /// Follow the log of another hub into a folder, and check that it only grew.
    Mirror(mirror::Arguments),
    /// Cosign the checkpoints of other logs.
    Witness(witness::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    let (folder, tiles, key, every_commitment, format) = match command {
        Command::Verify {
            folder,
            tiles,
            key,
            every_commitment,
            format,
        } => (folder, tiles, key, *every_commitment, format),
        Command::Prove(command) => return prove::run(command),
        Command::Mirror(arguments) => return mirror::run(arguments),
        Command::Witness(arguments) => return witness::run(arguments),
    };
    let outcome = if let Some(tiles) = tiles {
        let key = receipt::read_key(key.as_deref().unwrap_or_default())?;
        tlog::verify_folder(tiles, &key).map(|verified| {
            serde_json::json!({
                "published": verified.size, "root": verified.root.to_string(), "beyond": verified.beyond,
            })
        })
    } else {
        let config = folder.config(Vec::new())?;
        anyhow::ensure!(
            config.data.is_dir(),
            super::said(
                format!("{} 不是目录", config.data.display()),
                format!("{} is no folder", config.data.display()),
            )
        );
        let specification = app::load_spec(&config)?;
        let own = config.data.join("log.pub").display().to_string();
        let key = receipt::read_key(key.as_deref().unwrap_or(&own))?;
        let mut connection = store::connect(&config.database_url())
            .context(super::said("无法打开数据库", "cannot open the database"))?;
        let raw = RawStore::open(&config.data.join("raw"))?;
        let objects = Objects::open(&config.data.join("attachments"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime
            .block_on(audit::verify(
                &app::log_folder(&config),
                &key,
                &mut connection,
                &raw,
                &objects,
                &audit::Against {
                    specification,
                    every_commitment,
                },
            ))
            .and_then(|audited| {
                serde_json::to_value(audited).map_err(|error| tlog::FirstFault {
                    place: "report".to_owned(),
                    what: error.to_string(),
                })
            })
    };
    match (&outcome, format) {
        (Ok(told), Form::Json) => {
            println!("{}", serde_json::json!({ "good": true, "verified": told }));
        }
        (Err(fault), Form::Json) => {
            println!(
                "{}",
                serde_json::json!({ "good": false, "place": fault.place, "what": fault.what })
            );
        }
        (Ok(told), Form::Text) => println!("{}\n{}", super::said("完整", "good"), figures(told)),
        (Err(fault), Form::Text) => println!(
            "{}\n{}\n{}\n{}",
            super::said("不完整", "NOT good"),
            super::said(
                format!("位置：{}", fault.place),
                format!("place: {}", fault.place)
            ),
            super::said(
                format!("问题：{}", fault.what),
                format!("found: {}", fault.what)
            ),
            super::said(
                "含义：此处与已签名公布的存证日志不一致，数据在公布之后被改动、丢失或换成了别的；请保留现场，并与镜像、见证方所存比对",
                "meaning: this differs from what the log published and signed; keep everything as it is and compare with mirrors and witnesses",
            )
        ),
    }
    Ok(outcome.is_ok())
}

/// The figures of a verification, each in a line of its own.
fn figures(told: &serde_json::Value) -> String {
    let named = |name: &str| match name {
        "published" => "已公布条目",
        "root" => "根哈希",
        "pending" => "待公布条目",
        "submissions" => "批次",
        "records" => "记录",
        "deliveries" => "转发",
        "commitments" => "每日清单",
        "beyond" => "检查点之外的文件",
        _ => "",
    };
    let members = told.as_object().into_iter().flatten();
    let lines = members.map(|(name, value)| format!("  {} {name}: {value}", named(name)));
    lines.collect::<Vec<_>>().join("\n")
}
