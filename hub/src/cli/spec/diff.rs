//! `hub spec diff`: what changed from one edition to another.

use spec::export::changes::changes;

use super::super::Form;
use super::super::folder::Folder;
use super::{edition, say};
use crate::app;
use crate::report::Table;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The earlier edition.
    old: String,
    /// The later edition.
    new: String,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    #[command(flatten)]
    folder: Folder,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = arguments.folder.config(Vec::new())?;
    let specification = app::load_spec(&config)?;
    let old = edition(specification, &arguments.old)?;
    let new = edition(specification, &arguments.new)?;
    let found = Table::from(changes(old, new));
    say(arguments.format, &found)?;
    eprintln!("{} differences", found.rows.len());
    Ok(true)
}
