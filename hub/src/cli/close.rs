//! `hub close`: the daily close 日清对账: made, compared by a source, verified offline.

mod differences;
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
use crate::store::{Database, NATIONAL, closes, days, destinations, transaction};

/// What can be said.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Day to close, in China (2026-11-20); today's books go up to now. Default: yesterday.
    date: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

/// Of which hub, of which platform, and how it is told.
#[derive(Debug, clap::Args)]
struct Asked {
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
    /// Name what a platform holds otherwise, also beyond the first 1,000 that a close names. Nothing is written.
    Differences(differences::Arguments),
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
        Some(Command::Differences(arguments)) => differences::run(arguments),
        Some(Command::Reconcile(arguments)) => reconcile::run(arguments),
        Some(Command::Key(arguments)) => key::run(arguments),
        Some(Command::Verify(arguments)) => verify::run(arguments),
        None => close(arguments),
    }
}

/// The day that is asked for; without one the last that is over.
fn day(date: Option<&str>) -> anyhow::Result<String> {
    match date {
        Some(date) => Ok(making::day(date)?),
        None => Ok(days::yesterday()),
    }
}

/// What makes closes of the hub that is meant.
fn closer(asked: &Asked) -> anyhow::Result<(Database, Closer)> {
    let (_, mut connection) = asked.folder.open_existing()?;
    let national = asked.national.clone();
    let mut config = asked.folder.config(vec![("national.url", national)])?;
    if config.national.url.is_empty() {
        // The address that the serving hub uses, which may have been given to it alone.
        let known = destinations::by_name(&mut connection, NATIONAL)?;
        config.national.url = known.and_then(|one| one.address).unwrap_or_default();
    }
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
    Ok((connection, closer))
}

/// Closes a day, also beside a serving hub; true when the books balance and nobody who was asked disagrees.
fn close(arguments: &Arguments) -> anyhow::Result<bool> {
    let date = day(arguments.date.as_deref())?;
    let (mut connection, closer) = closer(&arguments.asked)?;
    let new = make(&mut connection, &closer, &date)?;
    let all = closes::of_day(&mut connection, &date)?;
    let latest = table::latest(all);
    let good = latest
        .iter()
        .all(|row| row.balanced == 1 && row.agreed != Some(0));
    match arguments.asked.format {
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
