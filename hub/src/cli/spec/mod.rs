//! `hub spec`: the specification read, compared, held to account, and made from published tables.

mod list;

use serde::Serialize;
use spec::export::sheets::Sheet;

use super::Form;
use super::folder::Folder;
use crate::app;
use crate::report::table::{Cell, Table, column};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List data sets, code tables, rules, identifiers or editions.
    List(list::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::List(arguments) => list::run(arguments),
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

/// A sheet of the specification as a table.
fn table(sheet: Sheet) -> Table {
    let cells = |row: Vec<String>| row.into_iter().map(cell).collect();
    Table {
        name: sheet.name,
        zh: sheet.zh,
        columns: sheet
            .columns
            .iter()
            .map(|(id, zh)| column(id, zh))
            .collect(),
        rows: sheet.rows.into_iter().map(cells).collect(),
        total: None,
    }
}

fn cell(text: String) -> Cell {
    if text.is_empty() {
        Cell::Empty
    } else {
        text.into()
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
