//! `hub spec`: the specification read, compared, held to account, and made from published tables.

mod diff;
mod generate;
mod import;
mod lint;
mod list;
mod show;

use serde::Serialize;

use super::Form;
use super::folder::Folder;
use crate::app;
use crate::report::Table;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List data sets, code tables, rules, identifiers or editions.
    List(list::Arguments),
    /// Make records of a data set, sound and deliberately faulty, with the findings that they must earn.
    Generate(generate::Arguments),
    /// Show a data set, a field, a code table, a code, a rule or an identifier.
    Show(show::Arguments),
    /// Name every mistake in a specification folder.
    Lint(lint::Arguments),
    /// Turn a published table of fields into data files, for review.
    Import(import::Arguments),
    /// Say what changed from one edition to another.
    Diff(diff::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::List(arguments) => list::run(arguments),
        Command::Generate(arguments) => generate::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Lint(arguments) => lint::run(arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
    }
}

/// Which specification, and in which form the answer is given.
#[derive(Debug, clap::Args)]
struct Asked {
    /// Edition; default: that of the configuration.
    #[arg(long)]
    edition: Option<String>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    #[command(flatten)]
    folder: Folder,
}

impl Asked {
    /// The specification, and the name of the edition that is meant.
    fn specification(&self) -> anyhow::Result<(&'static spec::Spec, String)> {
        let config = self.folder.config(Vec::new())?;
        let edition = self.edition.clone().unwrap_or(config.spec.edition.clone());
        Ok((app::load_spec(&config)?, edition))
    }
}

/// An edition, or which ones there are.
fn edition<'s>(specification: &'s spec::Spec, id: &str) -> anyhow::Result<&'s spec::Edition> {
    let all: Vec<&str> = specification
        .editions
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    match specification.edition(id) {
        Some(edition) => Ok(edition),
        None => anyhow::bail!(
            "there is no edition `{id}`, expected one of {}",
            all.join(", ")
        ),
    }
}

/// Says a result in its form.
fn say(form: Form, table: &Table) -> anyhow::Result<()> {
    match form {
        Form::Text => print!("{}", table.text()),
        Form::Json => say_json(table)?,
    }
    Ok(())
}

fn say_json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
