//! `hub spec list`: what an edition holds, one line each.

use spec::export::sheets;

use super::{Asked, edition, say};

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to list.
    #[arg(value_enum, default_value = "datasets")]
    what: What,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Datasets,
    Codes,
    Rules,
    Identifiers,
    Editions,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let (specification, id) = arguments.asked.specification()?;
    let edition = edition(specification, &id)?;
    let sheet = match arguments.what {
        What::Datasets => sheets::datasets(edition),
        What::Codes => sheets::tables(edition),
        What::Rules => sheets::rules(&edition.datasets),
        What::Identifiers => sheets::identifiers(edition),
        What::Editions => sheets::editions(specification),
    };
    say(arguments.asked.format, &sheet.into())?;
    Ok(true)
}
