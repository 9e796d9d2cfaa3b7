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
    let (folder, tiles, key, format) = match command {
        Command::Verify {
            folder,
            tiles,
            key,
            format,
        } => (folder, tiles, key, format),
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
        let own = config.data.join("log.pub").display().to_string();
        let key = receipt::read_key(key.as_deref().unwrap_or(&own))?;
        let mut connection = store::connect(&config.database_url())
            .context(super::said("无法打开数据库", "cannot open the database"))?;
        store::migrate(&mut connection)?;
        crate::vault::admit(&config, &mut connection)?;
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
        (Ok(told), Form::Text) => {
            let members = told.as_object().into_iter().flatten();
            let parts: Vec<String> = members
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            println!("good / 完整 · {}", parts.join(", "));
        }
        (Err(fault), Form::Text) => println!("NOT good / 不完整 · {}: {}", fault.place, fault.what),
    }
    Ok(outcome.is_ok())
}
