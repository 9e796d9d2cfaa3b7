//! `hub log prove`: that a leaf is in the log, or that the log of one day is the beginning of that of another.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::app;
use crate::cli::folder::Folder;
use crate::cli::said;
use crate::pipeline::commit::parse_receipt_id;
use crate::store::{checkpoints, submissions};
use crate::tlog::{
    Hash, Keys, Proof, Storage, prove_consistency, prove_inclusion, verify_consistency,
};

/// What can be proven.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// That a leaf stands in the log: prints a C2SP tlog-proof.
    Inclusion {
        /// Index of the leaf, or number of a receipt.
        leaf: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// That the log at the end of one day is the beginning of the log at the end of another.
    Consistency {
        /// The earlier day, yyyy-MM-dd in China.
        #[arg(long)]
        from: String,
        /// The later day; without one, the log as it is published now.
        #[arg(long)]
        to: Option<String>,
        #[command(flatten)]
        folder: Folder,
    },
    /// Check a proof that `consistency` printed.
    Check {
        /// The file.
        file: std::path::PathBuf,
        /// Public keys of the log.
        #[arg(long, value_name = "LOG.pub")]
        key: String,
    },
}

/// Two checkpoints of a log and the way from one to the other (RFC 6962).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consistency {
    /// The earlier signed checkpoint.
    old: String,
    /// The later one.
    new: String,
    /// Consistency proof, base64.
    proof: Vec<String>,
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::Inclusion { leaf, folder } => inclusion(leaf, folder),
        Command::Consistency { from, to, folder } => consistency(from, to.as_deref(), folder),
        Command::Check { file, key } => check(file, key),
    }
}

fn inclusion(leaf: &str, folder: &Folder) -> anyhow::Result<bool> {
    let (config, mut connection) = folder.open_existing()?;
    let index = match parse_receipt_id(leaf) {
        Some(id) => submissions::by_id(&mut connection, id)?
            .map(|row| row.leaf_index as u64)
            .with_context(|| {
                said(
                    format!("没有回执 {leaf}"),
                    format!("there is no receipt {leaf}"),
                )
            })?,
        None => leaf.parse().with_context(|| {
            said(
                format!("“{leaf}”既不是回执编号也不是日志序号"),
                format!("`{leaf}` is neither a receipt nor an index"),
            )
        })?,
    };
    let storage = Storage::new(app::log_folder(&config));
    let (note, size) = newest(&storage, &config)?;
    let path = prove_inclusion(index, size, &|tile| storage.read_tile(tile))?;
    let proof = Proof {
        extra: None,
        index,
        path,
        checkpoint: note,
    };
    print!("{proof}");
    Ok(true)
}

fn newest(storage: &Storage, config: &crate::config::Config) -> anyhow::Result<(String, u64)> {
    let keys = crate::keychange::published(&config.data)?;
    let note = storage.read_checkpoint()?.unwrap_or_default();
    let size = keys.open(&note)?.size;
    Ok((String::from_utf8(note)?, size))
}

fn consistency(from: &str, to: Option<&str>, folder: &Folder) -> anyhow::Result<bool> {
    let (config, mut connection) = folder.open_existing()?;
    let storage = Storage::new(app::log_folder(&config));
    let mut end_of = |day: &str| -> anyhow::Result<(String, u64)> {
        let date: jiff::civil::Date = day.parse().with_context(|| {
            said(
                format!("“{day}”不是日期，应为 yyyy-MM-dd"),
                format!("`{day}` is no day, expected yyyy-MM-dd"),
            )
        })?;
        let china = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8));
        let end = date
            .tomorrow()?
            .to_zoned(china)?
            .timestamp()
            .as_millisecond();
        let found = checkpoints::before(&mut connection, end)?;
        let found = found.with_context(|| {
            said(
                format!("{day} 及以前没有检查点"),
                format!("there was no checkpoint by {day}"),
            )
        })?;
        Ok((found.note, found.size as u64))
    };
    let old = end_of(from)?;
    let new = match to {
        Some(day) => end_of(day)?,
        None => newest(&storage, &config)?,
    };
    let proof = prove_consistency(old.1, new.1, &|tile| storage.read_tile(tile))?;
    let told = Consistency {
        old: old.0,
        new: new.0,
        proof: proof.iter().map(ToString::to_string).collect(),
    };
    println!("{}", serde_json::to_string_pretty(&told)?);
    Ok(true)
}

fn check(file: &std::path::Path, key: &str) -> anyhow::Result<bool> {
    let keys = crate::cli::receipt::read_key(key)?;
    let text = std::fs::read(file).with_context(|| file.display().to_string())?;
    let told: Consistency = serde_json::from_slice(&text)?;
    let outcome = keys.open(told.old.as_bytes()).and_then(|old| {
        let new = keys.open(told.new.as_bytes())?;
        let proof = told.proof.iter().map(|hash| hash.parse());
        let proof = proof.collect::<Result<Vec<Hash>, _>>()?;
        verify_consistency(old.size, &old.root, new.size, &new.root, &proof)?;
        Ok((old.size, new.size))
    });
    match outcome {
        Ok((old, new)) => println!("一致 / good · {old} → {new}"),
        Err(error) => {
            println!("不一致 / NOT good · {error}");
            return Ok(false);
        }
    }
    Ok(true)
}
