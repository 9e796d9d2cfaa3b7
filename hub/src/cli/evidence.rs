//! `hub evidence`: makes evidence bundles, and checks them offline.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::folder::Folder;
use super::witnesses::{self, Witnesses};
use super::{Form, receipt, said};
use crate::app;
use crate::evidence::{check, gather};
use crate::keychange::LogKeys;
use crate::pipeline::RawStore;
use crate::store::transaction::begin;

/// A bundle to be made, or what else can be done.
#[derive(Debug, clap::Args)]
#[command(subcommand_negates_reqs = true)]
pub struct Arguments {
    /// A submission (S000000000001), a record (DATASET/KEY, parts of the key joined with |), or a unified deal code.
    #[arg(required = true)]
    about: Option<String>,
    /// Where to write it.
    #[arg(short, long, value_name = "FILE.zip", required = true)]
    output: Option<PathBuf>,
    /// With personal values, raw bytes and canonical records included; this is written into the log.
    #[arg(long)]
    personal: bool,
    #[command(flatten)]
    folder: Folder,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What else can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check a bundle offline; names the first wrong place.
    Verify {
        /// The bundle.
        file: PathBuf,
        /// Public key of the log, from elsewhere than the bundle: a file such as log.pub, or the vkey itself.
        #[arg(long, value_name = "LOG.pub")]
        key: String,
        /// Form of the result.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
        #[command(flatten)]
        witnesses: Witnesses,
    },
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    match (&arguments.command, &arguments.about, &arguments.output) {
        (
            Some(Command::Verify {
                file,
                key,
                format,
                witnesses,
            }),
            ..,
        ) => verify(file, key, *format, witnesses),
        (None, Some(about), Some(output)) => make(arguments, about, output),
        (None, ..) => anyhow::bail!(said("请指明对象", "say what the bundle is to be about")),
    }
}

fn make(made: &Arguments, about: &str, output: &Path) -> anyhow::Result<bool> {
    let (config, mut connection) = made.folder.open_existing()?;
    let specification = app::load_spec(&config)?;
    let keys = LogKeys::open(&config)?;
    let key = keys.signing()?;
    let sources = gather::Sources {
        specification,
        raw: RawStore::open(&config.data.join("raw"))?,
        log: &app::log_folder(&config),
        signs: (&key, &config.log.origin),
        keys: &keys.ring,
        personal: made.personal,
    };
    if made.personal {
        let leaf = gather::view_leaf(about, "command line")?;
        let mut transaction = begin(&mut connection)?;
        transaction.append_leaf(leaf)?;
        transaction.commit()?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let bytes = runtime
        .block_on(gather::bundle(sources, &mut connection, about))
        .context(said(
            format!("无法生成“{about}”的证据包"),
            format!("no bundle about `{about}`"),
        ))?;
    std::fs::write(output, &bytes).with_context(|| output.display().to_string())?;
    println!("{} · {} bytes", output.display(), bytes.len());
    Ok(true)
}

fn verify(file: &Path, key: &str, format: Form, asked: &Witnesses) -> anyhow::Result<bool> {
    let key = receipt::read_key(key)?;
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let policy = asked.policy()?;
    let outcome = check::check(&bytes, &*witnesses::with(&key, policy.as_ref()));
    match (&outcome, format) {
        (Ok(checked), Form::Json) => {
            println!(
                "{}",
                serde_json::json!({ "good": true, "checked": checked })
            );
        }
        (Err(fault), Form::Json) => println!(
            "{}",
            serde_json::json!({ "good": false, "place": fault.place, "what": fault.what })
        ),
        (Ok(checked), Form::Text) => println!("{}", told(checked)),
        (Err(fault), Form::Text) => {
            println!("无效 / NOT good · {}: {}", fault.place, fault.what);
        }
    }
    Ok(outcome.is_ok())
}

/// What was shown, in words.
fn told(checked: &check::Checked) -> String {
    let mut lines = vec![
        said(
            format!("有效 · {}", checked.about),
            format!("good · {}", checked.about),
        ),
        said(
            format!(
                "已逐项核验：文件 {} 个，批次 {} 个，判定 {} 条，记录 {} 条，报文 {} 个，转发 {} 条；检查点时日志共 {} 条",
                checked.members,
                checked.submissions,
                checked.outcomes,
                checked.records,
                checked.packets,
                checked.deliveries,
                checked.published
            ),
            format!(
                "proven: {} members, {} submissions, {} outcomes, {} records, {} packets, {} deliveries, under a log of {}",
                checked.members,
                checked.submissions,
                checked.outcomes,
                checked.records,
                checked.packets,
                checked.deliveries,
                checked.published
            ),
        ),
    ];
    if checked.withheld > 0 {
        lines.push(said(
            format!("{} 件含个人信息，未附原文", checked.withheld),
            format!("{} members are withheld", checked.withheld),
        ));
    }
    if checked.deliveries_not_proven > 0 {
        lines.push(said(
            format!(
                "另有转发 {} 条仅列示：尚未装入报文，或晚于检查点，日志未予证明",
                checked.deliveries_not_proven
            ),
            format!(
                "{} deliveries are listed without proof: in no packet yet, or newer than the checkpoint",
                checked.deliveries_not_proven
            ),
        ));
    }
    lines.join("\n")
}
