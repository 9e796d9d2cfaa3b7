//! `hub spec import`: a published table of fields as a data file, for somebody to read before it is used.
//!
//! Nothing is taken over silently: what was guessed carries a comment `# check:`, and a row that could not be read
//! is named by sheet and cell. Facts of a data set that a table of fields does not say (its key, its library) are
//! taken from the specification where it knows the data set, and are marked otherwise.

mod grid;
mod layout;
mod row;
#[cfg(test)]
mod tests;
mod words;
mod write;

use std::path::PathBuf;

use anyhow::Context as _;

use super::{Asked, edition};
use grid::Grid;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Workbook with tables of fields (数据项名称, 英文名, 格式, 必填, …).
    #[arg(value_name = "FILE.xlsx")]
    file: PathBuf,
    /// Folder to write one file per data set into, in place of stdout.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    asked: Asked,
}

/// A place that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Sheet and cell, for example `501!D12`.
    place: String,
    found: String,
    expected: String,
}

/// A data set as a file, and what stands in the way of using it.
#[derive(Debug)]
pub struct Draft {
    /// Name of the file.
    name: String,
    text: String,
    fields: usize,
    /// Guesses marked in the text.
    checks: usize,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let (specification, id) = arguments.asked.specification()?;
    let edition = edition(specification, &id)?;
    let bytes =
        std::fs::read(&arguments.file).with_context(|| arguments.file.display().to_string())?;
    let (drafts, troubles) = drafts(&bytes, edition)?;
    for draft in &drafts {
        if let Some(folder) = &arguments.out {
            let path = folder.join(&draft.name);
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            std::fs::write(&path, &draft.text).with_context(|| path.display().to_string())?;
            eprintln!(
                "{}: {} fields, {} to check",
                path.display(),
                draft.fields,
                draft.checks
            );
        } else {
            print!("{}", draft.text);
        }
    }
    for trouble in &troubles {
        eprintln!(
            "{}: found {}, expected {}",
            trouble.place, trouble.found, trouble.expected
        );
    }
    eprintln!(
        "{} data sets, {} fields; {} cells could not be read",
        drafts.len(),
        drafts.iter().map(|draft| draft.fields).sum::<usize>(),
        troubles.len()
    );
    Ok(troubles.is_empty() && !drafts.is_empty())
}

/// The data sets of a workbook as data files, and all that could not be read.
fn drafts(bytes: &[u8], edition: &spec::Edition) -> anyhow::Result<(Vec<Draft>, Vec<Trouble>)> {
    let mut troubles = Vec::new();
    let mut drafts = Vec::new();
    for grid in Grid::of_workbook(bytes)? {
        for table in layout::tables(&grid, edition, &mut troubles) {
            let rows = table.rows.iter();
            let fields: Vec<_> = rows
                .filter_map(|&line| row::field(&grid, &table, line, edition, &mut troubles))
                .collect();
            if !fields.is_empty() {
                drafts.push(write::draft(&table.title, &fields, edition));
            }
        }
    }
    Ok((drafts, troubles))
}
