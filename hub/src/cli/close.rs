//! `hub close`: the daily close 日清对账: made, compared by a source, verified offline.

mod key;
mod reconcile;
mod table;
mod verify;

use super::folder::Folder;
use super::{Form, said};
use crate::app;
use crate::close::daily;
use crate::close::making::{self, Closer};
use crate::keychange::LogKeys;
use crate::store::{Database, closes, days, transaction};

/// What can be said.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Day to close, in China (2026-11-20); today's books go up to now. Default: yesterday.
    date: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// Address of the national platform, which is asked what it holds.
    #[arg(long, value_name = "URL")]
    national: Option<String>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// What else can be done.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// For a source: compare the receipts that it kept with the hub's close, name what differs, and sign.
    Reconcile(reconcile::Arguments),
    /// For a source: make the key with which it signs; prints its public side.
    Key(key::Arguments),
    /// Check a close offline, as the hub answered it.
    Verify(verify::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    match &arguments.command {
        Some(Command::Reconcile(arguments)) => reconcile::run(arguments),
        Some(Command::Key(arguments)) => key::run(arguments),
        Some(Command::Verify(arguments)) => verify::run(arguments),
        None => close(arguments),
    }
}

/// Closes a day, also beside a serving hub; true when the books balance and nobody who was asked disagrees.
fn close(arguments: &Arguments) -> anyhow::Result<bool> {
    let (_, mut connection) = arguments.folder.open_existing()?;
    let flags = vec![("national.url", arguments.national.clone())];
    let config = arguments.folder.config(flags)?;
    let date = match &arguments.date {
        Some(date) => making::day(date)?,
        None => days::yesterday(),
    };
    anyhow::ensure!(
        config.data.join("log.pub").is_file(),
        said(
            "该目录没有日志密钥，请在枢纽的数据目录执行",
            "no key of a log is in this folder: run this in the hub's data folder"
        )
    );
    let keys = LogKeys::open(&config)?;
    let specification = app::load_spec(&config)?;
    let sources = app::load_sources(&config, specification)?;
    let seals = keys.seals()?;
    let closer = daily::closer(&config, specification, &sources, seals, &mut connection)?;
    let new = make(&mut connection, &closer, &date)?;
    let all = closes::of_day(&mut connection, &date)?;
    let latest = table::latest(all);
    let good = latest
        .iter()
        .all(|row| row.balanced == 1 && row.agreed != Some(0));
    match arguments.format {
        Form::Json => println!("{}", table::json(&date, new, &latest)?),
        Form::Text => table::print(&mut connection, &date, new, &latest)?,
    }
    Ok(good)
}

/// Makes what is new; how many closes that is. When another hub was quicker, looks once more.
fn make(connection: &mut Database, closer: &Closer, date: &str) -> anyhow::Result<usize> {
    for _ in 0..3 {
        let drafts = closer.draft(connection, date)?;
        if drafts.0.is_empty() {
            return Ok(0);
        }
        let mut transaction = transaction::begin(connection)?;
        let written = making::commit(&mut transaction, &drafts)?;
        transaction.commit()?;
        if written {
            return Ok(drafts.0.len());
        }
    }
    anyhow::bail!(said(
        "其他进程正在对同一日对账，请稍后重试",
        "somebody else is closing the same day: try again",
    ))
}
