//! `hub sources`: who may send, with which keys, by which profiles.

mod lint;
mod signer;
mod trial;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Form;
use super::folder::Folder;
use super::keys;
use super::onboard;
use crate::app;
use crate::leaf::operator::Action;
use crate::pipeline::Instant;
use crate::report::table::{Cell, Table, column};
use crate::store::access::{self, Role};
use crate::store::onboarding;
use crate::store::transaction::begin;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the sources, and how many keys each has in force.
    List {
        #[command(flatten)]
        folder: Folder,
        /// Form of the result.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
    /// Make a key for a source; it is shown once, as the last line.
    Add {
        /// Identifier of the source.
        id: String,
        /// For the sandbox: the same judge, nothing counts and nothing is forwarded.
        #[arg(long)]
        sandbox: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Let a source from its sandbox into production: a leaf of the log says so, and a key is made.
    Promote {
        /// Identifier of the source.
        id: String,
        /// Who decides.
        #[arg(long, value_name = "NAME")]
        by: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// Retire all keys of a source.
    Retire {
        /// Identifier of the source.
        id: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// Take in a certificate of conformance, signed by a key of `certificates.keys`.
    Certify {
        /// The certificate.
        file: PathBuf,
        #[command(flatten)]
        folder: Folder,
    },
    /// Register the public key with which a source signs what it says about a day (`hub close key` makes one).
    Signer(signer::Arguments),
    /// Tell every mistake in profiles: those named, or all that the hub would load.
    Lint(lint::Arguments),
    /// Show what a profile makes of a file, value by value.
    Try(trial::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::List { folder, format } => list(folder, *format),
        Command::Add {
            id,
            sandbox,
            folder,
        } => {
            let config = folder.config(Vec::new())?;
            let sources = app::load_sources(&config, app::load_spec(&config)?)?;
            let all: Vec<&str> = sources
                .all()
                .iter()
                .map(|source| source.profile.id.as_str())
                .collect();
            anyhow::ensure!(
                all.contains(&id.as_str()),
                super::said(
                    format!("没有数据来源“{id}”，应为 {} 之一", all.join("、")),
                    format!(
                        "there is no source `{id}`, expected one of {}",
                        all.join(", ")
                    ),
                )
            );
            if *sandbox {
                return onboard::sandbox(folder, id);
            }
            onboard::may_be_added(folder, id)?;
            keys::make(folder, id, Role::Source)
        }
        Command::Promote { id, by, folder } => onboard::promote(folder, id, by),
        Command::Retire { id, folder } => {
            let (_, mut connection) = folder.open_existing()?;
            let mut transaction = begin(&mut connection)?;
            let now = Instant::now().millis;
            let retired = access::retire_source(transaction.connection, id, now)?;
            anyhow::ensure!(
                retired > 0,
                super::said(
                    format!("数据来源“{id}”没有有效密钥"),
                    format!("source `{id}` has no key in force"),
                )
            );
            let facts = [("change", "suspended"), ("keys", &retired.to_string())];
            transaction.append_leaf(keys::acted(Action::SourceStanding, id, &facts)?)?;
            transaction.commit()?;
            eprintln!("来源 {id} 的 {retired} 个密钥已停用 / {retired} keys of {id} are retired");
            Ok(true)
        }
        Command::Certify { file, folder } => certify(file, folder),
        Command::Signer(arguments) => signer::run(arguments),
        Command::Lint(arguments) => lint::run(arguments),
        Command::Try(arguments) => trial::run(arguments),
    }
}

fn certify(file: &Path, folder: &Folder) -> anyhow::Result<bool> {
    let config = folder.config(Vec::new())?;
    let held = crate::certificate::Held::new(&config.data, &config.certificates)?;
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| name.clone())?;
    let certificate = held.keep(&bytes).with_context(|| name)?;
    println!(
        "{} {} {} {} {}–{}",
        certificate.source,
        certificate.software,
        certificate.version,
        certificate.edition,
        certificate.issued,
        certificate.expires
    );
    Ok(true)
}

fn list(folder: &Folder, format: Form) -> anyhow::Result<bool> {
    let (config, mut connection) = folder.open_existing()?;
    let sources = app::load_sources(&config, app::load_spec(&config)?)?;
    let keys = access::list(&mut connection)?;
    let onboarding = onboarding::all(&mut connection)?;
    let rows = sources
        .all()
        .into_iter()
        .map(|source| {
            let profile = &source.profile;
            let own = keys.iter().filter(|key| {
                key.role == Role::Source && key.name == profile.id && key.retired_at.is_none()
            });
            vec![
                profile.id.as_str().into(),
                profile.name.as_str().into(),
                profile.english.as_str().into(),
                profile.ways.join(",").into(),
                profile.wire.format.name().into(),
                profile.wire.charset.name().into(),
                profile.datasets.as_str().into(),
                Cell::Number(own.count() as i64),
                onboarding
                    .iter()
                    .find(|row| row.source == profile.id)
                    .map(|row| match row.promoted_at {
                        Some(_) => "promoted",
                        None => "sandbox",
                    })
                    .into(),
            ]
        })
        .collect();
    let columns = vec![
        column("id", "来源 id"),
        column("name", "名称"),
        column("english", "name"),
        column("ways", "方式 ways"),
        column("wire", "格式 wire"),
        column("charset", "字符集 charset"),
        column("datasets", "数据集 datasets"),
        column("keys", "密钥 keys"),
        column("onboarding", "接入 onboarding"),
    ];
    let table = Table {
        name: "sources",
        zh: "数据来源",
        columns,
        rows,
        total: None,
    };
    match format {
        Form::Json => println!("{}", serde_json::to_string(&table)?),
        Form::Text => print!("{}", table.text()),
    }
    Ok(true)
}
